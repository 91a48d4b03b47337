//! `field` clauses onto the objects that clauses made, and resources that are written out.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Object, Resource, Text, Value};

use super::Lower;
use crate::model::FieldSet;

impl Lower<'_, '_> {
    pub(super) fn written(&mut self) {
        for written in &self.mesh.written {
            let mut resource = self.resource(written.kind, written.head.namespace, written.name, &written.head);
            resource.spec = written.body.clone();
            self.out.push(resource);
        }
    }

    /// Sets the fields of a kind that a statement sets by path on its object.
    pub(super) fn set_fields(&self, fields: &[FieldSet], kind: Kind, object: &mut Object) {
        for field in fields.iter().filter(|field| field.kind == kind) {
            self.set.borrow_mut().insert(field.span);
            self.problems.borrow_mut().extend(set(field, &field.path, object));
        }
    }

    /// Statements that make several kinds make some of them only with certain clauses.
    pub(super) fn fields_without_object(&self) {
        let mesh = self.mesh;
        let services = mesh.services.iter().map(|service| ("service", &service.common));
        let externals = mesh.externals.iter().map(|external| ("external", &external.common));
        let tokens = mesh.jwts.iter().map(|jwt| ("jwt", &jwt.head.common));
        let set = self.set.borrow();
        for (statement, common) in services.chain(externals).chain(tokens) {
            for field in common.fields.iter().filter(|field| !set.contains(&field.span)) {
                let kind = field.kind.name();
                let says = match (statement, field.kind) {
                    ("service", Kind::ServiceEntry) => "`vm HOST` makes one",
                    ("external", Kind::Gateway) => "`via EGRESS` makes one",
                    ("external", Kind::VirtualService) => {
                        "`via EGRESS` makes one, and so does a `route`, in which `field` sets its fields"
                    }
                    ("jwt", Kind::AuthorizationPolicy) => "`require` makes one",
                    _ => "only a declaration of one's own makes objects: this one is said to be elsewhere",
                };
                self.problems.borrow_mut().push(
                    Diagnostic::new(code::E0510, field.span, format!("this statement makes no {kind}"))
                        .label("set on no object")
                        .help(says),
                );
            }
        }
    }

    /// Takes over an object whose statement may set fields by path.
    pub(super) fn finish(&mut self, mut resource: Resource, fields: &[FieldSet]) {
        self.set_fields(fields, resource.kind, &mut resource.spec);
        self.out.push(resource);
    }
}

/// True when something is set at a path.
pub(super) fn is_set(path: &[Text], object: &Object) -> bool {
    let Some((name, rest)) = path.split_first() else { return true };
    match object.get(name).map(|node| &node.value) {
        None => false,
        Some(Value::Object(inner)) => is_set(rest, inner),
        Some(_) => true,
    }
}

/// Sets a field whatever is set below it: what a layer says stands above those it lies on.
pub(super) fn replace(field: &FieldSet, path: &[Text], object: &mut Object) {
    let Some((name, rest)) = path.split_first() else { return };
    match object.get_mut(name) {
        Some(Node { value: Value::Object(inner), .. }) if !rest.is_empty() => replace(field, rest, inner),
        Some(Node { value: Value::Object(inner), .. }) if matches!(field.node.value, Value::Object(_)) => {
            for (key, node) in field.node.fields() {
                inner.put(key.to_owned(), node.clone());
            }
        }
        _ => object.put(name.to_string(), nested(field, rest)),
    }
}

/// Sets one field; the problem is that something sets it already.
pub(super) fn set(field: &FieldSet, path: &[Text], object: &mut Object) -> Option<Diagnostic> {
    let (name, rest) = path.split_first()?;
    let Some(old) = object.get_mut(name) else {
        object.put(name.to_string(), nested(field, rest));
        return None;
    };
    match (&mut old.value, rest) {
        (Value::Object(inner), [_, ..]) => set(field, rest, inner),
        (Value::Object(inner), []) => match &field.node.value {
            Value::Object(new) => new.iter().find_map(|(key, node)| merge(key, node, field, inner)),
            _ => Some(conflict(field, old)),
        },
        _ => Some(conflict(field, old)),
    }
}

/// Takes over what an object value says of a field, down to the single values.
fn merge(key: &str, node: &Node, field: &FieldSet, into: &mut Object) -> Option<Diagnostic> {
    let Some(old) = into.get_mut(key) else {
        into.put(key.to_owned(), node.clone());
        return None;
    };
    match (&mut old.value, &node.value) {
        (Value::Object(inner), Value::Object(new)) => new.iter().find_map(|(key, node)| merge(key, node, field, inner)),
        _ => Some(conflict(field, old)),
    }
}

/// The value under the rest of a path.
fn nested(field: &FieldSet, rest: &[Text]) -> Node {
    match rest.split_first() {
        None => field.node.clone(),
        Some((name, rest)) => {
            let mut object = Object::new(field.span);
            object.put(name.to_string(), nested(field, rest));
            object.node()
        }
    }
}

fn conflict(field: &FieldSet, old: &Node) -> Diagnostic {
    let path = field.path.join(".");
    Diagnostic::new(code::E0509, field.span, format!("`{path}` is set already"))
        .label("set again here")
        .also(old.span, "this sets it")
        .help("keep one of them")
}
