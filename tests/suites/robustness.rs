//! Odd files: empty, huge, deep, with other line ends, with twelve mistakes.

use libtest_mimic::Trial;
use mesh_compiler::compile;
use mesh_diagnostics::FileId;

use crate::program::{codes, compiled, root, shown, sources};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("robustness::an_empty_file_is_a_program", || assert_eq!(codes(&compiled("").1), [""; 0])),
        trial("robustness::line_ends_and_marks_do_not_matter", line_ends_and_marks_do_not_matter),
        trial("robustness::a_large_file_is_parsed", a_large_file_is_parsed),
        trial("robustness::twelve_mistakes_give_twelve_errors", twelve_mistakes_give_twelve_errors),
        trial("robustness::the_order_of_statements_and_files_does_not_matter", the_order_does_not_matter),
    ]
}

fn line_ends_and_marks_do_not_matter() {
    let unix = "in shop\nservice a < http 80; versions v1, v2 >\nroute a < v1: 50%, v2: 50% >\n";
    let windows = format!("\u{FEFF}{}", unix.replace('\n', "\r\n").replace("  ", "\t"));
    let (_, a) = compiled(unix);
    let (_, b) = compiled(&windows);
    assert_eq!(crate::program::yaml(&a), crate::program::yaml(&b));
    assert_eq!(codes(&b), [""; 0]);
}

/// Ten megabytes here, so that the plain test stays quick; the benchmark goes further.
fn a_large_file_is_parsed() {
    let text =
        "route orders < v1: 80%, v2: 20%; retry 3 x 2s on 5xx, reset; timeout 8s >\n".repeat(10 * 1024 * 1024 / 75);
    let parsed = mesh_syntax::parse(FileId(0), &text);
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.tree.statements().count(), text.lines().count());
}

/// One run, twelve mistakes of all stages, each at its own place.
fn twelve_mistakes_give_twelve_errors() {
    let path = root().join("tests/suites/twelve.mesh");
    let text = std::fs::read_to_string(path).expect("the program of mistakes can be read");
    let (sources, compilation) = compiled(&text);
    let mut lines = Vec::new();
    for diagnostic in compilation.diagnostics.iter().filter(|d| d.code.id.starts_with('E')) {
        lines.push(sources.line_column(diagnostic.primary.span.file, diagnostic.primary.span.start).0);
    }
    let marked: Vec<usize> =
        text.lines().enumerate().filter(|(_, line)| line.contains("# mistake")).map(|(at, _)| at + 1).collect();
    assert_eq!(marked.len(), 12);
    assert_eq!(lines, marked, "{}", shown(&sources, &compilation));
}

fn the_order_does_not_matter() {
    let a = "in shop\nservice a < http 80; versions v1, v2 >\ntraffic a < pool < max-connections 10 > >\n";
    let b = "in shop\nroute a < v1: 50%, v2: 50% >\nallow a < from anyone >\n";
    let one = sources([("a.mesh", a), ("b.mesh", b)]);
    let other = sources([("b.mesh", b), ("a.mesh", a)]);
    assert_eq!(crate::program::yaml(&compile(&one)), crate::program::yaml(&compile(&other)));
}
