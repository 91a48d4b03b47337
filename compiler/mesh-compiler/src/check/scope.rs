//! `scope`: what a workload sees of the mesh.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Object, Protocol};

use super::names::Named;
use super::service::no_export;
use super::{Checker, Placed};
use crate::clause::Clause;
use crate::model::{Reach, Scope, Subject};
use crate::operand::{Arg, Value};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn scope(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Scope);
        let head = self.head(statement, &clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export("a Sidecar", span));
        }
        let mut reaches = Vec::new();
        for clause in clauses.all("reaches") {
            let args = &clause.args;
            if args.word("calls").is_some() {
                reaches.push((Reach::Calls, clause.span()));
            }
            for arg in args.list("namespaces") {
                self.known_namespace(arg.word(), arg.span);
                reaches.push((Reach::Namespace(arg.word()), arg.span));
            }
            for arg in args.list("services") {
                match self.named(arg.name(), head.namespace, arg.span) {
                    Some(Named::Service(id)) => reaches.push((Reach::Service(id), arg.span)),
                    Some(Named::External(id)) => reaches.push((Reach::External(id), arg.span)),
                    None => {}
                }
            }
        }
        let mut body = Object::new(statement.clause.span());
        self.set_all(statement.site, &clauses, Kind::Sidecar, &[], &mut body);
        let listeners: Vec<Node> = clauses.all("listen").filter_map(|clause| self.inbound_listener(clause)).collect();
        body.put_list("ingress", listeners);
        self.inbound_pool(statement, &clauses, &mut body);
        if body.is_empty() && reaches.is_empty() && head.common.fields.is_empty() {
            if !clauses.poisoned {
                self.push(
                    Diagnostic::new(code::E0307, statement.clause.span(), "`scope` says nothing")
                        .label("what does it reach?")
                        .help("write `reaches catalog, cart`, or `reaches calls` for the declared calls"),
                );
            }
            return;
        }
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.workload_target(statement, target, &head) else { continue };
            if let Subject::Gateway(_) = subject {
                self.push(
                    Diagnostic::new(code::E0321, target.span, "a gateway sees what its routes name")
                        .label("has no scope")
                        .note("Istio does not read a Sidecar for gateways"),
                );
                continue;
            }
            if let Some(ambient) = self.ambient_of(&subject) {
                self.push(
                    Diagnostic::new(
                        code::E0425,
                        target.span,
                        "an ambient namespace has no sidecars whose scope this could be",
                    )
                    .label("would be ignored")
                    .also(ambient, "said here"),
                );
                continue;
            }
            let scope = Scope { head: head.clone(), subject, reaches: reaches.clone(), body: body.clone() };
            if statement.site.emits {
                self.unite_scope(scope);
            }
        }
    }

    /// Where the namespace of a subject is said to be ambient.
    pub(super) fn ambient_of(&self, subject: &Subject<'a>) -> Option<mesh_diagnostics::Span> {
        let place = match subject {
            Subject::Service(id) => self.mesh.services[id.0].namespace?,
            Subject::Namespace(namespace) => namespace,
            _ => return None,
        };
        self.mesh.namespaces.iter().filter(|namespace| namespace.name == place).find_map(|namespace| namespace.ambient)
    }

    /// All scopes of a workload are one: Istio takes one Sidecar.
    fn unite_scope(&mut self, new: Scope<'a>) {
        let key = self.workload_of(new.subject);
        let Some(at) = self.scope_places.get(&key).copied() else {
            self.scope_places.insert(key, self.mesh.scopes.len());
            self.mesh.scopes.push(new);
            return;
        };
        let old = &mut self.mesh.scopes[at];
        old.reaches.extend(new.reaches);
        old.head.common.labels.extend(new.head.common.labels);
        old.head.common.annotations.extend(new.head.common.annotations);
        old.head.common.fields.extend(new.head.common.fields);
        old.head.common.object = old.head.common.object.or(new.head.common.object);
        for (key, node) in new.body.iter() {
            match old.body.get_mut(key) {
                Some(known) => match (&mut known.value, &node.value) {
                    (mesh_istio::Value::List(list), mesh_istio::Value::List(more)) => list.extend(more.iter().cloned()),
                    _ => {
                        let problem = crate::clause::twice(key, node.span, known.span);
                        self.diagnostics.push(problem);
                    }
                },
                None => old.body.put(key.to_owned(), node.clone()),
            }
        }
    }

    fn inbound_listener(&mut self, clause: &Clause<'t, 'a>) -> Option<Node> {
        let args = &clause.args;
        let protocol = Protocol::named(args.get("protocol")?.word())?;
        let number = args.get("port")?.number();
        let mut listener = Object::new(clause.span());
        let mut port = Object::new(clause.span());
        port.set("number", number);
        port.set("protocol", protocol.istio());
        port.set("name", format!("{}-{number}", protocol.word()));
        listener.put_object("port", port);
        if let Some(bind) = args.get("address") {
            match bind.value {
                Value::Address(crate::operand::Address::One(address)) => {
                    listener.set_at("bind", address.to_string(), bind.span);
                }
                _ => self.push(
                    Diagnostic::new(code::E0301, bind.span, "expected one address, found a range of addresses")
                        .label("a listener is bound to one"),
                ),
            }
        }
        if let Some(endpoint) = args.get("endpoint").map(|arg: &Arg<'a>| (arg.str().to_owned(), arg.span)) {
            listener.set_at("defaultEndpoint", endpoint.0, endpoint.1);
        }
        Some(listener.node())
    }
}
