//! Values by the schema: the operands and blocks of `resource` and `field` to nodes of the field's type.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::schema::{Field, Of, Shape};
use mesh_istio::{Kind, Node, Object, Value};
use mesh_syntax::{Item, Operand, OperandKind, Statement};

use crate::operand::{Failure, Reader, time_unit};
use crate::suggest::{all_of, any_of, nearest};

/// Reads values of a kind's fields.
pub(super) struct Typed<'t, 'a> {
    pub reader: Reader<'t, 'a>,
    pub kind: Kind,
    pub problems: Vec<Diagnostic>,
}

impl<'t, 'a> Typed<'t, 'a> {
    /// The fields that the statements of a block set.
    pub fn object(&mut self, statements: impl Iterator<Item = Statement<'t, 'a>>, field: &Field, span: Span) -> Object {
        let mut object = Object::new(span);
        for statement in statements.filter(|statement| !statement.is_broken()) {
            self.entry(statement, field, &mut object);
        }
        object
    }

    /// One statement of a block: a field and its value, or a key of a map and its value.
    fn entry(&mut self, statement: Statement<'t, 'a>, field: &Field, object: &mut Object) {
        let items = statement.items();
        let Some((first, rest)) = items.split_first() else { return };
        let Some(name) = self.name(first) else { return };
        let at = self.reader.tree.span(first.key);
        let child = match field.child(&name) {
            Some(child) => child,
            None if field.of == Of::Any => return self.free_entry(name, statement, rest, object),
            None => return self.unknown(&name, at, field),
        };
        let rest =
            if rest.first().is_some_and(|item| item.key.kind == OperandKind::Equals) { &rest[1..] } else { rest };
        let value = if statement.has_block() && rest.is_empty() {
            self.block(statement, child, at)
        } else if statement.has_block() {
            self.problems.push(
                Diagnostic::new(
                    code::E0303,
                    self.reader.item_span(rest[0]),
                    format!("`{name}` has a block, or operands"),
                )
                .label("both stand here"),
            );
            None
        } else {
            self.values(rest, child, at)
        };
        let Some(node) = value else { return };
        self.put(name.into_owned(), node, child, at, object);
    }

    /// Sets a field; a list goes on where its statement is repeated.
    fn put(&mut self, name: String, node: Node, field: &Field, at: Span, object: &mut Object) {
        match (object.get_mut(&name), node.value) {
            (None, value) => object.set_at(name, value, node.span),
            (Some(Node { value: Value::List(old), .. }), Value::List(new)) if field.shape == Shape::List => {
                old.extend(new);
            }
            (Some(Node { value: Value::Object(old), .. }), Value::Object(new)) if field.shape == Shape::Map => {
                for (key, value) in new.iter() {
                    if let Some(first) = old.get(key) {
                        self.problems.push(crate::clause::twice(key, value.span, first.span));
                    } else {
                        old.put(key.to_owned(), value.clone());
                    }
                }
            }
            (Some(old), _) => self.problems.push(crate::clause::twice(&name, at, old.span)),
        }
    }

    /// A field's name or a map's key: a bare word, or a text in quotes.
    pub(super) fn name(&mut self, item: &Item) -> Option<Cow<'a, str>> {
        match (item.key.kind, item.value) {
            (OperandKind::Bare | OperandKind::String, None) => self.text(item.key),
            _ => {
                let span = self.reader.item_span(*item);
                self.problems.push(
                    Diagnostic::new(code::E0301, span, "expected the name of a field")
                        .label("no name")
                        .help("write a field and its value, as in `name \"web\"`"),
                );
                None
            }
        }
    }

    fn unknown(&mut self, name: &str, at: Span, field: &Field) {
        let problem = unknown_field(self.kind, name, at, field);
        self.problems.push(problem);
    }

    /// The value that a block is.
    fn block(&mut self, statement: Statement<'t, 'a>, field: &Field, at: Span) -> Option<Node> {
        match (field.shape, field.of) {
            (Shape::Map, Of::Object) => {
                let mut map = Object::new(at);
                for inner in statement.children().filter(|inner| !inner.is_broken()) {
                    let Some((first, rest)) = inner.items().split_first() else { continue };
                    let Some(key) = self.name(first) else { continue };
                    let span = self.reader.tree.span(first.key);
                    let value = if inner.has_block() {
                        Some(self.object(inner.children(), field, span).node())
                    } else {
                        self.one(rest, field, span)
                    };
                    if let (Some(value), false) = (value, self.is_twice(&key, span, &map)) {
                        map.put(key.into_owned(), value);
                    }
                }
                Some(map.node())
            }
            (Shape::Map, _) => {
                let mut map = Object::new(at);
                for inner in statement.children().filter(|inner| !inner.is_broken()) {
                    let Some((first, rest)) = inner.items().split_first() else { continue };
                    if first.value.is_some() {
                        self.pairs(inner.items(), field, &mut map);
                        continue;
                    }
                    let Some(key) = self.name(first) else { continue };
                    let span = self.reader.tree.span(first.key);
                    if let (Some(value), false) = (self.one(rest, field, span), self.is_twice(&key, span, &map)) {
                        map.put(key.into_owned(), value);
                    }
                }
                Some(map.node())
            }
            (Shape::List, Of::Object) => {
                let member = self.object(statement.children(), field, at).node();
                Some(Node::new(vec![member], at))
            }
            (Shape::One, Of::Object | Of::Any) => Some(self.object(statement.children(), field, at).node()),
            _ => {
                self.problems.push(
                    Diagnostic::new(
                        code::E0502,
                        statement.block_span(),
                        format!("`{}` is {}", field.name, described(field)),
                    )
                    .label("a block stands here"),
                );
                None
            }
        }
    }

    fn is_twice(&mut self, key: &str, span: Span, map: &Object) -> bool {
        let Some(first) = map.get(key) else { return false };
        self.problems.push(crate::clause::twice(key, span, first.span));
        true
    }

    /// The value that operands are.
    pub fn values(&mut self, items: &[Item], field: &Field, at: Span) -> Option<Node> {
        match field.shape {
            Shape::One => self.one(items, field, at),
            Shape::List => {
                // A group of plain operands is a list, and one of pairs an object.
                let items = match items {
                    [item] if item.value.is_none() => match item.key.kind {
                        OperandKind::Group(group) if self.is_list(group, field) => self.reader.tree.group(group),
                        _ => items,
                    },
                    _ => items,
                };
                let mut list = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    if i > 0 && !item.after_comma {
                        self.too_many(*item, field);
                        return None;
                    }
                    list.push(self.item(item, field)?);
                }
                if list.is_empty() {
                    self.missing(field, at);
                    return None;
                }
                Some(Node::new(list, at))
            }
            Shape::Map => {
                let items = match items {
                    [Item { key: Operand { kind: OperandKind::Group(group), .. }, value: None, .. }] => {
                        self.reader.tree.group(*group)
                    }
                    _ => items,
                };
                let mut map = Object::new(at);
                if items.is_empty() {
                    self.missing(field, at);
                    return None;
                }
                self.pairs(items, field, &mut map);
                Some(map.node())
            }
        }
    }

    fn is_list(&self, group: u32, field: &Field) -> bool {
        field.of != Of::Object || self.reader.tree.group(group).iter().all(|item| item.value.is_none())
    }

    fn pairs(&mut self, items: &[Item], field: &Field, map: &mut Object) {
        for item in items {
            let span = self.reader.item_span(*item);
            let Some(value) = item.value else {
                self.problems.push(
                    Diagnostic::new(code::E0502, span, format!("`{}` is a map", field.name))
                        .label("expected a pair such as `key: value`"),
                );
                continue;
            };
            let Some(key) = self.text(item.key) else { continue };
            let Some(node) = self.operand(value, field) else { continue };
            if !self.is_twice(&key, span, map) {
                map.set_at(key.into_owned(), node.value, span);
            }
        }
    }

    fn missing(&mut self, field: &Field, at: Span) {
        self.problems.push(
            Diagnostic::new(code::E0302, at.after(), format!("`{}` lacks its value", field.name))
                .label(format!("expected {}", described(field))),
        );
    }

    fn too_many(&mut self, item: Item, field: &Field) {
        let span = self.reader.item_span(item);
        let problem =
            Diagnostic::new(code::E0303, span, format!("`{}` has one value", field.name)).label("one too many");
        let problem =
            if field.shape == Shape::List { problem.fix("write `,` before it", span.before(), ", ") } else { problem };
        self.problems.push(problem);
    }

    /// Exactly one value.
    fn one(&mut self, items: &[Item], field: &Field, at: Span) -> Option<Node> {
        match items {
            [] => {
                self.missing(field, at);
                None
            }
            [item] => self.item(item, field),
            [_, second, ..] => {
                self.too_many(*second, field);
                None
            }
        }
    }

    fn item(&mut self, item: &Item, field: &Field) -> Option<Node> {
        if item.value.is_some() {
            let span = self.reader.item_span(*item);
            self.problems.push(
                Diagnostic::new(code::E0502, span, format!("`{}` is {}", field.name, described(field)))
                    .label("a pair stands here"),
            );
            return None;
        }
        self.operand(item.key, field)
    }

    /// One operand as one value of the field.
    fn operand(&mut self, operand: Operand, field: &Field) -> Option<Node> {
        let span = self.reader.tree.span(operand);
        if let OperandKind::Group(group) = operand.kind {
            return self.group(group, span, field);
        }
        let bare = operand.kind == OperandKind::Bare;
        let text = self.text(operand)?;
        let value = match field.of {
            Of::Any => self.free(&text, bare, span)?,
            Of::Bool if bare && matches!(text.as_ref(), "true" | "false") => Value::Bool(text == "true"),
            Of::Int | Of::IntOrText if bare && whole(&text).is_some() => Value::Int(whole(&text)?),
            Of::Number if bare && fraction(&text).is_some() => Value::Float(fraction(&text)?),
            Of::IntOrText => Value::from(text.as_ref()),
            Of::Duration if mesh_istio::millis(&text).is_some() => Value::from(text.as_ref()),
            Of::Text if !field.values.is_empty() => Value::from(self.enumerated(&text, span, field)?),
            Of::Text => Value::from(text.as_ref()),
            Of::Bool | Of::Int | Of::Number | Of::Duration | Of::Object => {
                self.mistyped(&text, span, field);
                return None;
            }
        };
        Some(Node { value, span })
    }

    /// An enumerated value, in Istio's own spelling.
    fn enumerated(&mut self, text: &str, span: Span, field: &Field) -> Option<&'static str> {
        let known = || field.values.iter().map(|(value, _)| *value);
        if let Some(value) = known().find(|value| *value == text) {
            return Some(value);
        }
        let upper = text.to_ascii_uppercase().replace('-', "_");
        let near = known()
            .find(|value| *value == upper)
            .or_else(|| nearest(text, known()))
            .or_else(|| nearest(&upper, known()));
        let problem = Diagnostic::new(code::E0503, span, format!("`{}` cannot be `{text}`", field.name));
        let problem = problem.label(format!("expected {}", any_of(known())));
        self.problems.push(match near {
            Some(near) => problem.fix(format!("write `{near}`"), span, near),
            None => problem,
        });
        None
    }

    fn mistyped(&mut self, text: &str, span: Span, field: &Field) {
        let problem = Diagnostic::new(code::E0502, span, format!("`{}` is {}", field.name, described(field)));
        let problem = problem.label(format!("`{text}` is none"));
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = if unit.is_empty() { Some("s") } else { time_unit(unit) };
        let problem = match (field.of, unit, number.parse::<f64>().is_ok()) {
            (Of::Duration, Some(unit), true) => {
                problem.fix(format!("write `{number}{unit}`"), span, format!("{number}{unit}"))
            }
            _ => problem,
        };
        self.problems.push(problem);
    }

    /// `( … )`: an object of pairs, or free-form values.
    fn group(&mut self, group: u32, span: Span, field: &Field) -> Option<Node> {
        let items = self.reader.tree.group(group);
        match field.of {
            Of::Object => {
                let mut object = Object::new(span);
                for item in items {
                    let Some(value) = item.value else {
                        let at = self.reader.item_span(*item);
                        self.problems.push(
                            Diagnostic::new(code::E0502, at, format!("`{}` is {}", field.name, described(field)))
                                .label("expected a pair such as `name: value`"),
                        );
                        continue;
                    };
                    let at = self.reader.tree.span(item.key);
                    let Some(name) = self.text(item.key) else { continue };
                    let Some(child) = field.child(&name) else {
                        self.unknown(&name, at, field);
                        continue;
                    };
                    let inner = [Item { key: value, value: None, after_comma: false }];
                    if let Some(node) = self.values(&inner, child, at) {
                        self.put(name.into_owned(), node, child, at, &mut object);
                    }
                }
                Some(object.node())
            }
            Of::Any => Some(self.free_group(group, span)),
            _ => {
                self.problems.push(
                    Diagnostic::new(code::E0502, span, format!("`{}` is {}", field.name, described(field)))
                        .label("a group stands here"),
                );
                None
            }
        }
    }

    /// The text of an operand.
    pub(super) fn text(&mut self, operand: Operand) -> Option<Cow<'a, str>> {
        match self.reader.text(operand) {
            Ok(text) => Some(text),
            Err(Failure::Problem(problem)) => {
                self.problems.push(*problem);
                None
            }
            Err(Failure::Quiet) => None,
        }
    }
}

/// The error of a name that an object has no field of.
pub(super) fn unknown_field(kind: Kind, name: &str, at: Span, field: &Field) -> Diagnostic {
    let place = if field.name == "spec" || field.name == kind.name() { kind.name() } else { field.name };
    let problem = Diagnostic::new(code::E0501, at, format!("`{place}` has no field `{name}`")).label("not known");
    let names = || field.children.iter().map(|child| child.name);
    // Kubernetes' YAML has camel case, and hands that write Mesh slip into dashes.
    let camel = camel_case(name);
    let near = names().find(|known| *known == camel).or_else(|| nearest(name, names()));
    let head = match name {
        "spec" => Some("a path starts at the fields of `spec`: leave `spec` out"),
        "metadata" | "labels" | "annotations" | "namespace" => Some(
            "the head of the statement names the object and its namespace; `label K: V` and `annotation K: V` stand in the block",
        ),
        "kind" | "apiVersion" => Some("the head of the statement names the kind, and the release decides the version"),
        _ => None,
    };
    match near {
        _ if let Some(help) = head.filter(|_| place == kind.name()) => problem.help(help),
        Some(near) => problem.fix(format!("write `{near}`"), at, near),
        None if field.children.is_empty() => problem.help("it has no fields"),
        None => problem.help(format!("there are {}", all_of(names()))),
    }
}

fn camel_case(name: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for c in name.chars() {
        match c {
            '-' | '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// A field's value as people call it, with its article.
pub(crate) fn described(field: &Field) -> String {
    let one = match field.of {
        Of::Text if !field.values.is_empty() => {
            return format!("one of {}", any_of(field.values.iter().map(|(value, _)| *value)));
        }
        Of::Text => "text",
        Of::Duration => "duration such as `2s`",
        Of::Bool => "`true` or `false`",
        Of::Int => "whole number",
        Of::Number => "number",
        Of::IntOrText => "number or text",
        Of::Object => "object",
        Of::Any => "free-form object",
    };
    match (field.shape, field.of) {
        (Shape::List, Of::Object) => "a list of objects: a block, or `(name: value)`, for each".to_owned(),
        (Shape::List, _) => format!("a list, each member a {one}"),
        (Shape::Map, _) => format!("a map, each value a {one}"),
        (Shape::One, Of::Bool) => one.to_owned(),
        (Shape::One, Of::Object) => "an object: a block, or `(name: value)`".to_owned(),
        (Shape::One, _) => format!("a {one}"),
    }
}

/// A whole number; percentages are the numbers of their per cents.
fn whole(text: &str) -> Option<i64> {
    text.strip_suffix('%').unwrap_or(text).parse().ok()
}

pub(super) fn fraction(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let plain = number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    plain.then(|| number.parse().ok()).flatten()
}
