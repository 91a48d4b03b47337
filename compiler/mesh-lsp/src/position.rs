//! Places of the protocol, lines and columns, to bytes and back.

use lsp_types::{Position, Range};
use mesh_diagnostics::{Source, Span};

/// What columns count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16, which the protocol has by default.
    Utf16,
}

/// The place of a byte.
pub fn position(source: &Source, byte: u32, encoding: Encoding) -> Position {
    let byte = (byte as usize).min(source.text.len());
    let line = source.line_of(byte as u32);
    let start = source.line_range(line).map_or(byte, |range| range.start);
    let before = source.text.get(start..byte).unwrap_or_default();
    let column = match encoding {
        Encoding::Utf8 => before.len(),
        Encoding::Utf16 => before.encode_utf16().count(),
    };
    Position::new(line as u32, column as u32)
}

/// The range of a span.
pub fn range(source: &Source, span: Span, encoding: Encoding) -> Range {
    Range::new(position(source, span.start, encoding), position(source, span.end, encoding))
}

/// The byte of a place; one behind the end of a line is its end, one behind the last line the end of the text.
pub fn byte(text: &str, position: Position, encoding: Encoding) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let wanted = position.character as usize;
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= wanted {
            return start + at;
        }
        units += match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
        };
    }
    start + line.len()
}

#[cfg(test)]
mod tests {
    use mesh_diagnostics::Sources;

    use super::*;

    #[test]
    fn bytes_and_places_are_each_others_inverse() {
        let text = "a\n\u{1F600}é x\r\n\nend";
        let mut sources = Sources::new();
        let file = sources.add("x", text.to_owned());
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (at, c) in text.char_indices().filter(|(_, c)| *c != '\r' && *c != '\n') {
                let there = position(sources.get(file), at as u32, encoding);
                assert_eq!(byte(text, there, encoding), at, "{c:?} {there:?}");
            }
        }
        assert_eq!(position(sources.get(file), 6, Encoding::Utf16), Position::new(1, 2));
        assert_eq!(byte(text, Position::new(1, 99), Encoding::Utf16), 10);
        assert_eq!(byte(text, Position::new(99, 0), Encoding::Utf16), text.len());
    }
}
