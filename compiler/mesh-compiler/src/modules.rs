//! `use`: which modules a file wants, and the standard library.

use mesh_diagnostics::{Diagnostic, Diagnostics, Source, Sources, Span, code};
use mesh_syntax::{OperandKind, Statement, Tree};

use crate::suggest::{all_of, nearest};

/// The modules of the standard library, with their text.
static LIBRARY: &[(&str, &str)] = &[
    ("std/helm", include_str!("../../../stdlib/helm.mesh")),
    ("std/istioctl", include_str!("../../../stdlib/istioctl.mesh")),
];

/// The modules that say where an installation puts Istio; a mesh has one.
const INSTALLATIONS: [&str; 2] = ["std/helm", "std/istioctl"];

/// Modules of the standard library that this meshc does not have yet.
const PLANNED: [&str; 6] =
    ["std/resilience", "std/rollout", "std/security", "std/observability", "std/edge", "std/egress"];

/// A module that a file takes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As written: `std/istioctl`, `./common`.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// The text of a module of the standard library.
#[must_use]
pub fn library(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the standard library's modules.
pub fn library_modules() -> impl Iterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

/// The modules that a file names in `use`, in the order of the text.
#[must_use]
pub fn imports(tree: &Tree<'_>) -> Vec<Import> {
    let one_list = |statement: &Statement<'_, '_>| statement.items().iter().skip(2).all(|item| item.after_comma);
    let uses = tree
        .statements()
        .filter(|statement| statement.keyword() == Some("use") && !statement.is_broken())
        .filter(one_list);
    let operands = uses.flat_map(|statement| statement.items()[1..].iter());
    operands
        .filter(|item| item.value.is_none() && item.key.kind == OperandKind::Bare)
        .map(|item| Import { name: tree.slice(item.key).to_owned(), span: tree.span(item.key) })
        .collect()
}

/// Reports modules that are not among the sources; true when all are.
pub(crate) fn check(sources: &Sources, trees: &[Tree<'_>], diagnostics: &mut Diagnostics) -> bool {
    let mut complete = true;
    for tree in trees {
        for import in imports(tree) {
            let loaded = |source: &Source| {
                let name = source.name.trim_end_matches(".mesh");
                name == import.name
                    || (import.name.starts_with('.')
                        && resolves(&sources.get(tree.file()).name, &import.name, &source.name))
            };
            if sources.iter().any(|(_, source)| loaded(source)) {
                continue;
            }
            // The facts of what is merely not written yet are not needed to find names.
            complete &= PLANNED.contains(&import.name.as_str());
            diagnostics.push(missing(&import));
        }
    }
    diagnostics.extend(two_installations(trees));
    complete
}

/// Reports two modules each of which says where the one Istio of the mesh is.
fn two_installations(trees: &[Tree<'_>]) -> Option<Diagnostic> {
    let mut found: Vec<Import> = trees.iter().flat_map(imports).collect();
    found.retain(|import| INSTALLATIONS.contains(&import.name.as_str()));
    let first = found.first()?;
    let other = found.iter().find(|import| import.name != first.name)?;
    Some(
        Diagnostic::new(
            code::E0407,
            other.span,
            format!("`{}` and `{}` are two installations of Istio", first.name, other.name),
        )
        .label("says where Istio is")
        .also(first.span, "so does this one")
        .help("keep the one that the mesh was installed by"),
    )
}

/// True when `name`, written in the file `from`, means the file `to`: itself, or a file of that folder.
fn resolves(from: &str, name: &str, to: &str) -> bool {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let wanted = normal(&format!("{folder}/{name}"));
    let to = normal(to);
    to == wanted || to == format!("{wanted}.mesh") || to.rsplit_once('/').is_some_and(|(folder, _)| folder == wanted)
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn missing(import: &Import) -> Diagnostic {
    let name = import.name.as_str();
    if PLANNED.contains(&name) {
        return Diagnostic::new(
            code::E0390,
            import.span,
            format!("the module `{name}` is not supported by this meshc yet"),
        );
    }
    let problem = Diagnostic::new(code::E0209, import.span, format!("there is no module `{name}`")).label("not found");
    match nearest(name, library_modules()) {
        Some(near) => problem.fix(format!("write `{near}`"), import.span, near),
        None if name.starts_with('.') => {
            problem.help("a module is a file `NAME.mesh` or a folder of such files, as seen from this file")
        }
        None => problem
            .help(format!("the library has {}; a module of one's own starts with `./`", all_of(library_modules()))),
    }
}
