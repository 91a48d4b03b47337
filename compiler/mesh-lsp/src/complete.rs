//! Completion: the words, names and values that may stand at the cursor.

mod fields;
mod snippets;
pub(crate) mod values;

use std::collections::HashSet;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
    Range, TextEdit,
};
use mesh_compiler::index::SymbolKind;
use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Expected, Stage, Word, follow, lookup, words_in};
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
    let (from, offers) = match dollar(program, text, at) {
        Some(found) => found,
        None => {
            let Some(context) = context(text, at) else { return Vec::new() };
            (at - context.prefix().len(), offers(program, file, &context))
        }
    };
    let place = range(source, Span::new(file, from as u32, at as u32), program.encoding);
    items(place, offers, snippets)
}

/// `$` and what follows it: constants, parameters, and the parameters of the profile around it.
fn dollar(program: &Program, text: &str, at: usize) -> Option<(usize, Vec<Offer>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let from = text[..at].trim_end_matches(is_part).len();
    let before = &text[..from];
    if !before.ends_with('$') && !before.ends_with("${") {
        return None;
    }
    let profile = context(text, before.rfind('$')?).and_then(|context| {
        let (word, name) = context.owner();
        (word == "profile").then(|| name.to_owned())
    });
    let close = if before.ends_with('{') && !text[at..].starts_with('}') { "}" } else { "" };
    let names = program.index.symbols.iter().filter_map(|symbol| {
        let (kind, detail) = match symbol.kind {
            SymbolKind::Constant => (CompletionItemKind::CONSTANT, "constant"),
            SymbolKind::Parameter => (CompletionItemKind::CONSTANT, "parameter of the program"),
            SymbolKind::Formal if symbol.container == profile => {
                (CompletionItemKind::VARIABLE, "parameter of the profile")
            }
            _ => return None,
        };
        let mut offer = Offer::new(&symbol.name, kind, detail);
        offer.snippet = (!close.is_empty()).then(|| format!("{}{close}", symbol.name));
        offer.rank = u8::from(symbol.kind != SymbolKind::Formal);
        Some(offer)
    });
    Some((from, names.collect()))
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
    if statement == "resource" && !context.heads.is_empty() {
        return known(fields::of_resource(context));
    }
    let Some(block) = context.block() else { return Vec::new() };
    let prefix = context.prefix();
    let written = &context.typed[..context.typed.len() - prefix.len()];
    if written.trim_end().ends_with(':') {
        return known(rest(block, written));
    }
    let is_start = written.trim().is_empty();
    let mut out: Vec<Wanted> = if is_start && !prefix.contains('@') { known(words(block)) } else { Vec::new() };
    let words: Vec<&'static Word> = match is_start {
        // What starts with an operand, such as a destination.
        true => lookup(block, "").into_iter().collect(),
        false => context.word().into_iter().collect(),
    };
    for word in words {
        let parsed = mesh_syntax::parse(file, written);
        let items = parsed.tree.statements().last().map_or(&[][..], |statement| statement.items());
        let items = items.get(usize::from(!word.entry.word.is_empty())..).unwrap_or_default();
        match word.entry.word {
            "with" if items.is_empty() => out.extend(profiles(program).into_iter().map(Wanted::Offer)),
            "with" => out.extend(arguments(program, written).into_iter().map(Wanted::Offer)),
            "field" => out.extend(known(fields::of_object(block, statement, prefix, written))),
            _ => {
                let comma = written.trim_end().ends_with(',');
                out.extend(expected(word, &parsed.tree, items, comma));
            }
        }
    }
    out
}

/// Behind the `:` of a destination: the share that the others leave.
fn rest(block: Block, written: &str) -> Vec<Offer> {
    if !matches!(block, Block::Route | Block::Rule) {
        return Vec::new();
    }
    let said =
        written.split([' ', ',', ':']).filter_map(|word| word.strip_suffix('%')?.parse::<u32>().ok()).sum::<u32>();
    let left = 100_u32.saturating_sub(said);
    let offer = Offer::new(format!("{left}%"), CompletionItemKind::VALUE, "what the others leave");
    (1..100).contains(&left).then_some(offer).into_iter().collect()
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

fn profiles(program: &Program) -> Vec<Offer> {
    let profiles = program.index.of_kind(SymbolKind::Profile);
    let offer = |symbol: &mesh_compiler::index::Symbol| {
        let parameters = symbol.detail("parameters").join(", ");
        Offer::new(&symbol.name, CompletionItemKind::FUNCTION, format!("profile ({parameters})"))
    };
    profiles.map(offer).collect()
}

/// The parameters of a profile that are not given yet.
fn arguments(program: &Program, written: &str) -> Vec<Offer> {
    let Some((head, given)) = written.split_once('(') else { return Vec::new() };
    let name = head.split_whitespace().nth(1).unwrap_or_default();
    // A value is whatever the profile makes of it.
    if given.rsplit(['(', ',']).next().is_some_and(|last| last.contains(':')) {
        return Vec::new();
    }
    let formals = program.index.of_kind(SymbolKind::Formal).filter(|symbol| symbol.container.as_deref() == Some(name));
    let open = formals
        .filter(|symbol| !given.split([',', '(']).any(|one| one.trim().starts_with(&format!("{}:", symbol.name))));
    open.map(|symbol| {
        let detail =
            symbol.detail("default").first().map_or("must be given".to_owned(), |value| format!("default {value}"));
        let mut offer = Offer::new(&symbol.name, CompletionItemKind::VARIABLE, detail);
        offer.snippet = Some(format!("{}: ", symbol.name));
        offer
    })
    .collect()
}

/// What the shapes of a word expect at the end of what is written.
fn expected(word: &'static Word, tree: &mesh_syntax::Tree<'_>, items: &[Item], comma: bool) -> Vec<Wanted> {
    let tests = word.shapes.iter().flat_map(|shape| &shape.elements).find_map(|element| match element {
        mesh_compiler::vocabulary::Element::Slot(slot) => slot.of.tests(),
        _ => None,
    });
    if let Some(tests) = tests {
        return condition(tests, tree, items, comma);
    }
    let expected = follow(word, tree, items, comma).into_iter().flat_map(|fit| fit.expected);
    let wanted = expected.map(|expected| match expected {
        Expected::Word(word) => Wanted::Offer(Offer::new(word, CompletionItemKind::KEYWORD, "")),
        Expected::Slot(slot) => Wanted::Operand(slot.of),
    });
    wanted.collect()
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
        if let Some(plain) = lookup(block, "").filter(|_| comma) {
            out.extend(expected(plain, tree, items, comma));
        }
        return out;
    };
    let Some(word) = lookup(block, tree.slice(items[last].key)) else { return out };
    out.extend(expected(word, tree, &items[last + 1..], comma));
    if last + 1 < items.len() && !comma {
        for (joint, detail) in [("and", "both must hold"), ("or", "one must hold")] {
            out.push(Wanted::Offer(Offer { rank: 2, ..Offer::new(joint, CompletionItemKind::OPERATOR, detail) }));
        }
    }
    out
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
