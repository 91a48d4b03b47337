//! A word of the language explained.

use crate::vocabulary::{Block, Often, Stage, Word, paths_of, words_in};

/// The page of a word: its shapes, where it stands, and what it becomes.
pub(super) fn page(word: &'static Word) -> String {
    let entry = word.entry;
    let mut out = format!("{}: {}\n", entry.word, entry.help);
    for phrase in word.phrases() {
        out.push_str(&format!("\n    {phrase}"));
    }
    out.push_str(&format!("\n\n    for example   {}\n", entry.example));
    let homes: Vec<&str> = entry.blocks.iter().map(|block| block.name()).collect();
    out.push_str(&format!(
        "    stands in     {}{}\n",
        homes.join(", "),
        if entry.often == Often::Many { "" } else { ", once" }
    ));
    out.push_str(&format!("    becomes       {}\n", entry.becomes));
    let fields: Vec<&str> = paths_of(word).collect();
    for (at, path) in fields.iter().take(8).enumerate() {
        out.push_str(&format!("    {:<14}{path}\n", if at == 0 { "writes" } else { "" }));
    }
    if fields.len() > 8 {
        out.push_str(&format!("    {:<14}and {} more\n", "", fields.len() - 8));
    }
    if entry.http {
        out.push_str("    needs         an HTTP port\n");
    }
    if entry.inherited {
        out.push_str("    in rules      a rule without it takes it over from the body\n");
    }
    if entry.stage == Stage::Planned {
        out.push_str("    not supported by this meshc yet\n");
    }
    if let Some(block) = entry.block().filter(|block| *block != Block::Resource && *block != Block::File) {
        let inner: Vec<&str> = words_in(block).map(|word| word.entry.word).filter(|word| !word.is_empty()).collect();
        out.push_str(&format!("    its block     {}\n", inner.join(", ")));
    }
    out
}
