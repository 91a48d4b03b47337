//! EnvoyFilter: patches and what they match.

use super::{Found, items, text};
use crate::resource::Resource;
use crate::value::Node;

pub(super) fn filter(resource: &Resource, found: &mut Found) {
    for patch in items(&resource.spec, "configPatches") {
        one(patch, found);
    }
}

fn one(patch: &Node, found: &mut Found) {
    let place = patch.get("match");
    let waypoint = place.is_some_and(|place| text(place, "context") == "WAYPOINT");
    if let Some(place) = place {
        let names = place.get("waypoint").is_some();
        if names != waypoint {
            found.refuse(
                place.span,
                "`waypoint` is matched in the context WAYPOINT, and nothing else is",
                "one without the other",
            );
        }
    }
    if waypoint {
        return;
    }
    let apply = text(patch, "applyTo");
    if matches!(apply, "" | "INVALID") {
        found.lack(patch.span, "applyTo", "what is patched?");
        return;
    }
    let Some(change) = patch.get("patch") else {
        found.lack(patch.span, "patch", "what is changed?");
        return;
    };
    let operation = text(change, "operation");
    if matches!(operation, "" | "INVALID") {
        found.lack(change.span, "operation", "how is it changed?");
        return;
    }
    if operation != "REMOVE" && change.get("value").is_none() {
        found.lack(change.span, "value", "only REMOVE needs none");
    }
    if let Some(version) = place.and_then(|place| place.at(&["proxy", "proxyVersion"]))
        && let Some(pattern) = version.text().filter(|pattern| pattern.len() <= 1024)
        && crate::regex::problem(pattern).is_some()
    {
        found.refuse(version.span, "`proxyVersion` is a regular expression", "RE2 cannot read it");
    }
    if let Some(place) = place {
        matched(place, apply, found);
    }
}

/// What is matched belongs to what is patched.
fn matched(place: &Node, apply: &str, found: &mut Found) {
    let wanted = match apply {
        "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => "listener",
        "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" => "routeConfiguration",
        "CLUSTER" => "cluster",
        _ => return,
    };
    for other in ["listener", "routeConfiguration", "cluster"].iter().filter(|name| **name != wanted) {
        if let Some(node) = place.get(other) {
            found.refuse(
                node.span,
                format!("{apply} is matched by `{wanted}`"),
                format!("`{other}` is of another class"),
            );
        }
    }
    let Some(filter) = place.at(&["listener", "filterChain", "filter"]) else { return };
    if text(filter, "name").is_empty() {
        found.lack(filter.span, "name", "which filter?");
        return;
    }
    let Some(inner) = filter.get("subFilter") else { return };
    let manager = ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];
    if apply != "HTTP_FILTER" || !manager.contains(&text(filter, "name")) {
        found.refuse(
            inner.span,
            "`subFilter` is for HTTP_FILTER within the HTTP connection manager",
            "matched elsewhere",
        );
    } else if text(inner, "name").is_empty() {
        found.lack(inner.span, "name", "which filter?");
    }
}
