//! Declarations that could not be read: their names are known still, so that an editor keeps them while they are written.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use mesh_diagnostics::Span;
use mesh_syntax::{OperandKind, Statement, Tree};

use super::{Index, Symbol, SymbolKind};

/// Adds what statements declare by their first words, where nothing of that name and kind is known.
pub(super) fn add(trees: &[Tree<'_>], index: &mut Index) {
    let declared: HashSet<Span> = index.symbols.iter().filter_map(|symbol| symbol.declared).collect();
    let mut lost = Vec::new();
    for tree in trees {
        let home = tree.statements().find(|statement| statement.keyword() == Some("in"));
        let namespace = home.and_then(|statement| word(statement, 1)).map(|(name, _)| name);
        for statement in tree.statements() {
            let facts = (statement.keyword() == Some("elsewhere")).then(|| statement.children());
            let declarations = std::iter::once(statement).chain(facts.into_iter().flatten());
            lost.extend(declarations.filter_map(|statement| declaration(statement, namespace)));
        }
    }
    lost.retain(|lost| !declared.contains(&lost.place));
    if lost.is_empty() {
        return;
    }
    let mut known = Known { by_name: HashMap::default(), index };
    for (at, symbol) in known.index.symbols.iter().enumerate() {
        known.by_name.insert((symbol.kind, symbol.name.clone(), symbol.container.clone()), at);
    }
    for lost in lost {
        known.declare(&lost);
    }
}

/// What a statement would declare.
struct Lost<'a> {
    kind: SymbolKind,
    name: &'a str,
    place: Span,
    namespace: Option<&'a str>,
    versions: Vec<(&'a str, Span)>,
}

fn declaration<'a>(statement: Statement<'_, 'a>, namespace: Option<&'a str>) -> Option<Lost<'a>> {
    let kind = match statement.keyword()? {
        "service" => SymbolKind::Service,
        "external" => SymbolKind::External,
        "gateway" => SymbolKind::Gateway,
        "namespace" => SymbolKind::Namespace,
        "let" => SymbolKind::Constant,
        "param" => SymbolKind::Parameter,
        "profile" => SymbolKind::Profile,
        _ => return None,
    };
    let (name, place) = word(statement, 1)?;
    let mut lost = Lost { kind, name, place, namespace: None, versions: Vec::new() };
    if matches!(kind, SymbolKind::Service | SymbolKind::External | SymbolKind::Gateway) {
        let mut said = word(statement, 2).filter(|(word, _)| *word == "in").and_then(|_| word(statement, 3));
        if let Some((own, other)) = name.split_once('.') {
            (lost.name, lost.place.end) = (own, place.start + own.len() as u32);
            said = Some((other, place));
        }
        lost.namespace = said.map(|(namespace, _)| namespace).or(namespace);
    }
    if kind == SymbolKind::Service {
        let clauses = statement.children().filter(|inner| inner.keyword() == Some("versions"));
        let words = clauses.flat_map(|clause| (1..clause.items().len()).filter_map(move |at| word(clause, at)));
        lost.versions.extend(words);
    }
    Some(lost)
}

/// A word of a statement that stands for itself, by its number.
fn word<'a>(statement: Statement<'_, 'a>, number: usize) -> Option<(&'a str, Span)> {
    let item = statement.items().get(number).filter(|item| item.key.kind == OperandKind::Bare)?;
    let tree = statement.tree();
    Some((tree.slice(item.key), tree.span(item.key)))
}

/// The symbols so far.
struct Known<'i> {
    by_name: HashMap<(SymbolKind, String, Option<String>), usize>,
    index: &'i mut Index,
}

impl Known<'_> {
    fn declare(&mut self, lost: &Lost<'_>) {
        let service = self.at(lost.kind, lost.name, lost.namespace);
        if self.index.symbols[service].declared.is_some() {
            return;
        }
        self.stands(service, lost.place);
        for (version, place) in &lost.versions {
            self.index.symbols[service].add_detail("versions", version);
            let version = self.at(SymbolKind::Version, version, Some(lost.name));
            self.stands(version, *place);
        }
    }

    /// The symbol of a name; a new one where it is known by no use.
    fn at(&mut self, kind: SymbolKind, name: &str, container: Option<&str>) -> usize {
        let container = container.map(str::to_owned);
        let index = &mut *self.index;
        *self.by_name.entry((kind, name.to_owned(), container.clone())).or_insert_with(|| {
            index.symbols.push(Symbol { kind, name: name.to_owned(), container, declared: None, details: Vec::new() });
            index.symbols.len() - 1
        })
    }

    fn stands(&mut self, symbol: usize, place: Span) {
        self.index.symbols[symbol].declared.get_or_insert(place);
        self.index.uses.push((place, symbol));
    }
}
