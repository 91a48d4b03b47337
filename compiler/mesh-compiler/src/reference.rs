//! The tables of the language reference, made from the vocabulary.

use std::fmt::Write;

use crate::vocabulary::{Block, Body, Often, Stage, Word, words_in};

/// The blocks in the order of the reference.
const BLOCKS: [Block; 36] = [
    Block::File,
    Block::Any,
    Block::Mesh,
    Block::Namespace,
    Block::Service,
    Block::Version,
    Block::External,
    Block::Gateway,
    Block::Listener,
    Block::Route,
    Block::Rule,
    Block::Destination,
    Block::Headers,
    Block::Cors,
    Block::RequestTests,
    Block::Traffic,
    Block::Layer,
    Block::Pool,
    Block::Tls,
    Block::Locality,
    Block::Mtls,
    Block::Policy,
    Block::Authorize,
    Block::SourceTests,
    Block::OperationTests,
    Block::ConditionTests,
    Block::Jwt,
    Block::Issuer,
    Block::Workload,
    Block::Scope,
    Block::Observe,
    Block::Slo,
    Block::Plugin,
    Block::Proxy,
    Block::Envoy,
    Block::Patch,
];

/// All words, block by block, as Markdown.
#[must_use]
pub fn tables() -> String {
    let mut out = String::from(
        "# The words of Mesh\n\nMade from the vocabulary by `cargo xtask generate`; a test fails when it is stale. \
         Operands are in capitals, `[…]` may be left out, `, …` is a list, `a|b` is one of some words.\n",
    );
    for block in BLOCKS {
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
