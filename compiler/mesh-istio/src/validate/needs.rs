//! What a resource has that not all supported releases have.

use crate::release::Release;
use crate::resource::Resource;
use crate::schema::{self, Field, Of, Shape};
use crate::value::{Node, Object, Value};

/// The youngest parts of a resource: a field, a value or the kind itself, and the release that added it.
#[must_use]
pub fn needs(resource: &Resource) -> Vec<(String, Release)> {
    let mut out = Vec::new();
    if let Some(since) = resource.kind.since() {
        out.push((resource.kind.name().to_owned(), since));
        return out;
    }
    object(&resource.spec, schema::body(resource.kind), &mut out);
    out.sort();
    out.dedup();
    out
}

fn object(object: &Object, field: &Field, out: &mut Vec<(String, Release)>) {
    for (key, node) in object.iter() {
        let Some(child) = field.child(key) else { continue };
        match (child.since, child.shape) {
            (Some(since), _) => out.push((key.to_owned(), since)),
            (None, Shape::One) => one(node, child, out),
            (None, Shape::List) => node.list().iter().for_each(|item| one(item, child, out)),
            (None, Shape::Map) => node.fields().for_each(|(_, item)| one(item, child, out)),
        }
    }
}

fn one(node: &Node, field: &Field, out: &mut Vec<(String, Release)>) {
    match &node.value {
        Value::Object(inner) if field.of == Of::Object => object(inner, field, out),
        Value::Text(text) => {
            let since = field.values.iter().find(|(value, _)| value == text).and_then(|(_, since)| *since);
            out.extend(since.map(|since| (text.to_string(), since)));
        }
        _ => {}
    }
}
