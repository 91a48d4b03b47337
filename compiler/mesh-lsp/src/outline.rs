//! The outline of a file, and what folds in it.

use lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, SymbolKind};
use mesh_diagnostics::FileId;
use mesh_syntax::Statement;

use crate::program::Program;

/// The statements of a file, those in blocks below them.
pub fn symbols(program: &Program, file: FileId) -> Vec<DocumentSymbol> {
    program.parsed(file).tree.statements().map(|statement| symbol(program, statement, 0)).collect()
}

fn symbol(program: &Program, statement: Statement<'_, '_>, depth: u32) -> DocumentSymbol {
    let head = program.sources().text(statement.head_span()).split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = match (depth, statement.keyword().unwrap_or_default()) {
        (0, "service") => SymbolKind::CLASS,
        (0, "external") => SymbolKind::INTERFACE,
        (0, "gateway") => SymbolKind::MODULE,
        (0, "namespace" | "in") => SymbolKind::NAMESPACE,
        (0, "profile") => SymbolKind::FUNCTION,
        (0, "let" | "param") => SymbolKind::CONSTANT,
        (0, _) => SymbolKind::OBJECT,
        _ => SymbolKind::PROPERTY,
    };
    let children: Vec<DocumentSymbol> = statement.children().map(|child| symbol(program, child, depth + 1)).collect();
    #[allow(deprecated, reason = "the protocol's type has the field still")]
    DocumentSymbol {
        name: if head.is_empty() { "< … >".to_owned() } else { head },
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: program.range(statement.span()),
        selection_range: program.range(statement.head_span()),
        children: (!children.is_empty()).then_some(children),
    }
}

/// Blocks and runs of comments of several lines.
pub fn folds(program: &Program, file: FileId) -> Vec<FoldingRange> {
    let source = program.sources().get(file);
    let parsed = program.parsed(file);
    let fold = |start: usize, end: usize, kind| {
        (end > start).then(|| FoldingRange {
            start_line: start as u32,
            end_line: end as u32,
            kind,
            ..FoldingRange::default()
        })
    };
    let mut out: Vec<FoldingRange> = Vec::new();
    for statement in parsed.tree.all_statements().filter(|statement| statement.has_block()) {
        let span = statement.block_span();
        // The bracket that closes stays in sight.
        let (start, end) = (source.line_of(span.start), source.line_of(span.end.saturating_sub(1)));
        out.extend(fold(start, end.saturating_sub(1), None));
    }
    let mut run: Option<(usize, usize)> = None;
    let lines = parsed.tree.comments().iter().map(|comment| source.line_of(comment.start));
    for line in lines.map(Some).chain([None]) {
        run = match (run, line) {
            (Some((start, end)), Some(line)) if line == end + 1 => Some((start, line)),
            (before, line) => {
                if let Some((start, end)) = before {
                    out.extend(fold(start, end, Some(FoldingRangeKind::Comment)));
                }
                line.map(|line| (line, line))
            }
        };
    }
    out.sort_by_key(|fold| (fold.start_line, fold.end_line));
    out
}
