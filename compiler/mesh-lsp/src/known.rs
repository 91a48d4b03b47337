//! All names of a program: those of its index, those in branches that other choices take, and those in statements that have
//! errors.

use std::collections::{HashMap, HashSet};

use mesh_compiler::index::{Index, Symbol, SymbolKind};
use mesh_diagnostics::{FileId, Span};

use crate::every::Listed;

/// Names and where they stand.
pub struct Names {
    /// The symbols of the index, in its order, and others behind them.
    pub symbols: Vec<Symbol>,
    /// Where names stand, their declarations too, by file and place; each with the symbol that it names.
    pub uses: Vec<(Span, usize)>,
}

/// What tells a symbol from others, where it is declared or nobody declares it.
type Key<'s> = (SymbolKind, &'s str, Option<&'s str>, Option<Span>);

fn key(symbol: &Symbol, declared: Option<Span>) -> Key<'_> {
    (symbol.kind, &symbol.name, symbol.container.as_deref(), declared)
}

impl Names {
    /// The names of an index, and of what other choices make of the program.
    pub fn of(index: &Index, every: &[Listed]) -> Names {
        let mut names = Names { symbols: index.symbols.clone(), uses: index.uses.clone() };
        let mut numbers: HashMap<Key<'_>, usize> = HashMap::new();
        for (at, symbol) in index.symbols.iter().enumerate() {
            numbers.entry(key(symbol, symbol.declared)).or_insert(at);
        }
        let mut seen: HashSet<(Span, usize)> = index.uses.iter().copied().collect();
        let mut by_place: HashMap<Span, usize> = index.uses.iter().copied().collect();
        for listed in every {
            // What stands at one place is one, whoever declares it; so is what nobody declares, and somebody of that name.
            let mut same: Vec<Option<usize>> = vec![None; listed.index.symbols.len()];
            for (span, symbol) in &listed.index.uses {
                let named = &listed.index.symbols[*symbol];
                let there = by_place
                    .get(span)
                    .copied()
                    .filter(|at| (names.symbols[*at].kind, &names.symbols[*at].name) == (named.kind, &named.name));
                same[*symbol] = same[*symbol].or(there);
            }
            for (symbol, same) in listed.index.symbols.iter().zip(&mut same) {
                let known = || numbers.get(&key(symbol, symbol.declared)).or_else(|| numbers.get(&key(symbol, None)));
                let alike = || {
                    let mut alike =
                        names.symbols.iter().enumerate().filter(|(_, one)| key(one, None) == key(symbol, None));
                    alike.next().filter(|_| symbol.declared.is_none() && alike.next().is_none()).map(|(at, _)| at)
                };
                let at = same.or_else(|| known().copied()).or_else(alike).unwrap_or(names.symbols.len());
                if at == names.symbols.len() {
                    names.symbols.push(symbol.clone());
                }
                names.symbols[at].declared = names.symbols[at].declared.or(symbol.declared);
                numbers.insert(key(symbol, symbol.declared), at);
                *same = Some(at);
            }
            for (span, symbol) in &listed.index.uses {
                let Some(at) = same[*symbol] else { continue };
                if seen.insert((*span, at)) {
                    names.uses.push((*span, at));
                    by_place.entry(*span).or_insert(at);
                }
            }
        }
        names.sort();
        names
    }

    /// Adds places.
    pub fn add(&mut self, places: Vec<(Span, usize)>) {
        self.uses.extend(places);
        self.sort();
    }

    fn sort(&mut self) {
        self.uses.sort_by_key(|(span, symbol)| (span.file, span.start, span.end, *symbol));
    }

    /// The symbol whose name stands at a place, and where exactly.
    pub fn at(&self, file: FileId, at: usize) -> Option<(Span, usize)> {
        let at = at as u32;
        let before = self.uses.partition_point(|(span, _)| (span.file, span.start) <= (file, at));
        let around = self.uses[..before].iter().rev().take(4);
        let mut found = around.filter(|(span, _)| span.file == file && at <= span.end);
        found.next().copied()
    }

    /// All places that name a symbol, by file and place.
    pub fn places(&self, symbol: usize) -> impl Iterator<Item = Span> {
        self.uses.iter().filter(move |(_, of)| *of == symbol).map(|(span, _)| *span)
    }
}
