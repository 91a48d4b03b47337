//! Selections that grow: the operand, its pair, its list, the head, the statement, the block around it, the file.

use lsp_types::{Position, SelectionRange};
use mesh_diagnostics::{FileId, Span};
use mesh_syntax::Statement;

use crate::program::Program;

/// The selections around some places.
pub fn of(program: &Program, file: FileId, positions: &[Position]) -> Vec<SelectionRange> {
    let parsed = program.parsed(file);
    let around = |position: &Position| {
        let at = program.byte(file, *position) as u32;
        let mut spans = vec![Span::new(file, 0, program.text(file).len() as u32)];
        let mut next = parsed.tree.statements().find(|statement| holds(statement.span(), at));
        while let Some(statement) = next {
            spans.push(statement.span());
            let head = statement.head_span();
            if holds(head, at) {
                spans.push(head);
                spans.extend(operands(statement, at));
            } else if statement.has_block() {
                let block = statement.block_span();
                spans.push(block);
                spans.push(Span::new(file, block.start + 1, block.end.saturating_sub(1).max(block.start + 1)));
            }
            next = statement.children().find(|child| holds(child.span(), at));
        }
        let mut out: Option<SelectionRange> = None;
        for span in spans.into_iter().filter(|span| holds(*span, at)) {
            let range = program.range(span);
            if out.as_ref().is_none_or(|outer| outer.range != range) {
                out = Some(SelectionRange { range, parent: out.map(Box::new) });
            }
        }
        out.unwrap_or(SelectionRange { range: lsp_types::Range::new(*position, *position), parent: None })
    };
    positions.iter().map(around).collect()
}

/// The list, the pair and the operand at a place of a head.
fn operands(statement: Statement<'_, '_>, at: u32) -> Vec<Span> {
    let file = statement.span().file;
    let items = statement.items();
    let Some(here) = items.iter().position(|item| item.key.start <= at && at <= item.end()) else { return Vec::new() };
    let first = (0..=here).rev().find(|place| !items[*place].after_comma).unwrap_or(here);
    let last = (here + 1..items.len()).take_while(|place| items[*place].after_comma).last().unwrap_or(here);
    let item = items[here];
    let mut out =
        vec![Span::new(file, items[first].key.start, items[last].end()), Span::new(file, item.key.start, item.end())];
    let operand = item.value.filter(|value| value.start <= at).unwrap_or(item.key);
    out.push(Span::new(file, operand.start, operand.end));
    out
}

fn holds(span: Span, at: u32) -> bool {
    span.start <= at && at <= span.end
}
