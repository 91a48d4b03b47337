//! Gateway, and the TLS that it shares with the inbound listeners of a Sidecar.

use mesh_diagnostics::code;

use super::destination::twice;
use super::{Found, is_filled, items, text};
use crate::host::is_label;
use crate::resource::Resource;
use crate::value::{Node, Value};

pub(super) fn gateway(resource: &Resource, found: &mut Found) {
    if !is_label(&resource.name.to_ascii_lowercase()) {
        found.refuse(
            resource.span(),
            format!("a Gateway cannot be called `{}`", resource.name),
            "one DNS label, without dots",
        );
    }
    let servers = items(&resource.spec, "servers");
    let names = servers.iter().filter_map(|server| {
        let name = server.at(&["port", "name"])?;
        Some((name.text()?, name.span))
    });
    for (name, again, first) in twice(names) {
        found.add(code::E0506, again, format!("two servers have the port name `{name}`"), |problem| {
            problem.label("the second one").also(first, "the first one").help("give each one of its own")
        });
    }
    for server in servers {
        listener(server, found);
        let http = server.get("port").is_some_and(|port| is_http(text(port, "protocol")));
        if let Some(redirect) =
            server.at(&["tls", "httpsRedirect"]).filter(|node| node.value == Value::Bool(true) && !http)
        {
            found.warn(redirect.span, "only HTTP can be redirected to HTTPS", "would be ignored");
        }
    }
}

fn listener(server: &Node, found: &mut Found) {
    let Some(port) = server.get("port") else { return };
    let number = port.int_of("number").unwrap_or(0);
    let socket = text(server, "bind").starts_with("unix://");
    if socket && number != 0 {
        found.refuse(port.span, "a server on a Unix socket has port 0", format!("port {number}"));
    }
    if !socket && number == 0 {
        found.refuse(port.span, "a server has a port from 1 to 65535", "port 0");
    }
    let protocol = text(port, "protocol").to_ascii_lowercase();
    let encrypted = matches!(protocol.as_str(), "https" | "tls");
    let http = is_http(&protocol);
    match server.get("tls") {
        None if encrypted => found.lack(server.span, "tls", "the protocol is encrypted"),
        None => {}
        Some(tls) => {
            let passes = matches!(text(tls, "mode"), "" | "PASSTHROUGH" | "AUTO_PASSTHROUGH");
            let files = ["caCertificates", "privateKey", "serverCertificate"].iter().any(|name| is_filled(tls, name));
            if !encrypted && (!http || !passes || files) {
                found.refuse(
                    tls.span,
                    "a server that is not encrypted has no TLS settings",
                    format!("the protocol is {}", protocol.to_ascii_uppercase()),
                );
            }
            server_tls(tls, found);
        }
    }
}

fn is_http(protocol: &str) -> bool {
    let lower = protocol.to_ascii_lowercase();
    matches!(lower.as_str(), "http" | "http2" | "http_proxy" | "grpc" | "grpc-web")
}

/// What Istio knows of cipher suites; others, and names that start with a sign, it hands to Envoy.
const CIPHERS: [&str; 15] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

/// What Istio takes and warns of in TLS.
fn doubtful_tls(tls: &Node, found: &mut Found) {
    let ciphers = tls.items("cipherSuites");
    if let Some(old) = tls.get("minProtocolVersion").filter(|node| matches!(node.text(), Some("TLSV1_0" | "TLSV1_1")))
        && ciphers.is_empty()
    {
        let version = old.text().unwrap_or_default().trim_start_matches("TLSV").replace('_', ".");
        found.add(code::OLD_TLS, old.span, format!("clients with TLS {version} find no cipher suite"), |problem| {
            problem
                .label("older than what the default suites serve")
                .note("the suites that Envoy takes by itself are those of TLS 1.2 and later")
                .help("ask for TLS 1.2 at least, or name the cipher suites")
        });
    }
    let known =
        |name: &str| name == "ALL" || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || CIPHERS.contains(&name);
    let names = ciphers.iter().filter_map(|node| Some((node.text()?, node.span)));
    for (name, span) in names.clone().filter(|(name, _)| !known(name)) {
        found.warn(span, format!("Istio knows no cipher suite `{name}`"), "would be ignored");
    }
    for (name, again, _) in twice(names.filter(|(name, _)| known(name))) {
        found.warn(again, format!("the cipher suite `{name}` stands twice"), "again here");
    }
    if text(tls, "mode").ends_with("PASSTHROUGH") {
        let own = [
            "caCrl",
            "serverCertificate",
            "privateKey",
            "caCertificates",
            "tlsCertificates",
            "credentialName",
            "credentialNames",
        ];
        if let Some(node) = own.iter().filter(|name| is_filled(tls, name)).find_map(|name| tls.get(name)) {
            found.warn(node.span, "TLS that passes through needs no certificate", "would be ignored");
        }
    }
}

/// TLS of a listener.
pub(super) fn server_tls(tls: &Node, found: &mut Found) {
    doubtful_tls(tls, found);
    let mode = text(tls, "mode");
    let set = |name: &&str| is_filled(tls, name);
    if mode == "ISTIO_MUTUAL" {
        let own = [
            "serverCertificate",
            "privateKey",
            "caCertificates",
            "tlsCertificates",
            "credentialName",
            "credentialNames",
        ];
        for name in own.iter().filter(|name| set(name)) {
            let span = tls.get(name).map_or(tls.span, |node| node.span);
            found.refuse(span, format!("with ISTIO_MUTUAL there is no `{name}`"), "Istio's own certificates are used");
        }
        return;
    }
    let files = set(&"serverCertificate") && set(&"privateKey");
    let sources = ["credentialName", "credentialNames", "tlsCertificates"];
    let mut said: Vec<(&str, &Node)> =
        sources.iter().filter(|name| set(name)).filter_map(|name| Some((*name, tls.get(name)?))).collect();
    if let Some(file) = tls.get("serverCertificate").filter(|_| files) {
        said.push(("serverCertificate", file));
    }
    for other in said.iter().skip(1) {
        found.exclude(*other, said[0]);
    }
    if let Some(list) = tls.get("caCrl").filter(|node| node.value != Value::Text("".into())) {
        if mode == "SIMPLE" {
            found.refuse(list.span, "clients are not verified, so none can be revoked", "the mode is SIMPLE");
        } else if let Some(credential) = tls.get("credentialName") {
            found.exclude(("caCrl", list), ("credentialName", credential));
        }
    }
    let terminates = matches!(mode, "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL");
    if !terminates {
        return;
    }
    if !set(&"credentialName") && !set(&"credentialNames") {
        if mode != "SIMPLE" && !set(&"caCertificates") {
            found.lack(tls.span, "caCertificates", "clients are verified, and there is no credential");
        }
        let whole = [tls];
        let certificates: Vec<&Node> = match tls.items("tlsCertificates") {
            [] => whole.to_vec(),
            list => list.iter().collect(),
        };
        for certificate in certificates {
            for name in ["serverCertificate", "privateKey"].iter().filter(|name| !is_filled(certificate, name)) {
                found.lack(certificate.span, name, "TLS ends here, and there is no credential");
            }
        }
    }
}
