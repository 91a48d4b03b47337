//! Abstraction away: profiles, parameters, constants and choices become the statements that they stand for.
//!
//! A file that uses none of them is left alone. Every other one is written out as a text of its own, in which each
//! byte remembers where it came from ([`Map`]), and is parsed again; later stages see a program without abstraction.
//! What they find is brought back to where it was written, with the way it was taken in.

mod branch;
mod choices;
mod map;
mod named;
mod names;
mod take;
mod trace;
mod unused;
mod values;
mod write;

use mesh_diagnostics::{Diagnostic, FileId, Sources};
use mesh_syntax::{Parsed, Tree};
use rayon::prelude::*;

pub use choices::{Choices, Parameter, ParameterKind, parameters, parameters_again};
use map::Map;
pub(crate) use named::named;
pub(crate) use names::Names;
use write::Written;

use crate::clause::Walk;
use crate::memory::Memories;
use crate::operand::Reader;
use crate::vocabulary::Block;

/// A program without abstraction.
pub(crate) struct Expansion {
    /// For each file that used some: what it was written out as.
    files: Vec<Option<Written>>,
}

/// Writes out what abstracts. The problems are those of names and of branches that are not taken.
pub(crate) fn expand(sources: &Sources, trees: &[Tree<'_>], choices: &Choices) -> (Expansion, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let names = Names::of(sources, trees, choices, &mut problems);
    let count = trees.len() as u32;
    let written: Vec<_> =
        trees.par_iter().map(|tree| uses_abstraction(tree).then(|| write::file(&names, tree, count))).collect();
    let mut files = Vec::with_capacity(trees.len());
    for file in written {
        files.push(file.map(|(written, found)| {
            problems.extend(found);
            written
        }));
    }
    // What could not be read may use anything.
    let broken = trees.iter().any(|tree| tree.all_statements().any(|statement| statement.is_broken()));
    if !broken && problems.is_empty() {
        problems.extend(unused::find(sources, trees, &names, &files));
    }
    (Expansion { files }, problems)
}

/// True where a file has a statement or a `$` that this stage is about.
fn uses_abstraction(tree: &Tree<'_>) -> bool {
    let words = ["let", "param", "profile", "with", "if", "else"];
    tree.text().contains('$')
        || tree.all_statements().any(|statement| statement.keyword().is_some_and(|word| words.contains(&word)))
}

impl Expansion {
    /// What each file was written out as, parsed.
    pub fn parsed(&self) -> Vec<Option<Parsed<'_>>> {
        let files = self.files.par_iter();
        files.map(|file| file.as_ref().map(|file| mesh_syntax::parse(file.id, &file.text))).collect()
    }

    /// The same, of which only the statements that changed are parsed.
    pub fn parsed_again(&self, sources: &Sources, memories: &mut Memories) -> Vec<Option<Parsed<'_>>> {
        let files = self.files.iter().zip(sources.iter());
        files
            .map(|(file, (_, source))| {
                file.as_ref().map(|file| memories.parse_expanded(&source.name, file.id, &file.text))
            })
            .collect()
    }

    /// The tree that later stages are to see for each file, a new one where the file abstracts; and what is wrong in its
    /// text where the file itself was right, such as blocks that stand too deep when they are taken in.
    pub fn trees<'e>(
        &self,
        originals: &[Tree<'_>],
        parsed: Vec<Option<Parsed<'e>>>,
    ) -> (Vec<Option<Tree<'e>>>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut trees = Vec::with_capacity(parsed.len());
        for (parsed, original) in parsed.into_iter().zip(originals) {
            let right = !original.all_statements().any(|statement| statement.is_broken());
            trees.push(parsed.map(|parsed| {
                problems.extend(parsed.diagnostics.into_iter().filter(|_| right));
                parsed.tree
            }));
        }
        (trees, problems)
    }

    /// The problems in the shape of branches that are not taken.
    pub fn untaken(&self) -> Vec<Diagnostic> {
        let files: Vec<&Written> = self.files.iter().flatten().filter(|file| !file.untaken.is_empty()).collect();
        let check = |file: &&Written| {
            let tree = mesh_syntax::parse(file.untaken_id, &file.untaken).tree;
            let mut diagnostics = Vec::new();
            for (statement, block) in tree.statements().zip(&file.untaken_blocks) {
                shape(statement, *block, &mut diagnostics);
            }
            diagnostics
        };
        files.par_iter().flat_map_iter(check).collect()
    }

    /// What a file was written out as, if it abstracts.
    pub fn text(&self, file: FileId) -> Option<&str> {
        Some(&self.files.get(file.0 as usize)?.as_ref()?.text)
    }

    fn written(&self, file: FileId) -> Option<(&Written, &Map)> {
        let count = self.files.len() as u32;
        let found = self.files.get((file.0 % count.max(1)) as usize)?.as_ref()?;
        match file.0 / count {
            1 => Some((found, &found.map)),
            2 => Some((found, &found.untaken_map)),
            _ => None,
        }
    }
}

/// Checks the shape of a statement and of those inside.
fn shape(statement: mesh_syntax::Statement<'_, '_>, block: Block, diagnostics: &mut Vec<Diagnostic>) {
    let reader = Reader { tree: statement.tree() };
    let clause = Walk { reader, diagnostics }.clause(statement, block);
    let inner = clause.and_then(|clause| clause.word.entry.block()).filter(|inner| !inner.is_free());
    if let Some(inner) = inner {
        for child in statement.children() {
            shape(child, inner, diagnostics);
        }
    }
}
