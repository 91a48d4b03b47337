//! What was parsed of a program before, for hosts that compile it again after each change.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{FileId, Source};
use mesh_syntax::{Memory, Parsed};

/// What was parsed of each file, and of what it was written out as without abstraction, by its name.
#[derive(Debug, Default)]
pub struct Memories(HashMap<String, [Memory; 2]>);

impl Memories {
    /// Parses a file; what did not change since it was parsed last is not parsed again.
    pub fn parse<'s>(&mut self, file: FileId, source: &'s Source) -> Parsed<'s> {
        self.of(&source.name)[0].parse(file, &source.text)
    }

    /// Parses what a file was written out as.
    pub(crate) fn parse_expanded<'s>(&mut self, name: &str, file: FileId, text: &'s str) -> Parsed<'s> {
        self.of(name)[1].parse(file, text)
    }

    fn of(&mut self, name: &str) -> &mut [Memory; 2] {
        self.0.entry(name.to_owned()).or_default()
    }

    /// Forgets all files.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many statements are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().flatten().map(Memory::len).sum()
    }

    /// True when nothing was parsed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
