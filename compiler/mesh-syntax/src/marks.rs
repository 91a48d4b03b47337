//! The tokens of a text as far as the scanner cares: words, strings, comments and brackets.

use std::ops::Range;

/// A token that matters to the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Open,
    Close,
    GroupOpen,
    GroupClose,
    Semicolon,
    Newline,
    Comment,
    Comma,
    /// A `"""` that is never closed.
    Runaway,
    /// A `"` that its line does not close.
    HalfString,
    /// Anything else.
    Token,
}

/// The tokens of a text, as far as the scanner cares.
pub(crate) struct Marks<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Marks<'a> {
    pub fn new(text: &'a str, range: Range<usize>) -> Marks<'a> {
        Marks { bytes: text.as_bytes(), text, at: range.start, end: range.end }
    }

    /// Moves behind a run of bytes for which `inside` holds.
    fn skip(&mut self, inside: impl Fn(u8) -> bool) {
        while self.at < self.end && inside(self.bytes[self.at]) {
            self.at += 1;
        }
    }

    /// Moves behind a string whose opening quote was passed.
    fn skip_string(&mut self) -> Mark {
        while self.at < self.end {
            match self.bytes[self.at] {
                b'\n' => break,
                b'"' => {
                    self.at += 1;
                    return Mark::Token;
                }
                b'\\' if self.at + 1 < self.end && self.bytes[self.at + 1] != b'\n' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Mark::HalfString
    }
}

impl Iterator for Marks<'_> {
    type Item = (Mark, usize);

    fn next(&mut self) -> Option<(Mark, usize)> {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\r'));
        if self.at >= self.end {
            return None;
        }
        let start = self.at;
        self.at += 1;
        let next = (self.at < self.end).then(|| self.bytes[self.at]);
        let mark = match self.bytes[start] {
            b'\n' => Mark::Newline,
            b';' => Mark::Semicolon,
            b',' => Mark::Comma,
            b'(' => Mark::GroupOpen,
            b')' => Mark::GroupClose,
            b'<' | b'>' if next == Some(b'=') => {
                self.at += 1;
                Mark::Token
            }
            b'<' => Mark::Open,
            b'>' => Mark::Close,
            // `->` and `=>` are arrows of other languages, not closing brackets.
            b'-' | b'=' if next == Some(b'>') => {
                self.at += 1;
                Mark::Token
            }
            b':' | b'=' | b'|' => Mark::Token,
            b'#' => {
                self.skip(|b| b != b'\n');
                Mark::Comment
            }
            b'"' if self.text[start..self.end].starts_with("\"\"\"") => {
                let rest = &self.text[start + 3..self.end];
                let close = rest.find("\"\"\"");
                // One that is never closed ends where the next statement starts at column one.
                let runaway = || {
                    let mut line = 0;
                    while let Some(n) = rest[line..].find('\n') {
                        line += n + 1;
                        if rest.as_bytes().get(line).is_some_and(u8::is_ascii_lowercase) {
                            return line - 1;
                        }
                    }
                    rest.len()
                };
                self.at = start + 3 + close.map_or_else(runaway, |n| n + 3);
                if close.is_some() { Mark::Token } else { Mark::Runaway }
            }
            b'"' => self.skip_string(),
            b'~' if next == Some(b'"') => {
                self.at += 1;
                self.skip_string()
            }
            b'/' => {
                self.skip(|b| !ends_word(b) || matches!(b, b':' | b'='));
                Mark::Token
            }
            _ => {
                self.skip(|b| !ends_word(b));
                Mark::Token
            }
        };
        Some((mark, start))
    }
}

/// The bytes that end a word, as a table: nine bytes in ten are asked for.
static ENDS: [bool; 256] = {
    let mut table = [false; 256];
    let ends = b" \n,:;><)(\"=|\t\r";
    let mut at = 0;
    while at < ends.len() {
        table[ends[at] as usize] = true;
        at += 1;
    }
    table
};

fn ends_word(byte: u8) -> bool {
    ENDS[byte as usize]
}
