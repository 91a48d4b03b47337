//! Rules of a delegate that no request of its root can meet: Istio drops them without a word.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, items, namespace};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let roots: Vec<(&Resource, &Node, &Node)> = view
        .of(Kind::VirtualService)
        .flat_map(|root| items(root, "http").iter().map(move |rule| (root, rule)))
        .filter_map(|(root, rule)| Some((root, rule, rule.get("delegate")?)))
        .collect();
    if roots.is_empty() {
        return Vec::new();
    }
    let by_name: HashMap<(&str, &str), &Resource> =
        view.of(Kind::VirtualService).map(|route| ((namespace(route), route.name.as_str()), route)).collect();
    let mut found = Vec::new();
    for (root, rule, delegate) in roots {
        let place = delegate.text_of("namespace").unwrap_or(namespace(root));
        let Some(target) = by_name.get(&(place, delegate.text_of("name").unwrap_or(""))) else { continue };
        if namespace(root) != place && hidden(target, namespace(root)) {
            found.push(
                Diagnostic::new(code::E0210, delegate.span, "the root cannot see this delegate")
                    .label("would lead nowhere")
                    .also(target.span(), "not exported to the namespace of the root")
                    .note("Istio leaves the rule out, and requests for it go on to the next one")
                    .help(format!("export it: `export here, {}`", namespace(root))),
            );
            continue;
        }
        for inner in items(target, "http") {
            let outside = |inner: &&Node| {
                let root = rule.items("match");
                !root.is_empty() && root.iter().all(|root| conflict(root, inner).is_some())
            };
            let Some(outside) = inner.items("match").iter().find(outside) else { continue };
            let why = rule.items("match").iter().find_map(|root| conflict(root, outside)).unwrap_or("path");
            found.push(
                Diagnostic::new(code::E0210, outside.span, "this rule lies outside of what is delegated to it")
                    .label(format!("its {why} is not within that of the root"))
                    .also(delegate.span, "delegated here")
                    .note("Istio drops a delegate's rule that it cannot tell to be part of the root's; expressions and templates are never part of another test")
                    .help("test in the delegate what the root leaves open, or a longer path below the root's prefix"),
            );
        }
    }
    found
}

/// True when a route is not exported to a namespace.
fn hidden(route: &Resource, to: &str) -> bool {
    let places = items(route, "exportTo");
    !places.is_empty() && !places.iter().filter_map(Node::text).any(|place| place == "*" || place == to)
}

/// The test in which a match of a delegate is not part of one of its root, as Istio tells it when it merges the two.
fn conflict(root: &Node, leaf: &Node) -> Option<&'static str> {
    const PATTERNS: [(&str, &str); 4] =
        [("uri", "path"), ("scheme", "scheme"), ("method", "method"), ("authority", "host")];
    const MAPS: [(&str, &str); 3] = [("headers", "header"), ("withoutHeaders", "header"), ("queryParams", "query")];
    for (field, name) in PATTERNS {
        if apart(root.get(field), leaf.get(field)) {
            return Some(name);
        }
    }
    for (field, name) in MAPS {
        let of_root = |key: &str| root.get(field).and_then(|map| map.get(key));
        if leaf.get(field).is_some_and(|map| map.fields().any(|(key, value)| apart(of_root(key), Some(value)))) {
            return Some(name);
        }
    }
    if root.get("ignoreUriCase").is_some() != leaf.get("ignoreUriCase").is_some() {
        return Some("`nocase`");
    }
    let differ = |field: &str| root.int_of(field).zip(leaf.int_of(field)).is_some_and(|(root, leaf)| root != leaf);
    if differ("port") {
        return Some("port");
    }
    if root.text_of("sourceNamespace").is_some_and(|place| leaf.text_of("sourceNamespace") != Some(place)) {
        return Some("caller");
    }
    let labels = |node: &'_ Node, key: &str| {
        node.get("sourceLabels").and_then(|labels| labels.get(key)).and_then(Node::text).map(str::to_owned)
    };
    let callers = leaf.get("sourceLabels").into_iter().flat_map(Node::fields);
    if callers.into_iter().any(|(key, value)| labels(root, key).is_some_and(|root| value.text() != Some(&root))) {
        return Some("caller");
    }
    let gateways = |node: &'_ Node| node.items("gateways").iter().filter_map(Node::text).map(str::to_owned).collect();
    let (root, leaf): (Vec<String>, Vec<String>) = (gateways(root), gateways(leaf));
    let wider = !root.is_empty() && leaf.iter().any(|gateway| !root.contains(gateway));
    wider.then_some("gateway")
}

/// True when a pattern of a delegate is not part of its root's: it is where Istio can compare the two and it is longer.
fn apart(root: Option<&Node>, leaf: Option<&Node>) -> bool {
    let (Some(root), Some(leaf)) = (root, leaf) else { return false };
    let kinds = ["exact", "prefix", "regex"];
    let of = |node: &'_ Node| kinds.iter().find_map(|kind| Some((*kind, node.text_of(kind)?.to_owned())));
    match (of(root), of(leaf)) {
        (Some(("exact", root)), Some(("exact", leaf))) => root != leaf,
        (Some(("prefix", root)), Some(("prefix" | "exact", leaf))) => !leaf.starts_with(&root),
        _ => true,
    }
}
