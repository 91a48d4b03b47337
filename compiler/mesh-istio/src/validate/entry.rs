//! ServiceEntry, WorkloadEntry and WorkloadGroup: hosts, addresses, ports, endpoints.

use mesh_diagnostics::code;

use super::destination::twice;
use super::{Found, items, text};
use crate::address::Address;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::value::{Node, Object, Value};

pub(super) fn entry(resource: &Resource, found: &mut Found) {
    match resource.kind {
        Kind::ServiceEntry => service(resource, found),
        Kind::WorkloadEntry => {
            socket(&resource.spec, found);
            placeless(&resource.spec, found);
        }
        _ => {
            if let Some(template) = resource.spec.get("template") {
                socket_of(template, found);
            }
        }
    }
}

fn socket_of(endpoint: &Node, found: &mut Found) {
    if let Value::Object(object) = &endpoint.value {
        socket(object, found);
    }
}

/// Without an address a machine is reached through the gateway of its network.
fn placeless(endpoint: &Object, found: &mut Found) {
    if let (Some(network), None) = (endpoint.get("network"), endpoint.get("address")) {
        if network.text() == Some("") {
            found.lack(network.span, "address", "neither an address nor a network");
            return;
        }
        found.warn(
            network.span,
            "an endpoint without an address is reached through its network's gateway only",
            "no `address` is set",
        );
    }
}

/// A Unix socket has no ports.
fn socket(endpoint: &Object, found: &mut Found) {
    if let (Some(address), Some(ports)) = (endpoint.get("address"), endpoint.get("ports"))
        && address.text().is_some_and(|text| text.starts_with("unix://"))
        && ports.fields().next().is_some()
    {
        found.refuse(ports.span, "a Unix socket has no ports", "the address is a socket");
    }
}

fn service(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    if let Some(exports) = spec.get("exportTo") {
        self::exports(exports, resource, true, found);
    }
    let names = items(spec, "ports").iter().filter_map(|port| Some((port.text_of("name")?, port.get("name")?.span)));
    for (name, again, first) in twice(names) {
        found.add(code::E0506, again, format!("two ports have the name `{name}`"), |problem| {
            problem.label("the second one").also(first, "the first one").help("give each one of its own")
        });
    }
    let resolution = spec.get("resolution").and_then(Node::text).unwrap_or("NONE");
    for endpoint in items(spec, "endpoints") {
        endpoint_of(endpoint, spec, resolution, found);
    }
    resolved(resource, resolution, found);
    doubtful(spec, resolution, found);
    let hosts = items(spec, "hosts");
    if resolution != "NONE"
        && let Some(second) = hosts.get(1)
        && let Some(port) = items(spec, "ports").iter().find(|port| !has_host(text(port, "protocol")))
    {
        found.add(code::E0508, port.span, "TCP cannot tell several hosts apart", |problem| {
            problem.label("neither HTTP nor TLS").also(second.span, "a second host")
        });
    }
}

/// What Istio takes and warns of.
fn doubtful(spec: &Object, resolution: &str, found: &mut Found) {
    let hosts = items(spec, "hosts");
    let partial = |node: &&Node| node.text().is_some_and(|host| host.starts_with('*') && !host.starts_with("*."));
    if let Some(host) = hosts.iter().find(partial).filter(|_| resolution != "DYNAMIC_DNS") {
        found.warn(host.span, "a wildcard stands for whole labels", "matches nothing as it stands");
    }
    let addressed = !items(spec, "addresses").is_empty();
    let wild = hosts.iter().any(|node| node.text().is_some_and(|host| host.starts_with('*')));
    let blind = |port: &&Node| matches!(text(port, "protocol"), "" | "TCP");
    if let Some(port) = items(spec, "ports").iter().find(blind).filter(|_| !addressed && (wild || resolution == "NONE"))
    {
        found.warn(port.span, "TCP without addresses takes the port from the whole mesh", "needs `addresses`");
    }
    if let (Some(selector), "NONE") = (spec.get("workloadSelector"), resolution) {
        found.warn(selector.span, "with resolution NONE nothing is selected", "would be ignored");
    }
    let by_address = |port: &&Node| {
        matches!(
            text(port, "protocol").to_ascii_lowercase().as_str(),
            "" | "tcp" | "https" | "tls" | "mongo" | "redis" | "mysql"
        )
    };
    if let (Some(second), true, "DNS" | "DNS_ROUND_ROBIN") = (hosts.get(1), addressed, resolution)
        && items(spec, "ports").iter().any(|port| by_address(&port))
    {
        found.warn(second.span, "addresses cannot tell several hosts apart", "a second host");
    }
}

/// True for a protocol that says which host it is for.
fn has_host(protocol: &str) -> bool {
    let lower = protocol.to_ascii_lowercase();
    ["http", "http2", "http_proxy", "grpc", "grpc-web", "https", "tls"].contains(&lower.as_str())
}

fn endpoint_of(endpoint: &Node, spec: &Object, resolution: &str, found: &mut Found) {
    socket_of(endpoint, found);
    if let Value::Object(object) = &endpoint.value {
        placeless(object, found);
    }
    let address = text(endpoint, "address");
    let is_socket = address.starts_with("unix://");
    let span = endpoint.get("address").map_or(endpoint.span, |node| node.span);
    match resolution {
        "STATIC" => {
            if !is_socket && !address.is_empty() && !matches!(Address::parse(address), Some(Address::One(_))) {
                found.refuse(
                    span,
                    "with resolution STATIC an endpoint is an address",
                    format!("`{address}` is a name"),
                );
            }
            if is_socket && items(spec, "ports").len() != 1 {
                found.refuse(span, "a Unix socket serves exactly one port", "the entry has several");
            }
        }
        "DNS" | "DNS_ROUND_ROBIN" if is_socket || address.is_empty() => {
            found.refuse(
                span,
                format!("with resolution {resolution} an endpoint is a name or an address"),
                "it is neither",
            );
        }
        _ => {}
    }
    let Some(ports) = endpoint.get("ports") else { return };
    for (name, port) in ports.fields() {
        if !items(spec, "ports").iter().any(|known| known.text_of("name") == Some(name)) {
            found.refuse(port.span, format!("the entry has no port `{name}`"), "not known");
        }
    }
}

/// What each resolution asks of hosts, addresses and endpoints.
fn resolved(resource: &Resource, resolution: &str, found: &mut Found) {
    let spec = &resource.spec;
    let (hosts, addresses, endpoints) = (items(spec, "hosts"), items(spec, "addresses"), items(spec, "endpoints"));
    let wildcard = |node: &&Node| node.text().is_some_and(|host| host.starts_with('*'));
    let block = addresses.iter().find(|node| node.text().is_some_and(|text| text.contains('/')));
    if let Some(block) = block.filter(|_| !matches!(resolution, "NONE" | "STATIC")) {
        found.refuse(block.span, format!("a block of addresses cannot be resolved by {resolution}"), "a block");
    }
    match resolution {
        "NONE" => {
            if let Some(endpoint) = endpoints.first() {
                found.refuse(endpoint.span, "with resolution NONE there are no endpoints", "an endpoint");
            }
        }
        "DNS" | "DNS_ROUND_ROBIN" => {
            if let Some(host) = hosts.iter().find(wildcard).filter(|_| endpoints.is_empty()) {
                found.refuse(
                    host.span,
                    format!("a wildcard cannot be resolved by {resolution}"),
                    "stands for many names",
                );
            }
            if let Some(second) = endpoints.get(1).filter(|_| resolution == "DNS_ROUND_ROBIN") {
                found.refuse(
                    second.span,
                    "with resolution DNS_ROUND_ROBIN there is one endpoint at most",
                    "a second one",
                );
            }
        }
        "DYNAMIC_DNS" => {
            if let Some(host) = hosts.iter().find(|host| !wildcard(host)) {
                found.refuse(host.span, "resolution DYNAMIC_DNS is for wildcard hosts", "one name");
            }
            for node in addresses.first().into_iter().chain(endpoints.first()) {
                found.refuse(node.span, "resolution DYNAMIC_DNS looks everything up by itself", "would be ignored");
            }
            let serves = |port: &Node| {
                let lower = text(port, "protocol").to_ascii_lowercase();
                ["http", "tls", "grpc", "http2"].contains(&lower.as_str())
            };
            if let Some(port) = items(spec, "ports").iter().find(|port| !serves(port)) {
                found.refuse(port.span, "resolution DYNAMIC_DNS serves HTTP, HTTP2, GRPC and TLS", "another protocol");
            }
            let waypoint = resource.labels.iter().find(|(key, _)| key == "istio.io/use-waypoint");
            if spec.get("location").and_then(Node::text) == Some("MESH_INTERNAL")
                && waypoint.is_some_and(|(_, value)| !value.is_empty() && !value.eq_ignore_ascii_case("none"))
            {
                let span = spec.get("location").map_or(spec.span(), |node| node.span);
                found.refuse(span, "resolution DYNAMIC_DNS inside the mesh takes no waypoint", "MESH_INTERNAL");
            }
        }
        _ => {}
    }
}

/// `exportTo`: no place twice, and `*` and `~` alone.
pub(super) fn exports(list: &Node, resource: &Resource, nowhere: bool, found: &mut Found) {
    let own = resource.namespace.as_deref().unwrap_or(".");
    let place = |node: &Node| {
        (if node.text() == Some(".") { own.to_owned() } else { node.text().unwrap_or_default().to_owned() }, node.span)
    };
    let places: Vec<_> = list.list().iter().map(place).collect();
    for (name, again, first) in twice(places.iter().map(|(name, span)| (name.as_str(), *span))) {
        found.add(code::E0506, again, format!("`exportTo` has `{name}` twice"), |problem| {
            problem.label("again here").also(first, "first here").help("keep one of them")
        });
    }
    for node in list.list() {
        match node.text() {
            Some("*" | "~") if list.list().len() > 1 => {
                found.refuse(node.span, "`*` and `~` stand alone in `exportTo`", "beside other places");
            }
            Some("~") if !nowhere => {
                found.refuse(node.span, "only a ServiceEntry can be exported nowhere", "nowhere");
            }
            _ => {}
        }
    }
}
