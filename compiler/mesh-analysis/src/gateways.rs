//! Gateways that share a workload: certificates, hosts, and redirects that never end.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, items, selects};

/// A server of a gateway, on the workload that it opens on.
struct Server<'r> {
    gateway: &'r Resource,
    node: &'r Node,
}

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut by_place: HashMap<(String, &str, i64), Vec<Server<'_>>> = HashMap::default();
    for gateway in view.of(Kind::Gateway) {
        for node in items(gateway, "servers") {
            let port = node.at(&["port", "number"]).and_then(Node::int).unwrap_or(0);
            by_place
                .entry((workload(gateway), node.text_of("bind").unwrap_or(""), port))
                .or_default()
                .push(Server { gateway, node });
            found.extend(redirect_loop(view, gateway, node));
        }
    }
    let mut places: Vec<_> = by_place.into_iter().collect();
    places.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (_, servers) in places {
        found.extend(shared(&servers));
    }
    found
}

/// The labels of a gateway's pods, as one text.
fn workload(gateway: &Resource) -> String {
    let Some(selector) = gateway.spec.get("selector") else { return String::new() };
    let mut labels: Vec<String> =
        selector.fields().map(|(key, value)| format!("{key}={}", value.text().unwrap_or(""))).collect();
    labels.sort();
    labels.join(",")
}

fn redirect_loop(view: &View<'_>, gateway: &Resource, server: &Node) -> Option<Diagnostic> {
    let redirect = server.at(&["tls", "httpsRedirect"])?;
    let selector = gateway.spec.get("selector")?;
    let balanced = view
        .facts
        .services
        .iter()
        .find(|service| service.behind_tls_balancer && selects(selector, &service.selector))?;
    Some(
        Diagnostic::new(code::E0420, redirect.span, "this redirect never ends")
            .label("redirects plain HTTP to HTTPS")
            .also(balanced.span, "a load balancer before it has ended TLS already")
            .note("every request arrives as plain HTTP, also those that came by HTTPS, and is sent back for ever")
            .help("let the load balancer redirect, and take the redirect out here"),
    )
}

/// Servers of one workload and port that claim one host, or show one certificate for different hosts.
fn shared(servers: &[Server<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut hosts: HashMap<&str, Span> = HashMap::default();
    let mut certificates: HashMap<&str, (Span, &str)> = HashMap::default();
    // Plain TCP takes every connection, and plain HTTP every one that is not TLS.
    let kind = |server: &Server<'_>| {
        let opened = server.node.get("tls").is_some_and(|tls| tls.get("mode").is_some());
        let protocol = server.node.at(&["port", "protocol"]).and_then(Node::text).unwrap_or_default();
        match protocol {
            _ if opened => "TLS",
            "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" => "HTTP",
            "HTTPS" | "TLS" => "TLS",
            _ => "TCP",
        }
    };
    if let Some(first) = servers.first()
        && let Some(other) = servers.iter().find(|server| kind(server) != kind(first))
    {
        let problem =
            Diagnostic::new(code::E0421, other.node.span, "one port of a workload speaks one kind of protocol")
                .label(format!("{} here", kind(other)))
                .also(first.node.span, format!("{} here", kind(first)))
                .note("Istio opens the port for the first listener and drops the other")
                .help("give one of them another port");
        return vec![problem];
    }
    for server in servers {
        let tls = server.node.get("tls").filter(|tls| tls.get("mode").is_some());
        let before = found.len();
        for host in server.node.items("hosts") {
            let Some(name) = host.text() else { continue };
            match hosts.get(name) {
                Some(first) => found.push(
                    Diagnostic::new(
                        code::E0421,
                        host.span,
                        format!("two listeners of one workload claim the host `{name}`"),
                    )
                    .label("the second one")
                    .also(*first, "the first one")
                    .note(if tls.is_some() {
                        "Istio opens the first one it finds and ignores the other"
                    } else {
                        "a route of either gateway would serve the host, and `istioctl analyze` takes it for an error"
                    })
                    .help("keep one of them"),
                ),
                None => {
                    hosts.insert(name, host.span);
                }
            }
        }
        // Listeners of one host are one mistake, whatever certificate they show.
        let Some(tls) = tls.filter(|_| found.len() == before) else { continue };
        let shown = tls.get("credentialName").into_iter().chain(tls.items("credentialNames"));
        for certificate in shown {
            let name = certificate.text().unwrap_or("");
            match certificates.get(name) {
            Some((first, gateway)) => found.push(
                Diagnostic::new(code::E0421, certificate.span, format!("two listeners show the certificate `{name}` for different hosts"))
                    .label("again here")
                    .also(*first, if *gateway == server.gateway.name.as_str() { "first here" } else { "first here, in another gateway" })
                    .note("browsers reuse an HTTP/2 connection for every host of its certificate; requests for the second host then arrive at the first listener and get 404")
                    .help("put the hosts into one listener"),
            ),
            None => {
                certificates.insert(name, (certificate.span, server.gateway.name.as_str()));
            }
        }
        }
    }
    found
}
