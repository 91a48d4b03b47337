//! The walk through a block: every statement to its entry of the vocabulary, or to the message it deserves.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_syntax::{OperandKind, Statement};
use smallvec::SmallVec;

use crate::operand::{Failure, Reader};
use crate::shape::{Head, Match, fit};
use crate::suggest::{all_of, nearest};
use crate::vocabulary::{Block, Body, Often, Stage, Word, entries_of, in_mesh, lookup, words_in};

/// A statement that fits its entry.
#[derive(Debug, Clone)]
pub(crate) struct Clause<'t, 'a> {
    /// The entry.
    pub word: &'static Word,
    /// What stands in its places.
    pub args: Match<'t, 'a>,
    /// The statement.
    pub statement: Statement<'t, 'a>,
}

impl Clause<'_, '_> {
    /// The first word; empty for what starts with an operand.
    pub fn name(&self) -> &'static str {
        self.word.entry.word
    }

    /// Where its head stands.
    pub fn span(&self) -> Span {
        self.statement.head_span()
    }
}

/// The clauses of a block.
#[derive(Debug, Default)]
pub(crate) struct Clauses<'t, 'a> {
    pub list: Vec<Clause<'t, 'a>>,
    /// Something in the block could not be read, so that what it lacks is in doubt.
    pub poisoned: bool,
}

impl<'t, 'a> Clauses<'t, 'a> {
    /// The clause of a word; where it may stand several times, the first.
    pub fn get(&self, word: &str) -> Option<&Clause<'t, 'a>> {
        self.list.iter().find(|clause| clause.name() == word)
    }

    /// All clauses of a word.
    pub fn all<'s>(&'s self, word: &'s str) -> impl Iterator<Item = &'s Clause<'t, 'a>> {
        self.list.iter().filter(move |clause| clause.name() == word)
    }
}

/// The one line that is said of what is not compiled yet.
pub(crate) fn not_yet(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new(code::E0390, span, format!("`{word}` is not supported by this meshc yet"))
}

/// Reads statements of one file and reports what does not fit.
pub(crate) struct Walk<'t, 'a, 'd> {
    pub reader: Reader<'t, 'a>,
    pub diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'t, 'a> Walk<'t, 'a, '_> {
    /// The clauses of a statement's block.
    pub fn block(&mut self, statement: Statement<'t, 'a>, block: Block) -> Clauses<'t, 'a> {
        self.clauses(statement.children(), block)
    }

    /// The clauses among some statements.
    pub fn clauses(&mut self, statements: impl Iterator<Item = Statement<'t, 'a>>, block: Block) -> Clauses<'t, 'a> {
        let mut out = Clauses::default();
        let mut once: SmallVec<[(&'static str, Span); 8]> = SmallVec::new();
        for statement in statements {
            let Some(clause) = self.clause(statement, block) else {
                out.poisoned = true;
                continue;
            };
            if clause.word.entry.often == Often::Once {
                if let Some((_, first)) = once.iter().find(|(known, _)| *known == clause.name()) {
                    self.diagnostics.push(twice(clause.name(), clause.span(), *first));
                    continue;
                }
                once.push((clause.name(), clause.span()));
            }
            // What is left of abstraction could not be put in place, which is reported.
            let left = matches!(clause.name(), "with" | "if" | "else");
            if left || clause.word.entry.stage == Stage::Planned {
                out.poisoned = true;
            }
            out.list.push(clause);
        }
        out
    }

    /// The clause that a statement is, if its head fits.
    pub fn clause(&mut self, statement: Statement<'t, 'a>, block: Block) -> Option<Clause<'t, 'a>> {
        if statement.is_broken() || statement.items().is_empty() {
            return None;
        }
        let (word, skip) = match self.classify(statement, block) {
            Ok(found) => found,
            Err(failure) => {
                self.report(doubled(statement).unwrap_or(failure));
                return None;
            }
        };
        let items = &statement.items()[skip..];
        let head = Head { word, items, span: statement.head_span(), block };
        let args = match fit(self.reader, &head) {
            Ok(args) => args,
            // What its shape will be in the end is not said by a compiler that does not have it.
            Err(_) if word.entry.stage == Stage::Planned => {
                self.diagnostics.push(not_yet(word.entry.word, statement.head_span()));
                return None;
            }
            Err(failure) => {
                self.report(doubled(statement).unwrap_or(failure));
                return None;
            }
        };
        self.check_body(word, statement).then_some(Clause { word, args, statement })
    }

    pub fn report(&mut self, failure: Failure) {
        if let Failure::Problem(problem) = failure {
            self.diagnostics.push(*problem);
        }
    }

    /// The entry of a statement, and how many items its word takes.
    fn classify(&self, statement: Statement<'t, 'a>, block: Block) -> Result<(&'static Word, usize), Failure> {
        let items = statement.items();
        let tree = statement.tree();
        let keyword = statement.keyword();
        if let Some(word) = keyword.and_then(|word| lookup(block, word)) {
            return Ok((word, 1));
        }
        let first = tree.slice(items[0].key);
        let percent = items[0].value.is_some_and(|value| tree.slice(value).contains('%'));
        if let (Some(value), Some(word)) = (items[0].value.filter(|_| !percent), lookup(block, first)) {
            let colon = Span::new(tree.file(), items[0].key.end, value.start);
            return Err(Diagnostic::new(
                code::E0303,
                tree.span(items[0].key),
                format!("no `:` stands behind `{}`", word.entry.word),
            )
            .label("a clause and its operands are apart by a space")
            .fix("write a space", colon, " ")
            .into());
        }
        if let Some(destination) = lookup(block, "") {
            let shares = 1 + items.iter().skip(1).take_while(|item| item.after_comma).count();
            let port = |item: &mesh_syntax::Item| item.value.is_none() && tree.slice(item.key) == "port";
            let plain = items.len() == shares || percent || port(&items[shares]);
            let near = || {
                nearest(first, words_in(block).filter(|word| word.entry.block().is_some()).map(|word| word.entry.word))
            };
            let elsewhere =
                keyword.is_some() && statement.has_block() && (entries_of(first).next().is_some() || near().is_some());
            if plain && !elsewhere {
                return Ok((destination, 0));
            }
            if let Some(failure) = bare_share(statement) {
                return Err(failure);
            }
        }
        Err(unknown(statement, block))
    }

    /// Whether the statement has the block that its word wants, and no other.
    fn check_body(&mut self, word: &'static Word, statement: Statement<'t, 'a>) -> bool {
        let name =
            || if word.entry.word.is_empty() { "a destination".to_owned() } else { format!("`{}`", word.entry.word) };
        let before = self.diagnostics.len();
        match word.entry.body {
            Body::None if statement.has_block() => self.diagnostics.push(
                Diagnostic::new(code::E0308, statement.block_span(), format!("{} has no block", name()))
                    .label("nothing can stand here")
                    .help(format!("an example: `{}`", word.entry.example)),
            ),
            Body::Must(_) if !statement.has_block() => self.diagnostics.push(
                Diagnostic::new(code::E0308, statement.head_span(), format!("{} needs a block", name()))
                    .label("`< … >` is missing behind this")
                    .help(format!("an example: `{}`", word.entry.example)),
            ),
            _ => {}
        }
        self.diagnostics.len() == before
    }
}

/// A word that stands twice in a row: the likeliest slip, said in place of what follows from it.
fn doubled(statement: Statement<'_, '_>) -> Option<Failure> {
    let tree = statement.tree();
    let pair = statement.items().windows(2).find(|pair| {
        let before = pair[0].value.unwrap_or(pair[0].key);
        !pair[1].after_comma && pair[1].value.is_none() && tree.slice(before) == tree.slice(pair[1].key)
    })?;
    let before = tree.span(pair[0].value.unwrap_or(pair[0].key));
    let again = tree.span(pair[1].key);
    let text = tree.slice(pair[1].key);
    let gap = Span::new(again.file, before.end, again.end);
    let problem = Diagnostic::new(code::E0303, again, format!("`{text}` stands twice in a row"));
    Some(problem.label("again here").also(before, "first here").fix("remove one of them", gap, "").into())
}

/// A share without its `:`, as in `v1 80%` and `80% v1`.
fn bare_share(statement: Statement<'_, '_>) -> Option<Failure> {
    let tree = statement.tree();
    let items = statement.items();
    let is_share = |item: &mesh_syntax::Item| item.value.is_none() && tree.slice(item.key).ends_with('%');
    let share = items.iter().take(3).find(|item| is_share(item))?;
    let version = items.iter().take(3).find(|item| item.key.kind == OperandKind::Bare && !is_share(item))?;
    let (share_text, version_text) = (tree.slice(share.key), tree.slice(version.key));
    let problem = Diagnostic::new(code::E0304, tree.span(share.key), "a share is joined to its destination by `:`")
        .label("joined to nothing");
    let gap = Span::new(tree.file(), version.key.end, share.key.start);
    let adjacent = version.key.end <= share.key.start && items.len() == 2;
    Some(
        if adjacent {
            problem.fix("write `:`", gap, ": ")
        } else {
            problem.help(format!("write `{version_text}: {share_text}`"))
        }
        .into(),
    )
}

/// The error of something that is said twice.
pub(crate) fn twice(what: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(code::E0306, again, format!("`{what}` is said twice"))
        .label("again here")
        .also(first, "first here")
        .help("keep one of them")
}

fn unknown(statement: Statement<'_, '_>, block: Block) -> Failure {
    let tree = statement.tree();
    let items = statement.items();
    let first = items[0].key;
    let span = tree.span(first);
    let text = tree.slice(first);
    let place = block.name();
    let candidates = || {
        let lowered = words_in(block).filter(|word| word.entry.stage == Stage::Lowered);
        lowered.map(|word| word.entry.word).filter(|word| !word.is_empty())
    };
    if let (Some(next), true) = (items.get(1).filter(|next| next.after_comma), lookup(block, text).is_some()) {
        let gap = Span::new(tree.file(), items[0].end(), next.key.start);
        return Diagnostic::new(code::E0108, gap, "a list has an empty place")
            .label("nothing stands before this comma")
            .fix("remove the comma", gap, " ")
            .into();
    }
    if first.kind == OperandKind::Bare && items[0].value.is_none() && entries_of(text).next().is_some() {
        let mut homes: Vec<&str> =
            entries_of(text).flat_map(|word| word.entry.blocks).map(|home| home.name()).collect();
        homes.sort_unstable();
        homes.dedup();
        let homes = match homes.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => homes.join(""),
        };
        return Diagnostic::new(code::E0305, span, format!("`{text}` does not stand in {place}"))
            .label("in the wrong block")
            .help(match in_mesh(text).filter(|_| !matches!(text, "port" | "headers")) {
                Some(mesh) => format!("it stands in {homes}; for Istio's `{text}` Mesh writes `{mesh}`"),
                None => format!("it stands in {homes}"),
            })
            .into();
    }
    let lone = items[0].value.is_none() && first.kind == OperandKind::Bare;
    let shown = if lone { format!("`{text}`") } else { "this".to_owned() };
    let title = match block {
        Block::File => format!("{shown} is not a statement"),
        _ => format!("{shown} is not a clause of {place}"),
    };
    let problem = Diagnostic::new(code::E0304, span, title).label("not known");
    if let Some(mesh) = in_mesh(text).filter(|_| first.kind == OperandKind::Bare) {
        return problem.help(format!("Mesh writes `{mesh}`")).into();
    }
    let problem = match nearest(text, candidates()).filter(|_| first.kind == OperandKind::Bare) {
        Some(near) => problem.fix(format!("write `{near}`"), span, near),
        None => problem.help(format!("there are {}", all_of(candidates()))),
    };
    problem.into()
}
