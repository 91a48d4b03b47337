//! Nodes: gateways, services and externals, and what is said of them.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::Span;

use super::{Builder, Node, NodeKind, Place, Version};
use crate::model::{Action, ExternalId, GatewayId, Mesh, RouteTarget, Service, ServiceId, Subject};
use crate::operand::WHOLE;

impl<'m, 'a> Builder<'m, 'a> {
    pub(super) fn nodes(&mut self) {
        let mesh = self.mesh;
        for (at, gateway) in mesh.gateways.iter().enumerate() {
            let id = GatewayId(at);
            let mut hosts: Vec<String> = Vec::new();
            for (host, _) in gateway.listeners.iter().flat_map(|listener| &listener.hosts) {
                if !hosts.iter().any(|known| known == host) {
                    hosts.push(host.to_string());
                }
            }
            let subject = Subject::Gateway(id);
            // What is said of its pods, their namespace or the mesh holds for it too.
            let place = gateway.workload.map_or(gateway.namespace, |pods| mesh.services[pods.0].namespace);
            let around = [
                Some(subject),
                gateway.workload.map(Subject::Service),
                place.map(Subject::Namespace),
                Some(Subject::Mesh),
            ];
            let around: Vec<Subject<'a>> = around.into_iter().flatten().collect();
            let node = Node {
                id: full("gateway", gateway.name, gateway.namespace),
                kind: NodeKind::Gateway,
                name: gateway.name.to_owned(),
                namespace: gateway.namespace.map(str::to_owned),
                detail: hosts,
                versions: Vec::new(),
                mtls: None,
                guards: self.guards(&around),
                elsewhere: !gateway.emits,
                place: self.text.line(gateway.span),
                statements: self.statements(gateway.span, subject, &around, self.said.routes.get(&subject)),
            };
            self.gateways.insert(id, self.graph.nodes.len());
            if let Some(pods) = gateway.workload {
                self.services.entry(pods).or_insert(self.graph.nodes.len());
            }
            self.graph.nodes.push(node);
        }
        // The pods of a gateway are drawn as the gateway.
        let edges: Vec<ServiceId> = mesh.gateways.iter().filter_map(|gateway| gateway.workload).collect();
        let used = self.used();
        for (at, service) in mesh.services.iter().enumerate() {
            let id = ServiceId(at);
            if edges.contains(&id) || !used[at] {
                continue;
            }
            let node = self.service(id, service);
            self.services.insert(id, self.graph.nodes.len());
            self.graph.nodes.push(node);
        }
        for (at, external) in mesh.externals.iter().enumerate() {
            let id = ExternalId(at);
            let subject = Subject::External(id);
            let node = Node {
                id: full("external", external.name, external.namespace),
                kind: NodeKind::External,
                name: external.name.to_owned(),
                namespace: external.namespace.map(str::to_owned),
                detail: external.hosts.iter().map(|(host, _)| host.to_string()).collect(),
                versions: Vec::new(),
                mtls: None,
                guards: Vec::new(),
                elsewhere: !external.emits,
                place: self.text.line(external.span),
                statements: self.statements(external.span, subject, &[], self.said.routes.get(&subject)),
            };
            self.externals.insert(id, self.graph.nodes.len());
            self.graph.nodes.push(node);
        }
    }

    /// The services of the program's own, and those of modules that it has to do with.
    fn used(&self) -> Vec<bool> {
        let mesh = self.mesh;
        let mut used: Vec<bool> = mesh.services.iter().map(|service| service.emits || service.open).collect();
        for (at, service) in mesh.services.iter().enumerate() {
            for (callee, _) in &service.calls {
                // Whoever calls one of ours belongs to the picture, and whomever one of ours calls.
                let ours = mesh.services[callee.0].emits;
                used[at] |= ours;
                used[callee.0] |= service.emits || ours;
            }
        }
        let mut mark = |id: ServiceId| used[id.0] = true;
        for route in &mesh.routes {
            if let RouteTarget::Service(id) = route.target {
                mark(id);
            }
            for rule in route.rules.iter().chain([&route.last]) {
                let places = rule.shares.iter().map(|share| share.place);
                for place in places.chain(rule.mirrors.iter().map(|mirror| mirror.place)) {
                    if let crate::model::Place::Service(id, _) = place {
                        mark(id);
                    }
                }
            }
        }
        used
    }

    fn service(&self, id: ServiceId, service: &Service<'a>) -> Node {
        let subject = Subject::Service(id);
        let place = service.namespace;
        // What is said of the namespace or the mesh holds for the service too.
        let around = [Some(subject), place.map(Subject::Namespace), Some(Subject::Mesh)];
        let around: Vec<Subject<'a>> = around.into_iter().flatten().collect();
        let own = self.said.inside.get(&id).map(|at| &self.mesh.routes[*at]);
        let share = |name: &str| {
            let shares = &own?.last.shares;
            let mine = || shares.iter().filter(|share| share.place == crate::model::Place::Service(id, Some(name)));
            // A route that names versions sends none to those that it leaves out.
            let named = |share: &crate::model::Share<'a>| matches!(share.place, crate::model::Place::Service(other, Some(_)) if other == id);
            if mine().next().is_none() && !shares.iter().any(named) {
                return None;
            }
            let whole = if shares.len() == 1 { WHOLE } else { 0 };
            let parts: u32 = mine().map(|share| share.parts.unwrap_or(whole)).sum();
            Some(f64::from(parts) / f64::from(WHOLE / 100))
        };
        let version =
            |version: &crate::model::Version<'a>| Version { name: version.name.to_owned(), share: share(version.name) };
        Node {
            id: full("service", service.name, place),
            kind: NodeKind::Service,
            name: service.name.to_owned(),
            namespace: place.map(str::to_owned),
            detail: service.ports.iter().map(|port| format!("{} {}", port.protocol.word(), port.number)).collect(),
            versions: service.versions.iter().map(version).collect(),
            // That of the service, else of its namespace, else of the mesh.
            mtls: around.iter().find_map(|subject| self.said.modes.get(subject)).cloned(),
            guards: self.guards(&around),
            elsewhere: !service.emits && !service.open,
            place: self.text.line(service.span),
            statements: self.statements(service.span, subject, &around, self.said.routes.get(&subject)),
        }
    }

    /// What guards some subjects, in words.
    fn guards(&self, subjects: &[Subject<'a>]) -> Vec<&'static str> {
        let said = subjects.iter().filter_map(|subject| self.said.guards.get(subject)).flatten();
        let mut out: Vec<&'static str> = said.filter_map(|(word, _)| *word).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The statements about a node, in the order of the text behind its declaration: what is said of it by itself, what
    /// guards it, and some routes.
    fn statements(
        &self,
        declared: Span,
        own: Subject<'a>,
        guarding: &[Subject<'a>],
        routes: Option<&Vec<Span>>,
    ) -> Vec<Place> {
        let said = self.said.own.get(&own).into_iter().flatten();
        let guards =
            guarding.iter().filter_map(|subject| self.said.guards.get(subject)).flatten().map(|(_, span)| span);
        let mut places: Vec<Place> = vec![self.text.statement(declared)];
        for span in said.chain(guards).chain(routes.into_iter().flatten()) {
            let place = self.text.statement(*span);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        // The declaration stays in front.
        places[1..].sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        places
    }
}

/// What is said of whom, found once.
#[derive(Default)]
pub(super) struct Said<'a> {
    /// Statements about a subject alone.
    own: HashMap<Subject<'a>, Vec<Span>>,
    /// What guards a subject, and those within it: a word for what a picture marks.
    guards: HashMap<Subject<'a>, Vec<(Option<&'static str>, Span)>>,
    /// Routes by their target, and by the gateway that they hold at.
    routes: HashMap<Subject<'a>, Vec<Span>>,
    /// The route of a service inside the mesh, by its place.
    inside: HashMap<ServiceId, usize>,
    /// Modes of mutual TLS.
    modes: HashMap<Subject<'a>, String>,
}

impl<'a> Said<'a> {
    pub fn of(mesh: &Mesh<'a>) -> Said<'a> {
        let mut said = Said::default();
        let mut own = |subject: Subject<'a>, span: Span| said.own.entry(subject).or_default().push(span);
        mesh.traffic.iter().for_each(|traffic| own(traffic.subject, traffic.head.span));
        mesh.scopes.iter().for_each(|scope| own(scope.subject, scope.head.span));
        mesh.slos.iter().for_each(|slo| own(Subject::Service(slo.service), slo.head.span));
        mesh.scrapes.iter().for_each(|scrape| own(scrape.subject, scrape.head.span));
        mesh.dashboards.iter().for_each(|board| own(board.subject, board.head.span));
        for about in &mesh.about {
            about.subject.into_iter().for_each(|subject| own(subject, about.head.span));
        }
        let mut guard = |subject, word, span| said.guards.entry(subject).or_default().push((word, span));
        for policy in &mesh.policies {
            let word = match (policy.action, policy.dry_run) {
                (Action::Allow, None) => "allow",
                (Action::Allow, Some(_)) => "allow (dry run)",
                (Action::Deny, None) => "deny",
                (Action::Deny, Some(_)) => "deny (dry run)",
                (Action::Audit, _) => "audit",
                (Action::Custom(_), _) => "authorize",
            };
            guard(policy.subject, Some(word), policy.head.span);
        }
        mesh.jwts.iter().for_each(|jwt| guard(jwt.subject, Some("jwt"), jwt.head.span));
        for mtls in mesh.mtls.iter().chain(&mesh.foreign_mtls) {
            guard(mtls.subject, None, mtls.head.span);
            if mtls.mode.0 != "inherit" {
                let ports = mtls.ports.iter().map(|(port, mode, _)| format!(", {port} {mode}"));
                let mode = ports.fold(mtls.mode.0.to_owned(), |mode, port| mode + &port);
                said.modes.entry(mtls.subject).or_insert(mode);
            }
        }
        for (at, route) in mesh.routes.iter().enumerate() {
            let mut routed = |subject| said.routes.entry(subject).or_default().push(route.head.span);
            match route.target {
                RouteTarget::Service(id) => {
                    routed(Subject::Service(id));
                    // The rules of a caller's own are not those of the service.
                    if route.mesh.is_some() && !route.foreign {
                        said.inside.entry(id).or_insert(at);
                    }
                }
                RouteTarget::External(id) => routed(Subject::External(id)),
                _ => {}
            }
            route.gateways.iter().for_each(|(id, _)| routed(Subject::Gateway(*id)));
        }
        said
    }
}

fn full(kind: &str, name: &str, namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("{kind}/{name}.{namespace}"),
        None => format!("{kind}/{name}"),
    }
}
