//! EnvoyFilter: patches and what they match.

use super::{Found, items, text};
use crate::resource::Resource;
use crate::value::Node;

/// The names that filters had before Envoy's third API, and those they have now.
const OLD_NAMES: [(&str, &str); 27] = [
    ("envoy.buffer", "envoy.filters.http.buffer"),
    ("envoy.client_ssl_auth", "envoy.filters.network.client_ssl_auth"),
    ("envoy.cors", "envoy.filters.http.cors"),
    ("envoy.csrf", "envoy.filters.http.csrf"),
    ("envoy.ext_authz", "envoy.filters.http.ext_authz"),
    ("envoy.fault", "envoy.filters.http.fault"),
    ("envoy.grpc_http1_bridge", "envoy.filters.http.grpc_http1_bridge"),
    ("envoy.grpc_json_transcoder", "envoy.filters.http.grpc_json_transcoder"),
    ("envoy.grpc_web", "envoy.filters.http.grpc_web"),
    ("envoy.gzip", "envoy.filters.http.gzip"),
    ("envoy.health_check", "envoy.filters.http.health_check"),
    ("envoy.http_connection_manager", "envoy.filters.network.http_connection_manager"),
    ("envoy.http_dynamo_filter", "envoy.filters.http.dynamo"),
    ("envoy.ip_tagging", "envoy.filters.http.ip_tagging"),
    ("envoy.listener.http_inspector", "envoy.filters.listener.http_inspector"),
    ("envoy.listener.original_dst", "envoy.filters.listener.original_dst"),
    ("envoy.listener.original_src", "envoy.filters.listener.original_src"),
    ("envoy.listener.proxy_protocol", "envoy.filters.listener.proxy_protocol"),
    ("envoy.listener.tls_inspector", "envoy.filters.listener.tls_inspector"),
    ("envoy.lua", "envoy.filters.http.lua"),
    ("envoy.mongo_proxy", "envoy.filters.network.mongo_proxy"),
    ("envoy.rate_limit", "envoy.filters.http.ratelimit"),
    ("envoy.ratelimit", "envoy.filters.network.ratelimit"),
    ("envoy.redis_proxy", "envoy.filters.network.redis_proxy"),
    ("envoy.router", "envoy.filters.http.router"),
    ("envoy.squash", "envoy.filters.http.squash"),
    ("envoy.tcp_proxy", "envoy.filters.network.tcp_proxy"),
];

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
    if let Some(version) = place.and_then(|place| place.at(&["proxy", "proxyVersion"])) {
        let pattern = version.text().unwrap_or_default();
        if pattern.len() > 1024 {
            found.warn(version.span, "an expression of more than 1024 characters is ignored", "too long");
        } else if crate::regex::problem(pattern).is_some() {
            found.refuse(version.span, "`proxyVersion` is a regular expression", "RE2 cannot read it");
        }
    }
    if let Some(value) = change.get("value") {
        let extension = match apply {
            "HTTP_FILTER" | "NETWORK_FILTER" | "LISTENER_FILTER" | "EXTENSION_CONFIG" => Some(value),
            "CLUSTER" | "FILTER_CHAIN" => value.get("transport_socket").or_else(|| value.get("transportSocket")),
            _ => None,
        };
        let typed = ["typed_config", "typedConfig", "config_discovery", "configDiscovery"];
        if let Some(node) = extension.filter(|node| typed.iter().all(|key| node.get(key).is_none())) {
            found.warn(node.span, "an extension of Envoy has a `typed_config`", "no longer found by its name alone");
        }
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
    if matches!(apply, "LISTENER" | "FILTER_CHAIN") {
        found.warn(filter.span, format!("no filter is matched for {apply}"), "has no effect");
    }
    for filter in std::iter::once(filter).chain(filter.get("subFilter")) {
        if let Some(name) = filter.get("name")
            && let Some((_, new)) = OLD_NAMES.iter().find(|(old, _)| Some(*old) == name.text())
        {
            found.warn(name.span, "this name of a filter is deprecated", format!("now `{new}`"));
        }
    }
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
