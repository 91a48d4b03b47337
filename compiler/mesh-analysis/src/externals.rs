//! Externals that claim one host, or one address and port.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, items, namespace, texts};

/// An object that claims a listener, where, and whether by TCP.
type Claim<'r> = (&'r Resource, Span, bool);

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut hosts: HashMap<&str, Vec<(&Resource, Span)>> = HashMap::default();
    let mut listeners: HashMap<(&str, i64), Vec<Claim<'_>>> = HashMap::default();
    for entry in view.of(Kind::ServiceEntry) {
        for host in items(entry, "hosts") {
            let claims = hosts.entry(host.text().unwrap_or("")).or_default();
            if let Some((first, span)) = claims.iter().find(|(other, _)| both_seen(entry, other)) {
                found.push(
                    Diagnostic::new(
                        code::E0415,
                        host.span,
                        format!("two externals are the host `{}`", host.text().unwrap_or("")),
                    )
                    .label(format!("`{}`", entry.name))
                    .also(*span, format!("`{}`", first.name))
                    .note("a proxy that sees both takes one of them, and which one is not said anywhere")
                    .help(if namespace(entry) == namespace(first) {
                        "put the ports of both into one external"
                    } else {
                        "keep one of them, or let each be seen at home only: `export here`"
                    }),
                );
            }
            claims.push((entry, host.span));
        }
        for address in texts(entry, "addresses") {
            for port in items(entry, "ports") {
                let number = port.int_of("number").unwrap_or(0);
                let claims = listeners.entry((address, number)).or_default();
                let tcp = |node: &Node| matches!(node.text_of("protocol"), Some("TCP" | "MONGO" | "MYSQL" | "REDIS"));
                let clash =
                    claims.iter().find(|(other, _, other_tcp)| both_seen(entry, other) && (tcp(port) || *other_tcp));
                if let Some((first, span, _)) = clash {
                    found.push(
                        Diagnostic::new(
                            code::E0415,
                            port.span,
                            format!("two externals are called at {address}:{number}"),
                        )
                        .label(format!("`{}`", entry.name))
                        .also(*span, format!("`{}`", first.name))
                        .note("a proxy has one listener there, and TCP does not say which host it is for")
                        .help("give each an address of its own"),
                    );
                }
                claims.push((entry, port.span, tcp(port)));
            }
        }
    }
    found
}

/// True when some namespace sees both objects.
fn both_seen(a: &Resource, b: &Resource) -> bool {
    let seen = |resource: &Resource, place: &str| {
        let mut places = texts(resource, "exportTo").peekable();
        places.peek().is_none()
            || places.any(|to| to == "*" || to == place || (to == "." && place == namespace(resource)))
    };
    let mut places: Vec<&str> = vec![namespace(a), namespace(b), "another namespace"];
    places.extend(texts(a, "exportTo").chain(texts(b, "exportTo")).filter(|to| !matches!(*to, "*" | "." | "~")));
    places.into_iter().any(|place| seen(a, place) && seen(b, place))
}
