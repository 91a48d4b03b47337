//! `with`: the statements of a profile, and what is given for its parameters.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_syntax::{Operand, OperandKind, Statement};

use super::map::What;
use super::names::{Found, Profile};
use super::write::{Beside, Bound, Scope, Use, Writer};
use crate::clause::Walk;
use crate::modules::{library_items, library_modules};
use crate::operand::Reader;
use crate::suggest::{all_of, nearest};
use crate::vocabulary::Block;

impl<'t, 'a> Writer<'_, 't, 'a> {
    /// True for a statement of abstraction whose shape is right; what is wrong is reported.
    pub(super) fn fits(&mut self, statement: Statement<'t, 'a>) -> Option<()> {
        shape_of(statement, &mut self.problems)
    }

    /// Puts the statements of a profile in place of a `with`.
    pub(super) fn with(
        &mut self,
        statement: Statement<'t, 'a>,
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
        beside: Beside<'_, 'a>,
    ) {
        let (span, head) = (statement.span(), statement.head_span());
        let tree = scope.tree;
        let name = statement.items().get(1).map(|item| item.key);
        let chosen = name.filter(|name| tree.slice(*name).starts_with('$'));
        // Which profile it is may be chosen as well.
        let chosen = match chosen {
            Some(name) => {
                let text = self.meaning(scope, name).and_then(|meaning| self.plain_text(meaning, tree.span(name)));
                let Some(text) = text else { return self.copy(scope, span.start, span.end) };
                Some(text)
            }
            None => None,
        };
        let fits = chosen.is_some() || self.fits(statement).is_some();
        let Some(name) = name.filter(|_| fits) else {
            return self.copy(scope, span.start, span.end);
        };
        let (text, at) = (chosen.as_deref().unwrap_or_else(|| tree.slice(name)), tree.span(name));
        let number = match self.names.profile(text, tree.file()) {
            Found::One(number) => number,
            Found::Several(first, second) => {
                self.ambiguous("profile", text, at, first, second);
                return self.copy(scope, span.start, span.end);
            }
            Found::None => {
                if !self.names.doubtful.contains(text) {
                    let problem =
                        Diagnostic::new(code::E0218, at, format!("no profile `{text}` is declared")).label("not known");
                    self.problems.push(match self.names.near_profile(text) {
                        Some(near) => problem.fix(format!("write `{near}`"), at, near),
                        None => match library_modules()
                            .find(|module| library_items(module).iter().any(|item| item.name == text))
                        {
                            Some(module) => problem.help(format!("it is one of the library's: write `use {module}`")),
                            None => {
                                problem.help(format!("declare it: `profile {text} < … >`, or take it in with `use`"))
                            }
                        },
                    });
                }
                return self.copy(scope, span.start, span.end);
            }
        };
        if self.is_too_much(self.profiles.len(), at) {
            return;
        }
        if let Some(start) = self.profiles.iter().position(|open| *open == number) {
            self.cycle(start, number, at);
            return self.copy(scope, span.start, span.end);
        }
        let profile = &self.names.profiles[number];
        let Some(given) = self.arguments(statement, profile) else {
            return self.copy(scope, span.start, span.end);
        };
        let bound = Bound { profile, given, outer: scope };
        let frame = self.frames.enter(scope.frame, head, What::Profile);
        let inner = Scope { tree: profile.statement.tree(), frame, bound: Some(&bound) };
        let children: Vec<Statement<'t, 'a>> = profile.statement.children().collect();
        self.put("\n", head, scope.frame);
        let start = self.out.text.len() as u32;
        if block == Some(Block::File) {
            self.top = start;
        }
        let place = self.uses.len();
        self.uses.push(Use {
            start,
            end: start,
            top: self.top,
            outer: self.open.last().copied(),
            profile: profile.span,
            site: head,
            hidden: Vec::new(),
        });
        self.profiles.push(number);
        self.open.push(place);
        self.inline(&children, head, inner, block, Beside { hiding: beside.written, written: beside.written });
        self.open.pop();
        self.profiles.pop();
        self.uses[place].end = self.out.text.len() as u32;
    }

    /// `(attempts: 2, total: 6s)`: what is given for the parameters of a profile.
    fn arguments(
        &mut self,
        statement: Statement<'t, 'a>,
        profile: &Profile<'t, 'a>,
    ) -> Option<Vec<(&'a str, Operand)>> {
        let tree = statement.tree();
        let mut given: Vec<(&'a str, Operand)> = Vec::new();
        let before = self.problems.len();
        let names = || profile.formals.iter().map(|formal| formal.name);
        let group = statement.items().get(2).map(|item| item.key.kind);
        let items = match group {
            Some(OperandKind::Group(group)) => tree.group(group),
            _ => &[],
        };
        let example = profile.formals.first().map_or("NAME", |formal| formal.name);
        if let Some(equals) = items.iter().find(|item| item.key.kind == OperandKind::Equals) {
            self.problems.push(
                Diagnostic::new(code::E0220, tree.span(equals.key), "a value is given behind `:`")
                    .label("no `=` here")
                    .help(format!("write `{example}: …`")),
            );
            return None;
        }
        for item in items {
            let (name, span) = (tree.slice(item.key), tree.span(item.key));
            let problem = match item.value {
                Some(_) if given.iter().any(|(known, _)| *known == name) => {
                    Diagnostic::new(code::E0220, span, format!("`{name}` is given twice")).label("again here")
                }
                Some(value) if names().any(|known| known == name) => {
                    given.push((name, value));
                    continue;
                }
                Some(_) => {
                    let problem = Diagnostic::new(
                        code::E0220,
                        span,
                        format!("the profile `{}` has no parameter `{name}`", profile.name),
                    )
                    .label("not one of its parameters")
                    .also(profile.span, "declared here");
                    match nearest(name, names()) {
                        Some(near) => problem.fix(format!("write `{near}`"), span, near),
                        None if profile.formals.is_empty() => problem.help("it has no parameters"),
                        None => problem.help(format!("there are {}", all_of(names()))),
                    }
                }
                None => {
                    let problem = Diagnostic::new(code::E0220, span, "a value is given to a parameter by its name")
                        .label("which parameter is it for?")
                        .also(profile.span, "declared here");
                    match names().next() {
                        None => problem.help("the profile has no parameters"),
                        Some(_) if item.after_comma => problem.help(format!(
                            "a list of values stands in parentheses: `{example}: (a, b)`; there are {}",
                            all_of(names())
                        )),
                        Some(_) => problem.help(format!("write `{example}: {name}`; there are {}", all_of(names()))),
                    }
                }
            };
            self.problems.push(problem);
        }
        let missing: Vec<&str> = profile
            .formals
            .iter()
            .filter(|formal| formal.default.is_none() && !given.iter().any(|(name, _)| *name == formal.name))
            .map(|formal| formal.name)
            .collect();
        if !missing.is_empty() && self.problems.len() == before {
            let list = missing.iter().map(|name| format!("{name}: …")).collect::<Vec<_>>().join(", ");
            self.problems.push(
                Diagnostic::new(
                    code::E0220,
                    statement.head_span(),
                    format!("the profile `{}` needs {}", profile.name, all_of(missing)),
                )
                .label("not given here")
                .also(profile.span, "declared here")
                .help(format!("write `with {} ({list})`", profile.name)),
            );
        }
        (self.problems.len() == before).then_some(given)
    }

    pub(super) fn ambiguous(&mut self, what: &str, text: &str, span: Span, first: Span, second: Span) {
        self.problems.push(
            Diagnostic::new(code::E0207, span, format!("the {what} `{text}` is declared by two modules"))
                .label("which one is meant?")
                .also(first, "one")
                .also(second, "the other")
                .help("take in one of the modules, or declare a name of your own"),
        );
    }

    fn cycle(&mut self, start: usize, number: usize, span: Span) {
        let names =
            self.profiles[start..].iter().chain([&number]).map(|at| format!("`{}`", self.names.profiles[*at].name));
        let path = names.collect::<Vec<_>>().join(" → ");
        let profile = &self.names.profiles[number];
        let problem = Diagnostic::new(code::E0219, span, format!("the profile `{}` takes in itself", profile.name))
            .label("closes the circle")
            .also(profile.span, "declared here")
            .note(format!("each takes in the next: {path}"));
        self.problems.push(problem);
    }
}

/// Reads a statement of abstraction; what is wrong with its shape is reported.
pub(super) fn shape_of(statement: Statement<'_, '_>, problems: &mut Vec<Diagnostic>) -> Option<()> {
    let tree = statement.tree();
    let known = problems.len();
    let fits = Walk { reader: Reader { tree }, diagnostics: problems }.clause(statement, Block::File).is_some();
    if !fits && problems.len() == known {
        // Only a name in the place of a word is refused in silence elsewhere: it has been reported there.
        let names = statement.items().iter().skip(1).map(|item| item.key);
        if let Some(name) = names.into_iter().find(|operand| tree.slice(*operand).starts_with('$')) {
            problems.push(
                Diagnostic::new(code::E0301, tree.span(name), format!("expected a word, found `{}`", tree.slice(name)))
                    .label("no name can stand here"),
            );
        }
    }
    fits.then_some(())
}
