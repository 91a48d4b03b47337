//! `traffic`: how callers talk to a target.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Rank};

use super::field::Base;
use super::{Checker, Placed, Site, rule::no_http};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{Balance, Eject, EjectKind, FieldSet, HashKey, Layer, PoolValue, Subject, Traffic, text};
use crate::operand::{Arg, Value};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn traffic(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Traffic);
        let head = self.head(statement, &clauses);
        let args = &statement.clause.args;
        self.exportable(&head.common, args.get("caller").map(|arg| arg.span));
        let caller = match args.get("caller") {
            Some(arg) => match self.service(arg.name(), head.namespace, arg.span) {
                Some(id) => Some((id, arg.span)),
                None => return,
            },
            None => None,
        };
        if let Some((id, span)) = caller {
            let service = &self.mesh.services[id.0];
            if service.namespace != head.namespace {
                let (name, declared) = (service.name, service.span);
                self.push(
                    Diagnostic::new(code::E0321, span, format!("`{name}` lives in another namespace"))
                        .label("not a caller of this namespace")
                        .also(declared, "declared here")
                        .note("a rule for one caller is read in the caller's namespace only")
                        .help("write the statement with `in NS`, where NS is the caller's namespace"),
                );
                return;
            }
        }
        for target in args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if let Subject::Gateway(_) = subject {
                self.push(
                    Diagnostic::new(
                        code::E0321,
                        target.span,
                        "`traffic` is about what is called, and nobody in the mesh calls a gateway",
                    )
                    .label("a gateway")
                    .help("write the service, the host or the external that is called"),
                );
                continue;
            }
            if let (Subject::Namespace(_) | Subject::ThisNamespace | Subject::Mesh, Some((_, span))) = (subject, caller)
            {
                self.push(
                    Diagnostic::new(code::E0321, span, "a rule for many services is for every caller")
                        .label("one caller")
                        .also(target.span, "many services")
                        .note("for this caller Istio takes one rule or the other: a service with versions would lose them, and one with a rule of its own would not see this one")
                        .help("name the services: `traffic A, B from CALLER < … >`"),
                );
                continue;
            }
            let mut foreign = false;
            if let Subject::Service(id) = subject {
                let service = &self.mesh.services[id.0];
                foreign = service.namespace != head.namespace;
                if foreign && service.open {
                    let (name, namespace) = (service.name, service.namespace.unwrap_or("…"));
                    let problem = Diagnostic::new(code::E0216, target.span, format!("who owns `{name}.{namespace}` is not known"))
                        .label("declared nowhere")
                        .note("a DestinationRule here replaces the owner's for callers of this namespace, versions and all, so it must repeat them")
                        .help(format!("state the facts: `elsewhere < service {name}.{namespace} < http 80; versions v1 > >`"));
                    self.push(problem);
                    continue;
                }
            }
            if let Subject::External(id) = subject {
                foreign = self.mesh.externals[id.0].namespace != head.namespace;
            }
            let http = self.may_speak_http(&subject);
            let mut layer = self.layer(statement.site, &clauses, http, target.span, caller.is_some());
            let mut head = head.clone();
            policy_fields(&mut head.common.fields, &mut layer);
            let mut traffic = Traffic {
                head,
                subject,
                caller,
                foreign,
                layer,
                versions: Vec::new(),
                subset_fields: Vec::new(),
                ports: Vec::new(),
            };
            if let (Subject::External(id), Some(tls)) = (subject, &traffic.layer.tls) {
                self.encrypted_twice(id, None, tls.mode, tls.span);
            }
            for clause in &clauses.list {
                match clause.name() {
                    "version" => self.version_layer(statement.site, clause, &mut traffic, http),
                    "port" => self.port_layer(statement.site, clause, &mut traffic),
                    _ => {}
                }
            }
            if statement.site.emits {
                self.mesh.traffic.push(traffic);
            }
        }
    }

    fn may_speak_http(&self, subject: &Subject<'a>) -> bool {
        match subject {
            Subject::External(id) => {
                let external = &self.mesh.externals[id.0];
                external.incomplete || external.ports.iter().any(|port| port.port.protocol.rank() == Rank::Http)
            }
            subject => !self.lacks_http(subject),
        }
    }

    /// The settings of a version or a port, which have to say something.
    fn inner_layer(
        &mut self,
        site: Site<'t, 'a>,
        clause: &Clause<'t, 'a>,
        http: bool,
        traffic: &Traffic<'a>,
        bases: &[Base],
    ) -> Option<(Layer<'a>, Vec<FieldSet>)> {
        let whose = clause.name();
        let inner = self.inner(site, clause, Block::Layer);
        let mut layer = self.layer(site, &inner, http, clause.span(), traffic.caller.is_some());
        let mut fields = self.fields(site, &inner, bases);
        if let [_] = bases {
            layer.fields.append(&mut fields);
        } else {
            policy_fields(&mut fields, &mut layer);
        }
        if super::service::says_nothing(&inner) {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), format!("settings of a {whose} that say nothing"))
                    .label("nothing is said")
                    .help(format!("write `pool`, `eject`, `balance` or `tls` in it, or leave the {whose} out")),
            );
            return None;
        }
        Some((layer, fields))
    }

    fn version_layer(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, traffic: &mut Traffic<'a>, http: bool) {
        let Subject::Service(id) = traffic.subject else {
            self.inner(site, clause, Block::Layer);
            self.push(
                Diagnostic::new(code::E0321, clause.span(), "only services have versions")
                    .label("the target is no service"),
            );
            return;
        };
        let bases: &[Base] =
            &[(Kind::DestinationRule, &["subsets"]), (Kind::DestinationRule, &["subsets", "trafficPolicy"])];
        let Some((layer, fields)) = self.inner_layer(site, clause, http, traffic, bases) else { return };
        for arg in clause.args.list("names") {
            if !self.version(id, arg.word(), arg.span) {
                continue;
            }
            match traffic.versions.iter().find(|(old, ..)| *old == arg.word()) {
                Some((.., first)) => {
                    let problem = twice(&format!("version {}", arg.word()), arg.span, *first);
                    self.push(problem);
                }
                None => {
                    traffic.versions.push((arg.word(), layer.clone(), arg.span));
                    traffic.subset_fields.extend(fields.iter().map(|field| (arg.word(), field.clone())));
                }
            }
        }
    }

    fn port_layer(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, traffic: &mut Traffic<'a>) {
        let Some(arg) = clause.args.get("port") else { return };
        let (number, http) = match traffic.subject {
            Subject::Service(id) => {
                let Some(port) = self.port(id, arg) else { return };
                let known = !self.mesh.services[id.0].ports.is_empty();
                (port.number, !known || port.protocol.rank() == Rank::Http)
            }
            Subject::External(id) => {
                let Some(port) = self.external_port(id, arg) else { return };
                (port.number, port.protocol.rank() == Rank::Http)
            }
            _ => match arg.value {
                Value::Number(number) => (number as u16, true),
                _ => {
                    self.push(
                        Diagnostic::new(code::E0203, arg.span, format!("`{}` names a port of no service", arg.str()))
                            .label("the target is no service"),
                    );
                    return;
                }
            },
        };
        let bases: &[Base] = &[(Kind::DestinationRule, &["trafficPolicy", "portLevelSettings"])];
        let Some((layer, _)) = self.inner_layer(site, clause, http, traffic, bases) else { return };
        if let (Subject::External(id), Some(tls)) = (traffic.subject, &layer.tls) {
            self.encrypted_twice(id, Some(number), tls.mode, tls.span);
        }
        match traffic.ports.iter().find(|(old, ..)| *old == number) {
            Some((.., first)) => {
                let problem = twice(&format!("port {number}"), clause.span(), *first);
                self.push(problem);
            }
            None => traffic.ports.push((number, layer, clause.span())),
        }
    }

    fn layer(
        &mut self,
        site: Site<'t, 'a>,
        clauses: &Clauses<'t, 'a>,
        http: bool,
        target: Span,
        of_caller: bool,
    ) -> Layer<'a> {
        let mut layer = Layer::default();
        for clause in &clauses.list {
            match clause.name() {
                "balance" => layer.balance = self.balance(clause, http, target),
                "warmup" => {
                    layer.warmup = clause
                        .args
                        .get("time")
                        .map(|time| (time.word(), clause.args.get("share").map(Arg::parts), clause.span()));
                }
                "pool" => {
                    self.section_fields(site, clause, Block::Pool, "connectionPool", &mut layer);
                    self.pool(site, clause, http, target, &mut layer);
                }
                "eject" => self.eject(clause, &mut layer),
                "locality" => self.locality(site, clause, &mut layer),
                "tunnel" | "proxy-protocol" | "retry-budget" => {
                    let sets = self.field_sets(site, clause, Kind::DestinationRule, &["trafficPolicy"]);
                    layer.fields.extend(sets);
                }
                "tls" => {
                    self.section_fields(site, clause, Block::Tls, "tls", &mut layer);
                    layer.tls = self.client_tls(site, clause, of_caller);
                }
                _ => {}
            }
        }
        let in_turn = |balance: &Balance<'_>| matches!(balance, Balance::Simple("round-robin" | "least-request"));
        if let (Some((balance, at)), Some((.., span))) = (&layer.balance, &layer.warmup)
            && !in_turn(balance)
        {
            self.diagnostics.push(
                Diagnostic::new(code::E0319, *span, "a warm-up needs a balance that takes endpoints in turn")
                    .label("would be ignored")
                    .also(*at, "does not")
                    .help("write `balance round-robin` or `balance least-request`"),
            );
            layer.warmup = None;
        }
        layer
    }

    /// The fields that are set in the block of a section.
    fn section_fields(
        &mut self,
        site: Site<'t, 'a>,
        clause: &Clause<'t, 'a>,
        block: Block,
        section: &'static str,
        layer: &mut Layer<'a>,
    ) {
        let known = self.diagnostics.len();
        let clauses = self.inner(site, clause, block);
        // Its mistakes are reported where the section itself is read.
        self.diagnostics.truncate(known);
        let base: Base = match section {
            "tls" => (Kind::DestinationRule, &["trafficPolicy", "tls"]),
            _ => (Kind::DestinationRule, &["trafficPolicy", "connectionPool"]),
        };
        let fields = self.fields(site, &clauses, &[base]);
        layer.fields.extend(fields.into_iter().map(|field| field.under(section)));
    }

    fn balance(&mut self, clause: &Clause<'t, 'a>, http: bool, target: Span) -> Option<(Balance<'a>, Span)> {
        let args = &clause.args;
        if let Some(algorithm) = args.get("algorithm") {
            return Some((Balance::Simple(algorithm.word()), clause.span()));
        }
        let key = if args.word("header").is_some() {
            HashKey::Header(args.get("name")?.word())
        } else if args.word("cookie").is_some() {
            HashKey::Cookie(
                args.get("name")?.word(),
                args.get("ttl").map(|arg| arg.word()),
                args.get("path").map(|arg| text(arg).0),
            )
        } else if args.word("query").is_some() {
            HashKey::Query(args.get("name")?.word())
        } else {
            HashKey::SourceIp
        };
        if !http && !matches!(key, HashKey::SourceIp) {
            self.push(no_http("hash", clause.span(), target));
            return None;
        }
        let ring = args.get("size").map(|arg| ("ringHash", arg.number()));
        let maglev = args.get("table");
        if let (Some(_), Some(maglev)) = (ring, maglev) {
            self.push(
                Diagnostic::new(code::E0319, maglev.span, "a hash has a ring or a maglev table, not both")
                    .label("the second one"),
            );
            return None;
        }
        if let Some(maglev) = maglev.filter(|arg| !is_prime(arg.number()) || arg.number() >= 5_000_011) {
            self.push(
                Diagnostic::new(
                    code::E0310,
                    maglev.span,
                    format!("{} is not the size of a maglev table", maglev.number()),
                )
                .label("a prime below 5000011")
                .help("Envoy's default is 65537"),
            );
            return None;
        }
        Some((Balance::Hash { key, table: ring.or(maglev.map(|arg| ("maglev", arg.number()))) }, clause.span()))
    }

    fn pool(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, http: bool, target: Span, layer: &mut Layer<'a>) {
        let clauses = self.inner(site, clause, Block::Pool);
        if clauses.list.is_empty() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), "an empty pool limits nothing")
                    .label("no limit is said")
                    .help("write `max-connections 100`, or leave the pool out"),
            );
        }
        for inner in &clauses.list {
            if inner.word.entry.http && !http {
                self.push(no_http(inner.name(), inner.span(), target));
                continue;
            }
            if inner.name() == "field" {
                continue;
            }
            if matches!(inner.name(), "h2-upgrade" | "client-protocol") {
                let sets = self.field_sets(site, inner, Kind::DestinationRule, &["trafficPolicy", "connectionPool"]);
                layer.fields.extend(sets.into_iter().map(|set| set.under("connectionPool")));
                continue;
            }
            let args = &inner.args;
            let value = if let Some(count) = args.get("count").filter(|_| inner.name() != "keepalive") {
                PoolValue::Count(count.number())
            } else if inner.name() == "keepalive" {
                let Some(time) = args.get("time") else { continue };
                PoolValue::Keepalive(
                    time.word(),
                    args.get("interval").map(|arg| arg.word()),
                    args.get("count").map(|arg| arg.number()),
                )
            } else if let Some(time) = args.get("time") {
                PoolValue::Time(time.word())
            } else {
                continue;
            };
            layer.pool.push((inner.name(), value, inner.span()));
        }
    }

    fn eject(&mut self, clause: &Clause<'t, 'a>, layer: &mut Layer<'a>) {
        let args = &clause.args;
        let span = clause.span();
        let Some(count) = args.get("count") else { return };
        let eject = layer.eject.get_or_insert_with(|| Eject { span, ..Eject::default() });
        let mut kinds: Vec<EjectKind> = Vec::new();
        for arg in args.list("kinds") {
            match arg.value {
                Value::Number(code) => match kinds
                    .iter_mut()
                    .find_map(|kind| if let EjectKind::Codes(codes) = kind { Some(codes) } else { None })
                {
                    Some(codes) => codes.push(code),
                    None => kinds.push(EjectKind::Codes(vec![code])),
                },
                _ => kinds.push(match arg.word() {
                    "5xx" => EjectKind::ServerErrors,
                    "gateway" => EjectKind::Gateway,
                    _ => EjectKind::Local,
                }),
            }
        }
        let mut problems = Vec::new();
        for kind in kinds {
            if matches!(kind, EjectKind::Codes(_)) && self.mesh.settings.release < mesh_istio::Release(1, 31) {
                let release = self.mesh.settings.release;
                problems.push(
                    Diagnostic::new(
                        code::E0507,
                        args.list("kinds")
                            .iter()
                            .find(|arg| matches!(arg.value, Value::Number(_)))
                            .map_or(span, |arg| arg.span),
                        format!("Istio {release} cannot eject by status code"),
                    )
                    .label("needs Istio 1.31")
                    .help("write `5xx` or `gateway`"),
                );
                continue;
            }
            // Codes say which answers count; the count itself is that of 5xx.
            let clash = |old: &EjectKind| {
                *old == kind
                    || matches!(
                        (old, &kind),
                        (EjectKind::Codes(_), EjectKind::ServerErrors) | (EjectKind::ServerErrors, EjectKind::Codes(_))
                    )
            };
            match eject.counts.iter().find(|(old, ..)| clash(old)) {
                Some((.., first)) => problems.push(twice("eject", span, *first)),
                None => eject.counts.push((kind, count.number(), span)),
            }
        }
        let word = |slot: &str| args.get(slot).map(|arg| arg.word());
        macro_rules! once {
            ($field:ident, $value:expr, $name:literal) => {
                if let Some(value) = $value {
                    if eject.$field.is_some() {
                        problems.push(twice($name, span, eject.span));
                    } else {
                        eject.$field = Some(value);
                    }
                }
            };
        }
        let whole_percent = |slot: &str, problems: &mut Vec<Diagnostic>| {
            let arg = args.get(slot)?;
            if arg.parts() % 10_000 != 0 {
                problems.push(
                    Diagnostic::new(code::E0310, arg.span, "Istio takes a whole percentage here")
                        .label("has a fraction"),
                );
                return None;
            }
            Some((arg.parts() / 10_000, arg.span))
        };
        once!(every, word("interval"), "every");
        once!(time, word("time"), "for");
        once!(at_most, whole_percent("share", &mut problems), "at-most");
        once!(healthy, whole_percent("floor", &mut problems).map(|(share, _)| share), "healthy-at-least");
        if !problems.is_empty() {
            // One mistake is one error, and nothing is concluded from what is left.
            problems.truncate(1);
            layer.eject = None;
        }
        self.diagnostics.extend(problems);
    }
}

fn is_prime(number: u32) -> bool {
    number > 1 && (2..).take_while(|d| d * d <= number).all(|d| !number.is_multiple_of(d))
}

/// Takes the fields of the policy, which layers fold, out of those of the whole object.
fn policy_fields(fields: &mut Vec<FieldSet>, layer: &mut Layer<'_>) {
    for field in std::mem::take(fields) {
        match field.below("trafficPolicy") {
            Some(below) => layer.fields.extend(below),
            None if field.base.last() == Some(&"trafficPolicy") => layer.fields.push(field),
            None => fields.push(field),
        }
    }
}
