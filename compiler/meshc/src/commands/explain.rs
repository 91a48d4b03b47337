//! `meshc explain`: the page of a code, of a word, or of a module.

use mesh_compiler::explain;
use mesh_compiler::vocabulary::{Block, Stage, words, words_in};
use mesh_compiler::{library_items, library_modules, library_purpose, nearest};
use mesh_diagnostics::all_codes;

use crate::cli::Explain;
use crate::{Failure, report};

pub fn run(args: &Explain) -> Result<bool, Failure> {
    let Some(topic) = args.topic.as_deref() else {
        report::print(&list())?;
        return Ok(true);
    };
    if let Some(page) = explain::page(topic) {
        report::print(&page)?;
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
