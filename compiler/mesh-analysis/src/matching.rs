//! Match objects of VirtualServices as sets of requests.

use mesh_istio::Node;

use crate::language::Language;

/// The fields of a match that hold one pattern each.
const PATTERNS: [&str; 4] = ["uri", "scheme", "method", "authority"];

/// The fields that hold a map of patterns.
const MAPS: [&str; 2] = ["headers", "queryParams"];

fn pattern<'n>(field: &str, node: &'n Node) -> Language<'n> {
    if field == "uri" { Language::of_path(node) } else { Language::of(node) }
}

/// True when a match holds for every request.
pub(crate) fn holds_always(node: &Node) -> bool {
    node.fields().all(|(field, value)| match field {
        "uri" => Language::of_path(value) == Language::All,
        "ignoreUriCase" | "name" | "statPrefix" => true,
        _ => false,
    })
}

/// True when every request of `inner` is one of `outer`; false where that cannot be told.
pub(crate) fn covers(outer: &Node, inner: &Node) -> bool {
    let nocase = |node: &Node| node.get("ignoreUriCase").is_some();
    outer.fields().all(|(field, value)| match field {
        field if PATTERNS.contains(&field) => {
            if field == "uri" && pattern(field, value) == Language::All {
                return true;
            }
            let same_case = field != "uri" || nocase(outer) == nocase(inner);
            same_case && inner.get(field).is_some_and(|other| pattern(field, value).covers(pattern(field, other)))
        }
        field if MAPS.contains(&field) => value.fields().all(|(name, value)| {
            let other = inner.get(field).and_then(|map| map.get(name));
            other.is_some_and(|other| Language::of(value).covers(Language::of(other)))
        }),
        "withoutHeaders" => value.fields().all(|(name, value)| {
            let other = inner.get(field).and_then(|map| map.get(name));
            other.is_some_and(|other| Language::of(other).covers(Language::of(value)))
        }),
        "sourceLabels" => value.fields().all(|(name, value)| {
            inner.get(field).and_then(|map| map.get(name)).is_some_and(|other| other.text() == value.text())
        }),
        "gateways" | "sniHosts" => {
            let outer: Vec<Option<&str>> = value.list().iter().map(Node::text).collect();
            inner.get(field).is_some_and(|other| other.list().iter().all(|name| outer.contains(&name.text())))
        }
        "port" => inner.int_of(field) == value.int(),
        "sourceNamespace" => inner.text_of(field) == value.text(),
        "ignoreUriCase" | "name" | "statPrefix" => true,
        _ => false,
    })
}

/// True when some request belongs to both; true where that cannot be told.
pub(crate) fn overlaps(a: &Node, b: &Node) -> bool {
    let patterns = PATTERNS.iter().all(|field| match (a.get(field), b.get(field)) {
        (Some(a), Some(b)) => pattern(field, a).overlaps(pattern(field, b)),
        _ => true,
    });
    let maps = MAPS.iter().all(|field| match (a.get(field), b.get(field)) {
        (Some(a), Some(b)) => a
            .fields()
            .all(|(name, value)| b.get(name).is_none_or(|other| Language::of(value).overlaps(Language::of(other)))),
        _ => true,
    });
    let absent = |a: &Node, b: &Node| match (a.get("headers"), b.get("withoutHeaders")) {
        (Some(with), Some(without)) => with.fields().all(|(name, value)| {
            without.get(name).is_none_or(|other| !Language::of(other).covers(Language::of(value)))
        }),
        _ => true,
    };
    let ports = match (a.int_of("port"), b.int_of("port")) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    patterns && maps && absent(a, b) && absent(b, a) && ports
}
