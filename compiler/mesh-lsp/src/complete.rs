//! Completion: the words, names and values that may stand at the cursor.

mod fields;
pub(crate) mod names;
mod snippets;
pub(crate) mod values;

use std::collections::HashSet;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
    Range, TextEdit,
};
use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Expected, Stage, Word, follow, lookup, words_in, words_of};
use mesh_diagnostics::{FileId, Source, Span};
use mesh_syntax::Item;

use crate::context::{Context, context};
use crate::hover::meaning;
use crate::position::range;
use crate::program::Program;

/// What is offered, before it is known where it goes.
pub(crate) struct Offer {
    label: String,
    kind: CompletionItemKind,
    detail: String,
    /// Markdown.
    says: String,
    /// What is inserted, with places to fill in; the label where there is none.
    snippet: Option<String>,
    /// Its place among the others.
    rank: u8,
}

impl Offer {
    pub(crate) fn new(label: impl Into<String>, kind: CompletionItemKind, detail: impl Into<String>) -> Offer {
        Offer { label: label.into(), kind, detail: detail.into(), says: String::new(), snippet: None, rank: 1 }
    }

    /// True where it offers a name of a kind.
    pub(crate) fn is(&self, kind: CompletionItemKind, name: &str) -> bool {
        self.kind == kind && self.label == name
    }
}

/// The completions at a place of a text; the names are those of the program.
pub fn of(program: &Program, source: &Source, file: FileId, at: usize, snippets: bool) -> Vec<CompletionItem> {
    let text = &source.text;
    let (from, offers) = match names::dollar(program, text, at) {
        Some(found) => found,
        None => {
            let Some(mut context) = context(text, at) else { return Vec::new() };
            context.used_in = names::uses_of_profile(program, context.profile());
            (at - context.prefix().len(), offers(program, file, &context))
        }
    };
    let place = range(source, Span::new(file, from as u32, at as u32), program.encoding);
    items(place, offers, snippets)
}

/// What may stand at a place: something that is known, or an operand of a type.
pub(crate) enum Wanted {
    Offer(Offer),
    Operand(Type),
}

fn offers(program: &Program, file: FileId, context: &Context) -> Vec<Offer> {
    let mut out = Vec::new();
    for wanted in wanted(program, file, context) {
        match wanted {
            Wanted::Offer(offer) => out.push(offer),
            Wanted::Operand(of) => out.extend(values::of(program, file, context, of)),
        }
    }
    let mut seen = HashSet::new();
    out.retain(|offer| seen.insert(offer.label.clone()));
    out
}

/// What may stand at a place.
pub(crate) fn wanted(program: &Program, file: FileId, context: &Context) -> Vec<Wanted> {
    let known = |offers: Vec<Offer>| offers.into_iter().map(Wanted::Offer).collect();
    let (statement, _) = context.owner();
    if statement == "resource" && !context.inner_heads().is_empty() {
        return known(fields::of_resource(context));
    }
    let blocks = context.blocks();
    let prefix = context.prefix();
    let written = &context.typed[..context.typed.len() - prefix.len()];
    if written.trim_end().ends_with(':') {
        return known(rest(&blocks, written));
    }
    let is_start = written.trim().is_empty();
    let mut out: Vec<Wanted> = Vec::new();
    if is_start && !prefix.contains('@') {
        let all = blocks.iter().flat_map(|block| words(*block));
        out.extend(all.filter(|word| !context.is_elsewhere() || is_fact(&word.label)).map(Wanted::Offer));
    }
    let words: Vec<&'static Word> = match is_start {
        // What starts with an operand, such as a destination.
        true => words_of(&blocks, "").collect(),
        false => context.words(),
    };
    for word in words {
        if let (Some(tests), Some(open)) = (tests_of(word), open_group(written)) {
            let parsed = mesh_syntax::parse(file, open);
            let items = parsed.tree.statements().last().map_or(&[][..], |statement| statement.items());
            out.extend(condition(tests, &parsed.tree, items, open.trim_end().ends_with(',')));
            continue;
        }
        let parsed = mesh_syntax::parse(file, written);
        let items = parsed.tree.statements().last().map_or(&[][..], |statement| statement.items());
        let items = items.get(usize::from(!word.entry.word.is_empty())..).unwrap_or_default();
        match word.entry.word {
            "with" if items.is_empty() => out.extend(known(names::profiles(program, &blocks))),
            "with" => out.extend(known(names::arguments(program, written))),
            "if" => out.extend(known(names::choices(program, written))),
            "param" if written.trim_end().ends_with(" of") => out.extend(known(names::types())),
            "field" => {
                let fields = |block: &Block| known(fields::of_object(*block, statement, prefix, written));
                out.extend(blocks.iter().flat_map(fields));
            }
            _ => {
                let comma = written.trim_end().ends_with(',');
                out.extend(expected(word, &parsed.tree, items, comma));
            }
        }
    }
    out
}

/// Behind the `:` of a destination: the share that the others leave.
fn rest(blocks: &[Block], written: &str) -> Vec<Offer> {
    if !blocks.iter().any(|block| matches!(block, Block::Route | Block::Rule)) {
        return Vec::new();
    }
    let said =
        written.split([' ', ',', ':']).filter_map(|word| word.strip_suffix('%')?.parse::<u32>().ok()).sum::<u32>();
    let left = 100_u32.saturating_sub(said);
    let offer = Offer::new(format!("{left}%"), CompletionItemKind::VALUE, "what the others leave");
    (1..100).contains(&left).then_some(offer).into_iter().collect()
}

/// What stands in `elsewhere`.
fn is_fact(word: &str) -> bool {
    matches!(word, "service" | "external" | "namespace" | "gateway")
}

/// The words that start a statement in a block.
fn words(block: Block) -> Vec<Offer> {
    let known = words_in(block).filter(|word| !word.entry.word.is_empty() && word.entry.stage == Stage::Lowered);
    known
        .map(|word| Offer {
            says: meaning(word),
            snippet: Some(snippets::of(word)),
            ..Offer::new(word.entry.word, CompletionItemKind::KEYWORD, word.entry.help)
        })
        .collect()
}

/// What the shapes of a word expect at the end of what is written.
fn expected(word: &'static Word, tree: &mesh_syntax::Tree<'_>, items: &[Item], comma: bool) -> Vec<Wanted> {
    if let Some(tests) = tests_of(word) {
        return condition(tests, tree, items, comma);
    }
    let expected = follow(word, tree, items, comma).into_iter().flat_map(|fit| fit.expected);
    let wanted = expected.map(|expected| match expected {
        Expected::Word(word) => Wanted::Offer(Offer::new(word, CompletionItemKind::KEYWORD, "")),
        Expected::Slot(slot) => Wanted::Operand(slot.of),
    });
    wanted.collect()
}

/// The tests of the condition that stands behind a word.
fn tests_of(word: &Word) -> Option<Block> {
    word.shapes.iter().flat_map(|shape| &shape.elements).find_map(|element| match element {
        mesh_compiler::vocabulary::Element::Slot(slot) => slot.of.tests(),
        _ => None,
    })
}

/// What stands in the innermost bracket that is open.
fn open_group(written: &str) -> Option<&str> {
    let mut open = Vec::new();
    for (at, c) in written.char_indices() {
        match c {
            '(' => open.push(at + 1),
            ')' => _ = open.pop(),
            _ => {}
        }
    }
    open.last().map(|at| &written[*at..])
}

/// The tests of a condition, and what the last of them expects.
fn condition(block: Block, tree: &mesh_syntax::Tree<'_>, items: &[Item], comma: bool) -> Vec<Wanted> {
    let is_test = |item: &Item| item.value.is_none() && lookup(block, tree.slice(item.key)).is_some();
    let joins = |item: &Item| matches!(tree.slice(item.key), "and" | "or" | "not");
    let last = items.iter().rposition(|item| is_test(item) || joins(item));
    let start = last.filter(|last| joins(&items[*last])).map_or(items.is_empty(), |last| last + 1 == items.len());
    let mut out = Vec::new();
    if start || (last.is_none() && comma) {
        let not = Offer::new("not", CompletionItemKind::OPERATOR, "the next test must not hold");
        out.extend(words(block).into_iter().map(|offer| Wanted::Offer(Offer { snippet: None, ..offer })));
        out.push(Wanted::Offer(Offer { rank: 3, ..not }));
        if let Some(plain) = lookup(block, "") {
            out.extend(expected(plain, tree, &[], false));
        }
        return out;
    }
    let Some(last) = last.filter(|last| is_test(&items[*last])) else {
        if let Some(plain) = lookup(block, "") {
            out.extend(expected(plain, tree, items, comma));
        }
        if !comma {
            out.extend(joints());
        }
        return out;
    };
    let Some(word) = lookup(block, tree.slice(items[last].key)) else { return out };
    out.extend(expected(word, tree, &items[last + 1..], comma));
    if last + 1 < items.len() && !comma {
        out.extend(joints());
    }
    out
}

fn joints() -> impl Iterator<Item = Wanted> {
    [("and", "both must hold"), ("or", "one must hold")].into_iter().map(|(joint, detail)| {
        Wanted::Offer(Offer { rank: 2, ..Offer::new(joint, CompletionItemKind::OPERATOR, detail) })
    })
}

fn items(range: Range, offers: Vec<Offer>, snippets: bool) -> Vec<CompletionItem> {
    let item = |offer: Offer| {
        let snippet = offer.snippet.filter(|snippet| snippets || !snippet.contains('$'));
        let is_snippet = snippet.as_ref().is_some_and(|snippet| snippet.contains('$'));
        let says = MarkupContent { kind: MarkupKind::Markdown, value: offer.says };
        CompletionItem {
            sort_text: Some(format!("{}{}", offer.rank, offer.label)),
            kind: Some(offer.kind),
            detail: (!offer.detail.is_empty()).then_some(offer.detail),
            documentation: (!says.value.is_empty()).then_some(Documentation::MarkupContent(says)),
            insert_text_format: Some(if is_snippet { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
                range,
                snippet.unwrap_or_else(|| offer.label.clone()),
            ))),
            filter_text: Some(offer.label.clone()),
            label: offer.label,
            ..CompletionItem::default()
        }
    };
    offers.into_iter().map(item).collect()
}
