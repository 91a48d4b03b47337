//! Routes: VirtualService, with a section for each kind of port.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Rank, host};

use super::{Lower, texts};
use crate::model::{Place, RequestTest, Route, RouteTarget, Rule, TestKind};

impl<'a> Lower<'_, 'a> {
    pub(super) fn routes(&mut self) {
        for route in &self.mesh.routes {
            match route.target {
                RouteTarget::External(_) => self.route_of_external(route),
                _ => self.route(route),
            }
        }
    }

    /// Requests for one host of an external must not end in another: each host has an object of its own.
    pub(super) fn route_of_external(&mut self, route: &Route<'a>) {
        let RouteTarget::External(id) = route.target else { return };
        for at in 0..self.mesh.externals[id.0].hosts.len() {
            self.external_host = at;
            self.route(route);
        }
        self.external_host = 0;
    }

    fn route(&mut self, route: &Route<'a>) {
        let hosts: Vec<(String, Span)> = match &route.target {
            RouteTarget::Service(id) => vec![(self.host(*id).to_string(), route.target_span)],
            RouteTarget::External(id) => {
                vec![(self.place_host(Place::External(*id)).to_string(), route.target_span)]
            }
            RouteTarget::Host(host) => vec![((*host).to_owned(), route.target_span)],
            RouteTarget::Delegate(_) => Vec::new(),
        };
        let name = match &route.target {
            RouteTarget::Service(id) => self.service(*id).name.to_owned(),
            RouteTarget::External(id) => self.mesh.externals[id.0].name.to_owned(),
            RouteTarget::Host(name) => host::slug(name),
            RouteTarget::Delegate(name) => (*name).to_owned(),
        };
        let mut resource = self.resource(Kind::VirtualService, route.head.namespace, name, &route.head);
        if self.external_host > 0 {
            resource.name = format!("{}-{}", resource.name, self.external_host + 1).into();
        }
        if let (true, Some((host, _))) = (route.ranks.contains(&Rank::Tls) && route.mesh.is_some(), hosts.first()) {
            resource
                .reasons
                .push(format!("TLS that is not opened is told apart by its server name: callers must ask for {host}"));
        }
        let spec = &mut resource.spec;
        spec.put_list("hosts", hosts.iter().map(|(host, span)| Node::new(host.as_str(), *span)).collect());
        let mut gateways: Vec<Node> =
            route.gateways.iter().map(|(id, span)| Node::new(self.gateway_reference(*id), *span)).collect();
        if let (Some(mesh), false) = (route.mesh, gateways.is_empty()) {
            gateways.push(Node::new("mesh", mesh));
        }
        spec.put_list("gateways", gateways);
        self.export(&route.head.common, route.head.namespace, route.foreign, route.head.span, spec);
        let ports = self.mesh.port_ranks(route);
        let sections = Sections { route, open: route.open_ranks(&ports), ports, hosts: &hosts };
        for (rank, field) in [(Rank::Http, "http"), (Rank::Tls, "tls"), (Rank::Tcp, "tcp")] {
            if route.ranks.contains(&rank) {
                spec.put_list(field, self.section(&sections, rank));
            }
        }
        let empty = ["http", "tls", "tcp"].iter().all(|field| spec.get(field).is_none());
        if let (RouteTarget::Service(id), false) = (&route.target, empty) {
            let service = self.service(*id);
            match service.namespace {
                Some(namespace) if service.vm.is_none() => {
                    resource.reasons.push(format!("the host is service {} in namespace {namespace}", service.name))
                }
                None => resource.reasons.push(
                    "the host is short, because no namespace is said: it is looked up where the object is applied"
                        .to_owned(),
                ),
                _ => {}
            }
        }
        if route.ranks.contains(&Rank::Http) && route.last.retry.is_none() && !empty {
            resource.reasons.push("Istio adds by itself, where no `retry` is said: 2 retries on connect-failure, refused-stream, unavailable, cancelled".to_owned());
        }
        if !empty {
            self.through_gateway(route, &mut resource);
            self.finish(resource, &route.head.common.fields);
        }
    }

    /// The rules of one section, in order, the last one last.
    fn section(&self, sections: &Sections<'_, 'a>, rank: Rank) -> Vec<Node> {
        let route = sections.route;
        let mut out = Vec::new();
        for rule in &route.rules {
            let alternatives: Vec<&[RequestTest<'a>]> =
                rule.when.iter().map(Vec::as_slice).filter(|all| sections.holds(all, rank)).collect();
            if !alternatives.is_empty() {
                out.extend(self.rule_of(sections, rule, &alternatives, rank));
            }
        }
        if sections.open.contains(&rank) {
            out.extend(self.rule_of(sections, &route.last, &[], rank));
        }
        out
    }

    fn rule_of(
        &self,
        sections: &Sections<'_, 'a>,
        rule: &Rule<'a>,
        alternatives: &[&[RequestTest<'a>]],
        rank: Rank,
    ) -> Option<Node> {
        let route = sections.route;
        let is_last = alternatives.is_empty();
        // What could not be read whole is left out: its errors are reported.
        if rule.poisoned {
            return None;
        }
        if rank == Rank::Http {
            let mut object = Object::new(rule.span);
            let tests = alternatives.iter().map(|all| self.http_match(all, rule.span)).collect();
            object.put_list("match", tests);
            let mut object = self.http_rule(route, rule, is_last, object)?;
            self.set_fields(&rule.fields, Kind::VirtualService, &mut object);
            return Some(object.node());
        }
        let destinations = self.destinations(route, rule, is_last, rank)?;
        let mut object = Object::new(rule.span);
        let matches = if rank == Rank::Tls {
            self.tls_matches(sections, rule, alternatives)
        } else {
            self.tcp_matches(sections, rule, alternatives)
        };
        object.put_list("match", matches);
        object.put_list("route", destinations);
        Some(object.node())
    }

    fn tls_matches(
        &self,
        sections: &Sections<'_, 'a>,
        rule: &Rule<'a>,
        alternatives: &[&[RequestTest<'a>]],
    ) -> Vec<Node> {
        let names: Vec<&str> = sections.hosts.iter().map(|(host, _)| host.as_str()).collect();
        let none: [&[RequestTest<'a>]; 1] = [&[]];
        let alternatives = if alternatives.is_empty() { &none[..] } else { alternatives };
        alternatives
            .iter()
            .map(|all| {
                let mut object = Object::new(rule.span);
                let sni = all
                    .iter()
                    .find_map(|test| if let TestKind::Sni(name) = &test.kind { Some((name, test.span)) } else { None });
                match sni {
                    Some((name, span)) => object.put_list("sniHosts", texts(&[name], span)),
                    None => object.put_list("sniHosts", texts(&names, rule.span)),
                }
                all.iter().for_each(|test| self.connection_match(&test.kind, test.span, &mut object));
                object.node()
            })
            .collect()
    }

    /// TCP says nothing of hosts: where the target has other ports too, or at a gateway, the port tells it apart.
    fn tcp_matches(
        &self,
        sections: &Sections<'_, 'a>,
        rule: &Rule<'a>,
        alternatives: &[&[RequestTest<'a>]],
    ) -> Vec<Node> {
        let mut ports: Vec<u16> =
            sections.ports.iter().filter(|(_, rank)| *rank == Rank::Tcp).map(|(port, _)| *port).collect();
        ports.sort_unstable();
        ports.dedup();
        let needed = sections.route.ranks.len() > 1 || !sections.route.gateways.is_empty();
        let none: [&[RequestTest<'a>]; 1] = [&[]];
        let alternatives = if alternatives.is_empty() { &none[..] } else { alternatives };
        let mut out = Vec::new();
        for all in alternatives {
            let has_port = all.iter().any(|test| matches!(test.kind, TestKind::Port(_)));
            let ports: Vec<Option<u16>> = if has_port || !needed || ports.is_empty() {
                vec![None]
            } else {
                ports.iter().map(|port| Some(*port)).collect()
            };
            for port in ports {
                let mut object = Object::new(rule.span);
                object.set_some("port", port);
                all.iter().for_each(|test| self.connection_match(&test.kind, test.span, &mut object));
                if !object.is_empty() {
                    out.push(object.node());
                }
            }
        }
        out
    }
}

/// A route and what its sections share.
struct Sections<'r, 'a> {
    route: &'r Route<'a>,
    /// The ports that callers use, and the section of each.
    ports: Vec<(u16, Rank)>,
    /// The sections that the last rule is for.
    open: Vec<Rank>,
    hosts: &'r [(String, Span)],
}

impl<'a> Sections<'_, 'a> {
    /// True when an alternative of a rule belongs into a section.
    fn holds(&self, all: &[RequestTest<'a>], rank: Rank) -> bool {
        let needs_http = all.iter().any(|test| test.kind.needs_http());
        let needs_tls = all.iter().any(|test| matches!(test.kind, TestKind::Sni(_)));
        let port = all.iter().find_map(|test| if let TestKind::Port(port) = test.kind { Some(port) } else { None });
        let port_fits = port.is_none_or(|port| {
            let known: Vec<Rank> =
                self.ports.iter().filter(|(number, _)| *number == port).map(|(_, rank)| *rank).collect();
            known.is_empty() || known.contains(&rank)
        });
        port_fits && (!needs_http || rank == Rank::Http) && (!needs_tls || rank == Rank::Tls)
    }
}
