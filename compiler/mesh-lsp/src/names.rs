//! Names: where they are declared and used, and what another name would change.

use std::collections::HashMap;

use lsp_types::{
    DocumentHighlight, DocumentHighlightKind, Location, SymbolInformation, SymbolKind as Kind, TextEdit, Url,
    WorkspaceEdit,
};
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_diagnostics::{FileId, Span};

use crate::program::{Program, url_of};

fn location(program: &Program, span: Span) -> Option<Location> {
    Some(Location::new(program.url(span.file)?, program.range(span)))
}

/// Where the name at a place is declared; behind `use`, the module.
pub fn definition(program: &Program, file: FileId, at: usize) -> Option<Location> {
    if let Some((_, symbol)) = program.name_at(file, at) {
        return location(program, program.index.symbols[symbol].declared?);
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

/// Where the name at a place stands, its declaration too if that is wanted.
pub fn references(program: &Program, file: FileId, at: usize, declaration: bool) -> Option<Vec<Location>> {
    let (_, symbol) = program.name_at(file, at)?;
    let declared = program.index.symbols[symbol].declared;
    let places = program.places(symbol).into_iter().filter(|span| declaration || Some(*span) != declared);
    Some(places.filter_map(|span| location(program, span)).collect())
}

/// The same name within the file; where it is declared counts as written, the rest as read.
pub fn highlights(program: &Program, file: FileId, at: usize) -> Option<Vec<DocumentHighlight>> {
    let (_, symbol) = program.name_at(file, at)?;
    let declared = program.index.symbols[symbol].declared;
    let highlight = |span: Span| {
        let kind = if Some(span) == declared { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ };
        DocumentHighlight { range: program.range(span), kind: Some(kind) }
    };
    let here = program.places(symbol).into_iter().filter(|span| span.file == file);
    Some(here.map(highlight).collect())
}

/// The name that can be changed at a place, and its symbol.
pub fn renamed(program: &Program, file: FileId, at: usize) -> Result<(Span, usize), String> {
    let (span, symbol) = program.name_at(file, at).ok_or("no name that can be changed stands here")?;
    let known = &program.index.symbols[symbol];
    if known.declared.is_some_and(|declared| program.is_fixed(declared.file)) {
        return Err(format!("`{}` is a name of the library", known.name));
    }
    Ok((span, symbol))
}

/// The edits that give the name at a place another one.
pub fn rename(program: &Program, file: FileId, at: usize, name: &str) -> Result<WorkspaceEdit, String> {
    let (_, symbol) = renamed(program, file, at)?;
    let known = &program.index.symbols[symbol];
    if let Some(reason) = refused(known.kind, name) {
        return Err(format!("`{name}` cannot be the name of a {}: {reason}", known.kind.word()));
    }
    let taken = program.index.symbols.iter().any(|other| {
        other.name == name && other.container == known.container && space(other.kind) == space(known.kind)
    });
    if taken && name != known.name {
        return Err(format!("`{name}` is the name of another one"));
    }
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for place in program.places(symbol).into_iter().filter_map(|span| location(program, span)) {
        changes.entry(place.uri).or_default().push(TextEdit::new(place.range, name.to_owned()));
    }
    Ok(WorkspaceEdit::new(changes))
}

/// Why a text cannot name something of a kind.
fn refused(kind: SymbolKind, name: &str) -> Option<&'static str> {
    let letters = |more: &[char]| name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c));
    match kind {
        SymbolKind::Profile | SymbolKind::Constant | SymbolKind::Parameter | SymbolKind::Formal => {
            let fits = name.starts_with(|c: char| c.is_ascii_alphabetic()) && letters(&['-', '_']);
            (!fits).then_some("letters, digits, `-` and `_`, a letter first")
        }
        SymbolKind::Version => {
            let fits = !name.is_empty() && letters(&['-', '.', '_']);
            (!fits).then_some("letters, digits, `-`, `.` and `_`")
        }
        SymbolKind::Provider => {
            (!mesh_istio::host::is_subdomain(name)).then_some("lower-case letters, digits, inner dashes and dots")
        }
        _ => {
            let fits = mesh_istio::host::is_label(name) && !matches!(name, "and" | "or" | "not");
            (!fits).then_some("lower-case letters, digits and inner dashes, 63 at most")
        }
    }
}

/// What shares its names: services and externals are found by one look-up, and so are constants and parameters.
fn space(kind: SymbolKind) -> SymbolKind {
    match kind {
        SymbolKind::External => SymbolKind::Service,
        SymbolKind::Parameter => SymbolKind::Constant,
        kind => kind,
    }
}

/// The names of a program that hold a text.
pub fn workspace(program: &Program, query: &str) -> Vec<SymbolInformation> {
    let wanted = query.to_lowercase();
    let symbols = program.index.symbols.iter();
    symbols
        .filter(|symbol| symbol.kind != SymbolKind::Formal && symbol.name.to_lowercase().contains(&wanted))
        .filter_map(|symbol| information(program, symbol))
        .collect()
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
        SymbolKind::Version => Kind::ENUM_MEMBER,
        SymbolKind::External => Kind::INTERFACE,
        SymbolKind::Gateway => Kind::MODULE,
        SymbolKind::Namespace => Kind::NAMESPACE,
        SymbolKind::Profile => Kind::FUNCTION,
        SymbolKind::Provider | SymbolKind::Constant | SymbolKind::Parameter => Kind::CONSTANT,
        SymbolKind::Formal => Kind::VARIABLE,
    }
}
