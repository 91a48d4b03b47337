//! The vocabulary against the cases: every word that is lowered is accepted somewhere, and refuses nonsense.

use std::collections::HashSet;

use libtest_mimic::Trial;
use mesh_compiler::vocabulary::{Block, Stage, lookup, words};
use mesh_diagnostics::FileId;
use mesh_syntax::{OperandKind, Statement};

use crate::program::{files, root};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("words::every_word_is_accepted_by_a_case", every_word_is_accepted),
        trial("words::every_word_refuses_nonsense", every_word_refuses_nonsense),
        trial("words::no_planned_word_is_accepted", no_planned_word_is_accepted),
    ]
}

/// The blocks of a statement, each with the words that stand in it; the tests of a condition are a block.
pub fn blocks_of(statement: Statement<'_, '_>, block: Block, found: &mut Vec<(Block, Vec<&'static str>)>) {
    blocks_inside(statement, block, found, &mut Vec::new());
}

fn blocks_inside(
    statement: Statement<'_, '_>,
    block: Block,
    found: &mut Vec<(Block, Vec<&'static str>)>,
    siblings: &mut Vec<&'static str>,
) {
    let word = statement.keyword().and_then(|word| lookup(block, word)).or_else(|| lookup(block, ""));
    let Some(word) = word else { return };
    siblings.push(word.entry.word);
    let tests = match (block, word.entry.word) {
        (Block::Route, "when") => Some(Block::RequestTests),
        (Block::Policy | Block::Authorize, "when") => Some(Block::ConditionTests),
        (Block::Policy | Block::Authorize, "from") => Some(Block::SourceTests),
        (Block::Policy | Block::Authorize, "to") | (Block::Jwt, "require") => Some(Block::OperationTests),
        _ => None,
    };
    if let Some(tests) = tests {
        let mut inside = Vec::new();
        words_of_condition(statement.tree(), statement.items(), tests, &mut inside);
        found.push((tests, inside));
    }
    if let Some(inner) = word.entry.block() {
        let mut inside = Vec::new();
        for child in statement.children() {
            blocks_inside(child, inner, found, &mut inside);
        }
        found.push((inner, inside));
    }
}

fn words_of_condition(
    tree: &mesh_syntax::Tree<'_>,
    items: &[mesh_syntax::Item],
    block: Block,
    inside: &mut Vec<&'static str>,
) {
    for item in items {
        match item.key.kind {
            OperandKind::Group(group) => words_of_condition(tree, tree.group(group), block, inside),
            _ => {
                let word = lookup(block, tree.slice(item.key)).or_else(|| lookup(block, ""));
                inside.extend(word.map(|word| word.entry.word));
            }
        }
    }
}

fn every_word_is_accepted() {
    let mut blocks = Vec::new();
    let mut seen: HashSet<(Block, &str)> = HashSet::new();
    for folder in ["tests/compile", "examples", "stdlib"] {
        for path in files(&root().join(folder), ".mesh") {
            let text = std::fs::read_to_string(&path).expect("a program can be read");
            for statement in mesh_syntax::parse(FileId(0), &text).tree.statements() {
                blocks_of(statement, Block::File, &mut blocks);
                seen.extend(
                    statement
                        .keyword()
                        .and_then(|word| lookup(Block::File, word))
                        .map(|word| (Block::File, word.entry.word)),
                );
            }
        }
    }
    seen.extend(blocks.iter().flat_map(|(block, words)| words.iter().map(|word| (*block, *word))));
    let mut missing = Vec::new();
    for word in words().filter(|word| word.entry.stage == Stage::Lowered) {
        for block in word.entry.blocks {
            // Common words stand in any block that makes an object; one place shows that they do.
            let common = *block == Block::Any && seen.iter().any(|(_, name)| *name == word.entry.word);
            if !common && !seen.contains(&(*block, word.entry.word)) {
                missing.push(format!("`{}` in {}", word.entry.word, block.name()));
            }
        }
    }
    assert!(missing.is_empty(), "no case under tests/compile accepts {}", missing.join(", "));
}

/// Wraps a statement into the blocks that it stands in.
fn placed(block: Block, statement: &str) -> Option<String> {
    Some(match block {
        Block::File => statement.to_owned(),
        Block::Mesh => format!("mesh < {statement} >"),
        Block::Namespace => format!("namespace a < {statement} >"),
        Block::Service => format!("service a < http 80; {statement} >"),
        Block::Version => format!("service a < http 80; version v1 < {statement} > >"),
        Block::External => format!("external a \"a.example.pk\" < https 443; {statement} >"),
        Block::Gateway => format!("gateway a < select a: b; http 80 \"*\"; {statement} >"),
        Block::Listener => format!("gateway a < select a: b; http 80 \"*\" < {statement} > >"),
        Block::Route => format!("service a < http 80; versions v1 >\nroute a < v1; {statement} >"),
        Block::Rule => format!("service a < http 80; versions v1 >\nroute a < when path /x < v1; {statement} > >"),
        Block::Destination => format!("service a < http 80; versions v1 >\nroute a < v1 < {statement} > >"),
        Block::Headers => format!("service a < http 80 >\nroute a < request-headers < {statement} > >"),
        Block::Cors => format!("service a < http 80 >\nroute a < cors < {statement} > >"),
        Block::Traffic => format!("service a < http 80; versions v1 >\ntraffic a < {statement} >"),
        Block::Layer => format!("service a < http 80; versions v1 >\ntraffic a < version v1 < {statement} > >"),
        Block::Pool => format!("service a < http 80 >\ntraffic a < pool < {statement} > >"),
        Block::Tls => format!("service a < http 80 >\ntraffic a < tls simple < {statement} > >"),
        Block::Mtls => format!("service a < http 80 >\nmtls a strict < {statement} >"),
        Block::Policy => format!("service a < http 80 >\nallow a < from anyone; {statement} >"),
        Block::Authorize => {
            format!("mesh < provider p >\nservice a < http 80 >\nauthorize a by p < to GET; {statement} >")
        }
        Block::Jwt => format!("service a < http 80 >\njwt a < {statement} >"),
        Block::Issuer => format!("service a < http 80 >\njwt a < optional; issuer \"i\" < {statement} > >"),
        Block::Workload => format!("workload a < address 10.1.2.3; {statement} >"),
        Block::Scope => format!("in s\nservice a < http 80 >\nservice b < http 80 >\nscope a < {statement} >"),
        Block::Observe => format!("mesh < provider otel >\nservice a < http 80 >\nobserve a < {statement} >"),
        Block::Plugin => format!("service a < http 80 >\nplugin a as p < {statement} >"),
        Block::Proxy => format!("service a < http 80 >\nproxy a < {statement} >"),
        Block::Envoy => format!("service a < http 80 >\nenvoy a as e < {statement} >"),
        Block::Patch => format!("service a < http 80 >\nenvoy a as e < patch CLUSTER merge < {statement} > >"),
        Block::Locality => format!("service a < http 80 >\ntraffic a < locality < {statement} > >"),
        Block::Resource => format!("resource ServiceAccount a < {statement} >"),
        Block::RequestTests => format!("service a < http 80; versions v1 >\nroute a < when {statement} < v1 > >"),
        Block::SourceTests => format!("service a < http 80 >\nallow a < from {statement} >"),
        Block::OperationTests => format!("service a < http 80 >\nallow a < from anyone; to {statement} >"),
        Block::ConditionTests => format!("service a < http 80 >\nallow a < from anyone; when {statement} >"),
        _ => return None,
    })
}

fn every_word_refuses_nonsense() {
    let mut tried = 0;
    for word in words().filter(|word| word.entry.stage == Stage::Lowered) {
        for block in word.entry.blocks {
            let statement = format!("{} (a b) = ~\"[\"", word.entry.word);
            let Some(text) = placed(*block, statement.trim_start()) else { continue };
            let (sources, compilation) = crate::program::compiled(&text);
            assert!(
                compilation.diagnostics.has_errors(),
                "`{}` in {} takes nonsense:\n{}",
                word.entry.word,
                block.name(),
                crate::program::shown(&sources, &compilation)
            );
            tried += 1;
        }
    }
    assert!(tried > 150, "only {tried} words were tried");
}

/// What is not lowered yet says so, and nothing of it is silently dropped.
fn no_planned_word_is_accepted() {
    for word in words().filter(|word| word.entry.stage == Stage::Planned) {
        for block in word.entry.blocks {
            let Some(text) = placed(*block, word.entry.example) else { continue };
            let (sources, compilation) = crate::program::compiled(&text);
            let said = compilation
                .diagnostics
                .iter()
                .any(|diagnostic| diagnostic.severity() == mesh_diagnostics::Severity::Error);
            assert!(
                said,
                "`{}` in {} is dropped without a word:\n{}",
                word.entry.word,
                block.name(),
                crate::program::shown(&sources, &compilation)
            );
        }
    }
}
