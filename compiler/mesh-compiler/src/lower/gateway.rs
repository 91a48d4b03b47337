//! Gateways: selector and servers.

use rustc_hash::FxHashMap as HashMap;

use mesh_istio::{Kind, Node, Object};

use super::{Lower, texts};
use crate::model::{GatewayId, Head, Listener, ListenerTls};

impl<'a> Lower<'_, 'a> {
    pub(super) fn gateways(&mut self) {
        for (at, gateway) in self.mesh.gateways.iter().enumerate() {
            if !gateway.emits
                || gateway.listeners.is_empty()
                || (gateway.workload.is_none() && gateway.select.is_empty())
            {
                continue;
            }
            let head = Head { namespace: gateway.namespace, span: gateway.span, common: gateway.common.clone() };
            let mut resource = self.resource(Kind::Gateway, gateway.namespace, gateway.name, &head);
            if let Some(id) = gateway.workload {
                let service = self.service(id);
                let place = service.namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
                resource.reasons.push(format!(
                    "the selector is that of service {}{place}, where secrets are looked up too",
                    service.name
                ));
            }
            let selector = self.gateway_labels(GatewayId(at), gateway.span);
            resource.spec.put_object("selector", selector);
            let mut names: HashMap<String, usize> = HashMap::default();
            let servers = gateway.listeners.iter().map(|listener| {
                let base = format!("{}-{}", listener.protocol.word(), listener.port);
                let count = names.entry(base.clone()).and_modify(|count| *count += 1).or_insert(1);
                let name = if *count == 1 { base } else { format!("{base}-{count}") };
                let mut server = server(listener, name);
                self.set_fields(&listener.fields, Kind::Gateway, &mut server);
                server.node()
            });
            let servers = servers.collect();
            resource.spec.put_list("servers", servers);
            self.finish(resource, &gateway.common.fields);
        }
    }

    /// How a route in a namespace names a gateway.
    pub(super) fn gateway_reference(&self, id: GatewayId) -> String {
        let gateway = &self.mesh.gateways[id.0];
        let name = gateway.common.object.map_or(gateway.name, |(name, _)| name);
        match gateway.namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        }
    }
}

fn server(listener: &Listener<'_>, name: String) -> Object {
    let span = listener.span;
    let mut server = Object::new(span);
    let mut port = Object::new(span);
    port.set("number", listener.port);
    port.set("name", name);
    port.set("protocol", listener.protocol.istio());
    server.put_object("port", port);
    if let Some((bind, span)) = &listener.bind {
        server.set_at("bind", bind.as_str(), *span);
    }
    let hosts = listener.hosts.iter().flat_map(|(host, span)| {
        if listener.routes_from.is_empty() {
            return vec![Node::new(host.as_ref(), *span)];
        }
        listener.routes_from.iter().map(|(namespace, span)| Node::new(format!("{namespace}/{host}"), *span)).collect()
    });
    server.put_list("hosts", hosts.collect());
    if let Some(span) = listener.redirect {
        let mut tls = Object::new(span);
        tls.set("httpsRedirect", true);
        server.put_object("tls", tls);
    }
    if let Some(tls) = &listener.tls {
        server.put_object("tls", server_tls(tls));
    }
    server
}

fn server_tls(tls: &ListenerTls<'_>) -> Object {
    let mut object = Object::new(tls.span);
    object.set("mode", tls.mode);
    match tls.certs.as_slice() {
        [] => {}
        [(cert, span)] => object.set_at("credentialName", cert.as_ref(), *span),
        several => object
            .put_list("credentialNames", several.iter().map(|(cert, span)| Node::new(cert.as_ref(), *span)).collect()),
    }
    if let Some((file, key, span)) = &tls.files {
        object.set_at("serverCertificate", file.as_ref(), *span);
        object.set_at("privateKey", key.as_ref(), *span);
    }
    if let Some((ca, span)) = &tls.ca {
        object.set_at("caCertificates", ca.as_ref(), *span);
    }
    object.put_list("subjectAltNames", tls.san.iter().map(|(name, span)| Node::new(name.as_ref(), *span)).collect());
    for (field, version) in [("minProtocolVersion", tls.min), ("maxProtocolVersion", tls.max)] {
        if let Some((version, span)) = version {
            object.set_at(field, format!("TLSV{}", version.replace('.', "_")), span);
        }
    }
    if let Some((_, span)) = tls.ciphers.first() {
        let names: Vec<&str> = tls.ciphers.iter().map(|(name, _)| *name).collect();
        object.put_list("cipherSuites", texts(&names, *span));
    }
    object
}
