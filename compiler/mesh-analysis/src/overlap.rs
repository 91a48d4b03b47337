//! Routes of one host in several objects: what Istio merges at gateways and drops in the mesh.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource, host};

use crate::matching::{covers, holds_always, overlaps};
use crate::view::{View, gateway_key, in_mesh, items, namespace, texts};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut at_gateways: HashMap<(String, &str), Vec<&Resource>> = HashMap::default();
    let mut wildcards: HashMap<String, Vec<(&str, &Resource)>> = HashMap::default();
    let mut meshed: HashMap<&str, Vec<&Resource>> = HashMap::default();
    for route in view.of(Kind::VirtualService) {
        for name in texts(route, "hosts") {
            if in_mesh(route) {
                meshed.entry(name).or_default().push(route);
            }
            for gateway in texts(route, "gateways").filter(|gateway| *gateway != "mesh") {
                let key = gateway_key(route, gateway);
                if name.starts_with('*') {
                    wildcards.entry(key.clone()).or_default().push((name, route));
                }
                at_gateways.entry((key, name)).or_default().push(route);
            }
        }
    }
    for ((gateway, name), routes) in &at_gateways {
        found.extend(overlapping(routes));
        found.extend(overridden(name, routes[0], wildcards.get(gateway).map_or(&[], Vec::as_slice)));
    }
    for routes in meshed.values() {
        found.extend(twice_in_mesh(routes));
    }
    found.extend(skipped(view, &meshed));
    found
}

/// At a gateway Istio appends the rules of the objects in the order of their creation, which nobody controls.
fn overlapping(routes: &[&Resource]) -> Option<Diagnostic> {
    for (at, later) in routes.iter().enumerate() {
        for earlier in &routes[..at] {
            let sections = ["http", "tls", "tcp"];
            let pairs = sections
                .iter()
                .flat_map(|section| items(later, section).iter().map(move |rule| (rule, items(earlier, section))));
            for (rule, others) in pairs {
                for other in others {
                    let (a, b) = (rule.items("match"), other.items("match"));
                    let both_last = a.is_empty() && b.is_empty();
                    let clash = a.iter().any(|a| b.iter().any(|b| overlaps(a, b)));
                    if both_last || clash {
                        let why = if both_last {
                            "both have a rule for everything else"
                        } else {
                            "some requests fit rules of both"
                        };
                        return Some(
                            Diagnostic::new(code::E0417, rule.span, format!("two routes of one host overlap: {why}"))
                                .label("a rule of one route")
                                .also(other.span, "a rule of the other")
                                .note("at a gateway Istio puts such rules one after the other by the age of the objects, so which one is taken differs from cluster to cluster")
                                .help("put both into one route, or delegate: `route as NAME < … >` and `delegate NAME`"),
                        );
                    }
                }
            }
        }
    }
    None
}

/// Inside the mesh Istio takes one object for a host and drops the others.
fn twice_in_mesh(routes: &[&Resource]) -> Option<Diagnostic> {
    let private = |route: &Resource| {
        texts(route, "exportTo").all(|place| place == ".") && texts(route, "exportTo").next().is_some()
    };
    for (at, later) in routes.iter().enumerate() {
        let clash = routes[..at]
            .iter()
            .find(|earlier| namespace(earlier) == namespace(later) || !(private(earlier) || private(later)));
        if let Some(earlier) = clash {
            return Some(
                Diagnostic::new(code::E0417, later.span(), "two routes of one host inside the mesh")
                    .label("the second one")
                    .also(earlier.span(), "the first one")
                    .note("Istio merges nothing inside the mesh: it takes the older object and drops the other")
                    .help("put both into one route"),
            );
        }
    }
    None
}

/// Rules of a wildcard host that a host of its own does not get.
fn overridden(name: &str, route: &Resource, wildcards: &[(&str, &Resource)]) -> Option<Diagnostic> {
    let (wide, rules) = wildcards.iter().find(|(wide, _)| *wide != name && host::covers(wide, name))?;
    let own: Vec<&Node> = items(route, "http").iter().flat_map(|rule| rule.items("match")).collect();
    let repeated = |rule: &Node| rule.items("match").iter().all(|wide| own.iter().any(|own| covers(own, wide)));
    let lacking = |rule: &&Node| {
        !rule.items("match").is_empty() && !rule.items("match").iter().any(holds_always) && !repeated(rule)
    };
    let rule = items(rules, "http").iter().find(lacking)?;
    let place =
        items(route, "hosts").iter().find(|node| node.text() == Some(name)).map_or(route.span(), |node| node.span);
    Some(
        Diagnostic::new(code::WILDCARD_OVERRIDDEN, place, format!("`{name}` does not get the rules of `{wide}`"))
            .label("a host of its own")
            .also(rule.span, format!("holds for other hosts of `{wide}` only"))
            .note("a proxy takes the rules of the most specific host, and those alone")
            .help("repeat the rule in this route if it is meant for it too"),
    )
}

/// Destinations at a gateway whose own route inside the mesh is not followed there.
fn skipped(view: &View<'_>, meshed: &HashMap<&str, Vec<&Resource>>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut said = rustc_hash::FxHashSet::default();
    for route in view.of(Kind::VirtualService).filter(|route| !in_mesh(route)) {
        for rule in items(route, "http") {
            for entry in rule.items("route") {
                let Some(destination) = entry.get("destination").filter(|node| node.get("subset").is_none()) else {
                    continue;
                };
                let Some(callee) =
                    destination.text_of("host").and_then(|host| meshed.get(host)).and_then(|routes| routes.first())
                else {
                    continue;
                };
                if !shapes_traffic(callee) || !said.insert((route.span(), callee.span())) {
                    continue;
                }
                found.push(
                    Diagnostic::new(code::GATEWAY_SKIPS_ROUTE, destination.span, "the gateway does not follow this service's own route")
                        .label("all versions, without its rules")
                        .also(callee.span(), "holds for callers inside the mesh")
                        .note("a gateway picks endpoints by itself: shares, header rules, timeouts and retries of the callee's route are those of sidecars")
                        .help("say here what is meant, as in `SERVICE@v1: 90%, SERVICE@v2`"),
                );
            }
        }
    }
    found
}

/// A route that does more than send everything to the whole service.
fn shapes_traffic(route: &Resource) -> bool {
    let plain = |rule: &Node| {
        let only_route = rule.fields().all(|(field, _)| field == "route");
        let whole = rule.items("route").iter().all(|entry| entry.at(&["destination", "subset"]).is_none());
        only_route && whole && rule.items("route").len() == 1
    };
    !items(route, "http").iter().all(plain)
}
