//! Which clause writes which field of Istio: found in what the cases become, and compared with the table that
//! `meshc explain` and the reference read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::Trial;
use mesh_compiler::compile;
use mesh_compiler::vocabulary::{Block, Stage, entries_of, lookup};
use mesh_diagnostics::{FileId, Sources, Span};
use mesh_istio::schema::{self, Field, Of, Shape};
use mesh_istio::{Node, Value};
use mesh_syntax::Statement;

use crate::folders::{compiled_folders, program};
use crate::program::root;
use crate::trial;

/// The share of the uses of fields in Istio's samples that some clause covers.
const ENOUGH: f64 = 0.95;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("coverage::the_table_of_fields_is_fresh", the_table_is_fresh),
        trial("coverage::every_situation_has_a_case", every_situation_has_a_case),
        trial("coverage::clauses_cover_what_people_use", clauses_cover_what_people_use),
    ]
}

/// How many situations the design names.
const SITUATIONS: usize = 158;

/// Each situation has a case that is there, or names a word that is planned.
fn every_situation_has_a_case() {
    let table = std::fs::read_to_string(root().join("tests/situations.md")).expect("the table of situations");
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, case] = cells.as_slice() else { return None };
        Some((number.parse::<usize>().ok()?, (*case).to_owned()))
    });
    let rows: BTreeMap<usize, String> = rows.collect();
    assert!(rows.keys().copied().eq(1..=SITUATIONS), "a situation is missing, or stands twice");
    for (number, case) in rows {
        let (mut cases, mut waits) = (0, 0);
        for (before, name) in case.split('`').collect::<Vec<_>>().chunks_exact(2).map(|pair| (pair[0], pair[1])) {
            if before.ends_with("later: ") {
                waits += 1;
                let planned = entries_of(name).any(|word| word.entry.stage == Stage::Planned);
                assert!(planned, "{number}: `{name}` is not among what is planned");
            } else {
                cases += 1;
                assert!(root().join("tests").join(name).join("input.mesh").exists(), "{number}: {name} is not there");
            }
        }
        assert!(cases + waits > 0, "{number} has no case");
    }
}

/// A field's path, and the clauses that write it: `timeout` in the block of a `route`.
type Written = BTreeMap<String, BTreeSet<(String, String)>>;

fn the_table_is_fresh() {
    let path = root().join("compiler/mesh-compiler/src/vocabulary/paths.tsv");
    let text = table(&written());
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &text).expect("the table can be written");
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(old == text, "{} is stale: run the tests with INSTA_UPDATE=always", path.display());
}

fn table(written: &Written) -> String {
    let mut out =
        String::from("# Which clause writes which field, found in what the cases under tests/compile become.\n");
    for (path, words) in written {
        let words: Vec<String> = words.iter().map(|(word, block)| format!("{word}@{block}")).collect();
        let _ = writeln!(out, "{path}\t{}", words.join(" "));
    }
    out
}

fn clauses_cover_what_people_use() {
    let written = written();
    let uses = std::fs::read_to_string(root().join("tests/coverage/uses.tsv")).expect("the counts of the samples");
    let (mut all, mut covered) = (0, 0);
    let mut missing: Vec<(usize, &str)> = Vec::new();
    for line in uses.lines().filter(|line| !line.starts_with('#')) {
        let (count, path) = line.split_once('\t').expect("a count and a path");
        let count: usize = count.parse().expect("a count");
        all += count;
        if written.contains_key(path) {
            covered += count;
        } else {
            missing.push((count, path));
        }
    }
    missing.sort_by(|a, b| b.cmp(a));
    let share = f64::from(covered as u32) / f64::from(all as u32);
    eprintln!(
        "fields: clauses write {} paths, and {covered} of {all} uses in Istio's samples ({:.1} %); not these: {missing:?}",
        written.len(),
        share * 100.0
    );
    assert!(all > 300 && share >= ENOUGH, "{share}");
}

/// Every field that a clause writes, over all cases and examples.
fn written() -> Written {
    let mut out = Written::new();
    for path in compiled_folders() {
        of_program(&path, &mut out);
    }
    out
}

fn of_program(path: &Path, out: &mut Written) {
    let sources = program(path);
    let compilation = compile(&sources);
    let clauses: Vec<Vec<Clause>> = sources.iter().map(|(file, source)| clauses(file, &source.text)).collect();
    let files: Vec<FileId> = sources.iter().map(|(file, _)| file).collect();
    for resource in compilation.lowered.resources.iter().filter(|resource| resource.kind.is_istio()) {
        let body = Node::new(resource.spec.clone(), resource.span());
        leaves(&body, schema::body(resource.kind), &format!("{} spec", resource.kind.name()), &mut |path, span| {
            let Some(at) = files.iter().position(|file| *file == span.file) else { return };
            let Some(clause) = innermost(&clauses[at], span, &sources) else { return };
            // What is set by its path is set by no clause.
            if !matches!(clause.0.as_str(), "field" | "resource") {
                out.entry(path.to_owned()).or_default().insert(clause);
            }
        });
    }
}

fn leaves(node: &Node, field: &Field, path: &str, visit: &mut impl FnMut(&str, Span)) {
    for (key, inner) in node.fields() {
        let Some(child) = field.child(key) else { continue };
        let path = format!("{path}.{key}");
        let mark = match child.shape {
            Shape::One => "",
            Shape::List => "[]",
            Shape::Map => ".*",
        };
        if child.of != Of::Object {
            let first = inner.list().first().map_or(inner.span, |item| item.span);
            visit(&path, if matches!(inner.value, Value::List(_)) { first } else { inner.span });
            continue;
        }
        let below = format!("{path}{mark}");
        match child.shape {
            Shape::One => leaves(inner, child, &below, visit),
            Shape::List => inner.list().iter().for_each(|item| leaves(item, child, &below, visit)),
            Shape::Map => inner.fields().for_each(|(_, item)| leaves(item, child, &below, visit)),
        }
    }
}

/// A clause, where it stands, and what its conditions are made of.
struct Clause {
    word: &'static str,
    block: Block,
    span: Span,
    head: Span,
    tests: Option<Block>,
}

fn clauses(file: FileId, text: &str) -> Vec<Clause> {
    let parsed = mesh_syntax::parse(file, text);
    let mut out = Vec::new();
    for statement in parsed.tree.statements() {
        walk(statement, Block::File, &mut out);
    }
    out
}

fn walk(statement: Statement<'_, '_>, block: Block, out: &mut Vec<Clause>) {
    let found = statement.keyword().and_then(|word| lookup(block, word)).or_else(|| lookup(block, ""));
    let Some(word) = found else { return };
    let tests = match (word.entry.word, block) {
        ("when", Block::Route) => Some(Block::RequestTests),
        ("when", _) => Some(Block::ConditionTests),
        ("from", _) => Some(Block::SourceTests),
        ("to" | "require", _) => Some(Block::OperationTests),
        _ => None,
    };
    out.push(Clause { word: word.entry.word, block, span: statement.span(), head: statement.head_span(), tests });
    if let Some(inner) = word.entry.block() {
        for child in statement.children() {
            walk(child, inner, out);
        }
    }
}

/// The clause within which something is said: the narrowest one that holds its place.
fn innermost(clauses: &[Clause], span: Span, sources: &Sources) -> Option<(String, String)> {
    let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    let clause =
        clauses.iter().filter(|clause| holds(clause.span)).min_by_key(|clause| clause.span.end - clause.span.start)?;
    let name = |word: &str, block: Block| {
        let word = if word.is_empty() { "destination" } else { word };
        (word.to_owned(), block.slug())
    };
    if let Some(tests) = clause.tests.filter(|_| holds(clause.head) && span != clause.head) {
        let text = &sources.get(span.file).text[span.range()];
        let first = text.trim_start_matches("not ").split_whitespace().next().unwrap_or_default();
        if let Some(word) = lookup(tests, first) {
            return Some(name(word.entry.word, tests));
        }
    }
    Some(name(clause.word, clause.block))
}
