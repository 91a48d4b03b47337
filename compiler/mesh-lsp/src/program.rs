//! A program as the editor has it: its files, what they compile to, and the names in them.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use lsp_types::{Position, Range, Url};
use mesh_compiler::index::Index;
use mesh_compiler::{Choices, Compilation, Memories, Other, is_unused};
use mesh_diagnostics::{Diagnostic, Diagnostics, FileId, Sources, Span};
use mesh_istio::Resource;
use mesh_load::Loaded;
use mesh_syntax::Parsed;

use crate::complete;
use crate::every::{self, Listed};
use crate::guess;
use crate::job::Made;
use crate::kept::Changes;
use crate::known::Names;
use crate::position::{Encoding, byte, range};

/// A program, compiled.
pub struct Program {
    loaded: Loaded,
    choices: Choices,
    pub compilation: Compilation,
    pub index: Index,
    pub encoding: Encoding,
    memories: Rc<RefCell<Memories>>,
    /// The choices that a build may make beside those that are made here.
    others: Vec<Other>,
    /// What they make of it, once that is known.
    every: OnceCell<Vec<Listed>>,
    /// The problems for every choice.
    problems: OnceCell<Diagnostics>,
    /// What was found before for choices that are not looked at yet, at its new places.
    kept: Vec<Diagnostic>,
    /// The names for every choice, and in what has errors, once one was asked for.
    names: OnceCell<Names>,
    /// The same for the choices that are made, and no others.
    names_here: OnceCell<Names>,
    /// The words of the clauses of each profile, once one was asked for.
    clauses: OnceCell<HashMap<usize, Vec<String>>>,
}

impl Program {
    pub fn new(made: Made, memories: Rc<RefCell<Memories>>, encoding: Encoding) -> Program {
        let Made { loaded, choices, mut compilation, index, others, every } = made;
        // What a file of another encoding says is not known, and nothing is concluded from it.
        if !loaded.problems.is_empty() {
            compilation.diagnostics = Diagnostics::new();
            compilation.diagnostics.extend(loaded.problems.iter().cloned());
        }
        let every = every.map_or_else(OnceCell::new, OnceCell::from);
        Program {
            loaded,
            choices,
            compilation,
            index,
            encoding,
            memories,
            others,
            every,
            problems: OnceCell::new(),
            kept: Vec::new(),
            names: OnceCell::new(),
            names_here: OnceCell::new(),
            clauses: OnceCell::new(),
        }
    }

    /// Keeps what was found in an earlier text for choices that are not looked at yet: it is told until they are.
    pub fn keep(&mut self, earlier: &Program) {
        if self.open_choices().is_none() {
            return;
        }
        let place = |problem: &Diagnostic| (problem.code.id, problem.primary.span);
        let own: HashSet<_> = earlier.compilation.diagnostics.iter().map(place).collect();
        let now: HashSet<_> = self.compilation.diagnostics.iter().map(place).collect();
        let shown = earlier.problems_so_far();
        let others = shown.iter().filter(|problem| is_unused(problem) || !own.contains(&place(problem)));
        let mut changes = Changes::new(earlier.sources(), self.sources());
        let mut kept: Vec<_> = others.filter_map(|problem| changes.moved(problem)).collect();
        kept.retain(|problem| is_unused(problem) || !now.contains(&place(problem)));
        self.kept = kept;
    }

    /// The choices that are not looked at yet.
    pub fn open_choices(&self) -> Option<&[Other]> {
        (self.every.get().is_none() && !self.others.is_empty()).then_some(&self.others)
    }

    /// Takes in what other choices make of it.
    pub fn look_at(&self, every: Vec<Listed>) {
        let _ = self.every.set(every);
    }

    /// What other choices make of it.
    fn every(&self) -> &[Listed] {
        self.every.get_or_init(|| every::list(self.sources(), &self.others, || true))
    }

    /// What each choice makes of it: the choice, the problems and the names.
    pub fn listed(&self) -> impl Iterator<Item = (&Choices, &Diagnostics, &Index)> {
        let others = self.every().iter().map(|listed| (&listed.other.choices, &listed.diagnostics, &listed.index));
        std::iter::once((&self.choices, &self.compilation.diagnostics, &self.index)).chain(others)
    }

    /// The problems for every choice that a build may make.
    pub fn problems(&self) -> &Diagnostics {
        if self.others.is_empty() || !self.loaded.problems.is_empty() {
            return &self.compilation.diagnostics;
        }
        self.problems.get_or_init(|| {
            let mut problems = self.compilation.diagnostics.clone();
            for Listed { other, diagnostics, .. } in self.every() {
                other.add(diagnostics, &mut problems);
            }
            problems.sorted()
        })
    }

    /// The problems as far as they are known: without those of choices that are not looked at yet, and without what these may
    /// use.
    pub fn problems_so_far(&self) -> Cow<'_, Diagnostics> {
        if self.open_choices().is_none() {
            return Cow::Borrowed(self.problems());
        }
        let mut problems = self.compilation.diagnostics.clone();
        problems.retain(|problem| !is_unused(problem));
        problems.extend(self.kept.iter().cloned());
        Cow::Owned(problems.sorted())
    }

    /// The names of the choices that are made, and those of others where they are looked at.
    pub fn names_so_far(&self) -> &Names {
        if self.open_choices().is_none() {
            return self.names();
        }
        self.names_here.get_or_init(|| {
            let mut names = Names::of(&self.index, &[]);
            names.add(guess::all(self, &names));
            names
        })
    }

    /// The names that have a symbol: those of other choices only where it is one of theirs, or they are looked at.
    pub fn names_of(&self, symbol: usize) -> &Names {
        let here = self.names_so_far();
        if symbol < here.symbols.len() { here } else { self.names() }
    }

    /// All names.
    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut names = Names::of(&self.index, self.every());
            names.add(guess::all(self, &names));
            names
        })
    }

    /// The words of the clauses that each profile stands for, by the numbers of their symbols in the index.
    pub fn clauses_of_profiles(&self) -> &HashMap<usize, Vec<String>> {
        self.clauses.get_or_init(|| complete::names::clauses_of_profiles(self))
    }

    /// The name at a place of a text, and its symbol among [`Program::names`], and [`Program::names_so_far`] where it is of
    /// the choices that are made.
    pub fn name_at(&self, file: FileId, at: usize) -> Option<(Span, usize)> {
        let here = self.index.at(Span::new(file, at as u32, at as u32));
        here.or_else(|| self.names_so_far().at(file, at)).or_else(|| {
            // Only in branches there are names that no other choice has shown.
            let parsed = self.parsed(file);
            let mut top = parsed.tree.statements();
            let around = top.find(|one| (one.span().start as usize..=one.span().end as usize).contains(&at))?;
            guess::has_branches(around).then(|| self.names().at(file, at))?
        })
    }

    /// True where parts of it count for certain choices only.
    pub fn has_branches(&self) -> bool {
        !self.others.is_empty()
    }

    /// What is large of it, and may go to another thread.
    pub fn into_parts(self) -> (Loaded, Compilation, Index) {
        (self.loaded, self.compilation, self.index)
    }

    pub fn sources(&self) -> &Sources {
        &self.loaded.sources
    }

    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    pub fn text(&self, file: FileId) -> &str {
        &self.sources().get(file).text
    }

    pub fn parsed(&self, file: FileId) -> Parsed<'_> {
        self.memories.borrow_mut().parse(file, self.sources().get(file))
    }

    /// The address of a file.
    pub fn url(&self, file: FileId) -> Option<Url> {
        url_of(&self.sources().get(file).name)
    }

    pub fn file(&self, url: &Url) -> Option<FileId> {
        let name = name_of(url)?;
        self.sources().iter().find(|(_, source)| source.name == name).map(|(file, _)| file)
    }

    /// True for a file that nobody can change: a module of the library.
    pub fn is_fixed(&self, file: FileId) -> bool {
        let name = &self.sources().get(file).name;
        name.starts_with("std/") || name.starts_with(LIBRARY)
    }

    pub fn range(&self, span: Span) -> Range {
        range(self.sources().get(span.file), span, self.encoding)
    }

    pub fn byte(&self, file: FileId, position: Position) -> usize {
        byte(self.text(file), position, self.encoding)
    }
}

/// What the name of a program begins with that is made for a module of the library.
pub const LIBRARY: &str = "mesh-library:";

/// True where a statement made a resource, or a part of it.
pub fn comes_from(resource: &Resource, statement: Span) -> bool {
    let within = |origin: &Span| {
        origin.file == statement.file && statement.start <= origin.start && origin.start < statement.end
    };
    resource.origins.iter().any(within)
}

/// The address of a file by its name in messages.
pub fn url_of(name: &str) -> Option<Url> {
    match name.strip_prefix("std/") {
        Some(module) => Url::parse(&format!("mesh-std:/{module}.mesh")).ok(),
        None => Url::from_file_path(name).ok().or_else(|| Url::parse(name).ok()),
    }
}

/// The name in messages of a file by its address.
pub fn name_of(url: &Url) -> Option<String> {
    match url.scheme() {
        "file" => url.to_file_path().ok().map(|path| mesh_load::shown(&path)),
        "mesh-std" => Some(format!("std/{}", url.path().trim_start_matches('/').trim_end_matches(".mesh"))),
        _ => Some(url.as_str().to_owned()),
    }
}
