//! Externals and services on virtual machines: ServiceEntry, and TLS that the proxy originates.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object};

use super::{Lower, label_object, selector, texts};
use crate::check_names::{port_name, resolution};
use crate::model::{External, Head, Port};

impl<'a> Lower<'_, 'a> {
    pub(super) fn externals(&mut self) {
        for external in self.mesh.externals.iter().filter(|external| external.emits) {
            self.external(external);
        }
        for service in self.mesh.services.iter().filter(|service| service.emits) {
            let Some((host, span)) = &service.vm else { continue };
            let head = Head { namespace: service.namespace, span: service.span, common: service.common.clone() };
            let mut resource = self.resource(Kind::ServiceEntry, service.namespace, service.name, &head);
            let spec = &mut resource.spec;
            spec.put_list("hosts", texts(&[host], *span));
            spec.put_list("ports", service.ports.iter().map(service_port).collect());
            spec.set("location", "MESH_INTERNAL");
            spec.set("resolution", "STATIC");
            let mut workloads = Object::new(service.span);
            workloads.put_object("labels", label_object(&selector(service), service.span));
            spec.put_object("workloadSelector", workloads);
            self.export(&service.common, service.namespace, false, service.span, spec);
            self.finish(resource, &service.common.fields);
        }
    }

    fn external(&mut self, external: &External<'a>) {
        let head = Head { namespace: external.namespace, span: external.span, common: external.common.clone() };
        let mut resource = self.resource(Kind::ServiceEntry, external.namespace, external.name, &head);
        let spec = &mut resource.spec;
        spec.put_list("hosts", external.hosts.iter().map(|(host, span)| Node::new(host.as_ref(), *span)).collect());
        spec.put_list(
            "addresses",
            external.addresses.iter().map(|(address, span)| Node::new(address.as_str(), *span)).collect(),
        );
        spec.put_list("ports", external.ports.iter().map(|port| service_port(&port.port)).collect());
        spec.set("location", "MESH_EXTERNAL");
        if let Some(resolution) = resolution(external) {
            spec.set_at("resolution", resolution, external.resolve.map_or(external.span, |(_, span)| span));
            if external.resolve.is_none() {
                resource
                    .reasons
                    .push(format!("resolution {resolution} is derived from its hosts, addresses and endpoints"));
            }
        }
        let spec = &mut resource.spec;
        let endpoints = external.endpoints.iter().map(|endpoint| {
            let mut object = Object::new(endpoint.span);
            object.set("address", endpoint.address.as_ref());
            let mut ports = Object::new(endpoint.span);
            for (name, number, span) in &endpoint.ports {
                ports.set_at(name.clone(), *number, *span);
            }
            object.put_object("ports", ports);
            if let Some((locality, span)) = endpoint.locality {
                object.set_at("locality", locality, span);
            }
            if let Some((weight, span)) = endpoint.weight {
                object.set_at("weight", weight, span);
            }
            object.node()
        });
        spec.put_list("endpoints", endpoints.collect());
        self.export(&external.common, external.namespace, false, external.span, spec);
        self.finish(resource, &external.common.fields);
    }
}

/// A port of a ServiceEntry.
fn service_port(port: &Port<'_>) -> Node {
    let mut object = Object::new(port.span);
    object.set("number", port.number);
    object.set("name", port_name(port));
    object.set("protocol", port.protocol.istio());
    if port.target != port.number {
        object.set("targetPort", port.target);
    }
    object.node()
}

/// `tls` of a port that the proxy encrypts.
pub(super) fn port_tls(mode: &str, span: Span) -> Object {
    let mut tls = Object::new(span);
    tls.set(
        "mode",
        match mode {
            "simple" => "SIMPLE",
            "mesh" => "ISTIO_MUTUAL",
            _ => "DISABLE",
        },
    );
    tls
}
