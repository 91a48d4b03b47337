//! Another name for something: what it changes, and whether the program stays what it is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use lsp_types::{TextEdit, Url, WorkspaceEdit};
use mesh_compiler::index::{Index, SymbolKind};
use mesh_compiler::{Choices, Memories, compile_and_list};
use mesh_diagnostics::{Diagnostics, FileId, Severity, Sources, Span, code};

use crate::documents::Documents;
use crate::names::everywhere;
use crate::program::Program;

/// The name that can be changed at a place, and its symbol.
pub fn renamed(program: &Program, file: FileId, at: usize) -> Result<(Span, usize), String> {
    let (span, symbol) = program.name_at(file, at).ok_or("no name that can be changed stands here")?;
    let known = &program.names().symbols[symbol];
    if known.declared.is_some_and(|declared| program.is_fixed(declared.file)) {
        return Err(format!("`{}` is a name of the library", known.name));
    }
    Ok((span, symbol))
}

/// The edits that give the name at a place another one, in all programs that have it.
pub fn rename(
    documents: &mut Documents,
    program: &Rc<Program>,
    file: FileId,
    at: usize,
    name: &str,
) -> Result<WorkspaceEdit, String> {
    let (_, symbol) = renamed(program, file, at)?;
    let known = &program.names().symbols[symbol];
    if let Some(reason) = refused(known.kind, name) {
        return Err(format!("`{name}` cannot be the name of a {}: {reason}", known.kind.word()));
    }
    let taken = program.names().symbols.iter().any(|other| {
        other.name == name && other.container == known.container && space(other.kind) == space(known.kind)
    });
    if taken && name != known.name {
        return Err(format!("`{name}` is the name of another one"));
    }
    let programs = everywhere(documents, program, symbol);
    let mut places: HashMap<Url, BTreeSet<(u32, u32)>> = HashMap::new();
    for (program, symbol) in &programs {
        for span in program.names().places(*symbol) {
            let url = program.url(span.file).ok_or("a file has no address")?;
            places.entry(url).or_default().insert((span.start, span.end));
        }
    }
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for (program, _) in &programs {
        let mut spans = Vec::new();
        for (file, _) in program.sources().iter() {
            let Some(url) = program.url(file) else { continue };
            let here = places.get(&url).into_iter().flatten().map(|(start, end)| Span::new(file, *start, *end));
            let here: Vec<Span> = here.collect();
            if !here.is_empty() {
                let edits = here.iter().map(|span| TextEdit::new(program.range(*span), name.to_owned()));
                changes.insert(url, edits.collect());
            }
            spans.extend(here);
        }
        let change = Change { program, places: &spans, name, is_parameter: known.kind == SymbolKind::Parameter };
        change.keeps(&known.name)?;
    }
    Ok(WorkspaceEdit::new(changes))
}

/// A program with another name in it.
struct Change<'c> {
    program: &'c Program,
    /// Where it stands, by file and place.
    places: &'c [Span],
    name: &'c str,
    is_parameter: bool,
}

impl Change<'_> {
    /// Whether the program means the same still, for every choice of its parameters.
    fn keeps(&self, old: &str) -> Result<(), String> {
        let mut sources = Sources::new();
        for (file, source) in self.program.sources().iter() {
            let mut text = source.text.to_string();
            for place in self.places.iter().rev().filter(|place| place.file == file) {
                text.replace_range(place.range(), self.name);
            }
            match source.library {
                true => sources.add_library(source.name.clone(), text),
                false => sources.add(source.name.clone(), text),
            };
        }
        for (choices, before, index) in self.program.listed() {
            let mut choices: Choices = choices.clone();
            if let (true, Some(value)) = (self.is_parameter, choices.get(old).map(str::to_owned)) {
                choices.set(self.name, value);
            }
            let (after, changed) = compile_and_list(&sources, &choices, &mut Memories::default());
            self.finds_nothing_new(before, &after.diagnostics, Severity::Error)?;
            self.means_the_same(index, &changed, &sources)?;
            self.finds_nothing_new(before, &after.diagnostics, Severity::Warning)?;
        }
        Ok(())
    }

    fn finds_nothing_new(&self, before: &Diagnostics, after: &Diagnostics, of: Severity) -> Result<(), String> {
        let known: HashSet<_> =
            before.iter().map(|problem| (problem.code.id, self.moved(problem.primary.span))).collect();
        let is_new = |problem: &&mesh_diagnostics::Diagnostic| {
            // What nobody declares any more is another one.
            let severity = if problem.code.id == code::OPEN_SERVICE.id { Severity::Error } else { problem.severity() };
            severity == of && !known.contains(&(problem.code.id, problem.primary.span))
        };
        match after.iter().find(is_new) {
            Some(problem) => Err(format!("with `{}` as the name, {}", self.name, problem.title)),
            None => Ok(()),
        }
    }

    fn means_the_same(&self, before: &Index, after: &Index, sources: &Sources) -> Result<(), String> {
        let old: HashSet<_> = before
            .uses
            .iter()
            .map(|(span, symbol)| {
                let symbol = &before.symbols[*symbol];
                (self.moved(*span), symbol.kind, symbol.declared.map(|declared| self.moved(declared)))
            })
            .collect();
        let new: HashSet<_> = after
            .uses
            .iter()
            .map(|(span, symbol)| (*span, after.symbols[*symbol].kind, after.symbols[*symbol].declared))
            .collect();
        let Some(place) = old.symmetric_difference(&new).map(|(span, ..)| *span).min() else { return Ok(()) };
        let line = sources.get(place.file).text[..place.start as usize].matches('\n').count() + 1;
        let file = std::path::Path::new(&sources.get(place.file).name);
        let file = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        Err(format!("`{}` would mean something else in line {line} of `{file}`", self.name))
    }

    /// Where a place is once the name is another one.
    fn moved(&self, span: Span) -> Span {
        let before = |at: u32| self.places.iter().take_while(move |place| (place.file, place.start) < (span.file, at));
        let by = |at: u32| {
            before(at)
                .filter(|place| place.file == span.file)
                .map(|place| self.name.len() as i64 - i64::from(place.end - place.start))
                .sum::<i64>()
        };
        let shifted = |at: u32| (i64::from(at) + by(at)) as u32;
        Span::new(span.file, shifted(span.start), shifted(span.end))
    }
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
