//! What is shown and not edited: pages of codes, sources of the library, compiled YAML, the graph.

use lsp_types::{Position, Range, Url};
use mesh_diagnostics::{FileId, code_named};
use mesh_istio::{Format, Resource, emit};
use serde::Serialize;

use crate::program::{Program, comes_from, name_of};

/// The addresses that the server has texts for: modules of the library, and pages of codes.
pub const SCHEMES: [&str; 2] = ["mesh-std", "mesh-page"];

/// The text behind an address: `mesh-std:/resilience.mesh`, `mesh-page:/E0203.md`.
pub fn page(url: &Url) -> Option<String> {
    match url.scheme() {
        "mesh-std" => mesh_compiler::library(&name_of(url)?).map(str::to_owned),
        "mesh-page" => {
            let code = url.path().trim_start_matches('/').trim_end_matches(".md");
            code_named(code).map(|code| markdown(code.page))
        }
        _ => None,
    }
}

/// A page whose programs are marked as Mesh and nothing more, as editors know it.
pub fn markdown(page: &str) -> String {
    let line = |line: &str| match line.split_whitespace().next() {
        Some("```mesh") => "```mesh".to_owned(),
        _ => line.to_owned(),
    };
    let is_markdown = page.starts_with("# ");
    let text = page.lines().map(line).collect::<Vec<_>>().join("\n");
    if is_markdown { text } else { format!("```text\n{text}\n```") }
}

/// The YAML of a program, and the part of it that a statement becomes.
#[derive(Debug, Serialize)]
pub struct Compiled {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

/// A page for a panel.
#[derive(Debug, Serialize)]
pub struct Page {
    html: String,
}

/// The YAML of a program, with the part that the statement at a place becomes.
pub fn compiled(program: &Program, file: FileId, position: Option<Position>) -> Compiled {
    let lowered = &program.compilation.lowered;
    let at = position.map(|position| program.byte(file, position) as u32);
    let parsed = program.parsed(file);
    let statement = at.and_then(|at| {
        let mut top = parsed.tree.statements();
        top.find(|statement| statement.span().start <= at && at <= statement.span().end)
    });
    let is_of = |resource: &Resource| statement.is_some_and(|statement| comes_from(resource, statement.span()));
    let mut text = String::new();
    if program.compilation.diagnostics.has_errors() {
        text.push_str("# The program has errors: this is what could be understood of it, and no build writes it.\n");
    }
    let (mut line, mut first, mut last) = (text.lines().count() as u32, None, 0);
    for resource in &lowered.resources {
        let part = emit(std::slice::from_ref(resource), program.compilation.api, Format::Yaml, |_| Vec::new());
        let lines = part.lines().count() as u32;
        // One stretch is shown: that of the object that the statement makes, and what follows it.
        if is_of(resource) && (first.is_none() || last == line) {
            first.get_or_insert(line);
            last = line + lines;
        }
        line += lines;
        text.push_str(&part);
    }
    for file in &lowered.files {
        text.push_str(&format!("--- # {}\n{}\n", file.name, file.text.trim_end()));
    }
    let range = first.map(|first| Range::new(Position::new(first, 0), Position::new(last, 0)));
    Compiled { text, range }
}

/// The page of `meshc graph`; none of a program with errors, as there.
pub fn graph(program: &Program) -> Option<Page> {
    if program.compilation.diagnostics.has_errors() {
        return None;
    }
    let graph = mesh_compiler::graph::graph(program.sources(), program.choices());
    Some(Page { html: mesh_graph::html(&graph, "Mesh") })
}
