//! Conditions: tests joined by `and`, `or`, `not` and parentheses, brought into "any of (all of)".

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_syntax::{Item, OperandKind};

use crate::clause::Walk;
use crate::operand::{Arg, Path, Type, Value};
use crate::shape::{Head, Match, fit};
use crate::suggest::{all_of, nearest};
use crate::vocabulary::{Block, Word, in_mesh, lookup, words_in};

/// More alternatives than this are refused: each becomes a rule of its own in every proxy.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

/// A test of a condition.
#[derive(Debug, Clone)]
pub(crate) struct Test<'t, 'a> {
    pub word: &'static Word,
    pub args: Match<'t, 'a>,
    pub span: Span,
    /// Where the `not` before it stands.
    pub not: Option<Span>,
}

impl Test<'_, '_> {
    pub fn name(&self) -> &'static str {
        self.word.entry.word
    }
}

/// Alternatives of tests that hold together.
pub(crate) type Alternatives<T> = Vec<Vec<T>>;

enum Expr<T> {
    Test(T),
    And(Vec<Expr<T>>),
    Or(Vec<Expr<T>>),
}

/// What differs between conditions over tests and over operations.
trait Leaf: Clone {
    /// `not` and parentheses stand before whole tests; in an operation `not` belongs to the operand behind it.
    const WHOLE: bool;

    /// Turns the test into its negation.
    fn negate(&mut self, not: Span);
}

impl Leaf for Test<'_, '_> {
    const WHOLE: bool = true;

    fn negate(&mut self, not: Span) {
        self.not = if self.not.is_some() { None } else { Some(not) };
    }
}

/// Methods, paths, hosts and ports of one phrase behind `to` or `except`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operation<'a> {
    pub methods: Vec<Arg<'a>>,
    pub not_methods: Vec<Arg<'a>>,
    pub paths: Vec<Arg<'a>>,
    pub not_paths: Vec<Arg<'a>>,
    pub hosts: Vec<Arg<'a>>,
    pub not_hosts: Vec<Arg<'a>>,
    pub ports: Vec<Arg<'a>>,
    pub not_ports: Vec<Arg<'a>>,
    /// `*` or `/*`: any request of HTTP, and nothing else.
    pub any_request: bool,
    pub span: Span,
}

impl Leaf for Operation<'_> {
    const WHOLE: bool = false;

    fn negate(&mut self, _: Span) {}
}

impl<'t, 'a> Walk<'t, 'a, '_> {
    /// The alternatives of a condition over the tests of `block`; nothing where it was reported.
    pub fn condition(&mut self, items: &'t [Item], block: Block, whole: Span) -> Option<Alternatives<Test<'t, 'a>>> {
        let expr = Parser { walk: self, whole }.any(items, &mut |walk, items| walk.test(items, block))?;
        self.alternatives(expr, whole)
    }

    /// The operations behind `to` or `except`.
    pub fn operations(&mut self, items: &'t [Item], whole: Span) -> Option<Vec<Operation<'a>>> {
        let expr = Parser { walk: self, whole }.any(items, &mut |walk, items| walk.operation(items))?;
        let mut out = Vec::new();
        for mut all in self.alternatives(expr, whole)? {
            if let [_, second, ..] = all.as_slice() {
                self.diagnostics.push(
                    Diagnostic::new(code::E0314, second.span, "operations are not joined by `and`")
                        .label("what holds together stands side by side: methods, paths, `host`, `port`")
                        .help("leave the `and` out, as in `to GET, HEAD /api/* port 8080`"),
                );
                return None;
            }
            out.append(&mut all);
        }
        Some(out)
    }

    fn alternatives<T: Leaf>(&mut self, expr: Expr<T>, whole: Span) -> Option<Alternatives<T>> {
        let found = any_of_all_of(expr);
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::new(
                    code::E0315,
                    whole,
                    format!("a condition with more than {MAX_ALTERNATIVES} alternatives"),
                )
                .label("each alternative becomes a rule of its own in every proxy")
                .help("write lists, as in `method GET, HEAD`, or several rules"),
            );
        }
        found
    }

    fn test(&mut self, items: &'t [Item], block: Block) -> Option<Expr<Test<'t, 'a>>> {
        let first = items.first()?;
        let tree = self.reader.tree;
        let span = span_of(items, tree.file());
        let text = tree.slice(first.key);
        let lone = first.value.is_none()
            && first.key.kind == OperandKind::Bare
            && items.get(1).is_none_or(|next| !next.after_comma);
        let (word, rest) = match lookup(block, text).filter(|_| lone) {
            Some(word) => (word, &items[1..]),
            None => match lookup(block, "") {
                Some(word) => {
                    let near =
                        || nearest(text, words_in(block).map(|word| word.entry.word).filter(|word| !word.is_empty()));
                    if lone && items.len() > 1 && near().is_some() {
                        self.unknown_test(first, block);
                        return None;
                    }
                    (word, items)
                }
                None => {
                    self.unknown_test(first, block);
                    return None;
                }
            },
        };
        if let Some(problem) = self.comma_for_or(rest, |word| lookup(block, word).is_some()) {
            self.diagnostics.push(problem);
            return None;
        }
        match fit(self.reader, &Head { word, items: rest, span, block }) {
            Ok(args) => Some(Expr::Test(Test { word, args, span, not: None })),
            Err(failure) => {
                self.report(failure);
                None
            }
        }
    }

    fn unknown_test(&mut self, item: &Item, block: Block) {
        let tree = self.reader.tree;
        let span = tree.span(item.key);
        let text = tree.slice(item.key);
        let names = || words_in(block).map(|word| word.entry.word);
        if let Some(value) = item.value {
            let whole = span.to(tree.span(value));
            self.diagnostics.push(
                Diagnostic::new(code::E0311, whole, "a pair where a test is expected")
                    .label("a `:` joins two operands")
                    .help(format!("the tests here are {}", all_of(names()))),
            );
            return;
        }
        let problem = Diagnostic::new(code::E0311, span, format!("there is no test `{text}` here")).label("not known");
        if let Some(mesh) = in_mesh(text) {
            self.diagnostics.push(problem.help(format!("Mesh writes `{mesh}`")));
            return;
        }
        if item.key.kind == OperandKind::Path && lookup(block, "path").is_some() {
            self.diagnostics.push(problem.fix("write `path` before it", span.before(), "path "));
            return;
        }
        self.diagnostics.push(match nearest(text, names()) {
            Some(near) => problem.fix(format!("write `{near}`"), span, near),
            None => problem.help(format!("there are {}", all_of(names()))),
        });
    }

    /// A comma where phrases should be joined by `or`: the word behind it starts another test.
    fn comma_for_or(&self, items: &[Item], starts: impl Fn(&str) -> bool) -> Option<Diagnostic> {
        let tree = self.reader.tree;
        for pair in items.windows(2) {
            let [before, item] = pair else { continue };
            let word = tree.slice(item.key);
            let follows = items.iter().any(|next| next.key.start > item.key.start && !next.after_comma);
            if item.after_comma
                && item.value.is_none()
                && starts(word)
                && (follows || matches!(word, "anyone" | "nobody"))
            {
                let comma = Span::new(tree.file(), before.end(), item.key.start);
                return Some(
                    Diagnostic::new(code::E0322, comma, "phrases are joined by `or`, not by a comma")
                        .label("this comma joins members of one list")
                        .also(tree.span(item.key), "this starts another phrase")
                        .help("write `or` in place of the comma if either may hold, `and` if both must"),
                );
            }
        }
        None
    }

    fn operation(&mut self, items: &'t [Item]) -> Option<Expr<Operation<'a>>> {
        let tree = self.reader.tree;
        let mut out = Operation { span: span_of(items, tree.file()), ..Operation::default() };
        if let Some(problem) = self.comma_for_or(items, |word| matches!(word, "host" | "port")) {
            self.diagnostics.push(problem);
            return None;
        }
        let mut at = 0;
        while at < items.len() {
            let word = |at: usize| items.get(at).map(|item| tree.slice(item.key)).unwrap_or_default();
            let negated = word(at) == "not" && items[at].value.is_none();
            let not_span = tree.span(items[at].key);
            at += usize::from(negated);
            let option = match word(at) {
                "host" => Some(Type::String),
                "port" => Some(Type::Port),
                _ => None,
            };
            at += usize::from(option.is_some());
            if at >= items.len() {
                let what = option.map_or("a method, a path, `host` or `port`".to_owned(), |of| of.to_string());
                self.diagnostics.push(
                    Diagnostic::new(code::E0302, out.span.after(), format!("something is missing: expected {what}"))
                        .label("the phrase ends here"),
                );
                return None;
            }
            let end = at + 1 + items[at + 1..].iter().take_while(|item| item.after_comma).count();
            let mut args = Vec::new();
            for item in &items[at..end] {
                match self.reader.read(option.unwrap_or(Type::OperationWord), *item) {
                    Ok(arg) => args.push(arg),
                    Err(failure) => {
                        self.report(failure);
                        return None;
                    }
                }
            }
            at = end;
            let is_path = |arg: &Arg<'_>| matches!(arg.value, Value::Path(_));
            let paths = args.iter().filter(|arg| is_path(arg)).count();
            if paths > 0 && paths < args.len() {
                let odd = args.iter().find(|arg| is_path(arg) != is_path(&args[0])).map_or(out.span, |arg| arg.span);
                let comma = Span::new(
                    odd.file,
                    args.iter().take_while(|arg| arg.span != odd).last().map_or(odd.start, |arg| arg.span.end),
                    odd.start,
                );
                self.diagnostics.push(
                    Diagnostic::new(code::E0322, odd, "methods and paths in one list")
                        .label("a list holds alternatives of one kind")
                        .also(comma, "this comma joins them")
                        .help("side by side both must hold, as in `POST /pay/*`; joined by `or` one of them"),
                );
                return None;
            }
            let place = match (option, paths > 0, negated) {
                (Some(Type::String), _, false) => &mut out.hosts,
                (Some(Type::String), _, true) => &mut out.not_hosts,
                (Some(_), _, false) => &mut out.ports,
                (Some(_), _, true) => &mut out.not_ports,
                (None, false, false) => &mut out.methods,
                (None, false, true) => &mut out.not_methods,
                (None, true, false) => &mut out.paths,
                (None, true, true) => &mut out.not_paths,
            };
            if !place.is_empty() {
                let span = args.first().map_or(not_span, |arg| arg.span);
                let problem = Diagnostic::new(code::E0303, span, "a second list of the same kind in one phrase")
                    .label("again here")
                    .also(place[0].span, "first here")
                    .help("join alternatives by a comma, or phrases by `or`");
                self.diagnostics.push(problem);
                return None;
            }
            place.append(&mut args);
        }
        // `*` as a method is any method and `/*` any path, whatever stands beside it in the list.
        let every_path = |arg: &Arg<'_>| matches!(&arg.value, Value::Path(Path::Prefix(prefix)) if prefix == "/");
        for (list, every) in [
            (&mut out.methods, &(|arg: &Arg<'_>| arg.value == Value::Word("*")) as &dyn Fn(&Arg<'_>) -> bool),
            (&mut out.paths, &every_path),
        ] {
            if list.iter().any(every) {
                list.clear();
                out.any_request = true;
            }
        }
        Some(Expr::Test(out))
    }
}

type LeafOf<'f, 'w, 't, 'a, 'd, T> = &'f mut dyn FnMut(&mut Walk<'t, 'a, 'd>, &'t [Item]) -> Option<Expr<T>>;

struct Parser<'w, 't, 'a, 'd> {
    walk: &'w mut Walk<'t, 'a, 'd>,
    whole: Span,
}

impl<'w, 't, 'a, 'd> Parser<'w, 't, 'a, 'd> {
    fn any<T: Leaf>(&mut self, items: &'t [Item], leaf: LeafOf<'_, 'w, 't, 'a, 'd, T>) -> Option<Expr<T>> {
        let mut parts = Vec::new();
        for part in self.split(items, "or")? {
            parts.push(self.all(part, leaf)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all<T: Leaf>(&mut self, items: &'t [Item], leaf: LeafOf<'_, 'w, 't, 'a, 'd, T>) -> Option<Expr<T>> {
        let mut parts = Vec::new();
        for part in self.split(items, "and")? {
            parts.push(self.unary(part, leaf)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    /// The stretches between lone words `by`; an empty one is reported.
    fn split(&mut self, items: &'t [Item], by: &str) -> Option<Vec<&'t [Item]>> {
        let tree = self.walk.reader.tree;
        let joins = |item: &Item| {
            item.value.is_none()
                && item.key.kind == OperandKind::Bare
                && !item.after_comma
                && tree.slice(item.key) == by
        };
        let parts: Vec<&[Item]> = items.split(joins).collect();
        if parts.iter().any(|part| part.is_empty()) {
            let empty = parts.iter().position(|part| part.is_empty()).unwrap_or(0);
            let join = items
                .iter()
                .filter(|item| joins(item))
                .nth(empty.saturating_sub(1))
                .map_or(self.whole, |item| tree.span(item.key));
            self.walk.diagnostics.push(
                Diagnostic::new(code::E0314, join, format!("a test is missing beside `{by}`"))
                    .label("joins two tests")
                    .help(format!("write a test on both sides of `{by}`")),
            );
            return None;
        }
        Some(parts)
    }

    fn unary<T: Leaf>(&mut self, items: &'t [Item], leaf: LeafOf<'_, 'w, 't, 'a, 'd, T>) -> Option<Expr<T>> {
        let tree = self.walk.reader.tree;
        let first = items.first()?;
        let is_not = first.key.kind == OperandKind::Bare && first.value.is_none() && tree.slice(first.key) == "not";
        if is_not && T::WHOLE {
            let span = tree.span(first.key);
            if items.len() == 1 {
                self.walk.diagnostics.push(
                    Diagnostic::new(code::E0314, span, "a test is missing behind `not`").label("negates nothing"),
                );
                return None;
            }
            let again = &items[1].key;
            if again.kind == OperandKind::Bare && items[1].value.is_none() && tree.slice(*again) == "not" {
                self.walk.diagnostics.push(
                    Diagnostic::new(code::E0314, tree.span(*again), "a `not` behind a `not`")
                        .label("takes back the one before it")
                        .help("leave both out"),
                );
                return None;
            }
            let inner = self.unary(&items[1..], leaf)?;
            return Some(negate(inner, span));
        }
        if let OperandKind::Group(group) = first.key.kind {
            let span = tree.span(first.key);
            if !T::WHOLE {
                self.walk.diagnostics.push(
                    Diagnostic::new(code::E0314, span, "operations have no parentheses")
                        .label("a group of tests")
                        .help("write the phrases out, joined by `or`"),
                );
                return None;
            }
            if items.len() > 1 {
                let next = tree.span(items[1].key);
                self.walk.diagnostics.push(
                    Diagnostic::new(code::E0314, next, "a group is followed by something else")
                        .label("joined by nothing")
                        .help("write `and` or `or` between"),
                );
                return None;
            }
            let inner = tree.group(group);
            if inner.is_empty() {
                self.walk
                    .diagnostics
                    .push(Diagnostic::new(code::E0314, span, "an empty group").label("no test in here"));
                return None;
            }
            return self.any(inner, leaf);
        }
        leaf(self.walk, items)
    }
}

fn span_of(items: &[Item], file: mesh_diagnostics::FileId) -> Span {
    let start = items.first().map_or(0, |item| item.key.start);
    Span::new(file, start, items.last().map_or(start, Item::end))
}

/// The negation, moved down to the tests.
fn negate<T: Leaf>(expr: Expr<T>, not: Span) -> Expr<T> {
    match expr {
        Expr::Test(mut test) => {
            test.negate(not);
            Expr::Test(test)
        }
        Expr::And(parts) => Expr::Or(parts.into_iter().map(|part| negate(part, not)).collect()),
        Expr::Or(parts) => Expr::And(parts.into_iter().map(|part| negate(part, not)).collect()),
    }
}

/// The alternatives, or nothing where there are too many.
fn any_of_all_of<T: Leaf>(expr: Expr<T>) -> Option<Alternatives<T>> {
    match expr {
        Expr::Test(test) => Some(vec![vec![test]]),
        Expr::Or(parts) => {
            let mut out = Vec::new();
            for part in parts {
                out.extend(any_of_all_of(part)?);
            }
            (out.len() <= MAX_ALTERNATIVES).then_some(out)
        }
        Expr::And(parts) => {
            let mut out: Alternatives<T> = vec![Vec::new()];
            for part in parts {
                let alternatives = any_of_all_of(part)?;
                if out.len() * alternatives.len() > MAX_ALTERNATIVES {
                    return None;
                }
                let join = |left: &Vec<T>| {
                    let left = left.clone();
                    alternatives
                        .iter()
                        .map(move |right| left.iter().chain(right).cloned().collect())
                        .collect::<Vec<_>>()
                };
                out = out.iter().flat_map(join).collect();
            }
            Some(out)
        }
    }
}
