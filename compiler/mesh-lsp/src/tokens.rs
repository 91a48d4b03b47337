//! Semantic tokens: what each word is, by its place rather than by its letters.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use lsp_types::{SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend};
use mesh_compiler::index::SymbolKind;
use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Element, list, words};
use mesh_diagnostics::{FileId, Span};
use mesh_syntax::{Item, Operand, OperandKind, Statement, Tree};

use crate::program::Program;

const TYPES: [SemanticTokenType; 13] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::OPERATOR,
    SemanticTokenType::STRING,
    SemanticTokenType::REGEXP,
    SemanticTokenType::NUMBER,
    SemanticTokenType::COMMENT,
    SemanticTokenType::CLASS,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::INTERFACE,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PARAMETER,
];

const MODIFIERS: [SemanticTokenModifier; 2] =
    [SemanticTokenModifier::DECLARATION, SemanticTokenModifier::DOCUMENTATION];

/// The words that stand inside of statements and conditions.
static INNER: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lists = ["options", "tests"].into_iter().filter_map(list);
    lists.flatten().chain(["and", "or", "not"]).collect()
});

/// What follows words that an operand must follow, by its types.
static BEHIND: LazyLock<HashMap<&'static str, Vec<Type>>> = LazyLock::new(|| {
    let (mut behind, mut open) = (HashMap::new(), HashSet::new());
    for word in words() {
        for shape in &word.shapes {
            walk(Some(word.entry.word), &shape.elements, &mut behind, &mut open);
        }
    }
    behind.retain(|word, _| !open.contains(word));
    behind
});

/// Adds what follows each word of a shape; words that are followed by no operand somewhere are open.
fn walk(
    before: Option<&'static str>,
    elements: &[Element],
    behind: &mut HashMap<&'static str, Vec<Type>>,
    open: &mut HashSet<&'static str>,
) {
    let mut before = before;
    for element in elements {
        if let Some(word) = before.take() {
            match element {
                Element::Slot(slot) => behind.entry(word).or_default().push(slot.of),
                Element::Word(_) | Element::Options(_) => _ = open.insert(word),
            }
        }
        match element {
            Element::Word(word) => before = Some(word),
            Element::Slot(_) => {}
            Element::Options(options) => options.iter().for_each(|option| walk(None, option, behind, open)),
        }
    }
    open.extend(before);
}

/// True where a text behind a word is its operand, and no word of the language.
fn is_operand_behind(word: &str, text: &str) -> bool {
    let stands = |of: &Type| {
        let target = *of == Type::Target && matches!(text, "mesh" | "namespace" | "gateway");
        target || of.tests().is_some() || of.words().contains(&text)
    };
    BEHIND.get(word).is_some_and(|types| !types.iter().any(stands))
}

/// The types and modifiers, by the numbers that tokens have.
pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() }
}

/// A token before it is counted from the one before it.
struct Token {
    start: u32,
    end: u32,
    of: usize,
    modifiers: u32,
}

/// The tokens of a file.
pub fn of(program: &Program, file: FileId) -> SemanticTokens {
    let parsed = program.parsed(file);
    let tree = &parsed.tree;
    let mut tokens: Vec<Token> = Vec::new();
    let from = program.index.uses.partition_point(|(span, _)| span.file < file);
    let uses = || program.index.uses[from..].iter().take_while(|(span, _)| span.file == file);
    for (span, symbol) in uses() {
        let known = &program.index.symbols[*symbol];
        let modifiers = u32::from(known.declared == Some(*span));
        tokens.push(Token { start: span.start, end: span.end, of: number(&of_symbol(known.kind)), modifiers });
    }
    // A name in a text parts it: the rest of the text stays text.
    let named: Vec<(u32, u32)> = tokens.iter().map(|token| (token.start, token.end)).collect();
    for comment in tree.comments() {
        let text = &tree.text()[comment.start as usize..comment.end as usize];
        let modifiers = if text.starts_with("##") { 2 } else { 0 };
        let of = number(&SemanticTokenType::COMMENT);
        tokens.push(Token { start: comment.start, end: comment.end, of, modifiers });
    }
    for statement in tree.all_statements() {
        head(tree, statement, &named, &mut tokens);
    }
    tokens.sort_by_key(|token| (token.start, token.end));
    SemanticTokens { result_id: None, data: counted(program, file, &tokens) }
}

fn head(tree: &Tree<'_>, statement: Statement<'_, '_>, named: &[(u32, u32)], out: &mut Vec<Token>) {
    let items = statement.items();
    let mut before = None;
    for (at, item) in items.iter().enumerate() {
        let first = at == 0 && statement.keyword().is_some() && item.value.is_none();
        let text = tree.slice(item.key);
        let is_operand = before.is_some_and(|word| is_operand_behind(word, text)) && !item.after_comma;
        before = ((first || INNER.contains(text)) && !is_operand).then_some(text);
        match is_operand && INNER.contains(text) {
            true => {}
            false => operand(tree, item.key, first, named, out),
        }
        if let Some(value) = item.value {
            operand(tree, value, false, named, out);
        }
    }
}

fn operand(tree: &Tree<'_>, operand: Operand, first: bool, named: &[(u32, u32)], out: &mut Vec<Token>) {
    let text = tree.slice(operand);
    let of = match operand.kind {
        OperandKind::Group(group) => {
            tree.group(group).iter().for_each(|item| inside(tree, item, named, out));
            return;
        }
        OperandKind::String | OperandKind::Text | OperandKind::Path => SemanticTokenType::STRING,
        OperandKind::Regex => SemanticTokenType::REGEXP,
        OperandKind::Equals => SemanticTokenType::OPERATOR,
        OperandKind::Bare if first => SemanticTokenType::KEYWORD,
        OperandKind::Bare if text.starts_with(|c: char| c.is_ascii_digit()) => SemanticTokenType::NUMBER,
        OperandKind::Bare if INNER.contains(text) => SemanticTokenType::KEYWORD,
        OperandKind::Bare => return,
    };
    let of = number(&of);
    let mut start = operand.start;
    let after = named.partition_point(|(_, end)| *end <= operand.start);
    for (from, to) in named[after..].iter().take_while(|(from, _)| *from < operand.end) {
        // A word of the vocabulary that is a name here is a name.
        if first || operand.kind == OperandKind::Bare {
            return;
        }
        if start < *from {
            out.push(Token { start, end: *from, of, modifiers: 0 });
        }
        start = *to;
    }
    if start < operand.end {
        out.push(Token { start, end: operand.end, of, modifiers: 0 });
    }
}

fn inside(tree: &Tree<'_>, item: &Item, named: &[(u32, u32)], out: &mut Vec<Token>) {
    operand(tree, item.key, false, named, out);
    if let Some(value) = item.value {
        operand(tree, value, false, named, out);
    }
}

/// Tokens as the protocol has them: one line each, each counted from the one before.
fn counted(program: &Program, file: FileId, tokens: &[Token]) -> Vec<SemanticToken> {
    let text = program.text(file);
    let mut data = Vec::with_capacity(tokens.len());
    let (mut line, mut column, mut behind) = (0, 0, 0);
    for token in tokens {
        if token.start < behind {
            continue;
        }
        behind = token.end;
        let mut start = token.start;
        for part in text[token.start as usize..token.end as usize].split_inclusive('\n') {
            let end = start + part.trim_end_matches(['\n', '\r']).len() as u32;
            let place = program.range(Span::new(file, start, end));
            start += part.len() as u32;
            if place.start == place.end {
                continue;
            }
            let delta_line = place.start.line - line;
            let delta_start = if delta_line == 0 { place.start.character - column } else { place.start.character };
            (line, column) = (place.start.line, place.start.character);
            data.push(SemanticToken {
                delta_line,
                delta_start,
                length: place.end.character - place.start.character,
                token_type: token.of as u32,
                token_modifiers_bitset: token.modifiers,
            });
        }
    }
    data
}

fn number(of: &SemanticTokenType) -> usize {
    TYPES.iter().position(|known| known == of).unwrap_or_default()
}

fn of_symbol(kind: SymbolKind) -> SemanticTokenType {
    match kind {
        SymbolKind::Service => SemanticTokenType::CLASS,
        SymbolKind::Version | SymbolKind::Port => SemanticTokenType::ENUM_MEMBER,
        SymbolKind::External | SymbolKind::Gateway => SemanticTokenType::INTERFACE,
        SymbolKind::Namespace => SemanticTokenType::NAMESPACE,
        SymbolKind::Profile | SymbolKind::Route => SemanticTokenType::FUNCTION,
        SymbolKind::Provider | SymbolKind::Constant | SymbolKind::Parameter => SemanticTokenType::VARIABLE,
        SymbolKind::Formal => SemanticTokenType::PARAMETER,
    }
}
