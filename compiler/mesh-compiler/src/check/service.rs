//! `namespace` and `service`: what they say of themselves.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Kind;

use super::field::bases_of;
use super::names::Named;
use super::{Checker, Placed};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{Namespace, Port, ServiceId, Version, text};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    /// Fills in what declarations say.
    pub(super) fn describe(&mut self, placed: &[Placed<'t, 'a>]) {
        for statement in placed {
            match statement.clause.name() {
                "namespace" => self.describe_namespace(statement),
                "service" => self.describe_service(statement),
                "external" => self.describe_external(statement),
                _ => {}
            }
        }
        self.memberships_agree();
        // Gateways run on services, which are known by now.
        for statement in placed.iter().filter(|statement| statement.clause.name() == "gateway") {
            self.describe_gateway(statement);
        }
        // What namespaces say of their workloads names services and gateways.
        for statement in placed.iter().filter(|statement| statement.clause.name() == "namespace") {
            self.guard_namespace(statement);
        }
    }

    /// `mtls`, `allow`, `deny` and `audit` in a namespace's block.
    fn guard_namespace(&mut self, statement: &Placed<'t, 'a>) {
        let names: Vec<&'a str> = statement.clause.args.list("names").iter().map(|arg| arg.word()).collect();
        for clause in &self.quiet_block(statement, Block::Namespace).list {
            match clause.name() {
                "mtls" => self.namespace_mtls(statement, clause, &names),
                "allow" | "deny" | "audit" if !statement.site.emits => self.push(
                    Diagnostic::new(
                        code::E0305,
                        clause.span(),
                        format!("`{}` states no fact about what others own", clause.name()),
                    )
                    .label("does not stand in `elsewhere`"),
                ),
                "allow" | "deny" | "audit" => self.namespace_policy(statement, clause, &names),
                _ => {}
            }
        }
    }

    fn describe_namespace(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Namespace);
        let whole = statement.clause.statement.span();
        let mut common = self.common(&clauses, whole);
        common.fields = self.fields(statement.site, &clauses, &[]);
        if let Some((_, span)) = common.export {
            self.push(no_export("a Namespace", span));
        }
        let spans: Vec<Span> = statement.clause.args.list("names").iter().map(|arg| arg.span).collect();
        let name_of = |clause: Option<&Clause<'t, 'a>>| {
            clause.and_then(|clause| clause.args.get("name").map(|arg| (arg.word(), clause.span())))
        };
        let inject = clauses.get("inject").map(Clause::span);
        let revision = name_of(clauses.get("revision"));
        let mut ambient = clauses.get("ambient").map(Clause::span);
        let mut waypoint = name_of(clauses.get("waypoint"));
        let own_waypoint = clauses.get("waypoint").is_some_and(|clause| clause.args.word("existing").is_none());
        // The labels behind these clauses say the same.
        for (key, value, span) in &common.labels {
            match (key.as_ref(), value) {
                ("istio.io/dataplane-mode", Cow::Borrowed("ambient")) => ambient = ambient.or(Some(*span)),
                ("istio.io/use-waypoint", Cow::Borrowed(name)) => waypoint = waypoint.or(Some((*name, *span))),
                _ => {}
            }
        }
        if let (Some(ambient), Some(other)) = (ambient, inject.or(revision.map(|(_, span)| span))) {
            self.push(
                Diagnostic::new(code::E0319, ambient, "a namespace has sidecars or is ambient, not both")
                    .label("ambient")
                    .also(other, "sidecars"),
            );
        }
        if let (Some(inject), Some((_, revision))) = (inject, revision) {
            self.push(
                Diagnostic::new(
                    code::E0319,
                    revision,
                    "`inject` takes the default revision, so `revision` would be ignored",
                )
                .label("another revision")
                .also(inject, "the default one")
                .help("keep one of them"),
            );
        }
        if let (Some((_, span)), None) = (waypoint, ambient) {
            self.push(
                Diagnostic::new(code::E0307, span, "a waypoint serves ambient namespaces")
                    .label("this namespace is not ambient")
                    .help("write `ambient` beside it"),
            );
        }
        for namespace in self.mesh.namespaces.iter_mut().filter(|namespace| spans.contains(&namespace.span)) {
            namespace.inject = inject;
            namespace.revision = revision;
            namespace.ambient = ambient;
            namespace.waypoint = waypoint;
            namespace.own_waypoint = own_waypoint;
            namespace.common = common.clone();
            namespace.described &= !clauses.poisoned;
        }
    }

    /// A namespace that is declared here and elsewhere has one kind of proxies.
    fn memberships_agree(&mut self) {
        let mut problems = Vec::new();
        for own in self.mesh.namespaces.iter().filter(|namespace| namespace.emits) {
            let Some(fact) = self.mesh.namespaces.iter().find(|fact| !fact.emits && fact.name == own.name) else {
                continue;
            };
            let sidecars = |namespace: &Namespace<'a>| namespace.inject.or(namespace.revision.map(|(_, span)| span));
            let disagree = own.ambient.zip(sidecars(fact)).or(sidecars(own).zip(fact.ambient));
            if let Some((here, there)) = disagree {
                problems.push(
                    Diagnostic::new(
                        code::E0407,
                        here,
                        format!("the namespace `{}` has sidecars or is ambient, not both", own.name),
                    )
                    .label("said here")
                    .also(there, "said otherwise there"),
                );
            }
        }
        self.diagnostics.extend(problems);
    }

    fn describe_service(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Service);
        let Some(id) = self.declared_service(statement) else { return };
        if let Some(arg) = statement.clause.args.get("namespace") {
            self.known_namespace(arg.word(), arg.span);
        }
        if let Some(arg) = statement.clause.args.get("name")
            && let Some(namespace) = arg.name().namespace
        {
            self.known_namespace(namespace, super::names::namespace_span(arg.name(), arg.span));
        }
        let whole = statement.clause.statement.span();
        let mut common = self.common(&clauses, whole);
        common.fields = self.fields(statement.site, &clauses, bases_of("service"));
        common.object = statement.clause.args.get("object").map(|arg| (arg.word(), arg.span));
        if clauses.get("on").is_none() {
            self.exportable(&common, None);
        }
        self.mesh.services[id.0].common = common;
        self.mesh.services[id.0].incomplete = clauses.poisoned;
        for clause in &clauses.list {
            self.service_clause(id, statement, clause);
        }
        let service = &self.mesh.services[id.0];
        let on_vm = clauses.get("on");
        if service.vm.is_some() {
            let names: Vec<(String, Span)> =
                service.ports.iter().map(|port| (super::external::port_name(port), port.span)).collect();
            let clash = names.iter().enumerate().find_map(|(at, (name, span))| {
                names[..at].iter().find(|(known, _)| known == name).map(|(_, first)| (name.clone(), *span, *first))
            });
            if let Some((name, span, first)) = clash {
                let problem = Diagnostic::new(code::E0207, span, format!("the port `{name}` is declared twice"));
                self.push(problem.label("again here").also(first, "first here"));
            }
        }
        let service = &self.mesh.services[id.0];
        match (on_vm, &service.vm) {
            (Some(on), None) if !service.incomplete => {
                let span = on.span();
                self.push(
                    Diagnostic::new(code::E0307, span, "a service on virtual machines needs the host it is called by")
                        .label("no Kubernetes Service gives it one")
                        .help("write `host \"NAME\"` beside it"),
                );
            }
            (None, Some((_, span))) => {
                let span = *span;
                self.push(
                    Diagnostic::new(code::E0307, span, "only a service on virtual machines has a host of its own")
                        .label("a service of Kubernetes is called by its name")
                        .help("write `on vm` beside it, or declare an `external`"),
                );
            }
            _ => {}
        }
    }

    fn service_clause(&mut self, id: ServiceId, statement: &Placed<'t, 'a>, clause: &Clause<'t, 'a>) {
        let args = &clause.args;
        match clause.name() {
            "versions" => {
                for arg in args.list("names") {
                    self.add_version(
                        id,
                        Version {
                            name: arg.word(),
                            select: Vec::new(),
                            account: None,
                            fields: Vec::new(),
                            span: arg.span,
                        },
                    );
                }
            }
            "version" => self.described_version(id, statement, clause),
            "select" => {
                let mut select = std::mem::take(&mut self.mesh.services[id.0].select);
                self.pairs(args.list("labels"), &mut select, true);
                self.mesh.services[id.0].select = select;
            }
            "account" => self.mesh.services[id.0].account = args.get("name").map(|arg| (arg.word(), arg.span)),
            "replicas" => {
                self.mesh.services[id.0].replicas = args.get("count").map(|arg| (arg.number(), clause.span()))
            }
            "calls" => {
                let here = self.mesh.services[id.0].namespace;
                for arg in args.list("services") {
                    match self.named(arg.name(), here, arg.span) {
                        Some(Named::Service(callee)) => self.mesh.services[id.0].calls.push((callee, arg.span)),
                        Some(Named::External(external)) => {
                            self.mesh.services[id.0].external_calls.push((external, arg.span));
                        }
                        None => {}
                    }
                }
            }
            "host" => {
                let Some((host, span)) = args.get("name").map(text) else { return };
                if host.starts_with('*') {
                    self.push(
                        Diagnostic::new(code::E0211, span, "a service is called by one host")
                            .label("stands for many")
                            .help("write the name that callers use"),
                    );
                    self.mesh.services[id.0].incomplete = true;
                    return;
                }
                self.mesh.services[id.0].vm = Some((host, span));
            }
            "behind" => self.mesh.services[id.0].behind_tls_balancer = true,
            _ => {
                if let Some(port) = super::port::declared(clause) {
                    self.add_port(id, port);
                }
            }
        }
    }

    fn add_port(&mut self, id: ServiceId, port: Port<'a>) {
        let service = &mut self.mesh.services[id.0];
        let same = service
            .ports
            .iter()
            .find(|old| old.number == port.number || (old.alias.is_some() && old.alias == port.alias));
        match same {
            Some(first) => {
                let what = if first.number == port.number {
                    port.number.to_string()
                } else {
                    port.alias.unwrap_or_default().to_owned()
                };
                let problem = Diagnostic::new(code::E0207, port.span, format!("the port `{what}` is declared twice"));
                let problem = problem.label("again here").also(first.span, "first here");
                self.push(problem);
            }
            None => service.ports.push(port),
        }
    }

    fn described_version(&mut self, id: ServiceId, statement: &Placed<'t, 'a>, clause: &Clause<'t, 'a>) {
        let Some(arg) = clause.args.get("name") else { return };
        let inner = self.inner(statement.site, clause, Block::Version);
        let mut version =
            Version { name: arg.word(), select: Vec::new(), account: None, fields: Vec::new(), span: arg.span };
        for inner in &inner.list {
            match inner.name() {
                "select" => self.pairs(inner.args.list("labels"), &mut version.select, true),
                "account" => version.account = inner.args.get("name").map(|arg| (arg.word(), arg.span)),
                _ => {}
            }
        }
        version.fields = self.fields(statement.site, &inner, &[(Kind::DestinationRule, &["subsets"])]);
        self.add_version(id, version);
    }

    fn add_version(&mut self, id: ServiceId, version: Version<'a>) {
        let service = &mut self.mesh.services[id.0];
        let same = service.versions.iter().find(|old| subset_name(old.name) == subset_name(version.name));
        match same {
            Some(first) => {
                let problem = twice(&format!("version {}", version.name), version.span, first.span);
                self.push(problem);
            }
            None => service.versions.push(version),
        }
    }

    /// The account that callers show, per version where versions have their own; reports a service without any.
    pub(super) fn accounts(&mut self, id: ServiceId, span: Span) -> Option<Vec<(Option<&'a str>, &'a str)>> {
        let service = &self.mesh.services[id.0];
        let own = service.account.map(|(account, _)| account);
        let mut accounts: Vec<&'a str> = own.into_iter().collect();
        accounts.extend(service.versions.iter().filter_map(|version| version.account.map(|(account, _)| account)));
        accounts.sort_unstable();
        accounts.dedup();
        // A version without an account of its own runs as the service does, which must then have one.
        let bare = service.versions.iter().find(|version| version.account.is_none());
        let bare = bare.filter(|_| own.is_none()).map(|version| version.span);
        if accounts.is_empty() || bare.is_some() {
            if service.incomplete {
                return None;
            }
            let name = service.name;
            let (declared, open) = (service.span, service.open);
            if self.reported.insert(("account", id.0.to_string())) {
                let problem = Diagnostic::new(
                    code::E0206,
                    span,
                    format!("`{name}` has no account that tells its requests apart"),
                )
                .label("its pods run as `default`, as those of others may")
                .note("a policy knows callers by the service account in their certificate")
                .help(format!("write `account {name}` in `service {name}`, and give its pods that service account"));
                let problem = match bare.filter(|_| !accounts.is_empty()) {
                    Some(version) => problem.also(version, "this version has none of its own"),
                    None if open => problem,
                    None => problem.also(declared, "declared here without one"),
                };
                self.push(problem);
            }
            return None;
        }
        let namespace = service.namespace;
        Some(accounts.into_iter().map(|account| (namespace, account)).collect())
    }
}

/// The name of the subset of a version: subsets are DNS labels, versions need not be.
pub(crate) fn subset_name(version: &str) -> String {
    version.replace(['.', '_'], "-").to_ascii_lowercase()
}

/// The error of `export` on an object that has no `exportTo`.
pub(super) fn no_export(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(code::E0305, span, format!("{what} is not exported"))
        .label("only routes, traffic, services and externals are")
}

/// True when the clauses say more than labels and the like.
pub(super) fn says_nothing(clauses: &Clauses<'_, '_>) -> bool {
    let common = ["label", "annotation", "export", "ignore", "with"];
    !clauses.poisoned && clauses.list.iter().all(|clause| common.contains(&clause.name()))
}
