//! `--set` and `--params`: what is chosen for the parameters of a program.

use mesh_compiler::{Choices, Parameter, ParameterKind, parameters};
use mesh_diagnostics::{Sources, Span};
use mesh_istio::{Value, yaml};
use mesh_load::bytes;

use crate::Failure;
use crate::cli::Program;

/// What the arguments choose. A name that the program does not declare, or a value that it cannot have, is wrong usage.
pub fn of(program: &Program, sources: &Sources) -> Result<Choices, Failure> {
    let mut choices = Choices::default();
    for path in &program.params {
        let name = path.display();
        let text = String::from_utf8(bytes(path)?).map_err(|_| Failure(format!("`{name}` is not UTF-8")))?;
        let node = yaml::read(&text, Span::default()).map_err(|problem| Failure(format!("`{name}`: {problem}")))?;
        if !matches!(node.value, Value::Object(_)) {
            return Err(Failure(format!("`{name}` is no map of names and values, such as `env: prod`")));
        }
        if let Some((key, _)) =
            node.fields().find(|(_, value)| matches!(value.value, Value::List(_) | Value::Object(_)))
        {
            return Err(Failure(format!("`{name}`: the value of `{key}` is no single value")));
        }
        for (key, value) in yaml::read_texts(&text).map_err(|problem| Failure(format!("`{name}`: {problem}")))? {
            choices.set(&key, value);
        }
    }
    for pair in &program.set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure(format!("`--set {pair}` chooses nothing; write `--set NAME=VALUE`")));
        };
        choices.set(name.trim(), value);
    }
    match choices.problems(&parameters(sources)).as_slice() {
        [] => Ok(choices),
        problems => Err(Failure(problems.join("\n"))),
    }
}

/// Every choice that leaves all but one parameter as it is: the parameter, its value, and the choices.
pub fn others(sources: &Sources, chosen: &Choices) -> Vec<(String, String, Choices)> {
    let open = parameters(sources).into_iter().filter(|parameter| chosen.get(&parameter.name).is_none());
    let open: Vec<Parameter> = open.collect();
    // Where there is no default, the first of the words stands for the one that a build must choose.
    let base = first(chosen, &open);
    let mut out = Vec::new();
    for parameter in &open {
        let ParameterKind::Choice(words) = &parameter.kind else { continue };
        let usual = parameter.default.as_ref().or(words.first());
        for word in words.iter().filter(|word| Some(*word) != usual) {
            let mut choices = base.clone();
            choices.set(&parameter.name, word);
            out.push((parameter.name.clone(), word.clone(), choices));
        }
    }
    out
}

/// The choices, with the first of its words for each parameter that must be chosen.
pub fn first(chosen: &Choices, open: &[Parameter]) -> Choices {
    let mut out = chosen.clone();
    for parameter in open.iter().filter(|parameter| parameter.default.is_none()) {
        if let (ParameterKind::Choice(words), None) = (&parameter.kind, chosen.get(&parameter.name))
            && let Some(word) = words.first()
        {
            out.set(&parameter.name, word);
        }
    }
    out
}
