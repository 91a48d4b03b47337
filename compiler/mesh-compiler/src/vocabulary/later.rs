//! What is of the language and not lowered yet: shapes are checked, building is refused.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause("test", &[File], &["what:ANYTHING,"], "what must hold", "test", "nothing").may(Any).planned().many(),
    clause("assert", &[File], &["what:ANYTHING,"], "what must hold", "assert", "nothing").may(Any).planned().many(),
];
