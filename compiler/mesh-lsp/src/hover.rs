//! What a word means, what a name is, and what a statement becomes.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_compiler::operand::{Type, percent};
use mesh_compiler::vocabulary::{Block, Element, Often, Word, blocks_inside, lookup, paths_of, words_of};
use mesh_diagnostics::{FileId, Span};
use mesh_istio::{Format, emit};
use mesh_syntax::{OperandKind, Statement};

use crate::actions::capital;
use crate::complete::names::uses_of_profile;
use crate::program::{Program, comes_from};

/// How many lines of YAML are shown.
const LINES: usize = 60;

/// What is known of the word at a place.
pub fn of(program: &Program, file: FileId, at: usize) -> Option<Hover> {
    let shown = |text: String, span: Span| Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text }),
        range: Some(program.range(span)),
    };
    let parsed = program.parsed(file);
    let mut statement = parsed.tree.statements().find(|statement| holds(*statement, at))?;
    let mut blocks = vec![Block::File];
    if let Some((span, symbol)) = program.name_at(file, at) {
        let mut text = name(program, symbol);
        if let Some(weight) = weight(program, span) {
            text = format!("{weight}\n\n{text}");
        }
        return Some(shown(text, span));
    }
    loop {
        let keyword = statement.keyword().unwrap_or_default();
        if let Some(inner) = statement.children().find(|child| holds(*child, at)) {
            blocks = inside(program, &blocks, statement);
            statement = inner;
            continue;
        }
        let word = words_of(&blocks, keyword).next()?;
        let item =
            statement.items().iter().find(|item| (item.key.start as usize..=item.end() as usize).contains(&at))?;
        let operand = item.value.filter(|value| value.start as usize <= at).unwrap_or(item.key);
        let span = parsed.tree.span(operand);
        let is_first = item.key == statement.items()[0].key && statement.keyword().is_some();
        if !is_first {
            return inner(word, parsed.tree.slice(operand), operand.kind).map(|text| shown(text, span));
        }
        let mut text = meaning(word);
        if blocks == [Block::File]
            && let Some(yaml) = becomes(program, statement.span())
        {
            text.push_str(&format!("\n\n---\n\n```yaml\n{yaml}```"));
        }
        return Some(shown(text, span));
    }
}

/// What the block of a statement may be; that of a profile is what it is used in.
fn inside(program: &Program, around: &[Block], statement: Statement<'_, '_>) -> Vec<Block> {
    let keyword = statement.keyword().unwrap_or_default();
    let name = statement.items().get(1).filter(|_| keyword == "profile");
    let used = uses_of_profile(program, name.map(|item| statement.tree().slice(item.key)));
    if used.is_empty() { blocks_inside(around, keyword) } else { used }
}

fn holds(statement: Statement<'_, '_>, at: usize) -> bool {
    (statement.span().start as usize..=statement.span().end as usize).contains(&at)
}

/// What a word inside of a statement is: a test, an option, a module.
fn inner(word: &'static Word, text: &str, kind: OperandKind) -> Option<String> {
    if kind != OperandKind::Bare {
        return None;
    }
    let slots = || word.shapes.iter().flat_map(|shape| &shape.elements);
    let tests = slots().find_map(|element| match element {
        Element::Slot(slot) => slot.of.tests(),
        _ => None,
    });
    if let Some(test) = tests.and_then(|tests| lookup(tests, text)) {
        return Some(meaning(test));
    }
    let is_module = slots().any(|element| matches!(element, Element::Slot(slot) if slot.of == Type::Module));
    if is_module && let Some(purpose) = mesh_compiler::library_purpose(text) {
        let items = mesh_compiler::library_items(text);
        let list: Vec<String> = items.iter().map(|item| format!("- `{}`: {}", item.name, item.purpose)).collect();
        return Some(format!("{purpose}\n\n{}", list.join("\n")));
    }
    None
}

/// The share of requests that goes to the destination at a place.
fn weight(program: &Program, span: Span) -> Option<String> {
    let from = program.index.shares.partition_point(|(share, _)| (share.file, share.end) < (span.file, span.start));
    let (share, parts) = program.index.shares.get(from)?;
    let within = share.file == span.file && share.start <= span.start && span.end <= share.end;
    within.then(|| format!("**{}** of these requests", percent((*parts).into())))
}

/// The meaning of a word: its shapes, its help, and the fields of Istio that it writes.
pub fn meaning(word: &Word) -> String {
    let entry = word.entry;
    let mut out = format!(
        "```mesh\n{}\n```\n\n{}.\n\nFor example `{}`\n\nBecomes {}",
        word.phrases().join("\n"),
        capital(entry.help),
        entry.example,
        entry.becomes
    );
    let fields: Vec<String> = paths_of(word).take(4).map(|path| format!("`{path}`")).collect();
    if !fields.is_empty() {
        out.push_str(&format!("\n\nWrites {}", fields.join(", ")));
    }
    if entry.often == Often::Many {
        out.push_str("\n\nMay stand several times.");
    }
    if entry.inherited {
        out.push_str("\n\nA rule without it takes it over from the body of the route.");
    }
    out
}

/// What a name is: the statement that declares it, with its documentation, and what is known of it.
fn name(program: &Program, number: usize) -> String {
    let names = program.names_of(number);
    let symbol = &names.symbols[number];
    let of = symbol.container.as_ref().map(|container| format!(" of `{container}`")).unwrap_or_default();
    let mut out = format!("{} `{}`{of}", symbol.kind.word(), symbol.name);
    for (what, list) in &symbol.details {
        out.push_str(&format!("\n\n{what}: {}", list.join(", ")));
    }
    match symbol.declared {
        None => out.push_str("\n\nDeclared nowhere, and taken as it is used."),
        Some(declared) => out = declaration(program, symbol, declared, out),
    }
    let uses = names.places(number).filter(|span| Some(*span) != symbol.declared).count();
    out.push_str(&format!("\n\nUsed in {uses} {}.", if uses == 1 { "place" } else { "places" }));
    out
}

/// A name with the text of the statement that declares it.
fn declaration(program: &Program, symbol: &Symbol, declared: Span, mut out: String) -> String {
    let parsed = program.parsed(declared.file);
    let around = parsed.tree.statements().find(|statement| holds(*statement, declared.start as usize));
    let Some(statement) = around else { return out };
    let said = statement.documentation().join("\n");
    if !said.is_empty() && !matches!(symbol.kind, SymbolKind::Version | SymbolKind::Formal) {
        out = format!("{said}\n\n{out}");
    }
    out.push_str(&format!("\n\n```mesh\n{}\n```", program.sources().text(statement.span()).trim_end()));
    out
}

/// The YAML that a statement becomes; where there are errors, what could be understood of it.
fn becomes(program: &Program, span: Span) -> Option<String> {
    let resources = program.compilation.lowered.resources.iter();
    let made: Vec<_> = resources.filter(|resource| comes_from(resource, span)).cloned().collect();
    if made.is_empty() {
        return None;
    }
    let yaml = emit(&made, program.compilation.api, Format::Yaml, |_| Vec::new());
    let mut lines: Vec<&str> = yaml.lines().skip(1).collect();
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push("# …");
    }
    if program.compilation.diagnostics.has_errors() {
        lines.insert(0, "# The program has errors: this is what could be understood of it.");
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}
