//! `workload`: machines of the mesh, and templates for them.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Object};

use super::external::port_name;
use super::port::unknown_port;
use super::service::no_export;
use super::{Checker, Placed};
use crate::clause::{Clause, Clauses};
use crate::model::{About, Pair, Service, ServiceId};
use crate::operand::Arg;
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn workload(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Workload);
        let head = self.head(statement, &clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export("a WorkloadEntry", span));
        }
        let Some(name) = statement.clause.args.get("name") else { return };
        let span = statement.clause.span();
        let group = clauses.get("group").map(Clause::span);
        let kind = if group.is_some() { Kind::WorkloadGroup } else { Kind::WorkloadEntry };
        let place = clauses.get("address").or(clauses.get("network")).map(Clause::span);
        if place.is_none() && group.is_none() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, span, "where is this machine?")
                    .label("no `address` is said")
                    .help("write `address 10.1.2.3`; for machines that join by themselves write `group`"),
            );
            return;
        }
        if let (Some(address), Some(group)) = (clauses.get("address"), group) {
            self.push(
                Diagnostic::new(code::E0319, address.span(), "the machines of a group have an address each")
                    .label("one address")
                    .also(group, "a template for many"),
            );
            return;
        }
        if let (Some(probe), None) = (clauses.get("probe"), group) {
            self.push(
                Diagnostic::new(code::E0319, probe.span(), "only the machines of a group are probed")
                    .label("would be ignored")
                    .help("write `group` beside it"),
            );
            return;
        }
        let mut entry = Object::new(span);
        self.set_all(statement.site, &clauses, Kind::WorkloadEntry, &[], &mut entry);
        let mut labels = Vec::new();
        for clause in clauses.all("select") {
            self.pairs(clause.args.list("labels"), &mut labels, true);
        }
        let service = self.service_of_machine(&labels, name.word(), head.namespace);
        let mut ports = Object::new(span);
        for clause in &clauses.list {
            self.machine_port(clause, service, &mut ports);
        }
        entry.put_object("ports", ports);
        if let Some(weight) =
            clauses.get("weight").and_then(|clause| clause.args.get("count")).filter(|arg| arg.number() == 0)
        {
            self.push(weightless(weight.span));
        }
        let mut selected = Object::new(span);
        if labels.is_empty() {
            selected.set_at("app", name.word(), name.span);
        }
        for (key, value, at) in &labels {
            selected.set_at(key.to_string(), value.as_ref(), *at);
        }
        if let Some(account) = clauses.get("account").and_then(|clause| clause.args.get("name")) {
            entry.set_at("serviceAccount", account.word(), account.span);
        }
        let body = match group {
            None => {
                entry.put_object("labels", selected);
                entry
            }
            Some(group) => {
                let mut body = Object::new(span);
                let mut metadata = Object::new(group);
                metadata.put_object("labels", selected);
                body.put_object("metadata", metadata);
                body.set_at("template", entry, group);
                if let Some(probe) = clauses.get("probe") {
                    body.put_object("probe", self.probe(probe));
                }
                body
            }
        };
        if statement.site.emits {
            self.mesh.about.push(About { head, kind, subject: None, name: Some(name.word()), body });
        }
    }

    /// The service of virtual machines that selects a machine by its labels: its ports have the names that count.
    fn service_of_machine(&self, labels: &[Pair<'a>], name: &str, place: Option<&str>) -> Option<ServiceId> {
        let has = |key: &str, value: &str| {
            labels.iter().any(|(own, is, _)| own == key && is == value)
                || (labels.is_empty() && key == "app" && value == name)
        };
        let selects = |service: &Service<'a>| {
            let app = || has("app", service.name);
            if service.select.is_empty() { app() } else { service.select.iter().all(|(key, value, _)| has(key, value)) }
        };
        let at = self.mesh.services.iter().position(|service| {
            service.vm.is_some() && service.namespace == place && !service.incomplete && selects(service)
        });
        at.map(ServiceId)
    }

    fn machine_port(&mut self, clause: &Clause<'t, 'a>, service: Option<ServiceId>, ports: &mut Object) {
        let (Some(port), Some(arg)) = (super::port::declared(clause), clause.args.get("port")) else { return };
        let mut name = port_name(&port);
        if let Some(ServiceId(at)) = service {
            let service = &self.mesh.services[at];
            // Istio finds the port of a machine by the name that the service has for it.
            let Some(own) = service.ports.iter().find(|own| own.number == port.number) else {
                let problem = unknown_port(service.name, &port.number.to_string(), &service.ports, service.span, arg);
                self.push(problem.note("the service selects this machine, and calls go to its ports"));
                return;
            };
            name = port_name(own);
        }
        match ports.get(&name) {
            Some(first) => {
                let problem = Diagnostic::new(code::E0207, port.span, format!("the port `{name}` is declared twice"));
                self.push(problem.label("again here").also(first.span, "first here"));
            }
            None => ports.set_at(name, port.target, port.span),
        }
    }

    /// A probe counts in whole seconds.
    fn probe(&mut self, clause: &Clause<'t, 'a>) -> Object {
        let args = &clause.args;
        let span = clause.span();
        let mut probe = Object::new(span);
        let mut method = Object::new(span);
        let (port, path) = (args.get("port").map(Arg::number), args.get("path").map(Arg::str));
        let name = match (path, port) {
            (Some(path), Some(port)) => {
                method.set("path", path);
                method.set("port", port);
                "httpGet"
            }
            (None, Some(port)) => {
                method.set("port", port);
                "tcpSocket"
            }
            _ => {
                let command = args.list("command").iter().map(|arg| mesh_istio::Node::new(arg.str(), arg.span));
                method.put_list("command", command.collect());
                "exec"
            }
        };
        probe.put_object(name, method);
        for (slot, field) in [("time", "periodSeconds"), ("limit", "timeoutSeconds"), ("delay", "initialDelaySeconds")]
        {
            let Some(arg) = args.get(slot) else { continue };
            if arg.millis() % 1000 != 0 {
                self.push(
                    Diagnostic::new(code::E0310, arg.span, "a probe counts in whole seconds")
                        .label("a fraction of a second"),
                );
                continue;
            }
            probe.set_at(field, (arg.millis() / 1000) as i64, arg.span);
        }
        for (slot, field) in [("failures", "failureThreshold"), ("successes", "successThreshold")] {
            if let Some(arg) = args.get(slot) {
                probe.set_at(field, arg.number(), arg.span);
            }
        }
        probe
    }

    /// The clauses of a scope's block that are limits of inbound connections.
    pub(super) fn inbound_pool(&mut self, statement: &Placed<'t, 'a>, clauses: &Clauses<'t, 'a>, body: &mut Object) {
        let Some(clause) = clauses.get("inbound") else { return };
        const BASE: &[&str] = &["inboundConnectionPool"];
        let inner = self.inner(statement.site, clause, Block::Pool);
        let mut pool = Object::new(clause.span());
        self.set_all(statement.site, &inner, Kind::Sidecar, BASE, &mut pool);
        if let Some(idle) = inner.get("idle-timeout").and_then(|clause| clause.args.get("time")) {
            pool.set_path(&["http", "idleTimeout"], mesh_istio::Node::new(idle.word(), idle.span));
        }
        if pool.is_empty() && !inner.poisoned {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), "an empty pool limits nothing")
                    .label("no limit is said")
                    .help("write `max-connections 100`, or leave it out"),
            );
        }
        body.put_object("inboundConnectionPool", pool);
    }
}

/// A share that Istio reads as another one.
pub(super) fn weightless(span: Span) -> Diagnostic {
    Diagnostic::new(code::E0310, span, "Istio reads the weight 0 as 1")
        .label("would get requests all the same")
        .help("leave the endpoint out, or write a weight of 1 at least")
}
