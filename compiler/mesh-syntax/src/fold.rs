//! The fold of a row of tokens into items: `:` first, then `,`, then the space.

use mesh_diagnostics::{Diagnostic, FileId, Span};

use crate::message;
use crate::tree::{Item, Operand, OperandKind};

/// A token of a row, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Operand(OperandKind),
    Comma,
    Colon,
    Junk,
}

/// A row that is being folded. One row has one error at most: the first.
pub(crate) struct Row<'a> {
    text: &'a str,
    file: FileId,
    pub items: Vec<Item>,
    pub diagnostics: Vec<Diagnostic>,
    pub broken: bool,
    /// The end of the last token.
    pub end: Option<u32>,
    comma: Option<Span>,
    colon: Option<Span>,
    quiet: bool,
}

impl<'a> Row<'a> {
    pub fn new(text: &'a str, file: FileId, quiet: bool) -> Row<'a> {
        Row {
            text,
            file,
            items: Vec::new(),
            diagnostics: Vec::new(),
            broken: false,
            end: None,
            comma: None,
            colon: None,
            quiet,
        }
    }

    /// Reports a problem, unless this row has had one.
    pub fn fail(&mut self, problem: Diagnostic) {
        if !self.broken && !self.quiet {
            self.diagnostics.push(problem);
        }
        self.broken = true;
    }

    pub fn take(&mut self, token: Token, span: Span) {
        let text = &self.text[span.range()];
        match token {
            Token::Operand(kind) => {
                if kind == OperandKind::Bare {
                    let before = self.items.last().map(Item::end).filter(|end| {
                        *end < span.start && self.text[..*end as usize].ends_with(|c: char| c.is_ascii_digit())
                    });
                    if let Some(problem) = message::odd_word(text, span, before) {
                        self.fail(problem);
                    }
                }
                self.operand(Operand { kind, start: span.start, end: span.end });
            }
            Token::Comma => {
                if self.colon.is_some() {
                    self.half_pair();
                } else if self.items.is_empty() || self.comma.is_some() {
                    self.fail(message::empty_place(span));
                }
                self.comma = Some(span);
            }
            Token::Colon => {
                let complete = self.items.last().is_some_and(|item| item.value.is_none());
                let word = self.word_around(span);
                if word.matches(':').count() > 1 && word.bytes().all(|b| b.is_ascii_hexdigit() || b":./".contains(&b)) {
                    let start = span.start
                        - self.text[..span.start as usize].bytes().rev().take_while(is_of_word).count() as u32;
                    self.fail(message::address(Span::new(self.file, start, start + word.len() as u32)));
                } else if !complete || self.comma.is_some() || self.colon.is_some() {
                    self.fail(message::lone_colon(span, !self.items.is_empty()));
                } else {
                    self.colon = Some(span);
                }
            }
            Token::Junk => self.fail(message::junk(text, span)),
        }
        self.end = Some(span.end);
    }

    /// The text around a sign, up to the next blanks and brackets.
    fn word_around(&self, span: Span) -> &str {
        let before = self.text[..span.start as usize].bytes().rev().take_while(is_of_word).count();
        let behind = self.text[span.start as usize..].bytes().take_while(is_of_word).count();
        &self.text[span.start as usize - before..span.start as usize + behind]
    }

    fn operand(&mut self, operand: Operand) {
        match self.items.last_mut() {
            Some(last) if self.colon.take().is_some() => last.value = Some(operand),
            _ => self.items.push(Item { key: operand, value: None, after_comma: self.comma.take().is_some() }),
        }
    }

    fn half_pair(&mut self) {
        if let Some(colon) = self.colon.take() {
            let key = self.items.last().map_or(colon, |item| Span::new(self.file, item.key.start, item.key.end));
            self.fail(message::half_pair(key.to(colon), &self.text[key.range()]));
        }
    }

    /// Reports what the end of the row leaves open. A comma at the end is allowed.
    pub fn finish(&mut self) {
        self.half_pair();
    }
}

fn is_of_word(byte: &u8) -> bool {
    !byte.is_ascii_whitespace() && !b",;<>()\"=|".contains(byte)
}
