//! A file written out without abstraction.

use rustc_hash::FxHashSet as HashSet;
use std::collections::BTreeMap;

use mesh_diagnostics::{Diagnostic, FileId, Span, code};
use mesh_syntax::{Item, Operand, Statement, Tree};

use super::map::{FrameId, Frames, Map};
use super::names::{Names, Profile};
use crate::vocabulary::{Block, Often, lookup};

/// What a file was written out as.
pub(super) struct Written {
    /// The file that the text has in spans.
    pub id: FileId,
    pub text: String,
    pub map: Map,
    /// The profiles that were taken in, in the order of the text.
    pub uses: Vec<Use>,
    /// The branches that are not taken, a statement after the other, and the block that each is for.
    pub untaken_id: FileId,
    pub untaken: String,
    pub untaken_map: Map,
    pub untaken_blocks: Vec<Block>,
    pub frames: Frames,
    /// What `if` compared constants and parameters of profiles with, and whether it ever held.
    pub compared: BTreeMap<Span, bool>,
}

/// A profile that was taken in.
pub(super) struct Use {
    /// The bytes of the text that came from it.
    pub start: u32,
    pub end: u32,
    /// Where the statement of the file starts that it was taken in for.
    pub top: u32,
    /// The profile that took it in, by its place among the uses.
    pub outer: Option<usize>,
    /// The name of the profile, where it is declared.
    pub profile: Span,
    /// The `with`.
    pub site: Span,
    /// What it says and does not count, because it is written beside it.
    pub hidden: Vec<String>,
}

/// Writes a file out. The text is file `count` behind the original in spans, and its untaken branches twice that.
pub(super) fn file(names: &Names<'_, '_>, tree: &Tree<'_>, count: u32) -> (Written, Vec<Diagnostic>) {
    let mut writer = Writer {
        names,
        out: Buffer::default(),
        other: Buffer::default(),
        frames: Frames::new(tree.file()),
        uses: Vec::new(),
        top: 0,
        nested: 0,
        compared: BTreeMap::new(),
        problems: Vec::new(),
        profiles: Vec::new(),
        open: Vec::new(),
        constants: Vec::new(),
        steps: 0,
        exhausted: false,
    };
    let scope = Scope { tree, frame: Frames::FILE, bound: None };
    let statements: Vec<Statement<'_, '_>> = tree.statements().collect();
    writer.between(&statements, 0, tree.text().len() as u32, scope, Some(Block::File));
    let Writer { out, other, frames, uses, mut problems, compared, .. } = writer;
    // What is wrong in a profile is wrong wherever it is taken in.
    problems.sort_by_key(|problem| (problem.primary.span, problem.code.id));
    problems.dedup();
    let written = Written {
        id: FileId(tree.file().0 + count),
        text: out.text,
        map: out.map,
        uses,
        untaken_id: FileId(tree.file().0 + 2 * count),
        untaken: other.text,
        untaken_map: other.map,
        untaken_blocks: other.blocks,
        frames,
        compared,
    };
    (written, problems)
}

#[derive(Default)]
pub(super) struct Buffer {
    pub text: String,
    pub map: Map,
    /// For statements that stand by themselves: the block that each is for.
    pub blocks: Vec<Block>,
}

impl Buffer {
    /// Adds another text behind this one.
    pub fn append(&mut self, other: Buffer) {
        self.map.append(other.map, self.text.len() as u32);
        self.text.push_str(&other.text);
        self.blocks.extend(other.blocks);
    }
}

/// Where a name is looked up, and to which frame what is written belongs.
#[derive(Clone, Copy)]
pub(super) struct Scope<'e, 't, 'a> {
    pub tree: &'t Tree<'a>,
    pub frame: FrameId,
    pub bound: Option<&'e Bound<'e, 't, 'a>>,
}

/// The parameters of a profile where it is taken in.
pub(super) struct Bound<'e, 't, 'a> {
    pub profile: &'e Profile<'t, 'a>,
    pub given: Vec<(&'a str, Operand)>,
    /// Where the arguments are written.
    pub outer: Scope<'e, 't, 'a>,
}

/// What stands right before a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// No `if`.
    Nothing,
    /// One whose branch counts, or does not.
    Taken(bool),
    /// One that could not be decided.
    Doubt,
}

/// What stands in the block that statements are put into.
#[derive(Clone, Copy)]
pub(super) struct Beside<'s, 'a> {
    /// The words for which the statements themselves do not count: those that are written where a profile is taken in.
    pub hiding: &'s HashSet<&'a str>,
    /// The words for which profiles that the statements take in do not count.
    pub written: &'s HashSet<&'a str>,
}

/// What a name stands for: the items, and where they are looked up.
pub(super) enum Meaning<'e, 't, 'a> {
    /// With the constant that they are the value of.
    Items(Vec<Item>, Scope<'e, 't, 'a>, Option<usize>),
    /// Chosen from outside.
    Chosen(String),
}

pub(super) struct Writer<'n, 't, 'a> {
    pub names: &'n Names<'t, 'a>,
    pub out: Buffer,
    /// The untaken branches.
    pub other: Buffer,
    pub frames: Frames,
    pub uses: Vec<Use>,
    /// Where the statement of the file starts that is being written.
    pub top: u32,
    /// How many statements are around the one at hand.
    pub nested: u32,
    /// What `if` compares constants and parameters of profiles with, and whether it ever held.
    pub compared: BTreeMap<Span, bool>,
    pub problems: Vec<Diagnostic>,
    /// The profiles that are being taken in, and their places among the uses.
    pub profiles: Vec<usize>,
    pub open: Vec<usize>,
    /// The constants that are being written.
    pub constants: Vec<usize>,
    /// How often a name was looked up.
    pub steps: u32,
    /// It was too often, and that was said.
    pub exhausted: bool,
}

impl<'t, 'a> Writer<'_, 't, 'a> {
    pub(super) fn copy(&mut self, scope: Scope<'_, 't, 'a>, start: u32, end: u32) {
        if start < end {
            let at = self.out.text.len() as u32;
            self.out.map.add(at, Span::new(scope.tree.file(), start, end), true, scope.frame);
            self.out.text.push_str(&scope.tree.text()[start as usize..end as usize]);
        }
    }

    /// Text that stands for all of a place.
    pub(super) fn put(&mut self, text: &str, origin: Span, frame: FrameId) {
        let at = self.out.text.len() as u32;
        self.out.map.add(at, origin, false, frame);
        self.out.text.push_str(text);
    }

    /// Statements and what stands between them.
    pub(super) fn between(
        &mut self,
        statements: &[Statement<'t, 'a>],
        start: u32,
        end: u32,
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
    ) {
        let written = self.written(statements, scope, block);
        let beside = Beside { hiding: &HashSet::default(), written: &written };
        let mut at = start;
        let mut before = Before::Nothing;
        for statement in statements {
            let span = statement.span();
            self.copy(scope, at, span.start);
            self.statement(*statement, &mut before, scope, block, beside);
            at = span.end;
        }
        self.copy(scope, at, end);
    }

    /// Statements that take the place of another one, a line each; those that are hidden by what stands beside them
    /// are left out.
    pub(super) fn inline(
        &mut self,
        statements: &[Statement<'t, 'a>],
        site: Span,
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
        beside: Beside<'_, 'a>,
    ) {
        let mut before = Before::Nothing;
        let mut written = self.written(statements, scope, block);
        written.extend(beside.written);
        for statement in statements {
            if let Some(word) = once(*statement, block).filter(|word| beside.hiding.contains(word)) {
                if let Some(open) = self.open.last() {
                    self.uses[*open].hidden.push(word.to_owned());
                }
                continue;
            }
            // What starts at the first column is taken for a statement of the file where brackets do not balance.
            if block != Some(Block::File) {
                self.put("  ", site, scope.frame);
            }
            let beside = Beside { hiding: beside.hiding, written: &written };
            self.statement(*statement, &mut before, scope, block, beside);
            self.put("\n", site, scope.frame);
        }
        if block != Some(Block::File) {
            self.put("  ", site, scope.frame);
        }
    }

    /// The words that stand once among statements, for which a profile says nothing then.
    pub(super) fn written(
        &mut self,
        statements: &[Statement<'t, 'a>],
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
    ) -> HashSet<&'a str> {
        let mut out = HashSet::default();
        let takes_in = |statement: &Statement<'t, 'a>| matches!(statement.keyword(), Some("with" | "if" | "else"));
        if statements.iter().any(takes_in) {
            self.collect(statements, scope, block, &mut out);
        }
        out
    }

    fn collect(
        &mut self,
        statements: &[Statement<'t, 'a>],
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
        out: &mut HashSet<&'a str>,
    ) {
        let mut before = Before::Nothing;
        for statement in statements {
            match statement.keyword() {
                Some("if" | "else") => {
                    if self.is_taken(*statement, &mut before, scope) == Some(true) {
                        let inner: Vec<_> = statement.children().collect();
                        self.collect(&inner, scope, block, out);
                    }
                }
                _ => {
                    before = Before::Nothing;
                    out.extend(once(*statement, block));
                }
            }
        }
    }

    /// Any statement. `before` is what became of the `if` right before it.
    pub(super) fn statement(
        &mut self,
        statement: Statement<'t, 'a>,
        before: &mut Before,
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
        beside: Beside<'_, 'a>,
    ) {
        let span = statement.span();
        if statement.is_broken() {
            return self.copy(scope, span.start, span.end);
        }
        match statement.keyword() {
            Some("let" | "param" | "profile") if self.nested == 0 => {}
            _ if self.declares_inside(statement, block) => {}
            Some("with") => {
                self.nested += 1;
                self.with(statement, scope, block, beside);
                self.nested -= 1;
            }
            Some("if" | "else") => {
                self.nested += 1;
                match self.is_taken(statement, before, scope) {
                    Some(taken) => self.branch(statement, taken, scope, block, beside),
                    None => self.copy(scope, span.start, span.end),
                }
                self.nested -= 1;
            }
            _ => {
                if block == Some(Block::File) {
                    self.top = self.out.text.len() as u32;
                }
                self.nested += 1;
                self.plain(statement, scope, block);
                self.nested -= 1;
            }
        }
        if !matches!(statement.keyword(), Some("if" | "else")) {
            *before = Before::Nothing;
        }
    }

    /// True for a declaration that does not stand in the file itself, which is reported.
    pub(super) fn declares_inside(&mut self, statement: Statement<'t, 'a>, block: Option<Block>) -> bool {
        let Some(word @ ("let" | "param" | "profile" | "use")) = statement.keyword() else { return false };
        if block != Some(Block::File) || self.nested == 0 {
            return false;
        }
        self.problems.push(
            Diagnostic::new(code::E0305, statement.head_span(), format!("`{word}` stands in the file itself"))
                .label("inside another statement")
                .help(match word {
                    "use" => "take the module in for every choice",
                    _ => "declare it in the file; what differs can be chosen by `if` where it is used",
                }),
        );
        true
    }

    /// True where the word of a statement stands behind a name, and is one of abstraction, which comes too late then.
    fn hides_keyword(&mut self, statement: Statement<'t, 'a>, scope: Scope<'_, 't, 'a>) -> bool {
        let Some(first) = statement.keyword().filter(|word| word.starts_with('$')) else { return false };
        let operand = statement.items()[0].key;
        let span = scope.tree.span(operand);
        let known = self.problems.len();
        let text = self.meaning(scope, operand).and_then(|meaning| self.plain_text(meaning, span));
        self.problems.truncate(known);
        let Some(word) = text.filter(|text| is_of_abstraction(text)) else { return false };
        self.problems.push(
            Diagnostic::new(
                code::E0301,
                span,
                format!("`{first}` stands for `{word}`, which is a word of the language"),
            )
            .label("no name can stand here"),
        );
        true
    }

    /// A statement that is none of abstraction.
    pub(super) fn plain(&mut self, statement: Statement<'t, 'a>, scope: Scope<'_, 't, 'a>, block: Option<Block>) {
        let (span, head, body) = (statement.span(), statement.head_span(), statement.block_span());
        if is_concrete(statement) {
            return self.copy(scope, span.start, span.end);
        }
        if self.hides_keyword(statement, scope) {
            return;
        }
        let mut at = span.start;
        self.items(scope, statement.items(), &mut at, false);
        self.copy(scope, at, head.end);
        if statement.has_block() && body.end > body.start + 1 {
            self.copy(scope, head.end, body.start + 1);
            let inner = block.and_then(|block| {
                if block.is_free() {
                    return Some(block);
                }
                let word = statement.keyword().and_then(|word| lookup(block, word)).or_else(|| lookup(block, ""));
                word?.entry.block()
            });
            let children: Vec<Statement<'t, 'a>> = statement.children().collect();
            self.between(&children, body.start + 1, body.end - 1, scope, inner);
            self.copy(scope, body.end - 1, span.end);
        } else {
            self.copy(scope, head.end, span.end);
        }
    }
}

/// True for a word whose statement is none of the program that later stages see.
fn is_of_abstraction(word: &str) -> bool {
    matches!(word, "with" | "if" | "else" | "let" | "param" | "profile" | "use")
}

/// True for a statement that stands as it is: nothing in it is of abstraction.
fn is_concrete(statement: Statement<'_, '_>) -> bool {
    fn inside(statement: Statement<'_, '_>) -> bool {
        statement.children().all(|child| !child.keyword().is_some_and(is_of_abstraction) && inside(child))
    }
    !statement.tree().text()[statement.span().range()].contains('$') && inside(statement)
}

/// The word of a statement that stands once in its block; empty for a destination, of which one stands for all.
fn once<'a>(statement: Statement<'_, 'a>, block: Option<Block>) -> Option<&'a str> {
    let block = block?;
    let keyword = statement.keyword();
    let abstracts = matches!(keyword, Some("with" | "if" | "else" | "let" | "param" | "profile"));
    if block.is_free() {
        return keyword.filter(|_| !abstracts);
    }
    if let Some(word) = keyword.and_then(|keyword| lookup(block, keyword)) {
        return keyword.filter(|_| word.entry.often == Often::Once);
    }
    let tree = statement.tree();
    let items = statement.items();
    let shares = 1 + items.iter().skip(1).take_while(|item| item.after_comma).count();
    // What is neither a word of the block nor a destination is a slip, which must not be hidden.
    let plain = items.get(shares).is_none_or(|next| next.value.is_none() && tree.slice(next.key) == "port");
    lookup(block, "").filter(|_| plain && !abstracts).map(|_| "")
}
