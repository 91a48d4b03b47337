//! `via` of externals: whether a gateway can stand between callers and the host.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Node, Protocol, Rank};

use super::Checker;
use super::external::resolution;
use crate::lower::GATEWAY_PORT;
use crate::model::{ExternalId, FieldSet};

impl<'t, 'a> Checker<'t, 'a> {
    /// Looks the gateways of externals up, and checks the chains; gateways and services are known by now.
    pub(super) fn egress(&mut self) {
        for (id, name, span) in std::mem::take(&mut self.via_names) {
            let here = self.mesh.externals[id.0].namespace;
            let known = self.diagnostics.len();
            let Some(gateway) = self.gateway_named(name, here, span) else {
                // What is usually forgotten is another gateway than for calls from outside.
                if let Some(problem) = self.diagnostics[known..].first_mut().filter(|problem| problem.fix.is_none()) {
                    let name = if name.name.starts_with("istio-") { "egress" } else { name.name };
                    problem.help = Some(format!(
                        "declare it: `gateway {name} on istio-egressgateway.istio-system`; `use std/istioctl` declares that service"
                    ));
                }
                continue;
            };
            self.mesh.externals[id.0].via.push((gateway, span));
            if let Some(problem) = self.broken_chain(id) {
                self.push(problem);
                let external = &mut self.mesh.externals[id.0];
                external.via.clear();
                // Some of them are for objects of the chain.
                external.common.fields.clear();
            }
        }
    }

    fn broken_chain(&self, id: ExternalId) -> Option<Diagnostic> {
        let external = &self.mesh.externals[id.0];
        let (gateway, span) = *external.via.first()?;
        let gateway = &self.mesh.gateways[gateway.0];
        if external.incomplete || gateway.incomplete {
            return None;
        }
        let Some(workload) = gateway.workload else {
            return Some(
                Diagnostic::new(
                    code::E0405,
                    span,
                    format!("the gateway `{}` runs on no declared service", gateway.name),
                )
                .label("callers could not reach it")
                .also(gateway.span, "declared here")
                .help("write `gateway NAME on SERVICE`, as in `gateway egress on istio-egressgateway.istio-system`"),
            );
        };
        let service = &self.mesh.services[workload.0];
        if !service.ports.is_empty() && !service.ports.iter().any(|port| port.number == GATEWAY_PORT) {
            return Some(
                Diagnostic::new(
                    code::E0203,
                    span,
                    format!("the gateway's service `{}` has no port {GATEWAY_PORT}", service.name),
                )
                .label("callers reach the gateway on that port")
                .also(service.span, "declared here")
                .help(format!("declare it there: `tls {GATEWAY_PORT}`")),
            );
        }
        let dynamic = resolution(external) == Some("DYNAMIC_DNS");
        let opaque = external.ports.iter().any(|port| port.port.protocol == Protocol::Https);
        let way = if opaque { "write `tls 443` and `resolve dynamic`" } else { "write `resolve dynamic`" };
        if let Some((host, at)) = external.hosts.iter().find(|(host, _)| host.starts_with('*')).filter(|_| !dynamic) {
            return Some(
                Diagnostic::new(code::E0319, span, "a gateway must know which host is meant")
                    .label("sends requests for a wildcard to itself")
                    .also(*at, format!("`{host}` stands for many"))
                    .help(format!("{way}, which looks each name up, or an external for each host")),
            );
        }
        let blind = external.ports.iter().find(|port| port.port.protocol.rank() == Rank::Tcp);
        if let Some(port) = blind {
            return Some(
                Diagnostic::new(code::E0319, span, "TCP does not say which host it is for")
                    .label("the gateway could not tell it apart")
                    .also(port.port.span, "TCP")
                    .help("call it directly, or let the application speak TLS: `tls PORT`"),
            );
        }
        if let Some(second) = external.ports.get(1) {
            return Some(
                Diagnostic::new(code::E0319, second.port.span, "a gateway tells hosts apart, and not their ports")
                    .label("a second port")
                    .also(span, "through this gateway")
                    .help("write an external for each port"),
            );
        }
        let (places, at) = match external.common.export.as_ref() {
            Some((places, at)) => (places.clone(), at),
            None => external.common.fields.iter().find_map(exported_by_path)?,
        };
        let sees = places.iter().any(|place| *place == "everywhere" || Some(*place) == service.namespace)
            || (places.contains(&"here") && external.namespace == service.namespace);
        (!sees).then(|| {
            Diagnostic::new(code::E0319, *at, "the gateway must see the external too")
                .label("not exported there")
                .also(span, "through this gateway")
                .help(match service.namespace {
                    Some(namespace) => format!("add `{namespace}`, or leave it out"),
                    None => "leave it out".to_owned(),
                })
        })
    }
}

/// What a `field` says of the namespaces that see an object, in the words of `export`.
fn exported_by_path(field: &FieldSet) -> Option<(Vec<&str>, &Span)> {
    field.path.first().filter(|name| name.as_str() == "exportTo")?;
    let places = field.node.list().iter().filter_map(Node::text).map(|place| match place {
        "*" => "everywhere",
        "." => "here",
        place => place,
    });
    Some((places.collect(), &field.span))
}
