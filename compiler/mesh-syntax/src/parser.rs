//! The grammar at work. This is the only file that names pest; its types end here.

use mesh_diagnostics::{Diagnostic, FileId, Span, code};
use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

use crate::fold::{Row, Token};
use crate::message;
use crate::scan::{Piece, State, pieces};
use crate::tree::{Comment, Node, OperandKind, Tree};

#[derive(pest_derive::Parser)]
#[grammar = "../../../grammar/mesh.pest"]
struct Grammar;

/// A tree and the problems of its syntax.
#[derive(Debug, Default)]
pub struct Parsed<'a> {
    /// The tree of the whole text.
    pub tree: Tree<'a>,
    /// What is wrong with the syntax.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a file. The result covers the whole text, whatever is in it.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed<'_> {
    let mut builder = Builder::new(file, text);
    let start = builder.start();
    for piece in pieces(&text[start..]) {
        builder.piece(piece, start);
    }
    builder.finish()
}

/// A tree that is being built, piece by piece.
pub(crate) struct Builder<'a> {
    pub tree: Tree<'a>,
    pub diagnostics: Vec<Diagnostic>,
    /// Where the text that is being parsed starts in the file.
    base: usize,
    /// Everything in this piece is in doubt.
    poisoned: bool,
}

impl<'a> Builder<'a> {
    pub fn new(file: FileId, text: &'a str) -> Builder<'a> {
        Builder { tree: Tree { text, file, ..Tree::default() }, diagnostics: Vec::new(), base: 0, poisoned: false }
    }

    /// Where the text starts: behind a byte order mark.
    pub fn start(&self) -> usize {
        if self.tree.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 }
    }

    pub fn finish(self) -> Parsed<'a> {
        Parsed { tree: self.tree, diagnostics: self.diagnostics }
    }

    /// Parses a piece of the text that begins at `start`.
    pub fn piece(&mut self, piece: Piece, start: usize) {
        self.base = start + piece.range.start;
        self.poisoned = false;
        let text = &self.tree.text[start..][piece.range.clone()];
        match piece.state {
            State::Sound => self.parse(text),
            State::Yaml => self.diagnostics.push(message::yaml(self.span(0, text.trim_end().len()))),
            State::TooDeep(at) => {
                let at = at - piece.range.start;
                self.diagnostics.push(message::too_deep(self.span(at, at + 1)));
            }
            State::Broken { fault, half_string, repairs } => {
                let base = piece.range.start;
                let before = self.diagnostics.len();
                let first_statement = self.tree.statements.len();
                let at = fault.at() - base;
                let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
                let blamed =
                    message::bracket(fault, &self.line_parts(text, line, at), |a, b| self.span(a - base, b - base));
                let mut bytes = text.as_bytes().to_vec();
                let mut missing = 0;
                for (at, byte) in &repairs {
                    match bytes.get_mut(at - base) {
                        Some(place) => *place = *byte,
                        None => missing += 1,
                    }
                }
                self.poisoned = missing > 0 || repairs.is_empty() || repairs.iter().any(|(_, byte)| *byte == b' ');
                if let Ok(repaired) = String::from_utf8(bytes) {
                    self.parse(&repaired);
                }
                self.settle(blamed, half_string, before, first_statement);
            }
        }
    }

    /// What stands on a line before its first separator, and the other `<` of the line.
    fn line_parts(&self, text: &str, line: usize, blamed: usize) -> message::Line {
        let end = text[line..].find('\n').map_or(text.len(), |n| line + n);
        let start = line + (text[line..end].len() - text[line..end].trim_start().len());
        let head = text[start..end].find([';', '<', '>', '#']).unwrap_or(end - start);
        let opens = text[line..end].match_indices('<').map(|(at, _)| line + at).filter(|at| *at != blamed);
        message::Line {
            head: self.span(start, start + text[start..start + head].trim_end().len()),
            opens: opens.take(4).map(|at| self.span(at, at + 1)).collect(),
        }
    }

    /// One mistake, one error: in a piece whose brackets do not balance, the bracket is reported and nothing
    /// else; the statements beside it are in doubt.
    fn settle(&mut self, blamed: Diagnostic, half_string: bool, before: usize, first_statement: usize) {
        let strings = |problem: &Diagnostic| problem.code == code::E0104 || problem.code == code::E0105;
        let found = self.diagnostics.split_off(before);
        let string = found.iter().find(|problem| strings(problem)).or(found.first()).filter(|_| half_string);
        let kept = string.cloned().unwrap_or(blamed);
        let lines: Vec<usize> =
            std::iter::once(&kept.primary).chain(&kept.secondary).map(|label| self.line_of(label.span.start)).collect();
        for index in first_statement..self.tree.statements.len() {
            let node = self.tree.statements[index];
            let near = lines.iter().any(|line| (self.line_of(node.start)..=self.line_of(node.head_end)).contains(line));
            self.tree.statements[index].broken |= near;
        }
        self.diagnostics.push(kept);
    }

    fn line_of(&self, byte: u32) -> usize {
        self.tree.text[self.base..(byte as usize).max(self.base)].bytes().filter(|b| *b == b'\n').count()
    }

    fn parse(&mut self, text: &str) {
        match Grammar::parse(Rule::file, text) {
            Ok(pairs) => {
                for pair in pairs.flat_map(Pair::into_inner) {
                    self.top(pair);
                }
            }
            // The grammar is total and the depth is bounded: only a fault of ours could bring us here.
            Err(error) => {
                let at = match error.location {
                    pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
                };
                let problem = Diagnostic::new(code::E0101, self.span(at, at), "this text could not be read");
                self.diagnostics.push(problem.label("reading stopped here"));
            }
        }
    }

    /// A span of the piece, as a span of the file; repairs may reach one byte behind it.
    fn span(&self, start: usize, end: usize) -> Span {
        let limit = self.tree.text.len();
        let clamp = |at: usize| (self.base + at).min(limit) as u32;
        Span::new(self.tree.file, clamp(start), clamp(end))
    }

    fn pair_span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.span(span.start(), span.end())
    }

    fn top(&mut self, pair: Pair<'_, Rule>) {
        match pair.as_rule() {
            Rule::statement => self.statement(pair),
            Rule::comment => self.comment(&pair),
            Rule::block => self.headless(pair),
            Rule::stray if !self.poisoned => {
                let span = self.pair_span(&pair);
                self.diagnostics.push(message::stray(span));
            }
            _ => {}
        }
    }

    fn comment(&mut self, pair: &Pair<'_, Rule>) {
        let span = self.pair_span(pair);
        let text = &self.tree.text[span.range()];
        let end = span.start + text.trim_end_matches('\r').len() as u32;
        self.tree.comments.push(Comment { start: span.start, end });
    }

    /// A block on a line of its own: reported, and given to the statement above it if that has none.
    fn headless(&mut self, pair: Pair<'_, Rule>) {
        let span = self.pair_span(&pair);
        let open = Span::new(span.file, span.start, span.start + 1);
        let last = self.tree.statements.len().checked_sub(1);
        let adopts = last.filter(|last| !self.tree.statements[*last].has_block);
        if !self.poisoned {
            let head = adopts.map(|last| {
                let node = &self.tree.statements[last];
                Span::new(span.file, node.start, node.head_end)
            });
            self.diagnostics.push(message::headless(open, head));
        }
        let first = self.tree.statements.len();
        self.block(pair);
        // What the block holds is for a statement that is not known.
        self.tree.statements[first..].iter_mut().for_each(|node| node.broken = true);
        if let Some(last) = adopts {
            let end = self.tree.statements.len() as u32;
            let node = &mut self.tree.statements[last];
            node.has_block = true;
            node.block = (span.start, span.end);
            node.end = span.end;
            node.end_of_children = end;
        }
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) {
        let span = self.pair_span(&pair);
        let index = self.tree.statements.len();
        self.tree.statements.push(Node {
            items: (0, 0),
            end_of_children: 0,
            start: span.start,
            end: span.end,
            head_end: span.start,
            block: (span.end, span.end),
            has_block: false,
            broken: self.poisoned,
        });
        let mut block = None;
        let row = self.row(pair.into_inner(), &mut block);
        let node = &mut self.tree.statements[index];
        node.items = (self.tree.items.len() as u32, (self.tree.items.len() + row.items.len()) as u32);
        node.head_end = row.end.unwrap_or(span.start);
        node.broken |= row.broken;
        // A statement ends with its block, or with its last token: blanks behind it are nobody's.
        node.end = node.head_end;
        node.block = (node.head_end, node.head_end);
        self.tree.items.extend(row.items);
        if let Some(block) = block {
            let span = self.pair_span(&block);
            let node = &mut self.tree.statements[index];
            node.has_block = true;
            node.block = (span.start, span.end);
            node.end = span.end;
            self.block(block);
        }
        self.tree.statements[index].end_of_children = self.tree.statements.len() as u32;
    }

    fn block(&mut self, pair: Pair<'_, Rule>) {
        for inner in pair.into_inner() {
            self.top(inner);
        }
    }

    /// Folds tokens into items; a block among them is handed back.
    fn row<'i>(&mut self, pairs: Pairs<'i, Rule>, block: &mut Option<Pair<'i, Rule>>) -> Row<'a> {
        let mut row = Row::new(self.tree.text, self.tree.file, self.poisoned);
        for pair in pairs {
            let span = self.pair_span(&pair);
            let token = match pair.as_rule() {
                Rule::bare => Token::Operand(OperandKind::Bare),
                Rule::path => Token::Operand(OperandKind::Path),
                Rule::equals => Token::Operand(OperandKind::Equals),
                rule @ (Rule::string | Rule::regex | Rule::text) => {
                    if pair.into_inner().any(|inner| inner.as_rule() == Rule::unclosed) {
                        let first = self.tree.text[span.range()].find('\n').map_or(span.end, |n| span.start + n as u32);
                        row.fail(message::unclosed_string(Span::new(span.file, span.start, first), rule == Rule::text));
                    }
                    Token::Operand(match rule {
                        Rule::string => OperandKind::String,
                        Rule::regex => OperandKind::Regex,
                        _ => OperandKind::Text,
                    })
                }
                Rule::group => {
                    let mut none = None;
                    if pair.clone().into_inner().any(|inner| inner.as_rule() == Rule::unclosed) {
                        row.fail(message::unclosed_group(Span::new(span.file, span.start, span.start + 1)));
                    }
                    let inner = self.row(pair.into_inner(), &mut none);
                    row.broken |= inner.broken;
                    self.tree.groups.push(inner.items);
                    Token::Operand(OperandKind::Group(self.tree.groups.len() as u32 - 1))
                }
                Rule::comma => {
                    for comment in pair.into_inner() {
                        self.comment(&comment);
                    }
                    row.take(Token::Comma, Span::new(span.file, span.start, span.start + 1));
                    continue;
                }
                Rule::colon => Token::Colon,
                Rule::junk | Rule::other => Token::Junk,
                Rule::comment => {
                    self.comment(&pair);
                    continue;
                }
                Rule::block => {
                    *block = Some(pair);
                    continue;
                }
                _ => continue,
            };
            row.take(token, span);
        }
        row.finish();
        self.diagnostics.append(&mut row.diagnostics);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        parse(FileId(0), text).diagnostics.iter().map(|d| d.code.id).collect()
    }

    #[test]
    fn operands_fold_into_pairs_lists_and_phrases() {
        let parsed = parse(FileId(0), "retry 3 x 2s on 5xx, reset < v1: 80%, v2: 20% >");
        let statement = parsed.tree.statements().next().expect("a statement");
        let commas: Vec<bool> = statement.items().iter().map(|item| item.after_comma).collect();
        assert_eq!(commas, [false, false, false, false, false, false, true]);
        let child = statement.children().next().expect("a child");
        assert!(child.items().iter().all(|item| item.value.is_some()));
        assert!(child.items()[1].after_comma);
        assert_eq!(codes("retry 3 x 2s on 5xx, reset < v1: 80%, v2: 20% >"), [""; 0]);
    }

    #[test]
    fn every_broken_statement_is_reported_once_and_hides_no_other() {
        let text = "route a < v1: >\nroute b < \"x >\nroute c < v1\nroute d < v1 >\nroute e -> f\n";
        assert_eq!(codes(text), ["E0107", "E0104", "E0102", "E0110"]);
        assert_eq!(parse(FileId(0), text).tree.statements().count(), 5);
    }

    #[test]
    fn no_prefix_of_a_text_is_without_a_tree() {
        let text = "## doc\nroute a <\n when (header x \"\\\"é\" and not header y) or path /a:b#c < v1 >\n\t\"\"\"t\n\"\"\" ~\"r\"; > x >= 1 # c";
        for (end, _) in text.char_indices() {
            let _ = parse(FileId(0), &text[..end]);
        }
    }

    #[test]
    fn parsing_is_linear_in_depth() {
        for depth in [8, MAX_TEST_DEPTH] {
            let text = format!("{}{}", "a < ".repeat(depth), "> ".repeat(depth));
            assert_eq!(codes(&text), [""; 0]);
            let text = format!("a {}b{}", "( ".repeat(depth), " )".repeat(depth));
            assert_eq!(codes(&text), [""; 0]);
        }
        assert_eq!(codes(&format!("a {}b{}", "( ".repeat(65), " )".repeat(65))), ["E0106"]);
    }

    const MAX_TEST_DEPTH: usize = crate::scan::MAX_DEPTH;

    #[test]
    fn a_byte_order_mark_carriage_returns_and_tabs_are_space() {
        let parsed = parse(FileId(0), "\u{FEFF}route a <\r\n\tv1 # c\r\n>\r\n");
        assert!(parsed.diagnostics.is_empty());
        let comment = parsed.tree.comments()[0];
        assert_eq!(&parsed.tree.text()[comment.start as usize..comment.end as usize], "# c");
    }

    #[test]
    fn no_broken_text_is_silent() {
        // The string has swallowed what would close the block, and the block is what is reported.
        assert_eq!(codes("jwt p < issuer \"https:"), ["E0102"]);
        assert_eq!(codes("jwt p < issuer \"https:\n"), ["E0104"]);
    }
}
