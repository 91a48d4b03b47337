//! The names of abstraction: constants and parameters, profiles and theirs.

use std::collections::HashMap;

use lsp_types::CompletionItemKind;
use mesh_compiler::ParameterKind;
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_compiler::vocabulary::{Block, lookup};
use mesh_syntax::Statement;

use super::Offer;
use crate::context::context;
use crate::program::Program;

/// `$` and what follows it: constants, parameters, and the parameters of the profile around it.
pub fn dollar(program: &Program, text: &str, at: usize) -> Option<(usize, Vec<Offer>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let from = text[..at].trim_end_matches(is_part).len();
    let before = &text[..from];
    if !before.ends_with('$') && !before.ends_with("${") {
        return None;
    }
    let context = context(text, before.rfind('$')?);
    let profile = context.as_ref().and_then(|context| context.profile()).map(str::to_owned);
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

/// What may stand behind `if`: parameters that are one of some words, and these words.
pub fn choices(program: &Program, written: &str) -> Vec<Offer> {
    let mut words = written.split_whitespace().skip(1);
    let parameters = program.index.of_kind(SymbolKind::Parameter).filter(|symbol| !symbol.detail("values").is_empty());
    let Some(name) = words.next() else {
        let offer = |symbol: &Symbol| {
            let values = symbol.detail("values").join(", ");
            Offer::new(format!("${}", symbol.name), CompletionItemKind::CONSTANT, values)
        };
        return parameters.map(offer).collect();
    };
    let Some("is") = words.next() else {
        return vec![Offer::new("is", CompletionItemKind::KEYWORD, "")];
    };
    let said: Vec<&str> = words.map(|word| word.trim_end_matches(',')).collect();
    let known = parameters.filter(|symbol| Some(symbol.name.as_str()) == name.strip_prefix('$'));
    let open = known.flat_map(|symbol| symbol.detail("values")).filter(|value| !said.contains(&value.as_str()));
    open.map(|value| Offer::new(value.as_str(), CompletionItemKind::ENUM_MEMBER, format!("a value of {name}")))
        .collect()
}

/// What a parameter may be, beside words.
pub fn types() -> Vec<Offer> {
    let types = ParameterKind::TYPES.into_iter();
    types.map(|of| Offer::new(of, CompletionItemKind::TYPE_PARAMETER, "")).collect()
}

/// The profiles that fit one of some blocks.
pub fn profiles(program: &Program, blocks: &[Block]) -> Vec<Offer> {
    let clauses = program.clauses_of_profiles();
    let offer = |(number, symbol): (usize, &Symbol)| {
        let words = clauses.get(&number).map_or(&[][..], Vec::as_slice);
        let fits = |block: &&Block| words.iter().all(|word| lookup(**block, word).is_some());
        blocks.iter().find(fits)?;
        let parameters = symbol.detail("parameters").join(", ");
        Some(Offer::new(&symbol.name, CompletionItemKind::FUNCTION, format!("profile ({parameters})")))
    };
    let symbols = program.index.symbols.iter().enumerate();
    symbols.filter(|(_, symbol)| symbol.kind == SymbolKind::Profile).filter_map(offer).collect()
}

/// The words of the clauses that each profile stands for, by the numbers of their symbols.
pub fn clauses_of_profiles(program: &Program) -> HashMap<usize, Vec<String>> {
    let mut declared: HashMap<_, usize> = HashMap::new();
    for (number, symbol) in program.index.symbols.iter().enumerate() {
        if let (SymbolKind::Profile, Some(place)) = (symbol.kind, symbol.declared) {
            declared.insert((place.file, place.start), number);
        }
    }
    let mut files: Vec<_> = declared.keys().map(|(file, _)| *file).collect();
    files.sort_unstable();
    files.dedup();
    let mut out = HashMap::new();
    for file in files {
        for statement in program.parsed(file).tree.statements() {
            let name = statement.items().get(1).map(|item| (file, item.key.start));
            if let Some(number) = name.and_then(|name| declared.get(&name)) {
                let mut words = Vec::new();
                clauses(statement, &mut words);
                out.insert(*number, words);
            }
        }
    }
    out
}

/// The words of the clauses in a block, and in the branches of it.
fn clauses(statement: Statement<'_, '_>, out: &mut Vec<String>) {
    for child in statement.children() {
        match child.keyword().unwrap_or_default() {
            "if" | "else" => clauses(child, out),
            word if lookup(Block::Any, word).is_some() => {}
            word if word.contains('$') => {}
            word => out.push(if is_clause(word) { word.to_owned() } else { String::new() }),
        }
    }
}

/// True for the word of a clause; what starts with another is known by its operands, such as a destination.
fn is_clause(word: &str) -> bool {
    Block::ALL.into_iter().any(|block| lookup(block, word).is_some())
}

/// The parameters of a profile that are not given yet.
pub fn arguments(program: &Program, written: &str) -> Vec<Offer> {
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

/// Where the profile around a place is used, as far as that is in no other profile.
pub fn uses_of_profile(program: &Program, name: Option<&str>) -> Vec<Block> {
    let Some(name) = name else { return Vec::new() };
    let is_meant = |symbol: &Symbol| symbol.kind == SymbolKind::Profile && symbol.name == name;
    let Some(profile) = program.index.symbols.iter().position(is_meant) else { return Vec::new() };
    let mut out = Vec::new();
    for place in program.index.places(profile) {
        let around = context(program.text(place.file), place.start as usize);
        let Some(around) = around.filter(|around| around.profile().is_none()) else { continue };
        for block in around.blocks() {
            if !out.contains(&block) {
                out.push(block);
            }
        }
    }
    out
}
