//! Rules of a delegate that no request of its root can meet: Istio drops them without a word.

use std::collections::HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

use crate::language::Language;
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
        for inner in items(target, "http") {
            if let Some(outside) = inner.items("match").iter().find(|inner| !within(rule.items("match"), inner)) {
                found.push(
                    Diagnostic::new(code::E0210, outside.span, "this rule lies outside of what is delegated to it")
                        .label("no request that arrives here has this path")
                        .also(delegate.span, "delegated here, for other paths")
                        .note("Istio drops a delegate's rule whose path the root does not cover")
                        .help("test a path within that of the root"),
                );
            }
        }
    }
    found
}

/// True when the path of a delegate's match is within that of some match of the root.
fn within(root: &[Node], inner: &Node) -> bool {
    let Some(path) = inner.get("uri") else { return true };
    let covers =
        |outer: &Node| outer.get("uri").is_none_or(|outer| Language::of_path(outer).covers(Language::of_path(path)));
    root.is_empty() || root.iter().any(covers)
}
