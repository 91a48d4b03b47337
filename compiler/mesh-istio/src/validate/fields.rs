//! Each field against the tables: known, of its type, within its bounds, in the release, and what it needs beside it.

use mesh_diagnostics::code;

use super::Found;
use crate::release::Release;
use crate::schema::{Field, Of, Shape};
use crate::value::{Node, Object, Value};

/// An object against its field.
pub(super) fn object(object: &Object, field: &Field, release: Release, found: &mut Found) {
    for (key, node) in object.iter() {
        match field.child(key) {
            Some(child) => whole(node, child, release, found),
            None => {
                let kind = found.kind.name();
                let known: Vec<&str> = field.children.iter().map(|child| child.name).collect();
                found.add(code::E0501, node.span, format!("{kind} has no field `{key}` here"), |problem| {
                    problem.label("not known").help(format!("there are {}", known.join(", ")))
                });
            }
        }
    }
    for child in field.children.iter().filter(|child| child.required && object.get(child.name).is_none()) {
        found.lack(object.span(), child.name, &format!("`{}` is missing here", child.name));
    }
    for group in &field.one {
        exclusive(object, group, found);
    }
    for group in &field.exactly {
        exclusive(object, group, found);
    }
    for group in field.some.iter().chain(&field.exactly) {
        if !group.iter().any(|name| object.get(name).is_some()) {
            let names = any_of(group);
            found.add(code::E0505, object.span(), format!("{names} must be set"), |problem| {
                problem.label("none of them is")
            });
        }
    }
}

fn any_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn exclusive(object: &Object, group: &[&str], found: &mut Found) {
    let mut set = group.iter().filter_map(|name| object.get(name).map(|node| (*name, node)));
    let Some(first) = set.next() else { return };
    for other in set {
        found.exclude(other, first);
    }
}

/// All that stands in a field.
fn whole(node: &Node, field: &Field, release: Release, found: &mut Found) {
    if let Some(since) = field.since.filter(|since| *since > release) {
        let kind = found.kind.name();
        found.add(code::E0507, node.span, format!("Istio {release} has no field `{}` here", field.name), |problem| {
            problem
                .label(format!("of {kind} since {since}"))
                .help(format!("write `mesh < istio {since} >`, or leave the field out"))
        });
        return;
    }
    if field.refused {
        found.refuse(node.span, format!("`{}` is in the schema, and Istio refuses it", field.name), "set here");
        return;
    }
    if let Some(instead) = field.deprecated {
        found.add(code::DEPRECATED_FIELD, node.span, format!("`{}` is deprecated", field.name), |problem| {
            problem.label("deprecated").help(format!("set `{instead}`"))
        });
    }
    if field.unread {
        found.add(
            code::UNREAD_FIELD,
            node.span,
            format!("Istio accepts `{}` and never reads it", field.name),
            |problem| problem.label("has no effect").help("leave it out"),
        );
    }
    match (field.shape, &node.value) {
        (Shape::One, _) => one(node, field, release, found),
        (Shape::List, Value::List(list)) => {
            size(node, field, list.len(), "members", found);
            for item in list {
                one(item, field, release, found);
            }
            unique(list, field, found);
        }
        (Shape::Map, Value::Object(map)) => {
            size(node, field, map.iter().count(), "keys", found);
            for (key, value) in map.iter() {
                if let Some(format) = field.key_format.filter(|format| !format.takes(key)) {
                    found.add(
                        code::E0503,
                        value.span,
                        format!("`{key}` cannot be a key of `{}`", field.name),
                        |problem| problem.label(format!("expected {}", format.valid())),
                    );
                }
                one(value, field, release, found);
            }
        }
        (Shape::List, _) => wrong_type(node, field, "a list", found),
        (Shape::Map, _) => wrong_type(node, field, "a map", found),
    }
}

fn wrong_type(node: &Node, field: &Field, expected: &str, found: &mut Found) {
    found.add(code::E0502, node.span, format!("`{}` is {expected}", field.name), |problem| {
        problem.label(format!("this is {}", kind_of(&node.value)))
    });
}

/// A value as people call it.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "`true` or `false`",
        Value::Int(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// One value: the field's own, or a member of its list or map.
fn one(node: &Node, field: &Field, release: Release, found: &mut Found) {
    match (field.of, &node.value) {
        (Of::Any, Value::Object(_)) | (Of::Bool, Value::Bool(_)) => {}
        (Of::Object, Value::Object(value)) => object(value, field, release, found),
        (Of::Text | Of::Duration | Of::IntOrText, Value::Text(value)) => text(node, value, field, release, found),
        (Of::Int | Of::Number | Of::IntOrText, Value::Int(value)) => number(node, *value as f64, field, found),
        (Of::Number, Value::Float(value)) => number(node, *value, field, found),
        (Of::Object | Of::Any, _) => wrong_type(node, field, "an object", found),
        (Of::Bool, _) => wrong_type(node, field, "`true` or `false`", found),
        (Of::Text, _) => wrong_type(node, field, "a text", found),
        (Of::Duration, _) => wrong_type(node, field, "a duration", found),
        (Of::Int, _) => wrong_type(node, field, "a whole number", found),
        (Of::Number, _) => wrong_type(node, field, "a number", found),
        (Of::IntOrText, _) => wrong_type(node, field, "a number or a text", found),
    }
}

fn text(node: &Node, value: &str, field: &Field, release: Release, found: &mut Found) {
    let refuse = |found: &mut Found, label: String| {
        let title = format!("`{}` cannot be `{}`", field.name, shortened(value));
        found.add(code::E0503, node.span, title, |problem| problem.label(label));
    };
    if !field.values.is_empty() {
        match field.values.iter().find(|(known, _)| *known == value) {
            None => {
                let names: Vec<&str> = field.values.iter().map(|(known, _)| *known).collect();
                refuse(found, format!("expected {}", any_of(&names)));
            }
            Some((_, Some(since))) if *since > release => {
                let title = format!("Istio {release} has no value `{value}` of `{}`", field.name);
                found.add(code::E0507, node.span, title, |problem| {
                    problem
                        .label(format!("since {since}"))
                        .help(format!("write `mesh < istio {since} >`, or another value"))
                });
            }
            Some(_) => {}
        }
        return;
    }
    if let Some(format) = field.format.filter(|format| !format.takes(value)) {
        refuse(found, format!("expected {}", format.valid()));
        return;
    }
    let length = value.chars().count();
    if field.length.0.is_some_and(|least| length < least as usize) {
        refuse(found, "it must not be empty".to_owned());
    } else if let Some(most) = field.length.1.filter(|most| length > *most as usize) {
        refuse(found, format!("{length} characters, and {most} are the most"));
    } else if field.pattern.as_ref().is_some_and(|pattern| !pattern.matches(value)) {
        let pattern = field.pattern.as_ref().map_or("", |pattern| pattern.text());
        refuse(found, format!("Kubernetes takes what matches `{pattern}`"));
    }
}

/// A text that fits into a title.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 48 {
        return text.escape_debug().collect();
    }
    let start: String = text.chars().take(45).collect();
    format!("{}…", start.escape_debug())
}

fn number(node: &Node, value: f64, field: &Field, found: &mut Found) {
    let label = match (field.format, field.bounds) {
        (Some(format), _) if !format.takes_number(value) => format!("expected {}", format.valid()),
        (_, (Some(least), _)) if value < least => format!("at least {least}"),
        (_, (_, Some(most))) if value > most => format!("at most {most}"),
        _ => return,
    };
    found.add(code::E0503, node.span, format!("`{}` cannot be {value}", field.name), |problem| problem.label(label));
}

fn size(node: &Node, field: &Field, length: usize, what: &str, found: &mut Found) {
    let label = match field.size {
        (Some(least), _) if length < least as usize => format!("{length} {what}, and {least} is the least"),
        (_, Some(most)) if length > most as usize => format!("{length} {what}, and {most} are the most"),
        _ => return,
    };
    found.add(code::E0503, node.span, format!("`{}` has too few or too many {what}", field.name), |problem| {
        problem.label(label)
    });
}

/// Members that must differ in one key.
fn unique(list: &[Node], field: &Field, found: &mut Found) {
    let Some(key) = field.unique else { return };
    let mut seen: rustc_hash::FxHashMap<String, &Node> = rustc_hash::FxHashMap::default();
    for item in list {
        let name = match item.get(key).map(|node| &node.value) {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Int(number)) => number.to_string(),
            _ => continue,
        };
        if let Some(first) = seen.get(&name) {
            let title = format!("two {} have the {key} `{name}`", field.name);
            let first = first.span;
            found.add(code::E0506, item.span, title, |problem| {
                problem.label("the second one").also(first, "the first one").help("give each one of its own")
            });
        } else {
            seen.insert(name, item);
        }
    }
}
