//! Declarations: every declared thing gets its place, so that the order of statements does not matter.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::names::namespace_span;
use super::{Checker, Key, Placed};
use crate::model::{Common, Entity, External, ExternalId, Gateway, GatewayId, Namespace, Service, ServiceId};
use crate::operand::{Arg, Name};

impl<'t, 'a> Checker<'t, 'a> {
    /// Gives every declared thing its place, so that the order of statements does not matter.
    pub(super) fn declare(&mut self, placed: &[Placed<'t, 'a>]) {
        for statement in placed {
            let args = &statement.clause.args;
            match statement.clause.name() {
                "in" => {
                    // Living in a namespace makes it known, unless everything must be declared.
                    if let Some(arg) = args.get("namespace").filter(|_| !self.mesh.settings.declared_only) {
                        self.namespaces.entry(arg.word()).or_insert(arg.span);
                    }
                }
                "namespace" => {
                    for arg in args.list("names") {
                        self.declare_namespace(arg, statement);
                    }
                }
                "service" | "external" | "gateway" => self.declare_named(statement),
                "jwt" => {
                    let tree = statement.site.tree;
                    let issuers =
                        statement.clause.statement.children().filter(|inner| inner.keyword() == Some("issuer"));
                    self.issuers.extend(
                        issuers.filter_map(|issuer| Some(tree.slice(issuer.items().get(1)?.key).trim_matches('"'))),
                    );
                }
                "route" if args.list("targets").is_empty() => {
                    if let Some(object) = args.get("object") {
                        let namespace = args.get("namespace").map(|arg| arg.word()).or(statement.site.namespace);
                        self.delegates.insert((object.word(), namespace), object.span);
                        self.mesh.delegates.push((object.word(), namespace, object.span));
                    }
                }
                _ => {}
            }
        }
    }

    fn declare_namespace(&mut self, arg: &Arg<'a>, statement: &Placed<'t, 'a>) {
        let name = arg.word();
        self.namespaces.insert(name, arg.span);
        if let Some(first) =
            self.mesh.namespaces.iter().find(|old| old.name == name && old.emits == statement.site.emits)
        {
            let first = first.span;
            let problem = declared_twice("namespace", name, arg.span, first);
            if !(self.libraries.contains(&first.file) && self.libraries.contains(&arg.span.file)) {
                self.push(problem);
            }
            return;
        }
        self.mesh.namespaces.push(Namespace {
            name,
            emits: statement.site.emits,
            inject: None,
            revision: None,
            ambient: None,
            waypoint: None,
            own_waypoint: false,
            common: Common::default(),
            described: statement.clause.statement.has_block(),
            head: arg.span.to(statement.clause.statement.block_span().opening()),
            span: arg.span,
        });
    }

    fn declare_named(&mut self, statement: &Placed<'t, 'a>) {
        let kind = statement.clause.name();
        let args = &statement.clause.args;
        let Some(arg) = args.get("name") else { return };
        let Name { name, namespace } = arg.name();
        if let Some(namespace) = namespace {
            self.mesh.uses.push((namespace_span(arg.name(), arg.span), Entity::Namespace(namespace)));
        }
        if let Some(arg) = args.get("namespace") {
            self.mesh.uses.push((arg.span, Entity::Namespace(arg.word())));
        }
        let namespace = namespace.or(args.get("namespace").map(|arg| arg.word())).or(statement.site.namespace);
        let key: Key<'a> = (name, namespace);
        let emits = statement.site.emits;
        let first = match kind {
            "gateway" => self.gateways.get(&key).map(|id| self.mesh.gateways[id.0].span),
            _ => {
                let service = self.services.get(&key).map(|id| self.mesh.services[id.0].span);
                service.or_else(|| self.externals.get(&key).map(|id| self.mesh.externals[id.0].span))
            }
        };
        // Two modules of the library that say where Istio is: their `use`s are reported.
        if first.is_some_and(|first| self.libraries.contains(&first.file) && self.libraries.contains(&arg.span.file)) {
            return;
        }
        if let Some(first) = first {
            let problem = declared_twice(kind, name, arg.span, first);
            self.push(problem);
            return;
        }
        match kind {
            "service" => {
                self.services.insert(key, ServiceId(self.mesh.services.len()));
                self.mesh.services.push(new_service(name, namespace, emits, arg.span));
            }
            "external" => {
                self.externals.insert(key, ExternalId(self.mesh.externals.len()));
                self.mesh.externals.push(External {
                    name,
                    namespace,
                    emits,
                    incomplete: false,
                    hosts: Vec::new(),
                    ports: Vec::new(),
                    addresses: Vec::new(),
                    endpoints: Vec::new(),
                    resolve: None,
                    via: Vec::new(),
                    common: Common::default(),
                    span: arg.span,
                });
            }
            _ => {
                self.gateways.insert(key, GatewayId(self.mesh.gateways.len()));
                self.mesh.gateways.push(Gateway {
                    name,
                    namespace,
                    emits,
                    incomplete: false,
                    workload: None,
                    select: Vec::new(),
                    listeners: Vec::new(),
                    common: Common::default(),
                    span: arg.span,
                });
            }
        }
    }

    /// The service that a declaration declared; nothing where it is a second declaration.
    pub(super) fn declared_service(&self, statement: &Placed<'t, 'a>) -> Option<ServiceId> {
        let key = self.declared_key(statement)?;
        let id = *self.services.get(&key)?;
        let span = statement.clause.args.get("name")?.span;
        (self.mesh.services[id.0].span == span).then_some(id)
    }

    /// The name and namespace that a declaration is found by.
    pub(super) fn declared_key(&self, statement: &Placed<'t, 'a>) -> Option<Key<'a>> {
        let args = &statement.clause.args;
        let Name { name, namespace } = args.get("name")?.name();
        let namespace = namespace.or(args.get("namespace").map(|arg| arg.word())).or(statement.site.namespace);
        Some((name, namespace))
    }

    /// The external that a declaration declared.
    pub(super) fn declared_external(&self, statement: &Placed<'t, 'a>) -> Option<ExternalId> {
        let id = *self.externals.get(&self.declared_key(statement)?)?;
        let span = statement.clause.args.get("name")?.span;
        (self.mesh.externals[id.0].span == span).then_some(id)
    }

    /// The gateway that a declaration declared.
    pub(super) fn declared_gateway(&self, statement: &Placed<'t, 'a>) -> Option<GatewayId> {
        let id = *self.gateways.get(&self.declared_key(statement)?)?;
        let span = statement.clause.args.get("name")?.span;
        (self.mesh.gateways[id.0].span == span).then_some(id)
    }
}

fn declared_twice(kind: &str, name: &str, again: Span, first: Span) -> Diagnostic {
    let what = if matches!(kind, "service" | "external") { "name".to_owned() } else { kind.to_owned() };
    Diagnostic::new(code::E0207, again, format!("the {what} `{name}` is declared twice"))
        .label("again here")
        .also(first, "first here")
        .help("keep one declaration and put everything into it")
}

pub(super) fn new_service<'a>(name: &'a str, namespace: Option<&'a str>, emits: bool, span: Span) -> Service<'a> {
    Service {
        name,
        namespace,
        emits,
        open: false,
        assumed: false,
        incomplete: false,
        ports: Vec::new(),
        versions: Vec::new(),
        select: Vec::new(),
        account: None,
        replicas: None,
        calls: Vec::new(),
        external_calls: Vec::new(),
        vm: None,
        behind_tls_balancer: false,
        common: Common::default(),
        span,
    }
}
