//! Names in statements that the compiler could not read: each is what completion would offer at its place.

use std::collections::HashMap;

use lsp_types::CompletionItemKind;
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_compiler::operand::Type;
use mesh_diagnostics::{FileId, Severity, Span};
use mesh_syntax::Statement;

use crate::complete::{Wanted, values, wanted};
use crate::context::{Context, context};
use crate::known::Names;
use crate::program::Program;

/// The names in statements that have errors, and those of declarations that have, where the index has none; by file and
/// place, each with its symbol.
pub fn all(program: &Program, known: &Names) -> Vec<(Span, usize)> {
    let mut places: Vec<(FileId, u32)> = Vec::new();
    for problem in program.problems_so_far().iter().filter(|problem| problem.severity() == Severity::Error) {
        places.push((problem.primary.span.file, problem.primary.span.start));
    }
    if places.is_empty() && !program.has_branches() {
        return Vec::new();
    }
    places.sort_unstable();
    let mut seen = vec![0_u32; known.symbols.len()];
    known.uses.iter().for_each(|(_, symbol)| seen[*symbol] += 1);
    // What is named nowhere but where it is declared may be so because its declaration could not be read.
    let (mut names, mut lonely): (ByName, ByName) = Default::default();
    for (at, symbol) in known.symbols.iter().enumerate() {
        names.entry(&symbol.name).or_default().push(at);
        if seen[at] <= 1 {
            lonely.entry(&symbol.name).or_default().push(at);
        }
    }
    let mut out = Vec::new();
    for file in program.sources().iter().map(|(file, _)| file).filter(|file| !program.is_fixed(*file)) {
        let parsed = program.parsed(file);
        let here = values::namespace(program, file);
        let guess = Guess { program, known, file, here: here.as_deref() };
        for statement in parsed.tree.statements() {
            let span = statement.span();
            let first = places.partition_point(|place| *place < (file, span.start));
            let has_error = places.get(first).is_some_and(|place| *place <= (file, span.end));
            let names = if has_error || is_broken(statement) || has_branches(statement) { &names } else { &lonely };
            guess.statement(span, names, &mut out);
        }
    }
    out
}

/// True where some of it counts for certain choices only: not all of them together are looked at.
pub fn has_branches(statement: Statement<'_, '_>) -> bool {
    matches!(statement.keyword(), Some("if" | "else")) || statement.children().any(has_branches)
}

fn is_broken(statement: Statement<'_, '_>) -> bool {
    statement.is_broken() || statement.children().any(is_broken)
}

/// Symbols by their names.
type ByName<'p> = HashMap<&'p str, Vec<usize>>;

/// What the names of a file may mean.
struct Guess<'p> {
    program: &'p Program,
    known: &'p Names,
    file: FileId,
    /// The namespace that the file lives in.
    here: Option<&'p str>,
}

impl Guess<'_> {
    /// The names in a statement of the file, of those that are given.
    fn statement(&self, span: Span, names: &ByName<'_>, out: &mut Vec<(Span, usize)>) {
        let text = self.program.sources().text(span);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut from = 0;
        while let Some(start) = text[from..].find(is_part).map(|at| from + at) {
            let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |at| start + at);
            from = end;
            let word = &text[start..end];
            let is_known = |at: usize| self.known.at(self.file, span.start as usize + at).is_some();
            if let Some(known) = names.get(word)
                && !is_known(start)
                && let Some(context) = context(text, end)
                && let Some(symbol) = self.meant(known, &context, &text[..start], word, &text[end..])
            {
                out.push((Span::new(self.file, span.start + start as u32, span.start + end as u32), symbol));
            }
        }
    }

    /// The symbol of a name at a place, with what stands before and behind it.
    fn meant(&self, known: &[usize], context: &Context, before: &str, word: &str, behind: &str) -> Option<usize> {
        let symbols = &self.known.symbols;
        // What may be of several is none of them.
        let find = |fits: &dyn Fn(&Symbol) -> bool| {
            let mut found = known.iter().copied().filter(|at| fits(&symbols[*at]));
            found.next().filter(|_| found.next().is_none())
        };
        if before.ends_with('$') || before.ends_with("${") {
            let profile = context.profile();
            let formal = |symbol: &Symbol| {
                symbol.kind == SymbolKind::Formal && profile.is_some() && symbol.container.as_deref() == profile
            };
            let global = |symbol: &Symbol| matches!(symbol.kind, SymbolKind::Constant | SymbolKind::Parameter);
            return find(&formal).or_else(|| find(&global));
        }
        // The parts of `NAME.NAMESPACE@VERSION`.
        let prefix = context.prefix();
        let (owner, place) = match prefix.split_once('@') {
            Some((service, _)) => service.split_once('.').map_or((service, None), |(name, place)| (name, Some(place))),
            None if prefix.contains('.') => return find(&|symbol| symbol.kind == SymbolKind::Namespace),
            None => context.about(),
        };
        let place = place.or(self.here);
        let part = |kind: SymbolKind| find(&|symbol| symbol.kind == kind && self.is_part(symbol, owner, place));
        let namespace = behind.strip_prefix('.').and_then(|rest| rest.split(|c: char| !is_label(c)).next());
        let service = |symbol: &Symbol| {
            matches!(symbol.kind, SymbolKind::Service | SymbolKind::External) && self.is_seen(symbol, namespace)
        };
        let of_kind =
            |kind: SymbolKind| find(&|symbol: &Symbol| symbol.kind == kind && self.is_seen(symbol, namespace));
        for wanted in wanted(self.program, self.file, context) {
            let found = match wanted {
                Wanted::Operand(Type::Share | Type::Destination) => {
                    part(SymbolKind::Version).or_else(|| find(&service))
                }
                Wanted::Operand(Type::Target | Type::Service | Type::Source) => find(&service),
                Wanted::Operand(Type::Version) => part(SymbolKind::Version),
                Wanted::Operand(Type::Port) => part(SymbolKind::Port),
                Wanted::Operand(Type::Delegate) => of_kind(SymbolKind::Route),
                Wanted::Operand(Type::Gateway) => of_kind(SymbolKind::Gateway),
                Wanted::Operand(Type::Namespace) => find(&|symbol| symbol.kind == SymbolKind::Namespace),
                Wanted::Operand(Type::Provider) => find(&|symbol| symbol.kind == SymbolKind::Provider),
                Wanted::Offer(offer) if offer.is(CompletionItemKind::FUNCTION, word) => {
                    find(&|symbol| symbol.kind == SymbolKind::Profile)
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// True for a version or a port of a service, by the name of the service and its namespace: where that is known, it is the
    /// one whose declaration holds both.
    fn is_part(&self, part: &Symbol, owner: &str, namespace: Option<&str>) -> bool {
        if part.container.as_deref() != Some(owner) {
            return false;
        }
        let is_owner = |symbol: &&Symbol| {
            matches!(symbol.kind, SymbolKind::Service | SymbolKind::External)
                && symbol.name == owner
                && (namespace.is_none() || symbol.container.as_deref() == namespace)
        };
        let Some(part) = part.declared else { return true };
        let declared = self.known.symbols.iter().filter(is_owner).filter_map(|symbol| symbol.declared);
        let mut near = declared.filter(|declared| declared.file == part.file && declared.start <= part.start);
        near.any(|declared| {
            let parsed = self.program.parsed(part.file);
            let around = |statement: &Statement<'_, '_>| {
                (statement.span().start..=statement.span().end).contains(&declared.start)
            };
            parsed.tree.statements().find(around).is_some_and(|statement| part.end <= statement.span().end)
        })
    }

    /// True where a name means a symbol: with its namespace, or in the namespace of the file.
    fn is_seen(&self, symbol: &Symbol, namespace: Option<&str>) -> bool {
        match (namespace.or(self.here), symbol.container.as_deref()) {
            (Some(wanted), Some(container)) => wanted == container,
            _ => true,
        }
    }
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}
