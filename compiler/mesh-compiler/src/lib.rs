//! Mesh programs to validated Istio resources.
//!
//! [`compile`] is the whole compiler: pure, text in, bundle and diagnostics out. Nothing here reads a file, the environment or
//! the network, or prints: what a program is made of is the caller's to say, as [`Sources`].
//!
//! ```
//! use mesh_compiler::{Format, Sources, compile, emit};
//!
//! let mut sources = Sources::new();
//! sources.add("shop.mesh", "in shop\nservice web < http 80; versions v1, v2 >\nroute web < v1: 90%, v2 >\n");
//! let compilation = compile(&sources);
//! assert!(compilation.diagnostics.is_empty());
//! let yaml = emit(&compilation.lowered.resources, compilation.api, Format::Yaml, |_| Vec::new());
//! assert!(yaml.contains("kind: VirtualService") && yaml.contains("weight: 90"));
//! ```
//!
//! # Problems
//!
//! A program with mistakes compiles too: what could be understood of it is in [`Compilation::lowered`], and what is wrong in
//! [`Compilation::diagnostics`], each with its code, its place, the reason and, where there is one, the fix.
//!
//! ```
//! use mesh_compiler::{Severity, Sources, Style, compile, render};
//!
//! let mut sources = Sources::new();
//! let file = sources.add("shop.mesh", "service web < http 80; versions v1, v2 >\nrouet web < v1: 90%, v2 >\n");
//! let diagnostics = compile(&sources).diagnostics;
//! assert!(diagnostics.has_errors());
//! let text = render(diagnostics.iter().next().unwrap(), &sources, Style { color: false, short: true });
//! assert_eq!(text.trim_end(), "shop.mesh:2:1: error[E0304]: `rouet` is not a statement");
//! assert!(diagnostics.fixed(&sources, file).unwrap().contains("\nroute web"));
//! ```
//!
//! # Choices
//!
//! [`parameters`] has what a program lets its user choose, and [`compile_with`] takes [`Choices`]: values, and the release of
//! Istio. [`every_choice`] checks what is not chosen.
//!
//! ```
//! use mesh_compiler::{Choices, Release, Sources, compile_with, parameters};
//!
//! let mut sources = Sources::new();
//! sources.add("shop.mesh", "param share of percent default 10%\nservice web < http 80; versions v1, v2 >\nroute web < v2: $share, v1 >\n");
//! let mut choices = Choices::default();
//! choices.set("share", "30%");
//! choices.set_release(Release(1, 29));
//! assert!(choices.problems(&parameters(&sources)).is_empty());
//! let compilation = compile_with(&sources, &choices);
//! assert_eq!(compilation.release, Release(1, 29));
//! choices.set("share", "many");
//! assert_eq!(choices.problems(&parameters(&sources)), ["`share` cannot be `many`; expected a share such as `20%`"]);
//! ```
//!
//! # Modules
//!
//! [`imports`] names the modules that a file takes in, so that a host can add them first, with [`Sources::add_library`];
//! [`library`] has those of the standard library. `mesh-load` does this for files.
//!
//! ```
//! use mesh_compiler::{Sources, compile, imports, library, parse_file};
//!
//! let mut sources = Sources::new();
//! let file = sources.add("shop.mesh", "use std/resilience\nservice web < http 80 >\n");
//! for import in imports(&parse_file(&sources, file).tree) {
//!     sources.add_library(import.name.clone(), library(&import.name).expect("it is of the library"));
//! }
//! assert!(!compile(&sources).diagnostics.has_errors());
//! ```
//!
//! # What is promised
//!
//! Names here keep their meaning within a minor version. Structs that may get fields, and enums that may get members, are marked
//! `non_exhaustive`. The text of messages may change; the codes of problems do not. For the same texts and choices the bundle is
//! the same, byte by byte, within a version of meshc.

mod calls;
mod check;
mod clause;
mod condition;
mod every;
mod expand;
pub mod explain;
pub mod graph;
mod ignore;
pub mod index;
mod lower;
mod memory;
mod model;
mod modules;
pub mod operand;
pub mod reference;
mod shape;
mod suggest;
pub mod vocabulary;

use mesh_syntax::Tree;
use rayon::prelude::*;

pub use calls::Permission;
pub use every::{Other, every_choice, first, is_unused};
pub use expand::{Choices, Parameter, ParameterKind, parameters, parameters_again};
pub use lower::{File, Lowered};
pub use memory::Memories;
pub use modules::{Import, Item, imports, library, library_items, library_modules, library_purpose};
pub use suggest::nearest;

// What the functions here take and give, so that a user needs no other crate.
pub use mesh_diagnostics::{
    Diagnostic, Diagnostics, FileId, Severity, Source, Sources, Span, Style, json_line, render, sarif,
};
pub use mesh_istio::rendered::Rendered;
pub use mesh_istio::{Api, Format, Kind, Node, Release, Resource, SUPPORTED, emit};
pub use mesh_syntax::Parsed;

use check::external::{port_name, resolution};
use check::service::subset_name;

mod check_names {
    //! What checking and lowering both derive from names.
    pub(crate) use super::{port_name, resolution, subset_name};
}

/// What a program becomes, and what is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Compilation {
    /// Resources and facts. Where there are errors, it holds what could be understood.
    pub lowered: Lowered,
    /// The problems, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The Istio release that it was compiled for: the one that was chosen from outside, or by the program.
    pub release: Release,
    /// The API version that the program chose.
    pub api: Api,
}

/// Compiles a program, whose parameters have their defaults. Pure: text in, bundle and diagnostics out.
#[must_use]
pub fn compile(sources: &Sources) -> Compilation {
    compile_with(sources, &Choices::default())
}

/// Compiles a program with choices for its parameters.
#[must_use]
pub fn compile_with(sources: &Sources, choices: &Choices) -> Compilation {
    compile_beside(sources, choices, None)
}

/// Compiles a program, and compares what it says of services with what is rendered beside it.
#[must_use]
pub fn compile_beside(sources: &Sources, choices: &Choices, rendered: Option<&Rendered>) -> Compilation {
    let mut diagnostics = Diagnostics::new();
    let trees = parse(sources, &mut diagnostics);
    let (compilation, ()) =
        run(sources, &trees, choices, rendered, diagnostics, |expansion| expansion.parsed(), |_, _, _| ());
    compilation
}

/// Compiles a program again after a change. Only the statements that changed are parsed.
#[must_use]
pub fn compile_again(sources: &Sources, choices: &Choices, memories: &mut Memories) -> Compilation {
    remembering(sources, choices, memories, |_, _, _, _| ()).0
}

/// As [`compile_again`], and lists the names of the program, as editors need them.
#[must_use]
pub fn compile_and_list(sources: &Sources, choices: &Choices, memories: &mut Memories) -> (Compilation, index::Index) {
    remembering(sources, choices, memories, |trees, expansion, mesh, has_errors| {
        index::index(sources, trees, choices, expansion, mesh, has_errors)
    })
}

fn remembering<T: Send>(
    sources: &Sources,
    choices: &Choices,
    memories: &mut Memories,
    look: impl FnOnce(&[Tree<'_>], &expand::Expansion, &model::Mesh<'_>, bool) -> T + Send,
) -> (Compilation, T) {
    let mut diagnostics = Diagnostics::new();
    let mut trees = Vec::with_capacity(sources.len());
    for (file, source) in sources.iter() {
        let parsed = memories.parse(file, source);
        diagnostics.extend(parsed.diagnostics);
        trees.push(parsed.tree);
    }
    let look = |expansion: &expand::Expansion, mesh: &model::Mesh<'_>, has_errors: bool| {
        look(&trees, expansion, mesh, has_errors)
    };
    run(sources, &trees, choices, None, diagnostics, |expansion| expansion.parsed_again(sources, memories), look)
}

/// The tree of one file of a program, and what keeps it from being read.
#[must_use]
pub fn parse_file(sources: &Sources, file: FileId) -> Parsed<'_> {
    mesh_syntax::parse(file, &sources.get(file).text)
}

/// The stages behind the parser; `look` sees the model, and whether something could not be read.
fn run<'s, T>(
    sources: &Sources,
    trees: &[Tree<'s>],
    choices: &Choices,
    rendered: Option<&Rendered>,
    mut diagnostics: Diagnostics,
    parse_expanded: impl for<'e> FnOnce(&'e expand::Expansion) -> Vec<Option<Parsed<'e>>>,
    look: impl FnOnce(&expand::Expansion, &model::Mesh<'_>, bool) -> T + Send,
) -> (Compilation, T)
where
    T: Send,
{
    let complete = modules::check(sources, trees, &mut diagnostics);
    let (expansion, problems) = expand::expand(sources, trees, choices);
    diagnostics.extend(problems);
    diagnostics.extend(expansion.untaken());
    let (expanded, problems) = expansion.trees(trees, parse_expanded(&expansion));
    diagnostics.extend(problems);
    let mut mesh = check(sources, trees, &expanded, complete, choices.release(), &mut diagnostics);
    let has_errors = diagnostics.has_errors();
    let beside = || rayon::join(|| look(&expansion, &mesh, has_errors), || calls::find(&mesh));
    let ((mut lowered, clashes), (seen, refused)) = rayon::join(|| lower::lower(&mesh), beside);
    diagnostics.extend(refused);
    diagnostics.extend(clashes);
    let (release, api, ignores) = (mesh.settings.release, mesh.settings.api, std::mem::take(&mut mesh.ignores));
    // A program with errors lacks what they are about, and what it lacks is not reported a second time.
    let is_right = !diagnostics.has_errors();
    let validate = || match is_right {
        true => mesh_istio::validate::validate(&lowered.resources, release),
        false => Vec::new(),
    };
    let analyze = || mesh_analysis::analyze(&lowered.resources, &lowered.facts);
    // Taking the model apart takes as long as looking at what it became.
    let ((invalid, found), ()) = rayon::join(|| rayon::join(validate, analyze), || drop(mesh));
    diagnostics.extend(invalid);
    diagnostics.extend(found);
    if let (Some(rendered), true) = (rendered, is_right) {
        diagnostics.extend(mesh_analysis::beside(&lowered.resources, &lowered.facts.services, rendered));
    }
    ignore::apply(&ignores, &mut diagnostics);
    expansion.explain(&mut lowered.resources, sources);
    let mut diagnostics = expansion.trace(diagnostics.sorted(), sources);
    // Notes are about programs that are right: beside an error they mostly follow from it.
    if diagnostics.has_errors() {
        diagnostics.retain(|diagnostic| diagnostic.severity() != Severity::Note);
    }
    (Compilation { lowered, diagnostics: diagnostics.sorted(), release, api }, seen)
}

/// The files of a program that are given to a build, without abstraction: what is checked in their place.
#[must_use]
pub fn expanded(sources: &Sources, choices: &Choices) -> Vec<(FileId, String)> {
    let trees = parse(sources, &mut Diagnostics::new());
    let (expansion, _) = expand::expand(sources, &trees, choices);
    let files = sources.iter().filter(|(_, source)| !source.library);
    files.map(|(file, source)| (file, expansion.text(file).unwrap_or(&source.text).to_owned())).collect()
}

fn parse<'s>(sources: &'s Sources, diagnostics: &mut Diagnostics) -> Vec<Tree<'s>> {
    let files: Vec<_> = sources.iter().collect();
    let parsed: Vec<_> = files.par_iter().map(|(file, source)| mesh_syntax::parse(*file, &source.text)).collect();
    parsed
        .into_iter()
        .map(|parsed| {
            diagnostics.extend(parsed.diagnostics);
            parsed.tree
        })
        .collect()
}

fn check<'s>(
    sources: &Sources,
    trees: &[Tree<'s>],
    expanded: &[Option<Tree<'s>>],
    complete: bool,
    release: Option<Release>,
    diagnostics: &mut Diagnostics,
) -> model::Mesh<'s> {
    let written = trees.iter().zip(expanded);
    let modules: Vec<check::Module<'_, 's>> = written
        .map(|(tree, expanded)| check::Module {
            tree: expanded.as_ref().unwrap_or(tree),
            library: sources.get(tree.file()).library,
        })
        .collect();
    let (mesh, problems) = check::check(&modules, !complete, release);
    diagnostics.extend(problems);
    mesh
}
