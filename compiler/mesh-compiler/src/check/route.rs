//! `route`: its target, where it holds, and the union of statements for one object.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Rank, host};

use super::{Checker, Placed};
use crate::model::{Head, Listener, Route, RouteTarget, Rule, Subject};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn route(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Route);
        let head = self.head(statement, &clauses);
        self.exportable(&head.common, None);
        let args = &statement.clause.args;
        let mut gateways = Vec::new();
        let mut mesh = None;
        let mut lost_gateway = false;
        for arg in args.list("gateways") {
            if arg.name().name == "mesh" && arg.name().namespace.is_none() {
                mesh = Some(arg.span);
                continue;
            }
            match self.gateway_named(arg.name(), head.namespace, arg.span) {
                Some(id) => match gateways.iter().find(|(known, _)| *known == id) {
                    Some((_, first)) => {
                        let problem = crate::clause::twice(&format!("via {}", arg.name().name), arg.span, *first);
                        self.push(problem);
                    }
                    None => gateways.push((id, arg.span)),
                },
                None => lost_gateway = true,
            }
        }
        if args.list("gateways").is_empty() {
            mesh = Some(statement.clause.span());
        }
        let mut targets: Vec<(RouteTarget<'a>, Span)> = Vec::new();
        for arg in args.list("targets") {
            let Some(subject) = self.subject(arg, head.namespace) else { continue };
            match subject {
                Subject::Service(id) => targets.push((RouteTarget::Service(id), arg.span)),
                Subject::External(id) => targets.push((RouteTarget::External(id), arg.span)),
                Subject::Host(host) => targets.push((RouteTarget::Host(host), arg.span)),
                Subject::Namespace(_) | Subject::ThisNamespace | Subject::Gateway(_) | Subject::Mesh => self.push(
                    Diagnostic::new(code::E0321, arg.span, "a route is for a service or a host")
                        .label("neither")
                        .help("write the service, or the host in quotes"),
                ),
            }
        }
        if args.list("targets").is_empty()
            && let Some(object) = args.get("object")
        {
            targets.push((RouteTarget::Delegate(object.word()), object.span));
        }
        let mut readable = false;
        for (target, span) in targets {
            readable = true;
            let foreign = match target {
                RouteTarget::Service(id) => {
                    let service = &self.mesh.services[id.0];
                    service.namespace != head.namespace && gateways.is_empty()
                }
                RouteTarget::External(id) => {
                    self.mesh.externals[id.0].namespace != head.namespace && gateways.is_empty()
                }
                _ => false,
            };
            let mut route = Route {
                head: head.clone(),
                target,
                target_span: span,
                gateways: gateways.clone(),
                mesh,
                foreign,
                ranks: Vec::new(),
                rules: Vec::new(),
                last: Rule { span: head.span, ..Rule::default() },
                poisoned: clauses.poisoned || lost_gateway,
            };
            self.check_place(&route);
            route.ranks = self.ranks(&route);
            self.rules(statement.site, &clauses, &mut route);
            if statement.site.emits {
                self.mesh.routes.push(route);
            }
        }
        if !readable {
            // The target is unknown; the body is still read, so that its own mistakes show.
            let ranks = vec![Rank::Http, Rank::Tls, Rank::Tcp];
            let mut route = Route {
                head: Head::default(),
                target: RouteTarget::Delegate(""),
                target_span: statement.clause.span(),
                gateways,
                mesh,
                foreign: false,
                ranks,
                rules: Vec::new(),
                last: Rule::default(),
                poisoned: true,
            };
            self.rules(statement.site, &clauses, &mut route);
        }
    }

    /// Where a route may hold at all.
    fn check_place(&mut self, route: &Route<'a>) {
        let host = match &route.target {
            RouteTarget::Host(host) => *host,
            RouteTarget::Service(id) if route.foreign => {
                let service = &self.mesh.services[id.0];
                if service.open && service.namespace.is_some() {
                    let (name, namespace) = (service.name, service.namespace.unwrap_or_default());
                    let problem = Diagnostic::new(
                        code::E0216,
                        route.target_span,
                        format!("who owns `{name}.{namespace}` is not known"),
                    )
                    .label("declared nowhere")
                    .note("a rule for another namespace's service repeats what its owner says of it")
                    .help(format!(
                        "state the facts: `elsewhere < service {name}.{namespace} < http 80; versions v1 > >`"
                    ));
                    self.push(problem);
                }
                return;
            }
            _ => return,
        };
        if let (Some(span), "*") = (route.mesh, host) {
            let explicit = span != route.head.span;
            let problem = Diagnostic::new(code::E0321, route.target_span, "`\"*\"` is a host of gateways only");
            let problem = if explicit {
                problem.label("not for the mesh").also(span, "`mesh` here")
            } else {
                problem.label("no gateway is named")
            };
            self.push(problem.note("Istio refuses a route for every host inside the mesh").help("write `via GATEWAY`"));
        }
        let declared = self
            .mesh
            .externals
            .iter()
            .any(|external| external.hosts.iter().any(|(known, _)| host::overlap(known, host)));
        let declared =
            declared || self.mesh.services.iter().any(|service| service.vm.as_ref().is_some_and(|(vm, _)| vm == host));
        let own = self.mesh.services.iter().find(|service| crate::lower::service_host(service) == host);
        if let (Some(service), true) = (own.map(|service| service.name), route.mesh.is_some()) {
            self.push(
                Diagnostic::new(
                    code::MESH_HOST_PORT,
                    route.target_span,
                    format!("this host is the service `{service}`"),
                )
                .label("named by its host")
                .note("as a host, nothing is known of its ports and versions")
                .fix(format!("write `{service}`"), route.target_span, service),
            );
            return;
        }
        if route.mesh.is_some() && host != "*" && !declared {
            self.push(
                Diagnostic::new(code::MESH_HOST_PORT, route.target_span, format!("no external has the host `{host}`"))
                    .label("known to nobody inside the mesh")
                    .note("for a host without a declaration, sidecars take the rule on port 80 only")
                    .help(format!(
                        "declare it: `external NAME \"{host}\" < http 80 to 443 tls simple >`, or write `via GATEWAY`"
                    )),
            );
        }
    }

    /// The sections that the route may write: from the target's ports inside the mesh, from listeners at gateways.
    fn ranks(&mut self, route: &Route<'a>) -> Vec<Rank> {
        let mut ranks: Vec<Rank> = Vec::new();
        if route.mesh.is_some() {
            match &route.target {
                RouteTarget::Service(id) => {
                    let service = &self.mesh.services[id.0];
                    ranks.extend(service.ports.iter().map(|port| port.protocol.rank()));
                    if service.ports.is_empty() || service.incomplete {
                        ranks.push(Rank::Http);
                    }
                }
                RouteTarget::External(id) => {
                    let external = &self.mesh.externals[id.0];
                    ranks.extend(external.ports.iter().map(|port| port.port.protocol.rank()));
                    if external.incomplete {
                        ranks.push(Rank::Http);
                    }
                }
                RouteTarget::Host(host) => {
                    let externals = self
                        .mesh
                        .externals
                        .iter()
                        .filter(|external| external.hosts.iter().any(|(known, _)| host::overlap(known, host)));
                    ranks.extend(externals.flat_map(|external| &external.ports).map(|port| port.port.protocol.rank()));
                    if ranks.is_empty() {
                        ranks.push(Rank::Http);
                    }
                }
                RouteTarget::Delegate(_) => ranks.push(Rank::Http),
            }
        }
        for (gateway, span) in &route.gateways {
            let hosts = self.hosts_of(route);
            let gateway = &self.mesh.gateways[gateway.0];
            if gateway.incomplete || (!gateway.emits && gateway.listeners.is_empty()) {
                ranks.push(Rank::Http);
                continue;
            }
            let taken = |listener: &&Listener<'a>| {
                listener.routes_from.is_empty()
                    || listener.routes_from.iter().any(|(from, _)| Some(*from) == route.head.namespace)
            };
            let serving: Vec<Rank> = hosts
                .iter()
                .flat_map(|host| serving(&gateway.listeners, host))
                .filter(taken)
                .map(Listener::rank)
                .collect();
            if serving.is_empty() && !route.poisoned {
                let problem =
                    unserved(gateway.name, gateway.span, &gateway.listeners, &hosts, route.target_span, *span);
                self.push(problem);
                ranks.push(Rank::Http);
            }
            ranks.extend(serving);
        }
        if ranks.is_empty() {
            ranks.push(Rank::Http);
        }
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// The hosts of a route, as its object writes them.
    pub(super) fn hosts_of(&self, route: &Route<'a>) -> Vec<String> {
        match &route.target {
            RouteTarget::Service(id) => vec![crate::lower::service_host(&self.mesh.services[id.0])],
            RouteTarget::External(id) => {
                self.mesh.externals[id.0].hosts.iter().map(|(host, _)| host.to_string()).collect()
            }
            RouteTarget::Host(host) => vec![(*host).to_owned()],
            RouteTarget::Delegate(_) => Vec::new(),
        }
    }
}

/// The listeners that serve a host.
pub(super) fn serving<'l, 'a>(listeners: &'l [Listener<'a>], host: &str) -> impl Iterator<Item = &'l Listener<'a>> {
    let host = host.to_owned();
    listeners.iter().filter(move |listener| listener.hosts.iter().any(|(known, _)| host::overlap(known, &host)))
}

fn unserved(
    name: &str,
    declared: Span,
    listeners: &[Listener<'_>],
    hosts: &[String],
    span: Span,
    via: Span,
) -> Diagnostic {
    let host = hosts.first().map_or("", String::as_str);
    let problem = Diagnostic::new(code::E0406, span, format!("no listener of `{name}` serves the host `{host}`"))
        .label("no request for it gets in there")
        .also(via, "at this gateway")
        .also(declared, "declared here");
    let mut known: Vec<&str> =
        listeners.iter().flat_map(|listener| listener.hosts.iter().map(|(host, _)| host.as_ref())).collect();
    known.dedup();
    if let Some(from) =
        listeners.iter().find(|listener| listener.hosts.iter().any(|(known, _)| host::overlap(known, host)))
    {
        let problem = from
            .routes_from
            .iter()
            .fold(problem, |problem, (namespace, at)| problem.also(*at, format!("takes routes of `{namespace}`")));
        return problem
            .note("the listener takes routes of other namespaces only")
            .help("add the namespace of this route to `routes-from`");
    }
    match crate::suggest::nearest(host, known.iter().copied()) {
        Some(near) => problem.help(format!("is it `\"{near}\"`? Else add the host to a listener")),
        None if known.is_empty() => {
            problem.help("the gateway has no listeners: write `https 443 \"HOST\" < cert \"SECRET\" >` in it")
        }
        None => problem.help(format!("it serves {}", crate::suggest::all_of(known))),
    }
}
