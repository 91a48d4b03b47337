//! Values for the parameters of a program, from files and from pairs.

use std::path::PathBuf;

use mesh_compiler::{Choices, parameters};
use mesh_diagnostics::{Sources, Span};
use mesh_istio::yaml::Raw;
use mesh_istio::{Value, yaml};

use crate::{Failure, bytes};

/// What files of `name: value` in YAML or JSON choose, later ones before earlier ones, and what pairs choose before all
/// files.
///
/// # Errors
///
/// A file that cannot be read or is no map of single values, a name that the program does not declare, or a value that it
/// cannot have.
pub fn choices(files: &[PathBuf], pairs: &[(String, String)], sources: &Sources) -> Result<Choices, Failure> {
    let declared = parameters(sources);
    let mut choices = Choices::default();
    for path in files {
        let name = path.display();
        let wrong = |problem: String| Failure(format!("`{name}`: {problem}"));
        let text = String::from_utf8(bytes(path)?).map_err(|_| Failure(format!("`{name}` is not UTF-8")))?;
        // A file whose lines are all comments chooses nothing.
        if yaml::read_raw(&text).is_ok_and(|raw| raw == Raw::Null) {
            continue;
        }
        let node = yaml::read(&text, Span::default()).map_err(wrong)?;
        if !matches!(node.value, Value::Object(_)) {
            return Err(Failure(format!("`{name}` is no map of names and values, such as `env: prod`")));
        }
        if let Some((key, _)) =
            node.fields().find(|(_, value)| matches!(value.value, Value::List(_) | Value::Object(_)))
        {
            return Err(wrong(format!("the value of `{key}` is no single value")));
        }
        let mut own = Choices::default();
        for (key, value) in yaml::read_texts(&text).map_err(wrong)? {
            own.set(&key, &value);
            choices.set(key, value);
        }
        if let [first, ..] = own.problems(&declared).as_slice() {
            return Err(wrong(first.clone()));
        }
    }
    for (name, value) in pairs {
        choices.set(name, value);
    }
    match choices.problems(&declared).as_slice() {
        [] => Ok(choices),
        problems => Err(Failure(problems.join("\n"))),
    }
}
