//! The names that `let`, `param` and `profile` declare, and how they are found.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use mesh_diagnostics::{Diagnostic, FileId, Sources, Span, code};
use mesh_syntax::{Item, Operand, OperandKind, Statement, Tree};

use super::choices::{self, Choices, ParameterKind, unquoted};
use super::take::shape_of;
use crate::suggest::{all_of, nearest};

/// Who wrote a file, as far as its names reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A file that the build was given.
    Program,
    /// A module of one's own.
    Module,
    /// A module of the standard library: its names are its own.
    Standard,
}

/// What a `let` or a `param` declares.
pub(super) struct Constant<'t, 'a> {
    pub tree: &'t Tree<'a>,
    pub name: &'a str,
    /// Where the name is declared.
    pub span: Span,
    /// The value: what is written.
    pub items: &'t [Item],
    /// A parameter, and what is chosen for it from outside.
    pub parameter: Option<(ParameterKind, Option<String>)>,
    pub used: AtomicBool,
}

/// A parameter of a profile.
pub(super) struct Formal<'a> {
    pub name: &'a str,
    pub span: Span,
    pub default: Option<Operand>,
}

/// What a `profile` declares.
pub(super) struct Profile<'t, 'a> {
    pub statement: Statement<'t, 'a>,
    pub name: &'a str,
    pub span: Span,
    pub formals: Vec<Formal<'a>>,
    pub used: AtomicBool,
}

/// Something that a name may mean.
pub(super) trait Declared {
    fn file(&self) -> FileId;
    fn span(&self) -> Span;
}

impl Declared for Constant<'_, '_> {
    fn file(&self) -> FileId {
        self.tree.file()
    }
    fn span(&self) -> Span {
        self.span
    }
}

impl Declared for Profile<'_, '_> {
    fn file(&self) -> FileId {
        self.statement.tree().file()
    }
    fn span(&self) -> Span {
        self.span
    }
}

/// All names of a program.
pub(crate) struct Names<'t, 'a> {
    owners: Vec<Owner>,
    pub(super) constants: Vec<Constant<'t, 'a>>,
    pub(super) profiles: Vec<Profile<'t, 'a>>,
    constants_by_name: HashMap<&'a str, Vec<usize>>,
    profiles_by_name: HashMap<&'a str, Vec<usize>>,
    /// Names whose declaration could not be read.
    pub(super) doubtful: HashSet<&'a str>,
}

/// What a name means where it stands.
pub(super) enum Found {
    One(usize),
    /// Two modules declare it.
    Several(Span, Span),
    None,
}

impl<'t, 'a> Names<'t, 'a> {
    /// Reads the declarations of all files.
    pub(crate) fn of(
        sources: &Sources,
        trees: &'t [Tree<'a>],
        choices: &Choices,
        problems: &mut Vec<Diagnostic>,
    ) -> Names<'t, 'a> {
        let owner = |source: &mesh_diagnostics::Source| match source {
            source if !source.library => Owner::Program,
            source if source.name.starts_with("std/") => Owner::Standard,
            _ => Owner::Module,
        };
        let mut names = Names {
            owners: sources.iter().map(|(_, source)| owner(source)).collect(),
            constants: Vec::new(),
            profiles: Vec::new(),
            constants_by_name: HashMap::default(),
            profiles_by_name: HashMap::default(),
            doubtful: HashSet::default(),
        };
        for statement in trees.iter().flat_map(Tree::statements) {
            names.declare(statement, choices, problems);
        }
        names
    }

    fn declare(&mut self, statement: Statement<'t, 'a>, choices: &Choices, problems: &mut Vec<Diagnostic>) {
        let Some(word @ ("let" | "param" | "profile")) = statement.keyword() else { return };
        let tree = statement.tree();
        let items = statement.items();
        let Some(name) = items.get(1).map(|item| item.key) else {
            shape_of(statement, problems);
            return;
        };
        let (text, span) = (tree.slice(name), tree.span(name));
        if shape_of(statement, problems).is_none() {
            self.doubtful.insert(text);
            return;
        }
        if word == "profile" {
            let formals = formals(tree, items.get(2), problems);
            if self.is_new(text, span, &self.profiles_by_name, &self.profiles, problems) {
                self.profiles_by_name.entry(text).or_default().push(self.profiles.len());
                self.profiles.push(Profile { statement, name: text, span, formals, used: AtomicBool::new(false) });
            }
            return;
        }
        if !self.is_new(text, span, &self.constants_by_name, &self.constants, problems) {
            return;
        }
        let (items, parameter) = if word == "let" {
            (items.get(3..).unwrap_or_default(), None)
        } else {
            let Some((allowed, default)) = choices::parts(statement) else { return };
            let kind = ParameterKind::of_items(tree, allowed);
            if let (ParameterKind::Choice(words), [one]) = (&kind, allowed) {
                let span = tree.span(one.key);
                let types = ParameterKind::TYPES;
                let problem = Diagnostic::new(code::E0221, span, format!("`{}` alone is no choice", words[0]))
                    .label("neither several words nor a type");
                problems.push(match nearest(&words[0], types) {
                    Some(near) => problem.fix(format!("write `{near}`"), span, near),
                    None => problem.help(format!("name several words, or one of the types {}", all_of(types))),
                });
                self.doubtful.insert(text);
                return;
            }
            let chosen = choices.get(text).filter(|value| kind.takes(value)).map(|value| {
                // A word is written as the declaration writes it, in quotes or without.
                let word = allowed.iter().map(|item| tree.slice(item.key)).find(|word| *unquoted(word) == *value);
                word.map_or_else(|| kind.written(value), str::to_owned)
            });
            if let Some(item) = default
                && !kind.takes(unquoted(tree.slice(item.key)))
            {
                let (span, value) = (tree.span(item.key), tree.slice(item.key));
                problems.push(
                    Diagnostic::new(code::E0221, span, format!("`{text}` cannot be `{value}`"))
                        .label("the default is none of its values")
                        .help(format!("expected {}", kind.expected())),
                );
                self.doubtful.insert(text);
                return;
            }
            if default.is_none() && choices.get(text).is_none() {
                problems.push(no_value(text, span, &kind));
                self.doubtful.insert(text);
                return;
            }
            (default.map_or(&[][..], std::slice::from_ref), Some((kind, chosen)))
        };
        self.constants_by_name.entry(text).or_default().push(self.constants.len());
        self.constants.push(Constant { tree, name: text, span, items, parameter, used: AtomicBool::new(false) });
    }

    /// A name is declared once by a program, and once in a module.
    fn is_new<T: Declared>(
        &self,
        name: &str,
        span: Span,
        known: &HashMap<&'a str, Vec<usize>>,
        list: &[T],
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        let same = |other: &&T| {
            other.file() == span.file
                || (self.owner(span.file) == Owner::Program && self.owner(other.file()) == Owner::Program)
        };
        let others = known.get(name).into_iter().flatten().map(|at| &list[*at]);
        let Some(first) = others.clone().find(same) else { return true };
        problems.push(
            Diagnostic::new(code::E0207, span, format!("`{name}` is declared twice"))
                .label("again here")
                .also(first.span(), "first here")
                .help("give one of them another name"),
        );
        false
    }

    pub(super) fn owner(&self, file: FileId) -> Owner {
        self.owners.get(file.0 as usize).copied().unwrap_or(Owner::Program)
    }

    /// The constant or parameter that `$name` means in a file, by its number.
    pub(super) fn constant(&self, name: &str, file: FileId) -> Found {
        let found = self.find(name, file, &self.constants_by_name, &self.constants);
        if let Found::One(at) = found {
            self.constants[at].used.store(true, Ordering::Relaxed);
        }
        found
    }

    /// The profile that a name means in a file, by its number.
    pub(super) fn profile(&self, name: &str, file: FileId) -> Found {
        let found = self.find(name, file, &self.profiles_by_name, &self.profiles);
        if let Found::One(at) = found {
            self.profiles[at].used.store(true, Ordering::Relaxed);
        }
        found
    }

    /// One's own file first, then the program, then the modules; a module of the library sees its own names only.
    fn find<T: Declared>(&self, name: &str, file: FileId, by_name: &HashMap<&'a str, Vec<usize>>, list: &[T]) -> Found {
        let places = by_name.get(name).map_or(&[][..], Vec::as_slice);
        let of = |fits: &dyn Fn(FileId) -> bool| places.iter().copied().find(|at| fits(list[*at].file()));
        if let Some(own) = of(&|other| other == file) {
            return Found::One(own);
        }
        if self.owner(file) == Owner::Standard {
            return Found::None;
        }
        if let Some(ours) = of(&|other| self.owner(other) == Owner::Program) {
            return Found::One(ours);
        }
        // A module of one's own comes before the library.
        let own: Vec<usize> =
            places.iter().copied().filter(|at| self.owner(list[*at].file()) == Owner::Module).collect();
        match if own.is_empty() { places } else { &own } {
            [] => Found::None,
            [one] => Found::One(*one),
            [one, other, ..] => Found::Several(list[*one].span(), list[*other].span()),
        }
    }

    /// Takes the names in a branch that does not count as used: for another choice they are.
    pub(super) fn mark(&self, statement: Statement<'t, 'a>) {
        let tree = statement.tree();
        if let (Some("with"), Some(item)) = (statement.keyword(), statement.items().get(1)) {
            self.profile(tree.slice(item.key), tree.file());
        }
        for (at, _) in tree.text()[statement.head_span().range()].match_indices('$') {
            let rest = &tree.text()[statement.head_span().range()][at + 1..];
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
            self.constant(&rest[..end], tree.file());
        }
        for child in statement.children() {
            self.mark(child);
        }
    }

    /// The constant whose name is closest to a misspelt one.
    pub(super) fn near_constant(&self, name: &str) -> Option<&'a str> {
        let near = nearest(name, self.constants.iter().map(|constant| constant.name))?;
        // It is meant there, as far as anybody can tell.
        self.constants.iter().filter(|one| one.name == near).for_each(|one| one.used.store(true, Ordering::Relaxed));
        Some(near)
    }

    /// The profile whose name is closest to a misspelt one.
    pub(super) fn near_profile(&self, name: &str) -> Option<&'a str> {
        let near = nearest(name, self.profiles.iter().map(|profile| profile.name))?;
        self.profiles.iter().filter(|one| one.name == near).for_each(|one| one.used.store(true, Ordering::Relaxed));
        Some(near)
    }
}

fn no_value(name: &str, span: Span, kind: &ParameterKind) -> Diagnostic {
    let example = match kind {
        ParameterKind::Choice(words) => words.first().cloned().unwrap_or_default(),
        ParameterKind::Count => "3".to_owned(),
        ParameterKind::Duration => "2s".to_owned(),
        ParameterKind::Percent => "20%".to_owned(),
        ParameterKind::String | ParameterKind::Name => "shop".to_owned(),
    };
    Diagnostic::new(code::E0222, span, format!("nothing is chosen for `{name}`"))
        .label("has no default")
        .help(format!("choose one when building: `--set {name}={example}`; or write `default {example}` behind it"))
}

/// `(attempts: 3, each: 2s, by)`: names, and the values that they have where none is given.
fn formals<'a>(tree: &Tree<'a>, group: Option<&Item>, problems: &mut Vec<Diagnostic>) -> Vec<Formal<'a>> {
    let Some(OperandKind::Group(group)) = group.map(|item| item.key.kind) else { return Vec::new() };
    let mut out: Vec<Formal<'a>> = Vec::new();
    for item in tree.group(group) {
        let (name, span) = (tree.slice(item.key), tree.span(item.key));
        if item.key.kind != OperandKind::Bare || !is_name(name) {
            problems.push(
                Diagnostic::new(code::E0220, span, "expected the name of a parameter")
                    .label("no name")
                    .help("write `NAME: VALUE`, or `NAME` for one without a default, apart by commas"),
            );
            continue;
        }
        if let Some(first) = out.iter().find(|formal| formal.name == name) {
            problems.push(
                Diagnostic::new(code::E0207, span, format!("the parameter `{name}` is declared twice"))
                    .label("again here")
                    .also(first.span, "first here"),
            );
            continue;
        }
        out.push(Formal { name, span, default: item.value });
    }
    out
}

/// True for what can stand behind `$`.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
