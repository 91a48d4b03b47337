//! Sidecar: listeners in and out.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use mesh_diagnostics::{Span, code};

use super::destination::{connections, twice};
use super::gateway::server_tls;
use super::{Found, items, text};
use crate::resource::Resource;
use crate::value::Node;

pub(super) fn sidecar(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    if let Some(pool) = spec.get("inboundConnectionPool") {
        connections(pool, found);
    }
    let ports = |list: &[Node]| -> Vec<(String, Span)> {
        let numbers = list.iter().filter_map(|listener| listener.at(&["port", "number"]));
        numbers.filter_map(|node| Some((node.int().filter(|number| *number > 0)?.to_string(), node.span))).collect()
    };
    for list in [items(spec, "ingress"), items(spec, "egress")] {
        let ports = ports(list);
        for (port, again, first) in twice(ports.iter().map(|(port, span)| (port.as_str(), *span))) {
            found.add(code::E0506, again, format!("two listeners have the port {port}"), |problem| {
                problem.label("the second one").also(first, "the first one").help("say both in one listener")
            });
        }
    }
    for listener in items(spec, "ingress") {
        inbound(listener, found);
    }
    let egress = items(spec, "egress");
    let sockets = egress.iter().filter_map(|listener| Some((listener.text_of("bind")?, listener.get("bind")?.span)));
    for (socket, again, first) in twice(sockets.filter(|(bind, _)| bind.starts_with("unix://"))) {
        found.add(code::E0506, again, format!("two listeners have the socket `{socket}`"), |problem| {
            problem.label("the second one").also(first, "the first one").help("give each one of its own")
        });
    }
    for (at, listener) in egress.iter().enumerate() {
        reached(listener, resource.namespace.as_deref().unwrap_or("."), found);
        outbound(listener, at + 1 == egress.len(), found);
    }
    if let Some(policy) = spec.get("outboundTrafficPolicy")
        && let Some(proxy) = policy.get("egressProxy")
        && text(policy, "mode") != "ALLOW_ANY"
    {
        found.refuse(proxy.span, "`egressProxy` needs the mode ALLOW_ANY", "takes what no service is known for");
    }
}

fn inbound(listener: &Node, found: &mut Found) {
    let protocol = listener.get("port").map_or("", |port| text(port, "protocol"));
    let lower = protocol.to_ascii_lowercase();
    if let Some(pool) = listener.get("connectionPool") {
        connections(pool, found);
        if let Some(http) = pool.get("http")
            && !matches!(lower.as_str(), "http" | "http2" | "http_proxy" | "grpc" | "grpc-web")
        {
            found.warn(http.span, "limits of HTTP are for ports of HTTP", format!("the protocol is {protocol}"));
        }
    }
    let Some(tls) = listener.get("tls") else { return };
    if !matches!(lower.as_str(), "https" | "tls") {
        found.refuse(
            tls.span,
            "a listener that is not encrypted has no TLS settings",
            format!("the protocol is {protocol}"),
        );
    }
    if let Some(mode) = tls.get("mode").filter(|mode| matches!(mode.text(), Some("ISTIO_MUTUAL" | "AUTO_PASSTHROUGH")))
    {
        found.refuse(
            mode.span,
            "an inbound listener cannot have this mode",
            "expected SIMPLE, MUTUAL or OPTIONAL_MUTUAL",
        );
    }
    server_tls(tls, found);
}

/// The hosts of a listener, each said once.
fn reached(listener: &Node, own: &str, found: &mut Found) {
    let mut names: HashMap<&str, HashSet<&str>> = HashMap::default();
    let mut everything = None;
    for node in listener.items("hosts") {
        let Some((place, host)) = node.text().and_then(|text| text.split_once('/')) else { continue };
        if place.starts_with('~') {
            continue;
        }
        let known = names.entry(if place == "." { own } else { place }).or_default();
        let again = if host == "*" { !known.is_empty() } else { known.contains("*") || known.contains(host) };
        if again {
            found.warn(node.span, format!("`{place}/{host}` overlaps with an earlier host"), "said already");
        }
        known.insert(host);
        if (place, host) == ("*", "*") {
            everything = Some(node.span);
        }
    }
    if let Some(span) = everything.filter(|_| names.len() > 1) {
        found.warn(span, "`*/*` stands for every host", "and others are said beside it");
    }
}

fn outbound(listener: &Node, last: bool, found: &mut Found) {
    let bind = text(listener, "bind");
    let socket = bind.starts_with("unix://");
    let Some(port) = listener.get("port") else {
        if !last {
            found.refuse(listener.span, "the listener without a port stands last", "others follow it");
        }
        return;
    };
    let number = port.int_of("number").unwrap_or(0);
    if number == 0 && !socket {
        found.refuse(port.span, "a listener without a port number needs a Unix socket", "write `bind unix://…`");
    }
    if number != 0 && socket {
        found.refuse(port.span, "a listener on a Unix socket has no port number", format!("port {number}"));
    }
    if number == 0 && !matches!(text(listener, "captureMode"), "" | "DEFAULT" | "NONE") {
        let span = listener.get("captureMode").map_or(listener.span, |node| node.span);
        found.refuse(span, "traffic to a Unix socket cannot be captured", "expected DEFAULT or NONE");
    }
}
