//! Names that nothing uses, and modules that are taken in for nothing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use mesh_diagnostics::{Diagnostic, FileId, Sources, Span, code};
use mesh_syntax::Tree;

use super::names::{Names, Owner};
use super::write::Written;
use crate::modules::imports;

/// Constants, parameters and profiles of the program that nothing names. Those of modules are for others.
pub(super) fn find(
    sources: &Sources,
    trees: &[Tree<'_>],
    names: &Names<'_, '_>,
    files: &[Option<Written>],
) -> Vec<Diagnostic> {
    let mut out = modules(sources, trees, names);
    out.extend(never_taken(names, files));
    // A file of names alone is a module, whoever looks at it.
    let is_module: Vec<bool> = trees.iter().map(declares_only).collect();
    let ours = |file: FileId| names.owner(file) == Owner::Program && !is_module[file.0 as usize];
    for constant in names.constants.iter().filter(|constant| ours(constant.span.file)) {
        if !constant.used.load(Ordering::Relaxed) {
            let what = if constant.parameter.is_some() { "parameter" } else { "constant" };
            out.push(
                Diagnostic::new(
                    code::UNUSED_NAME,
                    constant.span,
                    format!("the {what} `{}` is never used", constant.name),
                )
                .label("declared and not named anywhere")
                .help(format!("write `${}` where it belongs, or remove it", constant.name)),
            );
        }
    }
    for profile in names.profiles.iter().filter(|profile| ours(profile.span.file)) {
        if !profile.used.load(Ordering::Relaxed) {
            out.push(
                Diagnostic::new(
                    code::UNUSED_NAME,
                    profile.span,
                    format!("the profile `{}` is never used", profile.name),
                )
                .label("declared and not taken in anywhere")
                .note("what a profile says is checked where it is taken in: this one is not checked at all")
                .help(format!("write `with {}` where it belongs, or remove it", profile.name)),
            );
        }
    }
    out
}

/// Comparisons that never hold. Those with choices are checked against their values; a constant and a parameter of a
/// profile have none, and a program with choices is only seen with some of them.
fn never_taken(names: &Names<'_, '_>, files: &[Option<Written>]) -> Vec<Diagnostic> {
    if names.constants.iter().any(|constant| constant.parameter.is_some()) {
        return Vec::new();
    }
    let mut held: BTreeMap<Span, bool> = BTreeMap::new();
    for (span, holds) in files.iter().flatten().flat_map(|file| &file.compared) {
        *held.entry(*span).or_insert(false) |= *holds;
    }
    let ours = held.into_iter().filter(|(span, holds)| !holds && names.owner(span.file) == Owner::Program);
    ours.map(|(span, _)| {
        Diagnostic::new(code::NEVER_TAKEN, span, "this is never so")
            .label("no value in the program is this one")
            .note("the statements inside never count, and those behind `else` always do")
            .help("is it a slip? a choice that is made when building is a `param`, whose values are checked")
    })
    .collect()
}

/// Modules of the library that declare names only, of which none is used.
fn modules(sources: &Sources, trees: &[Tree<'_>], names: &Names<'_, '_>) -> Vec<Diagnostic> {
    let is_used = |tree: &Tree<'_>| {
        let constants = names.constants.iter().filter(|one| one.span.file == tree.file()).map(|one| &one.used);
        let profiles = names.profiles.iter().filter(|one| one.span.file == tree.file()).map(|one| &one.used);
        !declares_only(tree) || constants.chain(profiles).any(|used| used.load(Ordering::Relaxed))
    };
    let idle: Vec<&str> = trees
        .iter()
        .filter(|tree| names.owner(tree.file()) == Owner::Standard && !is_used(tree))
        .map(|tree| sources.get(tree.file()).name.as_str())
        .collect();
    let ours = trees.iter().filter(|tree| names.owner(tree.file()) == Owner::Program);
    let wanted = ours.flat_map(imports).filter(|import| idle.contains(&import.name.as_str()));
    wanted
        .map(|import| {
            Diagnostic::new(code::UNUSED_MODULE, import.span, format!("nothing of `{}` is used", import.name))
                .label("taken in for nothing")
                .help(format!("`meshc explain {}` shows what it has; or leave it out", import.name))
        })
        .collect()
}

/// True for a file that has names and nothing else.
fn declares_only(tree: &Tree<'_>) -> bool {
    tree.statements().all(|statement| matches!(statement.keyword(), Some("let" | "param" | "profile" | "use")))
}
