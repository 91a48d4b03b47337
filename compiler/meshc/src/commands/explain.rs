//! `meshc explain`: the page of a code, of a word, or of a module.

use mesh_compiler::explain;
use mesh_compiler::vocabulary::{Block, Body, Often, Stage, Word, entries_of, paths_of, words, words_in};
use mesh_compiler::{library, library_items, library_modules, library_purpose, nearest};
use mesh_diagnostics::{all_codes, code_named};

use crate::cli::Explain;
use crate::{Failure, report};

pub fn run(args: &Explain) -> Result<bool, Failure> {
    let Some(topic) = args.topic.as_deref() else {
        report::print(&list())?;
        return Ok(true);
    };
    if let Some(code) = code_named(topic) {
        report::print(code.page)?;
        return Ok(true);
    }
    let entries: Vec<&Word> = entries_of(topic).collect();
    if !entries.is_empty() && !topic.is_empty() {
        let pages: Vec<String> = entries.into_iter().map(word_page).collect();
        report::print(&pages.join("\n"))?;
        return Ok(true);
    }
    if let Some(page) = explain::field(topic) {
        report::print(&page)?;
        return Ok(true);
    }
    if let Some(text) = library(topic) {
        report::print(text)?;
        return Ok(true);
    }
    if topic == "std" {
        report::print(&modules())?;
        return Ok(true);
    }
    let candidates =
        all_codes().map(|code| code.id).chain(words().map(|word| word.entry.word)).chain(library_modules());
    let near = nearest(topic, candidates).map(str::to_owned).or_else(|| explain::near_field(topic));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(Failure(format!("there is no code, word, field or module `{topic}`{hint}")))
}

fn word_page(word: &'static Word) -> String {
    let entry = word.entry;
    let mut out = format!("{}: {}\n", entry.word, entry.help);
    for shape in &word.shapes {
        let body = match entry.body {
            Body::None => "",
            Body::May(_) => " [< … >]",
            Body::Must(_) => " < … >",
        };
        out.push_str(&format!("\n    {} {shape}{body}", entry.word).replace("  <", " <"));
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

fn list() -> String {
    let mut out = String::from("Statements:\n");
    for word in words_in(Block::File) {
        let planned = if word.entry.stage == Stage::Planned { " (not supported yet)" } else { "" };
        out.push_str(&format!("  {:<14} {}{planned}\n", word.entry.word, word.entry.help));
    }
    out.push_str("\nErrors, warnings and notes:\n");
    for code in all_codes() {
        out.push_str(&format!("  {:<20} {}\n", code.id, code.title));
    }
    out.push_str("\nModules (`meshc explain std` says what is in them):\n");
    for module in library_modules() {
        out.push_str(&format!("  {module}\n"));
    }
    out
}

/// The modules of the library, and the profiles in each.
fn modules() -> String {
    let mut out = String::new();
    for module in library_modules() {
        let purpose = library_purpose(module).unwrap_or_default();
        out.push_str(&format!("{module}: {purpose}\n"));
        for item in library_items(module) {
            out.push_str(&format!("  {:<22} {}\n", item.name, item.purpose));
        }
        out.push('\n');
    }
    out.pop();
    out
}
