//! Every fenced program of the project's texts: pages of codes, the reference, READMEs, the vocabulary's examples.

use libtest_mimic::Trial;
use mesh_compiler::{Choices, compile_beside};
use mesh_diagnostics::{Severity, all_codes};
use mesh_istio::rendered::Rendered;

use crate::program::{compiled, files, root, shown};
use crate::trial;

/// A fenced program and what its fence says of it.
struct Program {
    fails: bool,
    text: String,
    line: usize,
}

pub fn trials() -> Vec<Trial> {
    let mut out: Vec<Trial> =
        all_codes().map(|code| trial(format!("pages::{}", code.id), move || page(code.id, code.page))).collect();
    for path in files(&root(), ".md") {
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        let name = path.strip_prefix(root()).expect("the page lies in the repository").display().to_string();
        if name.starts_with("compiler/mesh-diagnostics/pages") || !text.contains("```mesh") {
            continue;
        }
        out.push(trial(format!("docs::{name}"), move || document(&text)));
    }
    out
}

/// The programs of a Markdown text.
fn programs(text: &str) -> Vec<Program> {
    let mut out = Vec::new();
    let mut open: Option<Program> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.trim().strip_prefix("```")) {
            (None, Some(info)) if info == "mesh" || info.starts_with("mesh ") => {
                open = Some(Program { fails: info.contains("error"), text: String::new(), line: at + 2 });
            }
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some(program), None) => {
                program.text.push_str(line);
                program.text.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// The page of a code has a program that raises exactly this code, and one that raises nothing.
fn page(code: &str, text: &str) {
    let programs = programs(text);
    // A file that is not UTF-8 cannot stand in a page.
    if code == "E0101" {
        return;
    }
    let failing = programs.iter().filter(|program| program.fails).count();
    assert_eq!((failing, programs.len()), (1, 2), "a page has two programs, one that fails and one that does not");
    let rendered =
        text.split_once("```yaml rendered\n").and_then(|(_, rest)| rest.split_once("```")).map(|(yaml, _)| yaml);
    let rendered = rendered.map(|text| Rendered::read(text).expect("the objects can be read"));
    for program in &programs {
        let (sources, _) = compiled(&program.text);
        let compilation = compile_beside(&sources, &Choices::default(), rendered.as_ref());
        let problems = shown(&sources, &compilation);
        let mut found: Vec<&str> = compilation
            .diagnostics
            .iter()
            .filter(|d| d.severity() != Severity::Note || d.code.id == code)
            .map(|d| d.code.id)
            .collect();
        found.dedup();
        let expected: Vec<&str> = if program.fails { vec![code] } else { Vec::new() };
        assert_eq!(found, expected, "the program at line {} says:\n{problems}", program.line);
    }
}

/// A program of another text compiles, unless its fence says that it fails.
fn document(text: &str) {
    for program in programs(text) {
        let (sources, compilation) = compiled(&program.text);
        let problems = shown(&sources, &compilation);
        assert_eq!(
            compilation.diagnostics.has_errors(),
            program.fails,
            "the program at line {} says:\n{problems}",
            program.line
        );
    }
}
