//! The tables of the language reference, made from the vocabulary.

use std::fmt::Write;

use mesh_diagnostics::Sources;
use mesh_istio::{Format, Kind, schema};

use crate::modules::{library_items, library_modules, library_purpose};
use crate::vocabulary::{Block, Body, Often, Stage, Word, paths, words_in};

/// All words, block by block, as Markdown.
#[must_use]
pub fn tables() -> String {
    let mut out = String::from(
        "# The words of Mesh\n\nMade from the vocabulary by `cargo xtask generate`; a test fails when it is stale. \
         Operands are in capitals, `[…]` may be left out, `, …` is a list, `a|b` is one of some words.\n",
    );
    for block in Block::ALL {
        let _ = write!(
            out,
            "\n## In {}\n\n| word | what follows | means | becomes |\n| --- | --- | --- | --- |\n",
            block.name()
        );
        for word in words_in(block).filter(|word| block == Block::Any || !word.entry.blocks.contains(&Block::Any)) {
            row(word, &mut out);
        }
    }
    out
}

/// Every field of every kind of Istio, and the clauses that write it, as Markdown.
#[must_use]
pub fn fields() -> String {
    let mut rows = String::new();
    let (mut all, mut by_clause) = (0, 0);
    for kind in Kind::all().filter(|kind| kind.is_istio()) {
        let _ = write!(rows, "\n## {}\n\n| field | type | since | clause |\n| --- | --- | --- | --- |\n", kind.name());
        schema::of(kind).leaves(&mut |path, field| {
            all += 1;
            let full = format!("{} {path}", kind.name());
            let written = paths().iter().find(|known| known.path == full);
            by_clause += usize::from(written.is_some());
            let _ = writeln!(
                rows,
                "| `{path}` | {} | {} | {} |",
                crate::explain::type_of(field).replace('|', "\\|"),
                field.since.map_or(String::new(), |since| since.to_string()),
                match written {
                    Some(written) => clauses_of(written),
                    None if field.refused => "Istio refuses it".to_owned(),
                    None => String::new(),
                }
            );
        });
    }
    format!(
        "# The fields of Istio\n\nMade from the tables of the releases and from the cases by `cargo xtask generate`; a test \
         fails when it is stale. {all} fields of {} kinds; clauses write {by_clause} of them, and `field` or `resource` \
         set each of the others. A field that stands several times, such as the policy of a host and of its versions, \
         is counted each time.\n{rows}",
        Kind::all().filter(|kind| kind.is_istio()).count()
    )
}

fn clauses_of(path: &crate::vocabulary::Path) -> String {
    let mut seen: Vec<String> = Vec::new();
    for (word, block) in &path.clauses {
        let name = if word.entry.word.is_empty() { "a destination" } else { word.entry.word };
        let text = if *block == Block::File { format!("`{name}`") } else { format!("`{name}` in {}", block.name()) };
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen.join(", ")
}

fn row(word: &Word, out: &mut String) {
    let entry = word.entry;
    let shapes: Vec<String> = word.shapes.iter().map(ToString::to_string).filter(|shape| !shape.is_empty()).collect();
    let body = match entry.body {
        Body::None => "",
        Body::May(_) => " [`< … >`]",
        Body::Must(_) => " `< … >`",
    };
    let name = if entry.word.is_empty() { "(operands)".to_owned() } else { format!("`{}`", entry.word) };
    let mut means = entry.help.to_owned();
    if entry.often == Often::Many {
        means.push_str("; may stand several times");
    }
    if entry.http {
        means.push_str("; needs HTTP");
    }
    if entry.inherited {
        means.push_str("; rules take it over");
    }
    if entry.stage == Stage::Planned {
        means.push_str("; **not supported yet**");
    }
    let cell = |text: &str| text.replace('|', "\\|");
    let _ = writeln!(
        out,
        "| {name} | {}{body} | {}: `{}` | {} |",
        cell(&shapes.join(" *or* ")),
        cell(&means),
        cell(entry.example),
        cell(entry.becomes)
    );
}

/// The page of the standard library: each module and each profile of it, with its example and what that becomes.
#[must_use]
pub fn library() -> String {
    let mut out = String::from(
        "# The standard library\n\nMade from the modules under `stdlib/` by `cargo xtask generate`; a test fails when it is stale, and \
         every example is compiled and judged. `meshc explain std` lists the modules, and `meshc explain std/edge` shows one.\n",
    );
    for module in library_modules() {
        let _ = write!(out, "\n## {module}\n\n{}\n", library_purpose(module).unwrap_or_default());
        for item in library_items(module) {
            let _ = write!(out, "\n### {}\n\n`{}`\n\n{}\n\n", item.name, item.head, item.purpose);
            let _ =
                write!(out, "```mesh\n{}```\n```yaml\n{}```\n\n{}\n", item.example, bundle(&item.example), item.reason);
        }
    }
    out
}

/// What a program that takes in modules of the library becomes.
fn bundle(program: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("example.mesh", program);
    let tree = mesh_syntax::parse(file, program).tree;
    for import in crate::imports(&tree) {
        if let Some(text) = crate::library(&import.name) {
            sources.add_library(import.name, text);
        }
    }
    let compilation = crate::compile(&sources);
    let mut yaml = mesh_istio::emit(&compilation.lowered.resources, compilation.api, Format::Yaml, |_| Vec::new());
    if yaml.starts_with("---\n") {
        yaml.drain(..4);
    }
    if !yaml.ends_with('\n') {
        yaml.push('\n');
    }
    yaml
}
