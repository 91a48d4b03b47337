//! The cut of a text that differs little from the one before: only what lies around the change is scanned.

use crate::scan::{balanced_ends, column_one, yaml_regions};

/// How a text is cut into its statements.
#[derive(Debug, Default)]
pub(crate) enum Cut {
    /// In the usual way: there is YAML in it, or nothing at all.
    #[default]
    Other,
    /// All brackets balance: where its statements end.
    Balanced(Vec<usize>),
    /// Some bracket does not: where a statement stands at column one. Each is to be examined.
    Apart(Vec<usize>),
}

/// The last text and its cut.
#[derive(Debug, Default)]
pub(crate) struct Last {
    text: String,
    cut: Cut,
}

/// What two texts share: the bytes at their starts, and those at their ends.
struct Shared {
    before: usize,
    after: usize,
}

impl Last {
    /// Cuts a text; the pieces are those of [`crate::scan::statements`].
    pub fn cut(&mut self, text: &str) -> &Cut {
        let known = std::mem::take(&mut self.cut);
        self.cut = if text.is_empty() || !yaml_regions(text).is_empty() {
            Cut::Other
        } else {
            let shared = Shared::of(self.text.as_bytes(), text.as_bytes());
            match balanced(&self.text, &known, text, &shared) {
                Some(ends) => Cut::Balanced(ends),
                None => Cut::Apart(apart(&self.text, &known, text, &shared)),
            }
        };
        self.text.clear();
        self.text.push_str(text);
        &self.cut
    }
}

/// Where the statements of a balanced text end. Behind an end nothing is open, so that what was found from an end on is
/// found again where the same text follows.
fn balanced(old: &str, known: &Cut, text: &str, shared: &Shared) -> Option<Vec<usize>> {
    let known: &[usize] = match known {
        Cut::Balanced(ends) => ends,
        _ => &[],
    };
    // The byte behind an end decides about it.
    let kept = known.partition_point(|end| *end < shared.before);
    let from = kept.checked_sub(1).map_or(0, |last| known[last]);
    let same = |end: usize| shared.rest(old, text, end).and_then(|end| known.binary_search(&end).ok());
    let found = balanced_ends(text, from..text.len(), 1, |end| same(end).is_some())?;
    let rest = found.last().and_then(|end| same(*end)).map_or(&[][..], |at| &known[at + 1..]);
    Some(joined(&known[..kept], &found, rest, old.len(), text.len()))
}

/// Where the statements of a text start at column one.
fn apart(old: &str, known: &Cut, text: &str, shared: &Shared) -> Vec<usize> {
    let known: &[usize] = match known {
        // What a long string takes in depends on all that follows it.
        Cut::Apart(starts) if !text.contains("\"\"\"") && !old.contains("\"\"\"") => starts,
        _ => &[],
    };
    // The statement behind a start decides about it, so that the last one that is shared is looked for again.
    let kept = known.partition_point(|start| *start < shared.before).saturating_sub(2);
    let from = known.get(kept).copied().unwrap_or(0);
    let same = |start: usize| shared.rest(old, text, start).and_then(|start| known.binary_search(&start).ok());
    let found = column_one(text, from..text.len(), |start| same(start).is_some());
    let rest = found.last().and_then(|start| same(*start)).map_or(&[][..], |at| &known[at + 1..]);
    joined(&known[..kept], &found, rest, old.len(), text.len())
}

/// Places before a change, around it, and behind it, where they have moved.
fn joined(before: &[usize], around: &[usize], behind: &[usize], old: usize, new: usize) -> Vec<usize> {
    let mut places = Vec::with_capacity(before.len() + around.len() + behind.len());
    places.extend_from_slice(before);
    places.extend_from_slice(around);
    places.extend(behind.iter().map(|place| place + new - old));
    places
}

impl Shared {
    fn of(old: &[u8], new: &[u8]) -> Shared {
        const BLOCK: usize = 1024;
        let most = old.len().min(new.len());
        let mut before = 0;
        while before + BLOCK <= most && old[before..before + BLOCK] == new[before..before + BLOCK] {
            before += BLOCK;
        }
        before += old[before..].iter().zip(&new[before..]).take_while(|(a, b)| a == b).count();
        let (old, new) = (&old[before..], &new[before..]);
        let most = old.len().min(new.len());
        let mut after = 0;
        while after + BLOCK <= most
            && old[old.len() - after - BLOCK..old.len() - after] == new[new.len() - after - BLOCK..new.len() - after]
        {
            after += BLOCK;
        }
        let (old, new) = (&old[..old.len() - after], &new[..new.len() - after]);
        after += old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        Shared { before, after }
    }

    /// Where a place behind the change was in the old text.
    fn rest(&self, old: &str, new: &str, place: usize) -> Option<usize> {
        (place >= new.len() - self.after && place < new.len()).then(|| place + old.len() - new.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_counted_once() {
        let shared = |old: &str, new: &str| {
            let Shared { before, after } = Shared::of(old.as_bytes(), new.as_bytes());
            (before, after)
        };
        assert_eq!(shared("aa", "aaa"), (2, 0));
        assert_eq!(shared("ab", "aab"), (1, 1));
        assert_eq!(shared("", "x"), (0, 0));
        let long = "x".repeat(3000);
        assert_eq!(shared(&format!("{long}a{long}"), &format!("{long}b{long}")), (3000, 3000));
    }
}
