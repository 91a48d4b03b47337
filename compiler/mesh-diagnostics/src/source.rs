//! Sources and spans: where every word of a program stands.

use std::sync::Arc;

/// One file of a program, by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A stretch of one file, in bytes from its start; `end` is behind the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `file` from `start` to `end`.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }

    /// The smallest span that holds both; `other` must be of the same file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span behind this one, where something is missing.
    #[must_use]
    pub fn after(self) -> Span {
        Span { file: self.file, start: self.end, end: self.end }
    }

    /// The first byte, such as the bracket that opens a block.
    #[must_use]
    pub fn opening(self) -> Span {
        Span { file: self.file, start: self.start, end: self.end.min(self.start + 1) }
    }

    /// The empty span before this one.
    #[must_use]
    pub fn before(self) -> Span {
        Span { file: self.file, start: self.start, end: self.start }
    }

    /// The span as a range of bytes.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file of a program: its name as the user wrote it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path, `std/NAME` for a library module, or `<stdin>`.
    pub name: String,
    /// The text. A byte order mark is part of it and ignored by the parser.
    pub text: Arc<str>,
    /// A module taken in with `use`: its facts count, and it emits nothing by itself.
    pub library: bool,
    line_starts: Vec<u32>,
}

/// All files of one compilation. Files are only ever added, so a [`FileId`] stays good.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file that the user gave to the build.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(name.into(), text.into(), false)
    }

    /// Adds a module that some `use` names.
    pub fn add_library(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(name.into(), text.into(), true)
    }

    fn push(&mut self, name: String, text: Arc<str>, library: bool) -> FileId {
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        self.files.push(Source { name, text, library, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// The files, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, source)| (FileId(i as u32), source))
    }

    /// The file behind an id that this table gave out.
    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True when no file was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.range()]
    }

    /// The 1-based line and the 1-based column (in characters) of a byte.
    #[must_use]
    pub fn line_column(&self, file: FileId, byte: u32) -> (usize, usize) {
        let source = self.get(file);
        let line = source.line_of(byte);
        let start = source.line_starts[line] as usize;
        let column = source.text.get(start..byte as usize).map_or(0, |text| text.chars().count());
        (line + 1, column + 1)
    }
}

impl Source {
    /// The 0-based line that holds a byte.
    #[must_use]
    pub fn line_of(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= byte) - 1
    }

    /// The bytes of a 0-based line with its line break, or nothing where the file has no such line.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(line)? as usize;
        let end = self.line_starts.get(line + 1).map_or(self.text.len(), |end| *end as usize);
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters() {
        let mut sources = Sources::new();
        let file = sources.add("a.mesh", "ä b\nc");
        assert_eq!(sources.line_column(file, 0), (1, 1));
        assert_eq!(sources.line_column(file, 3), (1, 3));
        assert_eq!(sources.line_column(file, 5), (2, 1));
        assert_eq!(sources.line_column(file, 6), (2, 2));
    }
}
