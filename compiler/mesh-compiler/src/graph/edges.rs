//! Edges: declared calls, routes at gateways, requests that are sent on or copied, and the way out.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::Span;

use super::{Builder, Edge, EdgeKind, Place};
use crate::calls::{Permission, Policies};
use crate::model::{self, ExternalId, GatewayId, Route, RouteTarget, Rule, ServiceId};
use crate::operand::percent;

/// Edges by what they join, so that there is one of a kind between two nodes.
type Known = HashMap<(usize, usize, EdgeKind), usize>;

/// Who sends requests along a route.
struct Sender<'m, 'a> {
    /// The node that it is drawn as.
    node: usize,
    /// The service whose proxies send, where that is known: that of a gateway.
    pods: Option<&'m model::Service<'a>>,
    /// The host, where the node has several.
    host: Option<&'a str>,
}

impl<'m, 'a> Builder<'m, 'a> {
    pub(super) fn edges(&mut self) {
        let mesh = self.mesh;
        let mut known = Known::default();
        let policies = Policies::of(mesh);
        for (at, caller) in mesh.services.iter().enumerate() {
            let Some(from) = self.services.get(&ServiceId(at)).copied() else { continue };
            for (callee, span) in &caller.calls {
                let Some(to) = self.services.get(callee).copied() else { continue };
                let (permission, denied) = policies.permission(caller, *callee);
                let edge = self.edge(&mut known, from, to, EdgeKind::Call, *span);
                edge.permission = permission;
                if let Some(denied) = denied {
                    let place = self.text.statement(denied.head.span);
                    self.graph.edges[known[&(from, to, EdgeKind::Call)]].places.push(place);
                }
            }
            for (external, span) in &caller.external_calls {
                let to = self.externals[external];
                let via: Vec<GatewayId> = mesh.externals[external.0].via.iter().map(|(id, _)| *id).collect();
                if via.is_empty() {
                    self.edge(&mut known, from, to, EdgeKind::Call, *span);
                }
                for gateway in via {
                    let through = self.gateways[&gateway];
                    self.edge(&mut known, from, through, EdgeKind::Call, *span);
                }
            }
        }
        for (at, external) in mesh.externals.iter().enumerate() {
            for (gateway, span) in &external.via {
                let (from, to) = (self.gateways[gateway], self.externals[&ExternalId(at)]);
                self.edge(&mut known, from, to, EdgeKind::Egress, *span);
            }
        }
        for route in &mesh.routes {
            self.route(&mut known, &policies, route);
        }
    }

    fn route(&mut self, known: &mut Known, policies: &Policies<'m, 'a>, route: &'m Route<'a>) {
        let mesh = self.mesh;
        let inside = match route.target {
            _ if route.mesh.is_none() => None,
            RouteTarget::Service(id) => self.services.get(&id).copied(),
            RouteTarget::External(id) => self.externals.get(&id).copied(),
            RouteTarget::Host(host) => {
                let named = |external: &model::External<'a>| external.hosts.iter().any(|(known, _)| known == host);
                let found = mesh.externals.iter().position(named);
                found.and_then(|at| self.externals.get(&ExternalId(at)).copied())
            }
            RouteTarget::Delegate(_) => None,
        };
        let mut senders: Vec<Sender<'m, 'a>> = Vec::new();
        // Whoever calls the target sends them on, and is not known here.
        senders.extend(inside.map(|node| Sender { node, pods: None, host: None }));
        for (id, _) in &route.gateways {
            let Some(node) = self.gateways.get(id).copied() else { continue };
            let pods = mesh.gateways[id.0].workload.map(|id| &mesh.services[id.0]);
            let several = self.graph.nodes[node].detail.len() > 1;
            let host = match &route.target {
                RouteTarget::Host(host) if several => Some(*host),
                _ => None,
            };
            senders.push(Sender { node, pods, host });
        }
        for sender in senders {
            // What holds for most requests is told first.
            for rule in [&route.last].into_iter().chain(&route.rules) {
                let rules: Vec<&Rule<'a>> = match rule.delegate {
                    Some((name, namespace, _)) => self.delegated(name, namespace),
                    None => vec![rule],
                };
                for rule in rules {
                    self.rule(known, policies, &sender, rule);
                }
            }
        }
    }

    /// The rules that a delegate holds.
    fn delegated(&self, name: &str, namespace: Option<&str>) -> Vec<&'m Rule<'a>> {
        let held = self.mesh.routes.iter().find(|route| {
            matches!(route.target, RouteTarget::Delegate(_))
                && route.head.common.object.is_some_and(|(object, _)| object == name)
                && namespace.is_none_or(|namespace| route.head.namespace == Some(namespace))
        });
        held.into_iter().flat_map(|route| route.rules.iter().chain([&route.last])).collect()
    }

    /// Where a rule sends requests of a node; those it keeps are no edge.
    fn rule(&mut self, known: &mut Known, policies: &Policies<'m, 'a>, sender: &Sender<'m, 'a>, rule: &'m Rule<'a>) {
        let from = sender.node;
        let tests = (!rule.when.is_empty()).then(|| format!("when {}", self.text.head(rule.span)));
        let host = sender.host.map(|host| format!("{host}:"));
        for share in &rule.shares {
            let Some(to) = self.place(share.place).filter(|to| *to != from) else { continue };
            let version = match share.place {
                model::Place::Service(_, Some(version)) => Some(version),
                _ => None,
            };
            let part = share.parts.filter(|_| rule.shares.len() > 1).map(|parts| percent(parts.into()));
            // The host, the version, the share, and for which requests.
            let parts = [host.as_deref(), version.filter(|_| part.is_some()), part.as_deref(), tests.as_deref()];
            let label = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let label = label.trim_end_matches(':').to_owned();
            let permission = self.permission(policies, sender, share.place);
            let span = if rule.when.is_empty() { share.span } else { rule.span };
            let edge = self.edge(known, from, to, EdgeKind::Route, span);
            edge.permission = edge.permission.worse(permission);
            if !label.is_empty() && !edge.label.split(", ").any(|known| known == label) {
                edge.label = if edge.label.is_empty() { label } else { format!("{}, {label}", edge.label) };
            }
        }
        for mirror in &rule.mirrors {
            let Some(to) = self.place(mirror.place).filter(|to| *to != from) else { continue };
            let permission = self.permission(policies, sender, mirror.place);
            let edge = self.edge(known, from, to, EdgeKind::Mirror, mirror.span);
            edge.permission = edge.permission.worse(permission);
            edge.label = match mirror.parts {
                Some(parts) => format!("copies of {}", percent(parts.into())),
                None => "copies".to_owned(),
            };
        }
    }

    /// What the policies of a destination say of the requests of a sender.
    fn permission(&self, policies: &Policies<'m, 'a>, sender: &Sender<'m, 'a>, to: model::Place<'a>) -> Permission {
        let model::Place::Service(callee, _) = to else { return Permission::Unguarded };
        match sender.pods {
            Some(pods) => policies.permission(pods, callee).0,
            None => policies.of_anyone(callee),
        }
    }

    fn place(&self, place: model::Place<'a>) -> Option<usize> {
        match place {
            model::Place::Service(id, _) => self.services.get(&id).copied(),
            model::Place::External(id) => self.externals.get(&id).copied(),
        }
    }

    /// The edge of a kind between two nodes, with one more line that says it.
    fn edge(&mut self, known: &mut Known, from: usize, to: usize, kind: EdgeKind, span: Span) -> &mut Edge {
        let place: Place = self.text.line(span);
        let edges = &mut self.graph.edges;
        let at = *known.entry((from, to, kind)).or_insert_with(|| {
            edges.push(Edge {
                from,
                to,
                kind,
                label: String::new(),
                permission: Permission::Unguarded,
                places: Vec::new(),
            });
            edges.len() - 1
        });
        let edge = &mut edges[at];
        if !edge.places.contains(&place) {
            edge.places.push(place);
        }
        edge
    }
}
