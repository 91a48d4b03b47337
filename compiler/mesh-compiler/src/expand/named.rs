//! The names of abstraction and where they stand, for editors.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Sources, Span};
use mesh_istio::Text;
use mesh_syntax::{Item, Operand, OperandKind, Statement, Tree};

use super::choices::{Choices, ParameterKind};
use super::names::{Found, Names, Profile, is_name};
use crate::index::{Index, Symbol, SymbolKind};

/// Adds constants, parameters and profiles to an index.
pub(crate) fn named(sources: &Sources, trees: &[Tree<'_>], choices: &Choices, index: &mut Index) {
    if !trees.iter().any(super::uses_abstraction) {
        return;
    }
    let names = Names::of(sources, trees, choices, &mut Vec::new());
    let mut known =
        Known { names: &names, index, constants: Vec::new(), profiles: Vec::new(), formals: HashMap::default() };
    known.declare();
    for tree in trees {
        for statement in tree.statements() {
            let profile = (statement.keyword() == Some("profile"))
                .then(|| statement.items().get(1).map(|item| tree.span(item.key)))
                .flatten()
                .and_then(|span| names.profiles.iter().position(|profile| profile.span == span));
            known.statement(statement, profile);
        }
    }
}

struct Known<'k, 't, 'a> {
    names: &'k Names<'t, 'a>,
    index: &'k mut Index,
    /// The symbols of constants and profiles, by their numbers.
    constants: Vec<usize>,
    profiles: Vec<usize>,
    formals: HashMap<(usize, &'a str), usize>,
}

impl<'a> Known<'_, '_, 'a> {
    fn declare(&mut self) {
        for constant in &self.names.constants {
            let (kind, details) = match &constant.parameter {
                Some((ParameterKind::Choice(words), _)) => {
                    (SymbolKind::Parameter, vec![("values", words.iter().map(Text::from).collect())])
                }
                Some(_) => (SymbolKind::Parameter, Vec::new()),
                None => (SymbolKind::Constant, Vec::new()),
            };
            let symbol = self.add(kind, constant.name, None, constant.span, details);
            self.constants.push(symbol);
        }
        for (number, profile) in self.names.profiles.iter().enumerate() {
            let formals = profile.formals.iter().map(|formal| formal.name.into()).collect();
            let details = vec![("parameters", formals)];
            let symbol = self.add(SymbolKind::Profile, profile.name, None, profile.span, details);
            self.profiles.push(symbol);
            for formal in &profile.formals {
                let details = vec![("default", default(profile, formal.default))];
                let of = Some(profile.name.to_owned());
                let symbol = self.add(SymbolKind::Formal, formal.name, of, formal.span, details);
                self.formals.insert((number, formal.name), symbol);
            }
        }
    }

    fn add(
        &mut self,
        kind: SymbolKind,
        name: &str,
        container: Option<String>,
        span: Span,
        mut details: Vec<(&'static str, Vec<Text>)>,
    ) -> usize {
        details.retain(|(_, list)| !list.is_empty());
        let symbol = self.index.symbols.len();
        self.index.symbols.push(Symbol { kind, name: name.to_owned(), container, declared: Some(span), details });
        self.index.uses.push((span, symbol));
        symbol
    }

    fn statement(&mut self, statement: Statement<'_, 'a>, profile: Option<usize>) {
        let tree = statement.tree();
        if let (Some("with"), Some(item)) = (statement.keyword(), statement.items().get(1))
            && let Found::One(number) = self.names.profile(tree.slice(item.key), tree.file())
        {
            self.index.uses.push((tree.span(item.key), self.profiles[number]));
            if let Some(OperandKind::Group(group)) = statement.items().get(2).map(|item| item.key.kind) {
                for given in tree.group(group) {
                    if let Some(symbol) = self.formals.get(&(number, tree.slice(given.key))) {
                        self.index.uses.push((tree.span(given.key), *symbol));
                    }
                }
            }
        }
        if tree.text()[statement.head_span().range()].contains('$') {
            self.items(tree, statement.items(), profile);
        }
        for child in statement.children() {
            self.statement(child, profile);
        }
    }

    fn items(&mut self, tree: &Tree<'a>, items: &[Item], profile: Option<usize>) {
        for operand in items.iter().flat_map(|item| std::iter::once(item.key).chain(item.value)) {
            match operand.kind {
                OperandKind::Group(group) => self.items(tree, tree.group(group), profile),
                OperandKind::Bare => {
                    if let Some(name) = tree.slice(operand).strip_prefix('$').filter(|name| is_name(name)) {
                        self.used(tree, name, operand.start + 1, profile);
                    }
                }
                OperandKind::Equals => {}
                _ => self.holes(tree, operand, profile),
            }
        }
    }

    fn holes(&mut self, tree: &Tree<'a>, operand: Operand, profile: Option<usize>) {
        let text = tree.slice(operand);
        for (at, _) in text.match_indices("${").filter(|(at, _)| !text[..*at].ends_with('$')) {
            if let Some(name) = text[at + 2..].split('}').next().filter(|name| is_name(name)) {
                self.used(tree, name, operand.start + at as u32 + 2, profile);
            }
        }
    }

    fn used(&mut self, tree: &Tree<'a>, name: &'a str, start: u32, profile: Option<usize>) {
        let span = Span::new(tree.file(), start, start + name.len() as u32);
        let formal = profile.and_then(|profile| self.formals.get(&(profile, name)).copied());
        let symbol = formal.or_else(|| match self.names.constant(name, tree.file()) {
            Found::One(number) => Some(self.constants[number]),
            Found::Several(..) | Found::None => None,
        });
        self.index.uses.extend(symbol.map(|symbol| (span, symbol)));
    }
}

fn default(profile: &Profile<'_, '_>, default: Option<Operand>) -> Vec<Text> {
    default.map(|value| profile.statement.tree().slice(value).into()).into_iter().collect()
}
