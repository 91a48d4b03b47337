//! Commands above statements: build the program, show the YAML of a statement, show who calls a service.

use lsp_types::{CodeLens, Command, Location, Range, Url};
use mesh_compiler::index::SymbolKind;
use mesh_diagnostics::{FileId, Span};
use serde_json::json;

use crate::program::Program;

/// The commands of a file.
pub fn of(program: &Program, file: FileId) -> Vec<CodeLens> {
    let Some(url) = program.url(file) else { return Vec::new() };
    let mut out = Vec::new();
    let start = program.range(Span::new(file, 0, 0));
    out.push(lens(start, "build", "mesh.build", vec![json!(url)]));
    let parsed = program.parsed(file);
    let mut origins: Vec<u32> = program
        .compilation
        .lowered
        .resources
        .iter()
        .flat_map(|resource| &resource.origins)
        .filter(|origin| origin.file == file)
        .map(|origin| origin.start)
        .collect();
    origins.sort_unstable();
    for statement in parsed.tree.statements() {
        let span = statement.span();
        let place = program.range(Span::new(file, span.start, span.start));
        let made = origins.partition_point(|origin| *origin < span.start);
        if origins.get(made).is_some_and(|origin| *origin < span.end) {
            out.push(lens(place, "show YAML", "mesh.showCompiled", vec![json!(url), json!(place.start)]));
        }
        if statement.keyword() == Some("service") {
            out.extend(callers(program, &url, span, place));
        }
    }
    out
}

/// Who calls the service that a statement declares.
fn callers(program: &Program, url: &Url, statement: Span, place: Range) -> Option<CodeLens> {
    let from =
        program.index.uses.partition_point(|(span, _)| (span.file, span.start) < (statement.file, statement.start));
    let within = program.index.uses[from..]
        .iter()
        .take_while(|(span, _)| span.file == statement.file && span.end <= statement.end);
    let (_, symbol) = within.into_iter().find(|(span, symbol)| {
        let known = &program.index.symbols[*symbol];
        known.kind == SymbolKind::Service && known.declared == Some(*span)
    })?;
    let calls = program.index.calls_of(*symbol);
    let locations: Vec<Location> =
        calls.filter_map(|span| Some(Location::new(program.url(span.file)?, program.range(span)))).collect();
    if locations.is_empty() {
        return None;
    }
    let title = format!("{} {}", locations.len(), if locations.len() == 1 { "caller" } else { "callers" });
    Some(lens(place, &title, "mesh.showReferences", vec![json!(url), json!(place.start), json!(locations)]))
}

fn lens(range: Range, title: &str, command: &str, arguments: Vec<serde_json::Value>) -> CodeLens {
    let command = Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(arguments) };
    CodeLens { range, command: Some(command), data: None }
}
