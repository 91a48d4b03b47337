//! VirtualService: hosts, gateways, rules and destinations.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Span, code};

use super::{Found, items, text};
use crate::resource::Resource;
use crate::value::Node;
use crate::{header, host};

pub(super) fn service(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    if let Some(exports) = spec.get("exportTo") {
        super::entry::exports(exports, resource, false, found);
    }
    let hosts = items(spec, "hosts");
    let gateways = items(spec, "gateways");
    let delegate = hosts.is_empty();
    if delegate {
        for name in ["gateways", "tls", "tcp"] {
            if let Some(node) = spec.get(name) {
                found.refuse(
                    node.span,
                    format!("rules without a host are a delegate, and have no `{name}`"),
                    "no `hosts` are set",
                );
            }
        }
    }
    let in_mesh = gateways.is_empty() || gateways.iter().any(|gateway| gateway.text() == Some("mesh"));
    for node in gateways {
        let name = node.text().unwrap_or_default();
        if let Some((first, rest)) = name.split_once('.').filter(|_| !name.contains('/')) {
            let place = rest.split('.').next().unwrap_or_default();
            found.warn(
                node.span,
                "a gateway of another namespace is `NAMESPACE/NAME`",
                format!("write `{place}/{first}`"),
            );
        }
    }
    for (at, node) in hosts.iter().enumerate() {
        let name = node.text().unwrap_or_default();
        if name == "*" && in_mesh {
            found.refuse(node.span, "the host `*` is for gateways", "these rules hold inside the mesh");
        }
        let held = hosts[..at].iter().find(|first| first.text().is_some_and(|first| host::overlap(first, name)));
        if let Some(first) = held {
            let first_name = first.text().unwrap_or_default();
            found.add(code::E0506, node.span, format!("the hosts `{first_name}` and `{name}` overlap"), |problem| {
                problem.label("the second one").also(first.span, "the first one").help("keep the wider one")
            });
        }
    }
    for rule in items(spec, "http") {
        http(rule, delegate, in_mesh, found);
    }
    for section in ["http", "tls", "tcp"] {
        repeated(items(spec, section), found);
    }
    for rule in items(spec, "tls").iter().chain(items(spec, "tcp")) {
        weights(rule, found);
        for node in rule.items("match").iter().flat_map(|m| m.items("sniHosts")) {
            let name = node.text().unwrap_or_default();
            let within = hosts.iter().any(|known| known.text().is_some_and(|known| host::covers(known, name)));
            if name.parse::<std::net::IpAddr>().is_ok() {
                found.warn(node.span, "a server name is a host, not an address", "most clients send none for it");
            } else if !within {
                found.refuse(
                    node.span,
                    format!("`{name}` is none of the hosts of these rules"),
                    "not within any of them",
                );
            }
        }
    }
}

/// An alternative of a rule that an earlier rule has taken. Whole rules are compared as sets of requests elsewhere.
fn repeated(rules: &[Node], found: &mut Found) {
    if !rules.iter().any(|rule| rule.items("match").len() > 1) {
        return;
    }
    let mut seen: HashMap<String, Span> = HashMap::default();
    for rule in rules {
        let several = rule.items("match").len() > 1;
        for test in rule.items("match") {
            let tests: Vec<_> = test.fields().filter(|(name, _)| *name != "name").collect();
            let text = serde_json::to_string(&tests).unwrap_or_default();
            match seen.get(&text) {
                Some(first) if several => {
                    let first = *first;
                    found.add(
                        code::ISTIO_WARNS,
                        test.span,
                        "this alternative is taken by an earlier rule",
                        |problem| {
                            problem
                                .label("no request reaches it")
                                .also(first, "takes the same requests")
                                .help("leave it out")
                        },
                    );
                }
                Some(_) => {}
                None => {
                    seen.insert(text, test.span);
                }
            }
        }
    }
}

fn weights(rule: &Node, found: &mut Found) {
    let destinations = rule.items("route");
    let total: i64 = destinations.iter().filter_map(|node| node.int_of("weight")).sum();
    if let Some(second) = destinations.get(1).filter(|_| total == 0) {
        found.refuse(
            second.span,
            "the weights of several destinations cannot all be 0",
            "no request would go anywhere",
        );
    }
}

fn http(rule: &Node, delegate: bool, in_mesh: bool, found: &mut Found) {
    if let Some(node) = rule.get("delegate").filter(|_| delegate) {
        found.refuse(node.span, "a delegate cannot delegate again", "these rules have no host");
    }
    weights(rule, found);
    for test in rule.items("match") {
        for (name, node) in ["headers", "withoutHeaders"].iter().flat_map(|key| test.get(key)).flat_map(Node::fields) {
            if header::is_claim(name) && in_mesh {
                found.refuse(node.span, "claims are known at gateways only", "these rules hold inside the mesh");
            }
        }
    }
    // The webhook takes any of 300 to 399; for those that Envoy does not have, istiod writes a route without an action, and
    // proxies refuse the whole configuration.
    if let Some(code) = rule.get("redirect").and_then(|redirect| redirect.get("redirectCode"))
        && !matches!(code.int(), None | Some(0 | 301 | 302 | 303 | 307 | 308))
    {
        found.refuse_later(
            code.span,
            "a redirect has the status 301, 302, 303, 307 or 308",
            "Envoy has no such redirect",
        );
    }
    let prefixed = |test: &Node| test.get("uri").is_none_or(|uri| uri.get("prefix").is_some());
    if let Some(rewrite) = rule.get("redirect").and_then(|redirect| redirect.get("prefixRewrite"))
        && !rule.items("match").iter().all(prefixed)
    {
        found.refuse(
            rewrite.span,
            "`prefixRewrite` needs every path of the rule to be a prefix",
            "another test of the path",
        );
    }
    if let Some(retries) = rule.get("retries").filter(|retries| retries.int_of("attempts").unwrap_or(0) == 0) {
        for name in ["perTryTimeout", "retryOn", "retryRemoteLocalities"] {
            if let Some(node) = retries.get(name) {
                found.refuse(node.span, format!("without attempts there is no `{name}`"), "`attempts` is 0 or not set");
            }
        }
    }
    authority(rule, found);
}

/// The host that a request is for is set in one place.
fn authority(rule: &Node, found: &mut Found) {
    let mut places: Vec<&Node> = Vec::new();
    if let Some(rewrite) = rule.get("rewrite").filter(|rewrite| !text(rewrite, "authority").is_empty()) {
        places.extend(rewrite.get("authority"));
    }
    for operation in ["set", "add"] {
        let headers = rule.at(&["headers", "request", operation]).into_iter().flat_map(Node::fields);
        places.extend(headers.filter(|(name, _)| header::is_authority(name)).map(|(_, node)| node));
    }
    if let [first, second, ..] = places[..] {
        found.add(code::E0508, second.span, "the host of the request is set twice", |problem| {
            problem.label("again here").also(first.span, "first here").help("keep one of them")
        });
    }
}
