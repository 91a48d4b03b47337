//! `external`: what lies outside the mesh.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Protocol, Rank};

use super::field::bases_of;
use super::{Checker, Placed};
use crate::clause::Clause;
use crate::model::{Endpoint, Entity, External, ExternalId, ExternalPort, Port, text};
use crate::operand::{Address, Value};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn describe_external(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::External);
        let Some(id) = self.declared_external(statement) else { return };
        let whole = statement.clause.statement.span();
        let mut common = self.common(&clauses, whole);
        common.fields = self.fields(statement.site, &clauses, bases_of("external"));
        common.object = statement.clause.args.get("object").map(|arg| (arg.word(), arg.span));
        let mut hosts = Vec::new();
        for arg in statement.clause.args.list("hosts") {
            let (host, span) = text(arg);
            if host == "*" {
                self.push(
                    Diagnostic::new(code::E0211, span, "an external cannot be everything")
                        .label("Istio refuses the host `*`")
                        .help("name a domain, as in `\"*.example.pk\"`"),
                );
                continue;
            }
            if let Some(name) = host.strip_prefix('*').filter(|name| !name.starts_with('.')) {
                self.push(
                    Diagnostic::new(code::E0211, span, "a wildcard stands for whole labels")
                        .label("a part of one")
                        .note("server names of TLS are compared by whole labels, and Istio warns of such a host")
                        .fix(
                            format!("write `\"*.{}\"`", name.trim_start_matches('-')),
                            span,
                            format!("\"*.{}\"", name.trim_start_matches('-')),
                        ),
                );
                continue;
            }
            hosts.push((host, span));
        }
        let external = &mut self.mesh.externals[id.0];
        external.common = common;
        external.hosts = hosts;
        external.incomplete = clauses.poisoned;
        for clause in &clauses.list {
            self.external_clause(id, clause);
        }
        self.check_external(id);
    }

    fn external_clause(&mut self, id: ExternalId, clause: &Clause<'t, 'a>) {
        let args = &clause.args;
        let external = &mut self.mesh.externals[id.0];
        match clause.name() {
            "address" => {
                for arg in args.list("addresses") {
                    if let Value::Address(address) = arg.value {
                        external.addresses.push((address.to_string(), arg.span));
                    }
                }
            }
            "via" => {
                if let Some(arg) = args.get("gateway") {
                    self.via_names.push((id, arg.name(), arg.span));
                }
            }
            "resolve" => external.resolve = args.get("how").map(|arg| (arg.word(), clause.span())),
            "endpoint" => {
                let Some((address, span)) = args.get("address").map(text) else { return };
                let mut ports = Vec::new();
                for arg in args.list("ports") {
                    let Value::Pair(name, number) = &arg.value else { continue };
                    match number.parse::<u16>() {
                        Ok(number) if number > 0 => ports.push((name.to_string(), number, arg.span)),
                        _ => self.diagnostics.push(
                            Diagnostic::new(code::E0310, arg.span, format!("`{number}` is not a port number"))
                                .label("from 1 to 65535"),
                        ),
                    }
                }
                if let Some(weight) = args.get("weight").filter(|arg| arg.number() == 0) {
                    self.diagnostics.push(super::workload::weightless(weight.span));
                }
                external.endpoints.push(Endpoint {
                    address,
                    locality: args.get("place").map(|arg| (arg.word(), arg.span)),
                    weight: args.get("weight").map(|arg| (arg.number(), arg.span)),
                    ports,
                    span,
                });
            }
            word => {
                let Some(port) = super::port::declared(clause) else { return };
                let Port { number, target, protocol, .. } = port;
                let tls = args.get("mode").map(|arg| (arg.word(), arg.span));
                if let (Some((_, span)), Rank::Tls) = (tls, protocol.rank()) {
                    self.diagnostics.push(
                        Diagnostic::new(code::E0319, span, format!("`{word}` is encrypted by the application already"))
                            .label("a second TLS around it")
                            .note("the proxy would wrap TLS in TLS, which the server does not expect")
                            .help(format!(
                                "write `http 80 to {target} tls simple` and let the application speak plain HTTP"
                            )),
                    );
                    external.incomplete = true;
                    return;
                }
                let same =
                    |old: &&ExternalPort<'_>| old.port.number == number || port_name(&old.port) == port_name(&port);
                if let Some(first) = external.ports.iter().find(same) {
                    let what = if first.port.number == number { number.to_string() } else { port_name(&port) };
                    let problem =
                        Diagnostic::new(code::E0207, port.span, format!("the port `{what}` is declared twice"));
                    self.diagnostics.push(problem.label("again here").also(first.port.span, "first here"));
                    return;
                }
                external.ports.push(ExternalPort { port, tls });
            }
        }
    }

    fn check_external(&mut self, id: ExternalId) {
        let external = &self.mesh.externals[id.0];
        if external.incomplete || !external.emits {
            return;
        }
        let mut problems = Vec::new();
        if external.ports.is_empty() {
            problems.push(
                Diagnostic::new(code::E0307, external.span, format!("`{}` has no port", external.name))
                    .label("what is called there?")
                    .help("write one, as in `https 443`"),
            );
        }
        let tcp = external.ports.iter().find(|port| port.port.protocol.rank() == Rank::Tcp);
        if let Some(port) = tcp.filter(|_| external.addresses.is_empty()) {
            let number = port.port.number;
            problems.push(
                Diagnostic::new(
                    code::E0416,
                    port.port.span,
                    format!("port {number} of `{}` needs an address", external.name),
                )
                .label("TCP does not say which host it is for")
                .note(format!(
                    "without an address the proxy listens on 0.0.0.0:{number} and takes that port from the whole mesh"
                ))
                .help("write `address 203.0.113.0/24` with the addresses of the host"),
            );
        }
        problems.extend(resolution_problems(external));
        let several = external.hosts.len() > 1;
        if let (true, Some(port), Some(resolution)) = (several, tcp, resolution(external))
            && resolution != "NONE"
        {
            problems.push(
                Diagnostic::new(code::E0319, port.port.span, "TCP cannot tell several hosts apart")
                    .label("one port for all of them")
                    .also(external.hosts[1].1, "a second host")
                    .help("write an external for each host"),
            );
        }
        let blind = external.ports.iter().find(|port| port.port.protocol.rank() != Rank::Http);
        if let (true, Some(port), Some("DNS" | "DNS_ROUND_ROBIN"), Some((_, address)), false) =
            (several, blind, resolution(external), external.addresses.first(), tcp.is_some())
        {
            problems.push(
                Diagnostic::new(code::E0319, *address, "addresses cannot tell several hosts apart")
                    .label("for all of them")
                    .also(external.hosts[1].1, "a second host")
                    .also(port.port.span, "this port is told apart by address")
                    .help("write an external for each host"),
            );
        }
        for endpoint in &external.endpoints {
            for (name, _, span) in &endpoint.ports {
                if let Some(port) = external.ports.iter().find(|port| port.port.alias == Some(name.as_str())) {
                    self.mesh.uses.push((*span, Entity::ExternalPort(id, port.port.number)));
                } else if !external.ports.iter().any(|port| port_name(&port.port) == *name) {
                    let known: Vec<String> = external.ports.iter().map(|port| port_name(&port.port)).collect();
                    problems.push(
                        Diagnostic::new(code::E0203, *span, format!("`{}` has no port `{name}`", external.name))
                            .label("not known")
                            .help(format!("it has {}", crate::suggest::all_of(known.iter().map(String::as_str)))),
                    );
                }
            }
        }
        self.diagnostics.extend(problems);
    }
}

/// The name of a port in Istio's objects: its alias, or protocol and number.
pub(crate) fn port_name(port: &Port<'_>) -> String {
    match port.alias {
        Some(alias) => alias.to_owned(),
        None => format!("{}-{}", port.protocol.word(), port.number),
    }
}

/// Istio's word for how an external is resolved: as said, or derived from its hosts and endpoints.
pub(crate) fn resolution(external: &External<'_>) -> Option<&'static str> {
    let wildcard = external.hosts.iter().any(|(host, _)| host.starts_with('*'));
    let blocks = external.addresses.iter().any(|(address, _)| address.contains('/'));
    Some(match external.resolve {
        Some(("dns", _)) => "DNS",
        Some(("dns-round-robin", _)) => "DNS_ROUND_ROBIN",
        Some(("static", _)) => "STATIC",
        Some(("off", _)) => "NONE",
        Some(("dynamic", _)) => "DYNAMIC_DNS",
        Some(_) => return None,
        None if external.endpoints.iter().any(|endpoint| Address::parse(&endpoint.address).is_none()) => "DNS",
        None if !external.endpoints.is_empty() => "STATIC",
        None if wildcard || blocks => "NONE",
        None => "DNS",
    })
}

fn resolution_problems(external: &External<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let Some(resolution) = resolution(external) else { return problems };
    let at = external.resolve.map_or(external.span, |(_, span)| span);
    let wildcard = external.hosts.iter().find(|(host, _)| host.starts_with('*'));
    let exclude = |title: &str, label: &str| Diagnostic::new(code::E0319, at, title.to_owned()).label(label.to_owned());
    if let (Some((host, span)), "DNS" | "DNS_ROUND_ROBIN", true) = (wildcard, resolution, external.endpoints.is_empty())
    {
        problems.push(
            exclude("a wildcard host has no address to look up", "DNS needs one name")
                .also(*span, format!("`{host}` stands for many"))
                .help("leave `resolve` out: callers then go to the address that they looked up themselves"),
        );
    }
    if let (Some(endpoint), "NONE") = (external.endpoints.first(), resolution) {
        problems.push(
            exclude("with `resolve off` callers go where they want", "endpoints would be ignored")
                .also(endpoint.span, "an endpoint"),
        );
    }
    if resolution == "STATIC" {
        if external.endpoints.is_empty() {
            problems
                .push(exclude("`resolve static` needs endpoints", "there is none").help("write `endpoint ADDRESS`"));
        }
        for endpoint in external.endpoints.iter().filter(|endpoint| Address::parse(&endpoint.address).is_none()) {
            problems.push(
                Diagnostic::new(code::E0319, endpoint.span, "`resolve static` takes addresses, not names")
                    .label("a host name")
                    .also(at, "said here"),
            );
        }
    }
    if let ("DNS_ROUND_ROBIN", Some(second)) = (resolution, external.endpoints.get(1)) {
        problems.push(
            Diagnostic::new(code::E0319, second.span, "`resolve dns-round-robin` takes one endpoint")
                .label("a second one")
                .also(at, "said here"),
        );
    }
    if let Some((_, span)) = external.addresses.iter().find(|(address, _)| address.contains('/'))
        && !matches!(resolution, "NONE" | "STATIC")
    {
        problems.push(
            Diagnostic::new(code::E0319, *span, "a range of addresses cannot be looked up")
                .label("a range")
                .also(at, "resolved by DNS here")
                .help("write `resolve off`"),
        );
    }
    if resolution == "DYNAMIC_DNS" {
        if let Some((host, span)) = external.hosts.iter().find(|(host, _)| !host.starts_with('*')) {
            problems.push(
                Diagnostic::new(code::E0319, *span, "`resolve dynamic` is for wildcard hosts")
                    .label(format!("`{host}` is one name"))
                    .also(at, "said here")
                    .help("leave `resolve` out"),
            );
        }
        if let Some((_, span)) = external.addresses.first() {
            problems.push(
                Diagnostic::new(code::E0319, *span, "`resolve dynamic` looks addresses up by itself")
                    .label("an address")
                    .also(at, "said here"),
            );
        }
        if let Some(endpoint) = external.endpoints.first() {
            problems.push(
                Diagnostic::new(code::E0319, endpoint.span, "`resolve dynamic` looks endpoints up by itself")
                    .label("an endpoint")
                    .also(at, "said here"),
            );
        }
        let odd = |port: &&ExternalPort<'_>| {
            !matches!(port.port.protocol, Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::Tls)
        };
        if let Some(port) = external.ports.iter().find(odd) {
            problems.push(
                Diagnostic::new(
                    code::E0319,
                    port.port.span,
                    "`resolve dynamic` serves `http`, `http2`, `grpc` and `tls` only",
                )
                .label(format!("`{}`", port.port.protocol.word()))
                .also(at, "said here"),
            );
        }
    }
    problems
}
