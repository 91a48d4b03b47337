//! Which clause writes which field of Istio, found in what the cases become.

use std::sync::LazyLock;

use super::{Block, Word, lookup};

static TEXT: &str = include_str!("paths.tsv");

/// A field of Istio and the clauses that write it.
#[derive(Debug)]
pub struct Path {
    /// The kind and the path: `VirtualService spec.http[].timeout`.
    pub path: &'static str,
    /// The clauses, each with the block that it stands in.
    pub clauses: Vec<(&'static Word, Block)>,
}

static PATHS: LazyLock<Vec<Path>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (path, words) = line.split_once('\t')?;
            Some(Path { path, clauses: words.split(' ').filter_map(clause).collect() })
        })
        .collect()
});

/// The fields that clauses write, in the order of kinds and names.
pub fn paths() -> &'static [Path] {
    &PATHS
}

/// The fields that a word writes in a block.
pub fn paths_of(word: &Word) -> impl Iterator<Item = &'static str> {
    let entry = word.entry;
    paths()
        .iter()
        .filter(move |path| path.clauses.iter().any(|(of, _)| std::ptr::eq(of.entry, entry)))
        .map(|path| path.path)
}

/// `timeout@route`
fn clause(text: &'static str) -> Option<(&'static Word, Block)> {
    let (name, place) = text.split_once('@')?;
    let name = if name == "destination" { "" } else { name };
    let block = Block::ALL.into_iter().find(|block| block.slug() == place)?;
    Some((lookup(block, name)?, block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_of_the_table_is_a_word() {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
        for word in lines.filter_map(|line| line.split_once('\t')).flat_map(|(_, words)| words.split(' ')) {
            assert!(clause(word).is_some(), "{word}");
        }
        assert!(paths().len() > 350);
    }
}
