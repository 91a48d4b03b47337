//! Names: where they are declared and used.

use std::collections::HashSet;
use std::rc::Rc;

use lsp_types::{DocumentHighlight, DocumentHighlightKind, Location, SymbolInformation, SymbolKind as Kind};
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_diagnostics::{FileId, Span};

use crate::documents::Documents;
use crate::program::{Program, url_of};

fn location(program: &Program, span: Span) -> Option<Location> {
    Some(Location::new(program.url(span.file)?, program.range(span)))
}

/// Where the name at a place is declared; behind `use`, the module.
pub fn definition(program: &Program, file: FileId, at: usize) -> Option<Location> {
    if let Some((_, symbol)) = program.name_at(file, at) {
        return location(program, program.names_of(symbol).symbols[symbol].declared?);
    }
    let imports = mesh_compiler::imports(&program.parsed(file).tree);
    let import =
        imports.into_iter().find(|import| (import.span.start as usize..=import.span.end as usize).contains(&at))?;
    let url = match import.name.starts_with("std/") {
        true => mesh_compiler::library(&import.name).and_then(|_| url_of(&import.name))?,
        false => {
            let here = program.url(file)?.to_file_path().ok()?;
            let path = here.parent()?.join(format!("{}.mesh", import.name));
            let name = mesh_load::shown(&path);
            program.sources().iter().find(|(_, source)| source.name == name)?;
            url_of(&name)?
        }
    };
    Some(Location::new(url, lsp_types::Range::default()))
}

/// Where the name at a place stands, in all programs that have it; its declaration too if that is wanted.
pub fn references(
    documents: &mut Documents,
    program: &Rc<Program>,
    file: FileId,
    at: usize,
    declaration: bool,
) -> Option<Vec<Location>> {
    let (_, symbol) = program.name_at(file, at)?;
    let declared = program.names().symbols[symbol].declared.and_then(|declared| location(program, declared));
    let mut found: Vec<Location> = Vec::new();
    for (program, symbol) in everywhere(documents, program, symbol) {
        found.extend(program.names().places(symbol).filter_map(|span| location(&program, span)));
    }
    found.sort_by(|a, b| (&a.uri, a.range.start).cmp(&(&b.uri, b.range.start)));
    found.dedup();
    found.retain(|place| declaration || Some(place) != declared.as_ref());
    Some(found)
}

/// The programs that have a symbol, and which of theirs it is: what a module declares, all know that take it in.
pub fn everywhere(documents: &mut Documents, program: &Rc<Program>, symbol: usize) -> Vec<(Rc<Program>, usize)> {
    let known = program.names().symbols[symbol].clone();
    let mut found = vec![(program.clone(), symbol)];
    let Some(declared) = known.declared.filter(|declared| !program.is_fixed(declared.file)) else { return found };
    let Some(url) = program.url(declared.file) else { return found };
    for other in documents.sharing(&url).into_iter().filter(|other| !Rc::ptr_eq(other, program)) {
        let Some(file) = other.file(&url) else { continue };
        let there = other.name_at(file, declared.start as usize);
        let same = |(_, at): &(_, usize)| {
            let there = &other.names().symbols[*at];
            (there.kind, &there.name) == (known.kind, &known.name)
        };
        if let Some((_, at)) = there.filter(same) {
            found.push((other, at));
        }
    }
    found
}

/// The same name within the file; where it is declared counts as written, the rest as read.
pub fn highlights(program: &Program, file: FileId, at: usize) -> Option<Vec<DocumentHighlight>> {
    let (_, symbol) = program.name_at(file, at)?;
    let names = program.names_of(symbol);
    let declared = names.symbols[symbol].declared;
    let highlight = |span: Span| {
        let kind = if Some(span) == declared { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ };
        DocumentHighlight { range: program.range(span), kind: Some(kind) }
    };
    let here = names.places(symbol).filter(|span| span.file == file);
    Some(here.map(highlight).collect())
}

/// The names of programs that hold a text; those of a module that several take in once.
pub fn workspace(programs: &[Rc<Program>], query: &str) -> Vec<SymbolInformation> {
    let wanted = query.to_lowercase();
    let mut found = Vec::new();
    for program in programs {
        let symbols = program.names().symbols.iter();
        let meant = symbols
            .filter(|symbol| symbol.kind != SymbolKind::Formal && symbol.name.to_lowercase().contains(&wanted))
            .filter_map(|symbol| information(program, symbol));
        found.extend(meant);
    }
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert((one.location.uri.clone(), one.location.range.start, one.name.clone())));
    found
}

fn information(program: &Program, symbol: &Symbol) -> Option<SymbolInformation> {
    let declared = symbol.declared.filter(|declared| !program.is_fixed(declared.file))?;
    #[allow(deprecated, reason = "the protocol's type has the field still")]
    Some(SymbolInformation {
        name: symbol.name.clone(),
        kind: kind(symbol.kind),
        tags: None,
        deprecated: None,
        location: location(program, declared)?,
        container_name: symbol.container.clone(),
    })
}

fn kind(kind: SymbolKind) -> Kind {
    match kind {
        SymbolKind::Service => Kind::CLASS,
        SymbolKind::Version | SymbolKind::Port => Kind::ENUM_MEMBER,
        SymbolKind::External => Kind::INTERFACE,
        SymbolKind::Gateway => Kind::MODULE,
        SymbolKind::Namespace => Kind::NAMESPACE,
        SymbolKind::Profile | SymbolKind::Route => Kind::FUNCTION,
        SymbolKind::Provider | SymbolKind::Constant | SymbolKind::Parameter => Kind::CONSTANT,
        SymbolKind::Formal => Kind::VARIABLE,
    }
}
