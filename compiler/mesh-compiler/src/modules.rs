//! `use`: which modules a file wants, and the standard library.

use mesh_diagnostics::{Diagnostic, Diagnostics, Source, Sources, Span, code};
use mesh_syntax::{OperandKind, Statement, Tree};

use crate::suggest::{all_of, nearest};

/// The modules of the standard library, with their text.
static LIBRARY: &[(&str, &str)] = &[
    ("std/edge", include_str!("../../../stdlib/edge.mesh")),
    ("std/egress", include_str!("../../../stdlib/egress.mesh")),
    ("std/helm", include_str!("../../../stdlib/helm.mesh")),
    ("std/istioctl", include_str!("../../../stdlib/istioctl.mesh")),
    ("std/observability", include_str!("../../../stdlib/observability.mesh")),
    ("std/resilience", include_str!("../../../stdlib/resilience.mesh")),
    ("std/rollout", include_str!("../../../stdlib/rollout.mesh")),
    ("std/security", include_str!("../../../stdlib/security.mesh")),
];

/// The modules that say where an installation puts Istio; a mesh has one.
const INSTALLATIONS: [&str; 2] = ["std/helm", "std/istioctl"];

/// A module that a file takes in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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

/// A profile of a module of the library, as its documentation tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// Its name.
    pub name: String,
    /// The head as it is written: `profile read (each: 1s, total: 4s)`.
    pub head: String,
    /// What it is for: the first paragraph.
    pub purpose: String,
    /// A whole program that uses it.
    pub example: String,
    /// Where its numbers come from: what stands behind the example.
    pub reason: String,
    /// The statement itself.
    pub text: String,
}

/// The profiles of a module of the library, in the order of its text.
#[must_use]
pub fn library_items(name: &str) -> Vec<Item> {
    let Some(text) = library(name) else { return Vec::new() };
    let tree = mesh_syntax::parse(mesh_diagnostics::FileId(0), text).tree;
    let profiles = tree.statements().filter(|statement| statement.keyword() == Some("profile"));
    profiles.filter_map(|statement| item(statement, &tree)).collect()
}

/// The sentence that a module starts with.
#[must_use]
pub fn library_purpose(name: &str) -> Option<String> {
    let lines = library(name)?.lines().map_while(|line| line.strip_prefix('#'));
    let first: Vec<&str> = lines.map(str::trim).take_while(|line| !line.is_empty()).collect();
    Some(first.join(" "))
}

fn item(statement: Statement<'_, '_>, tree: &Tree<'_>) -> Option<Item> {
    let head = &tree.text()[statement.head_span().range()];
    let name = tree.slice(statement.items().get(1)?.key).to_owned();
    let (mut purpose, mut example, mut reason) = (String::new(), String::new(), String::new());
    for line in statement.raw_documentation() {
        match line.strip_prefix("    ") {
            Some(program) => {
                example.push_str(program);
                example.push('\n');
            }
            None => {
                let part = if example.is_empty() { &mut purpose } else { &mut reason };
                if !part.is_empty() && !line.is_empty() {
                    part.push(' ');
                }
                part.push_str(line);
            }
        }
    }
    let text = tree.text()[statement.span().range()].to_owned();
    Some(Item { name, head: head.trim_end().to_owned(), purpose, example, reason, text })
}

/// The modules that a file names in `use`, in the order of the text.
#[must_use]
pub fn imports(tree: &Tree<'_>) -> Vec<Import> {
    // Most files take nothing in, and their statements are many.
    if !tree.text().contains("use ") {
        return Vec::new();
    }
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
            complete = false;
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
