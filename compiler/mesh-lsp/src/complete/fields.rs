//! The fields of Istio: in `field PATH = VALUE`, and in the blocks of `resource`.

use lsp_types::CompletionItemKind;
use mesh_compiler::explain::{objects, type_of};
use mesh_compiler::vocabulary::Block;
use mesh_istio::Kind;
use mesh_istio::schema::{Field, Of, Shape, body};

use super::Offer;
use crate::context::Context;

/// The fields of the object that a `field` in a block is about; behind `=`, the values of the field.
pub fn of_object(block: Block, statement: &str, prefix: &str, written: &str) -> Vec<Offer> {
    let objects = objects(block, statement);
    let said = written.split_whitespace().nth(1).and_then(Kind::named);
    let Some(first) = said.or(objects.first().map(|(kind, _)| *kind)) else { return Vec::new() };
    let own = || objects.iter().filter(|(kind, _)| *kind == first).map(|(_, field)| *field);
    if let Some((before, _)) = written.split_once('=') {
        let path = before.split_whitespace().last().unwrap_or_default();
        return own().find_map(|object| object.at(path.split('.'))).map(values).unwrap_or_default();
    }
    let way = prefix.rsplit_once('.').map_or("", |(way, _)| way);
    let names = way.split('.').filter(|name| !name.is_empty());
    let inner = own().filter_map(|object| object.at(names.clone()));
    let mut out: Vec<Offer> = inner.flat_map(|object| fields(object, way, false)).collect();
    if way.is_empty() && said.is_none() {
        let mut kinds: Vec<Kind> = objects.iter().map(|(kind, _)| *kind).collect();
        kinds.dedup();
        let offer =
            |kind: &Kind| Offer { rank: 3, ..Offer::new(kind.name(), CompletionItemKind::STRUCT, "which object") };
        out.extend(kinds.iter().skip(1).map(offer));
    }
    out
}

/// The fields of a `resource` at a place, or the values of the field that is being written.
pub fn of_resource(context: &Context) -> Vec<Offer> {
    let kind = context.inner_heads()[0].split_whitespace().nth(1).and_then(Kind::named);
    let way = context.inner_heads()[1..].iter().map(|head| head.split_whitespace().next().unwrap_or_default());
    let Some(object) = kind.and_then(|kind| body(kind).at(way)) else { return Vec::new() };
    let written = &context.typed[..context.typed.len() - context.prefix().len()];
    match written.split_whitespace().next() {
        None => fields(object, "", true),
        Some(name) => object.child(name).map(values).unwrap_or_default(),
    }
}

fn fields(object: &'static Field, way: &str, blocks: bool) -> Vec<Offer> {
    let known = object.children.iter().filter(|field| !field.refused);
    known
        .map(|field| {
            let label = if way.is_empty() { field.name.to_owned() } else { format!("{way}.{}", field.name) };
            let is_open = field.of == Of::Object && field.shape == Shape::One;
            let mut says = String::new();
            if let Some(since) = field.since {
                says.push_str(&format!("Since Istio {since}. "));
            }
            if let Some(instead) = field.deprecated {
                says.push_str(&format!("Deprecated: set `{instead}`. "));
            }
            Offer {
                snippet: match field.of {
                    Of::Object if blocks => Some(format!("{} <\n  $0\n>", field.name)),
                    Of::Object if is_open => Some(format!("{label}.")),
                    _ if blocks => Some(format!("{} ", field.name)),
                    _ => Some(format!("{label} = ")),
                },
                says,
                rank: if field.deprecated.is_some() || field.unread { 2 } else { 1 },
                ..Offer::new(label, CompletionItemKind::FIELD, type_of(field))
            }
        })
        .collect()
}

fn values(field: &'static Field) -> Vec<Offer> {
    let known = field.values.iter().map(|(value, _)| *value);
    let bools = ["true", "false"].into_iter().filter(|_| field.of == Of::Bool);
    known.chain(bools).map(|value| Offer::new(value, CompletionItemKind::ENUM_MEMBER, "")).collect()
}
