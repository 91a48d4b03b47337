//! Objects in YAML as `resource` statements, by the schema.

use mesh_istio::schema::{self, Field, Of, Shape};
use mesh_istio::{Kind, Node, Value};

/// An object as a statement; nothing for a kind that has a statement of its own, or a form that none has.
pub fn resource_text(node: &Node) -> Option<String> {
    let version = node.text_of("apiVersion")?;
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let name = node.text_of("kind")?;
    let kind = Kind::all().find(|kind| kind.name() == name && kind.group() == group)?;
    if kind == Kind::Namespace {
        return None;
    }
    let metadata = node.get("metadata")?;
    let mut out = format!("resource {} {}", kind.reference(), metadata.text_of("name")?);
    if let Some(namespace) = metadata.text_of("namespace") {
        out.push_str(&format!(" in {namespace}"));
    }
    out.push_str(" <\n");
    for (key, word) in [("labels", "label"), ("annotations", "annotation")] {
        for (name, value) in metadata.get(key).iter().flat_map(|map| map.fields()) {
            out.push_str(&format!("  {word} {}: {}\n", quoted(name), quoted(value.text()?)));
        }
    }
    let empty = Node::new(mesh_istio::Object::new(node.span), node.span);
    let body = if kind.has_spec() { node.get("spec").unwrap_or(&empty) } else { node };
    fields(body, schema::body(kind), 1, &mut out)?;
    out.push_str(">\n");
    Some(out)
}

pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default().replace("${", "$${")
}

fn fields(object: &Node, field: &Field, depth: usize, out: &mut String) -> Option<()> {
    for (key, node) in object.fields() {
        let Some(child) = field.child(key) else {
            if depth == 1 && matches!(key, "apiVersion" | "kind" | "metadata" | "status") {
                continue;
            }
            return None;
        };
        whole(key, node, child, depth, out)?;
    }
    Some(())
}

/// A field and its value, as one statement or several.
pub fn whole(key: &str, node: &Node, field: &Field, depth: usize, out: &mut String) -> Option<()> {
    let pad = "  ".repeat(depth);
    match (field.shape, &node.value) {
        (Shape::One, _) => one(key, node, field, depth, out)?,
        (Shape::List, Value::List(list)) if field.of == Of::Object => {
            for item in list {
                one(key, item, field, depth, out)?;
            }
            if list.is_empty() {
                return None;
            }
        }
        (Shape::List, Value::List(list)) => {
            let items: Option<Vec<String>> = list.iter().map(scalar).collect();
            let items = items.filter(|items| !items.is_empty())?;
            out.push_str(&format!("{pad}{key} {}\n", items.join(", ")));
        }
        (Shape::Map, Value::Object(_)) => {
            out.push_str(&format!("{pad}{key} <\n"));
            for (name, value) in node.fields() {
                one(&quoted(name), value, field, depth + 1, out)?;
            }
            out.push_str(&format!("{pad}>\n"));
        }
        // What is of another shape than the schema has it is refused by its type.
        _ => out.push_str(&format!("{pad}{key} {}\n", scalar(node)?)),
    }
    Some(())
}

fn one(key: &str, node: &Node, field: &Field, depth: usize, out: &mut String) -> Option<()> {
    let pad = "  ".repeat(depth);
    match (field.of, &node.value) {
        (Of::Object, Value::Object(_)) => {
            out.push_str(&format!("{pad}{key} <\n"));
            fields(node, field, depth + 1, out)?;
            out.push_str(&format!("{pad}>\n"));
        }
        // JSON is YAML.
        (Of::Any, _) => out.push_str(&format!("{pad}{key} {}\n", quoted(&serde_json::to_string(node).ok()?))),
        _ => out.push_str(&format!("{pad}{key} {}\n", scalar(node)?)),
    }
    Some(())
}

fn scalar(node: &Node) -> Option<String> {
    Some(match &node.value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(_) | Value::Object(_) => return None,
    })
}
