//! Rewrites of path prefixes: segments that are glued together, and the bare path that is left out.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node};

use crate::language::Language;
use crate::view::{View, items};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    view.of(Kind::VirtualService).flat_map(|service| of_rules(items(service, "http"))).collect()
}

fn of_rules(rules: &[Node]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let Some(rewrite) = rule.at(&["rewrite", "uri"]) else { continue };
        let Some(path) = rewrite.text() else { continue };
        let prefixes: Vec<(&str, &Node)> = rule
            .items("match")
            .iter()
            .filter_map(|entry| entry.get("uri"))
            .filter_map(|uri| match Language::of(uri) {
                Language::Prefix(prefix) => Some((prefix, uri)),
                _ => None,
            })
            .collect();
        let no_path = rule.items("match").iter().all(|entry| entry.get("uri").is_none());
        let whole = no_path.then_some(("/", rule));
        for (prefix, place) in prefixes.iter().copied().chain(whole) {
            if prefix.ends_with('/') && !path.ends_with('/') {
                found.push(
                    Diagnostic::new(code::E0418, rewrite.span, format!("`{prefix}x` would become `{path}x`"))
                        .label("replaces the slash at the end of what matched")
                        .also(place.span, format!("matches the prefix `{prefix}`"))
                        .help(format!("write `rewrite path {path}/`")),
                );
                break;
            }
            if !prefix.ends_with('/') && path.ends_with('/') {
                found.push(
                    Diagnostic::new(code::E0418, rewrite.span, format!("`{prefix}/x` would become `{path}/x`"))
                        .label("ends in a slash that the rest of the path starts with")
                        .also(place.span, format!("matches the prefix `{prefix}`"))
                        .help(format!(
                            "test `path {prefix}, {prefix}/*`, so that the slash is part of what is replaced"
                        )),
                );
                break;
            }
            found.extend(bare_path(prefix, place, rewrite, rules, at));
        }
    }
    found
}

/// `/x/*` does not hold for `/x`: where that path ends in another rule, a rewrite is surely missed.
fn bare_path(prefix: &str, place: &Node, rewrite: &Node, rules: &[Node], at: usize) -> Option<Diagnostic> {
    let bare = prefix.strip_suffix('/').filter(|bare| !bare.is_empty())?;
    let takes = |rule: &Node| {
        let matches = rule.items("match");
        matches
            .iter()
            .any(|entry| entry.get("uri").is_some_and(|uri| Language::of_path(uri).covers(Language::Exact(bare))))
    };
    if rules.iter().any(takes) {
        return None;
    }
    let last = rules.last().filter(|last| last.items("match").is_empty() && rules.len() > at + 1)?;
    Some(
        Diagnostic::new(code::REWRITE_MISSES_PATH, place.span, format!("`{bare}` itself is not rewritten"))
            .label(format!("holds for `{bare}/` and what follows, not for `{bare}`"))
            .also(rewrite.span, "the rewrite")
            .also(last.span, format!("takes `{bare}`"))
            .help(format!("write `path {bare}, {bare}/*` if both are meant")),
    )
}
