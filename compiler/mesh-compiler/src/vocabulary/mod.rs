//! The vocabulary: every statement and clause of Mesh, declared once, as data.
//!
//! The shape check, `meshc explain`, the tables of the reference and the editors' keyword lists read it.
//! Adding a clause is an entry here, its lowering where it does more than set a field, and a case.

mod abstraction;
mod edge;
mod entry;
mod extensions;
mod facts;
mod fields;
mod follow;
mod istio_words;
mod later;
mod lists;
mod notation;
mod objectives;
mod observe;
mod paths;
mod route;
mod security;
mod tests_of;
mod traffic;
mod watch;
mod workloads;

use rustc_hash::FxHashMap as HashMap;
use std::sync::LazyLock;

pub use entry::{Block, Body, Entry, Often, Stage};
pub use follow::{Expected, Followed, follow};
pub use istio_words::in_mesh;
pub use lists::{LISTS, filled, list};
pub use notation::{Element, Shape, Slot};
pub use paths::{Path, paths, paths_of};

/// An entry with its shapes read.
#[derive(Debug)]
pub struct Word {
    /// The entry.
    pub entry: &'static Entry,
    /// Its shapes, in the order in which they are tried.
    pub shapes: Vec<Shape>,
}

impl Word {
    /// The phrases that a statement of this word may be, one a shape: `retry COUNT [x DURATION] …`.
    #[must_use]
    pub fn phrases(&self) -> Vec<String> {
        let body = match self.entry.body {
            Body::None => "",
            Body::May(_) => "[< … >]",
            Body::Must(_) => "< … >",
        };
        let phrase = |shape: &Shape| {
            let parts = [self.entry.word.to_owned(), shape.to_string(), body.to_owned()];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        self.shapes.iter().map(phrase).collect()
    }
}

static TABLES: &[&[Entry]] = &[
    facts::ENTRIES,
    fields::ENTRIES,
    edge::ENTRIES,
    route::ENTRIES,
    traffic::ENTRIES,
    security::ENTRIES,
    workloads::ENTRIES,
    observe::ENTRIES,
    objectives::ENTRIES,
    watch::ENTRIES,
    extensions::ENTRIES,
    abstraction::ENTRIES,
    later::ENTRIES,
    tests_of::ENTRIES,
];

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let entries = TABLES.iter().flat_map(|table| table.iter());
    entries.map(|entry| Word { entry, shapes: entry.shapes.iter().map(|text| Shape::read(text)).collect() }).collect()
});

static BY_BLOCK: LazyLock<HashMap<(Block, &'static str), &'static Word>> = LazyLock::new(|| {
    let mut map = HashMap::default();
    for word in WORDS.iter() {
        for block in word.entry.blocks {
            map.insert((*block, word.entry.word), word);
        }
    }
    map
});

/// All words, in the order of the tables.
pub fn words() -> impl Iterator<Item = &'static Word> {
    WORDS.iter()
}

/// The word in a block, if it may stand there.
#[must_use]
pub fn lookup(block: Block, word: &str) -> Option<&'static Word> {
    let find = |block| BY_BLOCK.get(&(block, word)).copied();
    find(block).or_else(|| if block.takes_common() { find(Block::Any) } else { None })
}

/// The words that may stand in a block, each once, in the order of the tables.
pub fn words_in(block: Block) -> impl Iterator<Item = &'static Word> {
    words().filter(move |word| {
        let blocks = word.entry.blocks;
        blocks.contains(&block) || (block.takes_common() && blocks.contains(&Block::Any))
    })
}

/// What the block of a statement may be, by the word of the statement and the blocks that it may stand in: in a branch the
/// same, in a profile any that takes profiles in. A statement without a word of its own, such as a destination, is known by
/// the empty one.
#[must_use]
pub fn blocks_inside(around: &[Block], word: &str) -> Vec<Block> {
    let mut inside: Vec<Block> = match word {
        "if" | "else" => around.to_vec(),
        "profile" => Block::ALL.into_iter().filter(|block| takes_profiles(*block)).collect(),
        _ => words_of(around, word).filter_map(|word| word.entry.block()).collect(),
    };
    inside.sort_unstable_by_key(|block| Block::ALL.iter().position(|one| one == block));
    inside.dedup();
    inside
}

fn takes_profiles(block: Block) -> bool {
    block != Block::Any && lookup(block, "with").is_some()
}

/// The words that a statement may begin with in one of some blocks, by what is written; that without a word of its own where
/// it is none of them.
pub fn words_of(blocks: &[Block], word: &str) -> impl Iterator<Item = &'static Word> {
    let find = |word: &str| blocks.iter().filter_map(|block| lookup(*block, word)).collect::<Vec<_>>();
    let known = find(word);
    let mut found = if known.is_empty() { find("") } else { known };
    found.dedup_by_key(|word| std::ptr::from_ref::<Word>(*word));
    found.into_iter()
}

/// Every entry of a word, whatever block it stands in.
pub fn entries_of(word: &str) -> impl Iterator<Item = &'static Word> {
    words().filter(move |entry| entry.entry.word == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_once_in_a_block() {
        let mut seen = rustc_hash::FxHashSet::default();
        for word in words() {
            for block in word.entry.blocks {
                assert!(seen.insert((block, word.entry.word)), "{} twice in {block:?}", word.entry.word);
            }
        }
    }

    #[test]
    fn no_option_word_can_be_the_operand_before_it() {
        for word in words() {
            for shape in &word.shapes {
                shape.assert_unambiguous(word.entry.word);
            }
        }
    }

    #[test]
    fn every_entry_teaches() {
        for word in words() {
            let entry = word.entry;
            assert!(!entry.help.is_empty() && !entry.help.ends_with('.'), "{}", entry.word);
            assert!(!entry.example.is_empty(), "{}", entry.word);
        }
    }
}
