//! `$name` and `${name}`: what names stand for.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_syntax::{Item, Operand, OperandKind, Tree, unescape};

use super::choices::{is_single, unquoted};
use super::map::What;
use super::names::{Found, is_name};
use super::write::{Meaning, Scope, Writer};
use crate::operand::block_text;
use crate::suggest::nearest;

/// How deep names may stand behind each other.
const MAX_DEPTH: usize = 64;

/// How many names a file may put something in place of, all in all.
const MAX_STEPS: u32 = 1_000_000;

/// How long a file may become.
const MAX_BYTES: usize = 256 << 20;

impl<'t, 'a> Writer<'_, 't, 'a> {
    /// The items of a phrase, with what names stand for in place of names; `at` is how far the text is written.
    pub(super) fn items(&mut self, scope: Scope<'_, 't, 'a>, items: &[Item], at: &mut u32, single: bool) {
        for item in items {
            let paired = single || item.value.is_some();
            for operand in std::iter::once(item.key).chain(item.value) {
                let text = scope.tree.slice(operand);
                match operand.kind {
                    OperandKind::Bare if text.starts_with('$') => {
                        if let Some(meaning) = self.meaning(scope, operand) {
                            self.copy(scope, *at, operand.start);
                            *at = operand.end;
                            self.value(meaning, operand, scope, paired);
                        }
                    }
                    OperandKind::String | OperandKind::Text if text.contains("${") => {
                        self.copy(scope, *at, operand.start);
                        *at = operand.end;
                        self.holes(scope, operand);
                    }
                    OperandKind::String if text.contains('$') => self.bare_names(scope, operand),
                    OperandKind::Group(group) => self.items(scope, scope.tree.group(group), at, false),
                    _ => {}
                }
            }
        }
    }

    /// Names in a text that lack their brackets, and are taken as they stand.
    fn bare_names(&mut self, scope: Scope<'_, 't, 'a>, operand: Operand) {
        let text = scope.tree.slice(operand);
        for (at, _) in text.match_indices('$') {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let name = &rest[..end];
            let formal =
                scope.bound.is_some_and(|bound| bound.profile.formals.iter().any(|formal| formal.name == name));
            if !formal && !matches!(self.names.constant(name, scope.tree.file()), Found::One(_)) {
                continue;
            }
            let start = operand.start + at as u32;
            let span = Span::new(scope.tree.file(), start, start + 1 + end as u32);
            self.problems.push(
                Diagnostic::new(code::NAME_IN_TEXT, span, format!("in a text `${name}` stands for itself"))
                    .label("taken as it stands")
                    .fix(format!("write `${{{name}}}`"), span, format!("${{{name}}}")),
            );
        }
    }

    /// What `$name` means; nothing where it means nothing, which is reported.
    pub(super) fn meaning<'e>(&mut self, scope: Scope<'e, 't, 'a>, operand: Operand) -> Option<Meaning<'e, 't, 'a>> {
        let text = scope.tree.slice(operand).trim_start_matches('$');
        self.name(scope, text, scope.tree.span(operand))
    }

    fn name<'e>(&mut self, scope: Scope<'e, 't, 'a>, text: &'a str, span: Span) -> Option<Meaning<'e, 't, 'a>> {
        if let Some(bound) = scope.bound
            && let Some(formal) = bound.profile.formals.iter().find(|formal| formal.name == text)
        {
            let given = bound.given.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
            let (value, from) = match given {
                Some(value) => (value, bound.outer),
                None => {
                    let tree = bound.profile.statement.tree();
                    (formal.default?, Scope { tree, frame: scope.frame, bound: None })
                }
            };
            let frame = self.frames.enter(scope.frame, span, What::Value);
            return Some(Meaning::Items(opened(from.tree, value), Scope { frame, ..from }, None));
        }
        match self.names.constant(text, scope.tree.file()) {
            Found::One(at) => {
                let constant = &self.names.constants[at];
                if let Some((_, Some(chosen))) = &constant.parameter {
                    return Some(Meaning::Chosen(chosen.clone()));
                }
                if let Some(start) = self.constants.iter().position(|open| *open == at) {
                    let path: Vec<&str> =
                        self.constants[start..].iter().chain([&at]).map(|at| self.names.constants[*at].name).collect();
                    let path = path.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
                    self.problems.push(
                        Diagnostic::new(code::E0219, constant.span, format!("`{text}` stands for itself"))
                            .label("declared here")
                            .note(format!("each stands for the next: {path}")),
                    );
                    return None;
                }
                if self.is_too_much(self.constants.len(), span) {
                    return None;
                }
                let frame = self.frames.enter(scope.frame, span, What::Value);
                let items = match constant.items {
                    [one] if one.value.is_none() => opened(constant.tree, one.key),
                    items => items.to_vec(),
                };
                Some(Meaning::Items(items, Scope { tree: constant.tree, frame, bound: None }, Some(at)))
            }
            Found::Several(first, second) => {
                self.ambiguous("name", text, span, first, second);
                None
            }
            Found::None => {
                if !self.names.doubtful.contains(text) {
                    self.unknown(text, span, scope);
                }
                None
            }
        }
    }

    fn unknown(&mut self, text: &str, span: Span, scope: Scope<'_, 't, 'a>) {
        let formals = scope.bound.map_or(&[][..], |bound| bound.profile.formals.as_slice());
        let near = nearest(text, formals.iter().map(|formal| formal.name)).or_else(|| self.names.near_constant(text));
        if let Some(inner) = text.strip_prefix('{').and_then(|text| text.split('}').next()).filter(|name| is_name(name))
        {
            let problem = Diagnostic::new(code::E0224, span, "`${…}` stands inside of a text").label("not in quotes");
            self.problems.push(problem.fix(format!("write `${inner}`"), span, format!("${inner}")));
            return;
        }
        let problem = Diagnostic::new(code::E0224, span, format!("nothing is named `{text}`")).label("not known");
        let site = self.frames.around(scope.frame).find(|frame| frame.what == What::Profile).map(|frame| frame.site);
        let problem = match site {
            Some(site) => problem.also(site, "taken in here"),
            None => problem,
        };
        self.problems.push(match near {
            Some(near) if span.end - span.start == text.len() as u32 + 1 => {
                problem.fix(format!("write `${near}`"), span, format!("${near}"))
            }
            Some(near) => problem.help(format!("is `{near}` meant?")),
            None => problem.help(format!(
                "declare it: `let {text} = …`, or `param {text} of …` if it is chosen when building; a profile has parameters of its own"
            )),
        });
    }

    /// Writes what a name stands for.
    fn value(&mut self, meaning: Meaning<'_, 't, 'a>, operand: Operand, scope: Scope<'_, 't, 'a>, paired: bool) {
        let span = scope.tree.span(operand);
        match meaning {
            Meaning::Chosen(text) => self.put(&text, span, scope.frame),
            Meaning::Items(items, from, constant) => {
                if items.is_empty() || (paired && !is_single(&items)) {
                    self.list(&items, span, scope);
                    return self.copy(scope, operand.start, operand.end);
                }
                self.constants.extend(constant);
                for (number, item) in items.iter().enumerate() {
                    // Whatever stood between them: a line break would end the statement.
                    if number > 0 {
                        self.put(", ", span, from.frame);
                    }
                    let mut at = item.key.start;
                    self.items(from, std::slice::from_ref(item), &mut at, paired);
                    self.copy(from, at, item.end());
                }
                if constant.is_some() {
                    self.constants.pop();
                }
            }
        }
    }

    /// True where more stands behind names than a program can mean: said once.
    pub(super) fn is_too_much(&mut self, depth: usize, span: Span) -> bool {
        self.steps += 1;
        if depth < MAX_DEPTH && self.steps < MAX_STEPS && self.out.text.len() < MAX_BYTES {
            return false;
        }
        if !self.exhausted {
            self.exhausted = true;
            let label = if depth < MAX_DEPTH { "and still more" } else { "one behind the other" };
            self.problems.push(
                Diagnostic::new(code::E0225, span, "too much stands behind this name")
                    .label(label)
                    .note(format!(
                        "names may stand {MAX_DEPTH} deep behind each other, and for {MAX_STEPS} others in a file"
                    ))
                    .help("names that stand for two of the next ones double what is written with each"),
            );
        }
        true
    }

    fn list(&mut self, items: &[Item], span: Span, scope: Scope<'_, 't, 'a>) {
        let label = if items.is_empty() { "stands for nothing" } else { "stands for several" };
        let problem = Diagnostic::new(code::E0223, span, "a list stands where one value is needed").label(label);
        let site = self.frames.around(scope.frame).last().map(|frame| frame.site).filter(|site| *site != span);
        let problem = match site {
            Some(site) => problem.also(site, "for what stands here"),
            None => problem,
        };
        self.problems.push(problem.help("name a single value, or write the list where a list can stand"));
    }

    /// The single text that a name stands for.
    pub(super) fn plain_text(&mut self, meaning: Meaning<'_, 't, 'a>, span: Span) -> Option<String> {
        match meaning {
            // What is chosen from outside has no holes.
            Meaning::Chosen(text) => Some(match text.starts_with('"') {
                true => unescape(unquoted(&text))
                    .map_or_else(|_| unquoted(&text).to_owned(), |text| text.into_owned())
                    .replace("$${", "${"),
                false => text,
            }),
            Meaning::Items(items, from, constant) => {
                if !is_single(&items) {
                    self.list(&items, span, from);
                    return None;
                }
                self.constants.extend(constant);
                let text = self.single_text(items[0].key, from, span);
                if constant.is_some() {
                    self.constants.pop();
                }
                text
            }
        }
    }

    fn single_text(&mut self, operand: Operand, from: Scope<'_, 't, 'a>, span: Span) -> Option<String> {
        let slice = from.tree.slice(operand);
        if slice.starts_with('$') {
            let inner = self.meaning(from, operand)?;
            return self.plain_text(inner, span);
        }
        if !matches!(operand.kind, OperandKind::String | OperandKind::Text) {
            return Some(slice.to_owned());
        }
        // Its own holes are filled apart from the text at hand.
        let known = self.problems.len();
        let outside = std::mem::take(&mut self.out);
        self.holes(from, operand);
        let filled = std::mem::replace(&mut self.out, outside).text;
        if self.problems.len() > known {
            return None;
        }
        let text = match operand.kind {
            OperandKind::Text => block_text(filled.trim_matches('"')).into_owned(),
            _ => unescape(unquoted(&filled)).map_or_else(|_| filled.clone(), |text| text.into_owned()),
        };
        Some(text.replace("$${", "${"))
    }

    /// A text with `${name}` in it; `$${` is `${` itself.
    fn holes(&mut self, scope: Scope<'_, 't, 'a>, operand: Operand) {
        let tree = scope.tree;
        let text = tree.slice(operand);
        let mut at = 0;
        while let Some(found) = text[at..].find("${").map(|found| at + found) {
            let place =
                |from: usize, to: usize| Span::new(tree.file(), operand.start + from as u32, operand.start + to as u32);
            // `$${` is `${` itself, for whoever reads the text.
            if text[..found].ends_with('$') && found > at {
                self.copy(scope, operand.start + at as u32, operand.start + found as u32 + 2);
                at = found + 2;
                continue;
            }
            let inner = &text[found + 2..];
            let Some(name) = inner.split('}').next().filter(|name| inner.len() > name.len() && is_name(name)) else {
                self.copy(scope, operand.start + at as u32, operand.start + found as u32 + 2);
                at = found + 2;
                self.problems.push(
                    Diagnostic::new(code::E0224, place(found, found + 2), "expected a name and `}` behind `${`")
                        .label("names nothing")
                        .help("write `$${` for these two signs themselves"),
                );
                continue;
            };
            let end = found + 2 + name.len() + 1;
            let span = place(found, end);
            self.copy(scope, operand.start + at as u32, operand.start + found as u32);
            at = end;
            let meaning = self.name(scope, name, span);
            match meaning.and_then(|meaning| self.plain_text(meaning, span)) {
                Some(value)
                    if operand.kind == OperandKind::Text
                        && (value.contains(['\n', '\r']) || value.contains("\"\"\"")) =>
                {
                    self.problems.push(
                        Diagnostic::new(code::E0223, span, "a text of several lines stands where one line is needed")
                            .label("several lines, or quotes that would end the text around it")
                            .help("write the lines here, or name them one by one"),
                    );
                    self.copy(scope, operand.start + found as u32, operand.start + end as u32);
                }
                Some(value) => {
                    let value = value.replace("${", "$${");
                    let quoted = serde_json::to_string(&value).unwrap_or_default();
                    let text = if operand.kind == OperandKind::String { unquoted(&quoted) } else { &value };
                    self.put(text, span, scope.frame);
                }
                None => self.copy(scope, operand.start + found as u32, operand.start + end as u32),
            }
        }
        self.copy(scope, operand.start + at as u32, operand.end);
    }
}

/// A value as items: a group is the list that it holds, if it holds a list; what is joined by other words keeps its
/// parentheses.
fn opened(tree: &Tree<'_>, value: Operand) -> Vec<Item> {
    let whole = || vec![Item { key: value, value: None, after_comma: false }];
    match value.kind {
        OperandKind::Group(group) => {
            let items = tree.group(group);
            if items.iter().skip(1).all(|item| item.after_comma) { items.to_vec() } else { whole() }
        }
        _ => whole(),
    }
}
