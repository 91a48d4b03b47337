//! `gateway`: listeners, their TLS, and the workload that they run on.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Protocol};

use super::field::bases_of;
use super::names::namespace_span;
use super::service::no_export;
use super::{Checker, Placed, Site};
use crate::clause::{Clause, Clauses};
use crate::model::{Entity, Listener, ListenerTls, text};
use crate::operand::Value;
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn describe_gateway(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Gateway);
        let Some(id) = self.declared_gateway(statement) else { return };
        let args = &statement.clause.args;
        let whole = statement.clause.statement.span();
        let mut common = self.common(&clauses, whole);
        common.fields = self.fields(statement.site, &clauses, bases_of("gateway"));
        common.object = args.get("object").map(|arg| (arg.word(), arg.span));
        if let Some((_, span)) = common.export {
            self.push(no_export("a Gateway", span));
        }
        if let Some((name, span)) = common.object.filter(|(name, _)| !mesh_istio::host::is_label(name)) {
            self.push(
                Diagnostic::new(code::E0211, span, format!("`{name}` cannot be the name of a gateway"))
                    .label("lower-case letters, digits and inner dashes, 63 at most"),
            );
        }
        let here = self.mesh.gateways[id.0].namespace;
        let mut incomplete = clauses.poisoned;
        let mut workload = None;
        if let Some(arg) = args.get("service") {
            let key = (arg.name().name, arg.name().namespace.or(here));
            workload = self.services.get(&key).copied().filter(|id| !self.mesh.services[id.0].open);
            if let Some(namespace) = arg.name().namespace {
                self.mesh.uses.push((namespace_span(arg.name(), arg.span), Entity::Namespace(namespace)));
            }
            if let Some(service) = workload {
                self.used(arg.name(), arg.span, Entity::Service(service));
            } else {
                incomplete = true;
                if !self.doubtful.contains(key.0) && !self.missing_module {
                    self.unknown_workload(arg.name(), arg.span);
                }
            }
        }
        let mut select = Vec::new();
        let mut listeners = Vec::new();
        for clause in &clauses.list {
            match clause.name() {
                "select" => self.pairs(clause.args.list("labels"), &mut select, true),
                word => {
                    if let Some(protocol) = Protocol::named(word) {
                        match self.listener(statement.site, clause, protocol) {
                            Some(listener) => listeners.push(listener),
                            None => incomplete = true,
                        }
                    }
                }
            }
        }
        let span = self.mesh.gateways[id.0].span;
        if let (Some((_, _, select)), Some(service)) = (select.first(), args.get("service")) {
            let (select, service) = (*select, service.span);
            self.push(
                Diagnostic::new(code::E0319, select, "a gateway runs on a service or selects pods, not both")
                    .label("other pods")
                    .also(service, "the pods of this service")
                    .help("the labels of the service's pods are said in the service: `select KEY: VALUE`"),
            );
            incomplete = true;
        }
        let all_digits = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
        let object = common.object.map_or(self.mesh.gateways[id.0].name, |(name, _)| name);
        if all_digits(object) {
            self.push(
                Diagnostic::new(code::E0211, span, format!("`{object}` cannot be the name of a gateway"))
                    .label("a number")
                    .note("Istio refuses routes that name a gateway by a number"),
            );
        }
        if self.mesh.gateways[id.0].name == "mesh" {
            self.push(
                Diagnostic::new(code::E0211, span, "`mesh` cannot be the name of a gateway")
                    .label("`via mesh` means the callers inside the mesh")
                    .help("give the gateway another name"),
            );
        }
        if workload.is_none() && select.is_empty() && !incomplete && self.mesh.gateways[id.0].emits {
            self.push(
                Diagnostic::new(code::E0405, span, format!("the gateway `{}` runs on nothing", self.mesh.gateways[id.0].name))
                    .label("on which pods?")
                    .note("without a workload its listeners would open on every gateway pod of the mesh, egress and east-west included")
                    .help("write `on istio-ingressgateway.istio-system`, with `use std/istioctl`; or `select KEY: VALUE`"),
            );
            incomplete = true;
        }
        if let Some(workload) = workload.filter(|_| self.mesh.gateways[id.0].emits) {
            self.reachable(workload, &listeners);
        }
        let secret = listeners
            .iter()
            .filter_map(|listener| listener.tls.as_ref())
            .flat_map(|tls| &tls.certs)
            .next()
            .map(|(_, span)| *span);
        if let (Some(secret), None, false, true) = (secret, workload, incomplete, self.mesh.gateways[id.0].emits) {
            self.push(
                Diagnostic::new(code::E0405, secret, "where this secret is read is not known")
                    .label("a secret of which namespace?")
                    .also(span, "declared with `select` only")
                    .note("Istio reads it in the namespace of the gateway's pods, not in that of the Gateway")
                    .help("declare the gateway `on SERVICE`, or name files: `cert file \"…\" key \"…\"`"),
            );
        }
        let gateway = &mut self.mesh.gateways[id.0];
        gateway.common = common;
        gateway.workload = workload;
        gateway.select = select;
        gateway.listeners = listeners;
        gateway.incomplete = incomplete;
    }

    /// A listener on a port that the gateway's service does not have is called by nobody from outside.
    fn reachable(&mut self, id: crate::model::ServiceId, listeners: &[Listener<'a>]) {
        let service = &self.mesh.services[id.0];
        if service.incomplete || service.ports.is_empty() {
            return;
        }
        let known = |port: u16| service.ports.iter().any(|known| known.number == port || known.target == port);
        let lacking =
            listeners.iter().filter(|listener| !known(listener.port)).map(|listener| (listener.port, listener.span));
        let (name, declared) = (service.name, service.span);
        let shown: Vec<String> = service.ports.iter().map(|port| port.number.to_string()).collect();
        let shown = crate::suggest::all_of(shown.iter().map(String::as_str));
        let lacking: Vec<(u16, Span)> = lacking.collect();
        let Some(((port, span), others)) = lacking.split_first() else { return };
        let problem =
            Diagnostic::new(code::UNREACHABLE_LISTENER, *span, format!("the service `{name}` has no port {port}"))
                .label("nobody reaches this listener through it");
        let problem = others.iter().fold(problem, |problem, (_, span)| problem.also(*span, "nor this one"));
        let problem = problem
            .also(declared, "declared here")
            .help(format!("it has {shown}; add the port to the Service of the gateway, and declare it"));
        self.push(problem);
    }

    fn unknown_workload(&mut self, name: crate::operand::Name<'a>, span: Span) {
        let known =
            self.mesh.services.iter().filter(|service| service.namespace == name.namespace).map(|service| service.name);
        let near = crate::suggest::nearest(name.name, known);
        let same =
            self.mesh.services.iter().find(|service| service.name == name.name).and_then(|service| service.namespace);
        let problem = Diagnostic::new(code::E0201, span, format!("no service `{}` is declared", name.name))
            .label("the gateway runs on it");
        let problem = match (near, same) {
            (Some(near), _) => {
                let place = Span::new(span.file, span.start, span.start + name.name.len() as u32);
                problem.fix(format!("write `{near}`"), place, near)
            }
            (None, Some(namespace)) => {
                let full = format!("{}.{namespace}", name.name);
                problem.fix(format!("write `{full}`"), span, full)
            }
            (None, None) => problem
                .help("`use std/istioctl` or `use std/helm` declares the usual ones; others are declared as `service`"),
        };
        self.push(problem);
    }

    fn listener(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, protocol: Protocol) -> Option<Listener<'a>> {
        let clauses = self.inner(site, clause, Block::Listener);
        let port = clause.args.get("port")?.number() as u16;
        let mut hosts = Vec::new();
        for arg in clause.args.list("hosts") {
            let (host, span) = text(arg);
            let short = host != "*" && !host.contains('.');
            let partial = host.starts_with('*') && host != "*" && !host.starts_with("*.");
            if short || partial {
                let reason =
                    if short { "a listener takes full names, or `*`" } else { "a listener takes `*` or `*.DOMAIN`" };
                self.push(
                    Diagnostic::new(code::E0211, span, format!("Istio refuses the host `{host}` at a gateway"))
                        .label(reason),
                );
                continue;
            }
            hosts.push((host, span));
        }
        let mut listener = Listener {
            port,
            protocol,
            hosts,
            redirect: clauses.get("redirect").map(Clause::span),
            tls: None,
            bind: None,
            routes_from: Vec::new(),
            fields: self.fields(site, &clauses, &[(Kind::Gateway, &["servers"])]),
            span: clause.span(),
        };
        if let Some(bind) = clauses.get("bind").and_then(|clause| clause.args.get("address")) {
            match bind.value {
                Value::Address(crate::operand::Address::One(address)) => {
                    listener.bind = Some((address.to_string(), bind.span))
                }
                _ => self.push(
                    Diagnostic::new(code::E0301, bind.span, "expected one address, found a range of addresses")
                        .label("a listener is bound to one"),
                ),
            }
        }
        if let Some(from) = clauses.get("routes-from") {
            for arg in from.args.list("namespaces") {
                self.known_namespace(arg.word(), arg.span);
                listener.routes_from.push((arg.word(), arg.span));
            }
        }
        let encrypted = matches!(protocol, Protocol::Https | Protocol::Tls);
        if encrypted {
            listener.tls = self.listener_tls(&clauses, clause, port);
            listener.tls.as_ref()?;
            if let Some(span) = listener.redirect {
                self.push(
                    Diagnostic::new(code::E0319, span, "a listener that speaks TLS has nowhere to redirect to")
                        .label("`redirect` sends plain HTTP to HTTPS")
                        .help("write it in the `http` listener"),
                );
            }
        } else {
            let plain_only = ["cert", "mutual", "ca", "san", "mesh", "passthrough", "min-tls", "max-tls", "ciphers"];
            if let Some(tls) = clauses.list.iter().find(|clause| plain_only.contains(&clause.name())) {
                let secure = if protocol == Protocol::Http { "https" } else { "tls" };
                self.push(
                    Diagnostic::new(
                        code::E0319,
                        tls.span(),
                        format!("`{}` needs TLS, and this listener speaks none", tls.name()),
                    )
                    .label("would be ignored")
                    .also(clause.span(), format!("this listener speaks {}", protocol.istio()))
                    .help(format!("write `{secure} {port}`")),
                );
            }
            if let (Some(span), false) = (listener.redirect, protocol == Protocol::Http) {
                self.push(
                    Diagnostic::new(code::E0319, span, "only an `http` listener redirects").label("no plain HTTP here"),
                );
            }
        }
        Some(listener)
    }

    fn listener_tls(&mut self, clauses: &Clauses<'t, 'a>, head: &Clause<'t, 'a>, port: u16) -> Option<ListenerTls<'a>> {
        let modes: Vec<&Clause<'t, 'a>> =
            clauses.list.iter().filter(|clause| matches!(clause.name(), "cert" | "mesh" | "passthrough")).collect();
        if let [first, second, ..] = modes.as_slice() {
            self.push(
                Diagnostic::new(code::E0319, second.span(), "a listener handles TLS in one way")
                    .label("a second way")
                    .also(first.span(), "the first way"),
            );
            return None;
        }
        let Some(way) = modes.first() else {
            if !clauses.poisoned {
                self.push(
                    Diagnostic::new(
                        code::E0307,
                        head.span(),
                        format!("the listener on port {port} has no certificate"),
                    )
                    .label("what becomes of its TLS?")
                    .help(
                        "write `cert \"SECRET\"`, or `passthrough` to hand TLS on unopened, or `mesh` for Istio's own",
                    ),
                );
            }
            return None;
        };
        let mutual = clauses.get("mutual");
        let mode = match (way.name(), mutual) {
            ("mesh", _) => "ISTIO_MUTUAL",
            ("passthrough", _) if way.args.word("auto").is_some() => "AUTO_PASSTHROUGH",
            ("passthrough", _) => "PASSTHROUGH",
            (_, Some(mutual)) if mutual.args.word("optional").is_some() => "OPTIONAL_MUTUAL",
            (_, Some(_)) => "MUTUAL",
            _ => "SIMPLE",
        };
        let texts = |word: &str, slot: &str| {
            clauses.get(word).map(|clause| clause.args.list(slot).iter().map(text).collect()).unwrap_or_default()
        };
        let word = |word: &str| {
            clauses.get(word).and_then(|clause| clause.args.get("version")).map(|arg| (arg.word(), arg.span))
        };
        let files = clauses.get("cert").and_then(|clause| {
            let (file, key) = (clause.args.get("file")?, clause.args.get("key")?);
            Some((text(file).0, text(key).0, clause.span()))
        });
        let tls = ListenerTls {
            mode,
            span: way.span(),
            certs: texts("cert", "names"),
            files,
            ca: clauses.get("ca").and_then(|clause| clause.args.get("file")).map(text),
            san: texts("san", "names"),
            min: word("min-tls"),
            max: word("max-tls"),
            ciphers: clauses
                .get("ciphers")
                .map(|clause| clause.args.list("names").iter().map(|arg| (arg.word(), arg.span)).collect())
                .unwrap_or_default(),
        };
        for (at, (name, span)) in tls.ciphers.iter().enumerate() {
            if let Some((_, first)) = tls.ciphers[..at].iter().find(|(known, _)| known == name) {
                let problem = crate::clause::twice(name, *span, *first);
                self.push(problem);
            }
        }
        self.check_tls(clauses, &tls, mutual);
        Some(tls)
    }

    fn check_tls(&mut self, clauses: &Clauses<'t, 'a>, tls: &ListenerTls<'a>, mutual: Option<&Clause<'t, 'a>>) {
        let opens = matches!(tls.mode, "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL");
        if !opens {
            let useless = ["mutual", "ca", "san", "min-tls", "max-tls", "ciphers"];
            let useless = if tls.mode == "ISTIO_MUTUAL" { &useless[..2] } else { &useless[..] };
            if let Some(clause) = clauses.list.iter().find(|clause| useless.contains(&clause.name())) {
                self.push(
                    Diagnostic::new(code::E0319, clause.span(), format!("`{}` has nothing to work on", clause.name()))
                        .label("would be ignored")
                        .also(
                            tls.span,
                            if tls.mode == "ISTIO_MUTUAL" {
                                "Istio keeps these certificates itself"
                            } else {
                                "TLS is handed on unopened"
                            },
                        ),
                );
            }
            return;
        }
        if let (Some(mutual), Some((.., files)), None) = (mutual, &tls.files, &tls.ca) {
            self.push(
                Diagnostic::new(code::E0307, mutual.span(), "clients cannot be verified without a `ca`")
                    .label("by which authority?")
                    .also(*files, "with certificate files the authority is a file too")
                    .help("write `ca \"/etc/certs/ca.pem\"`"),
            );
        }
        if let (Some((_, span)), false) = (&tls.ca, tls.certs.is_empty()) {
            self.push(
                Diagnostic::new(code::E0319, *span, "the secret holds the authority already")
                    .label("`ca` goes with certificate files")
                    .also(tls.span, "a secret")
                    .help("put it into the secret under `ca.crt`, or into a secret `NAME-cacert`"),
            );
        }
        if let (Some((_, span)), None) = (&tls.ca, mutual) {
            self.push(
                Diagnostic::new(code::E0307, *span, "`ca` verifies clients, and none is asked to show itself")
                    .label("needs `mutual`")
                    .help("write `mutual`"),
            );
        }
        if let (Some((_, span)), None) = (tls.san.first(), mutual) {
            self.push(
                Diagnostic::new(code::E0307, *span, "`san` names clients, and none is asked to show itself")
                    .label("needs `mutual`")
                    .help("write `mutual`"),
            );
        }
        if let [_, _, (_, third), ..] = tls.certs.as_slice() {
            self.push(
                Diagnostic::new(code::E0310, *third, "a listener has two certificates at most")
                    .label("a third one")
                    .note("one for RSA, one for ECDSA"),
            );
        }
        if let (Some((min, span)), Some((max, other))) = (tls.min, tls.max)
            && min > max
        {
            self.push(
                Diagnostic::new(code::E0319, span, format!("TLS {min} at least and {max} at most leave no version"))
                    .label("the least")
                    .also(other, "the most"),
            );
        }
    }
}
