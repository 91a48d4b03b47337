//! Abstraction says the same: every case that compiles is written again with its blocks in profiles and its numbers
//! behind names, and becomes the same bundle with the same findings.

use libtest_mimic::Trial;
use mesh_diagnostics::FileId;
use mesh_syntax::{Item, OperandKind, Statement, Tree};

use crate::program::{codes, compiled, files, root, shown, yaml};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("abstraction::a_block_is_what_its_profile_says", || same("profiles", in_profiles)),
        trial("abstraction::a_number_is_what_its_name_stands_for", || same("constants", in_constants)),
    ]
}

/// Compiles each case as it is and as `write` has it.
fn same(what: &str, write: fn(&Tree<'_>) -> Option<String>) {
    let mut tried = 0;
    for path in files(&root().join("tests/compile"), ".mesh") {
        let text = std::fs::read_to_string(&path).expect("a program can be read");
        let tree = mesh_syntax::parse(FileId(0), &text).tree;
        let abstracts = ["let", "param", "profile", "with", "if"];
        if tree.all_statements().any(|statement| statement.keyword().is_some_and(|word| abstracts.contains(&word))) {
            continue;
        }
        let Some(written) = write(&tree) else { continue };
        let ((_, spelled), (sources, other)) = (compiled(&text), compiled(&written));
        let place = path.display();
        assert!(!other.diagnostics.has_errors(), "{place}\n{written}\n{}", shown(&sources, &other));
        assert!(yaml(&spelled) == yaml(&other), "{place} becomes another bundle:\n{written}");
        let sorted = |mut codes: Vec<&'static str>| {
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        assert_eq!(sorted(codes(&spelled)), sorted(codes(&other)), "{place} has other findings:\n{written}");
        tried += 1;
    }
    eprintln!("abstraction: {tried} cases with {what}");
    assert!(tried > 100, "only {tried} cases were tried");
}

/// Each block of a statement of the file in a profile of its own.
fn in_profiles(tree: &Tree<'_>) -> Option<String> {
    let (mut out, mut profiles, mut at) = (String::new(), String::new(), 0);
    for (number, statement) in tree.statements().enumerate() {
        if !statement.has_block() || statement.keyword() == Some("elsewhere") {
            continue;
        }
        let (head, block, span) = (statement.head_span(), statement.block_span(), statement.span());
        out.push_str(&tree.text()[at..head.end as usize]);
        out.push_str(&format!(" < with taken-{number} >"));
        let body = &tree.text()[block.start as usize..block.end as usize];
        profiles.push_str(&format!("profile taken-{number} {body}\n"));
        at = span.end as usize;
    }
    out.push_str(&tree.text()[at..]);
    (!profiles.is_empty()).then(|| format!("{out}\n{profiles}"))
}

/// Each number behind a name of its own.
fn in_constants(tree: &Tree<'_>) -> Option<String> {
    let mut numbers = Vec::new();
    for statement in tree.statements() {
        of_statement(statement, &mut numbers);
    }
    let (mut out, mut names, mut at) = (String::new(), String::new(), 0);
    for (number, (start, end)) in numbers.into_iter().enumerate() {
        out.push_str(&tree.text()[at..start]);
        out.push_str(&format!("$n{number}"));
        names.push_str(&format!("let n{number} = {}\n", &tree.text()[start..end]));
        at = end;
    }
    out.push_str(&tree.text()[at..]);
    (!names.is_empty()).then(|| format!("{out}\n{names}"))
}

fn of_statement(statement: Statement<'_, '_>, out: &mut Vec<(usize, usize)>) {
    of_items(statement.tree(), statement.items(), out);
    for child in statement.children() {
        of_statement(child, out);
    }
}

fn of_items(tree: &Tree<'_>, items: &[Item], out: &mut Vec<(usize, usize)>) {
    for operand in items.iter().flat_map(|item| std::iter::once(item.key).chain(item.value)) {
        match operand.kind {
            OperandKind::Bare if tree.slice(operand).starts_with(|c: char| c.is_ascii_digit()) => {
                out.push((operand.start as usize, operand.end as usize));
            }
            OperandKind::Group(group) => of_items(tree, tree.group(group), out),
            _ => {}
        }
    }
}
