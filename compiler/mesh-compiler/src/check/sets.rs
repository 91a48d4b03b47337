//! Clauses that set fields and do nothing more: the vocabulary says which.

use mesh_diagnostics::Span;
use mesh_istio::schema::{self, Field, Of, Shape};
use mesh_istio::{Kind, Node, Object, Value as Yaml};

use super::typed::Typed;
use super::{Checker, Site};
use crate::clause::{Clause, Clauses};
use crate::model::FieldSet;
use crate::operand::{Arg, Reader, Value};

/// What words mean that Istio spells in another way than in capitals.
const WORDS: [(&str, &str); 15] = [
    ("always", "Always"),
    ("if-absent", "IfNotPresent"),
    ("close", "FAIL_CLOSE"),
    ("open", "FAIL_OPEN"),
    ("reload", "FAIL_RELOAD"),
    ("refuse", "REGISTRY_ONLY"),
    ("pass", "ALLOW_ANY"),
    ("inbound", "SIDECAR_INBOUND"),
    ("outbound", "SIDECAR_OUTBOUND"),
    ("both", "CLIENT_AND_SERVER"),
    ("never", "DO_NOT_UPGRADE"),
    ("always", "UPGRADE"),
    ("round-robin", "ROUND_ROBIN"),
    ("v1", "V1"),
    ("v2", "V2"),
];

impl<'t, 'a> Checker<'t, 'a> {
    /// Sets the fields of all clauses that the vocabulary says fields of.
    pub(super) fn set_all(
        &mut self,
        site: Site<'t, 'a>,
        clauses: &Clauses<'t, 'a>,
        kind: Kind,
        base: &[&str],
        object: &mut Object,
    ) {
        for clause in &clauses.list {
            for (path, node) in self.sets_of(site, clause, kind, base) {
                object.set_path(&path.split('.').collect::<Vec<_>>(), node);
            }
        }
    }

    /// The fields that a clause sets, as those of a `field` would be.
    pub(super) fn field_sets(
        &mut self,
        site: Site<'t, 'a>,
        clause: &Clause<'t, 'a>,
        kind: Kind,
        base: &'static [&'static str],
    ) -> Vec<FieldSet> {
        let set = |(path, node): (&str, Node)| FieldSet {
            kind,
            base,
            path: path.split('.').map(Into::into).collect(),
            span: node.span,
            node,
        };
        self.sets_of(site, clause, kind, base).into_iter().map(set).collect()
    }

    /// The fields that a clause sets, each with its path from the object of the block.
    fn sets_of(
        &mut self,
        site: Site<'t, 'a>,
        clause: &Clause<'t, 'a>,
        kind: Kind,
        base: &[&str],
    ) -> Vec<(&'static str, Node)> {
        let Some(start) = schema::body(kind).at(base.iter().copied()) else { return Vec::new() };
        let mut out = Vec::new();
        for (slot, path) in clause.word.entry.sets {
            let Some(field) = start.at(path.split('.')) else { continue };
            let args = clause.args.list(slot);
            let node = if slot.is_empty() {
                Some(Node::new(true, clause.span()))
            } else if args.is_empty() {
                None
            } else if field.shape == Shape::List {
                let list: Vec<Node> = args.iter().filter_map(|arg| self.value(site, arg, kind, field)).collect();
                Some(Node::new(list, clause.span()))
            } else {
                self.value(site, &args[0], kind, field)
            };
            out.extend(node.map(|node| (*path, node)));
        }
        out
    }

    /// An operand as a value of a field.
    fn value(&mut self, site: Site<'t, 'a>, arg: &Arg<'a>, kind: Kind, field: &Field) -> Option<Node> {
        let span: Span = arg.span;
        let value = match &arg.value {
            Value::Number(number) => Yaml::from(*number),
            Value::Percent(parts) => Yaml::from(f64::from(*parts) / 10_000.0),
            Value::Address(address) => Yaml::from(address.to_string()),
            Value::Text(text) if field.of == Of::Any => {
                let reader = Reader { tree: site.tree };
                let mut typed = Typed { reader, kind, problems: Vec::new() };
                let value = typed.free(text, false, span);
                self.diagnostics.append(&mut typed.problems);
                value?
            }
            _ => match field.of {
                Of::Int => Yaml::from(arg.str().parse::<i64>().ok()?),
                _ if !field.values.is_empty() => Yaml::from(enumerated(arg.str(), field)?),
                _ => Yaml::from(arg.str()),
            },
        };
        Some(Node { value, span })
    }
}

/// Istio's spelling of a word.
fn enumerated(word: &str, field: &Field) -> Option<&'static str> {
    let upper = word.to_ascii_uppercase().replace('-', "_");
    let known = |name: &str| field.values.iter().map(|(value, _)| *value).find(|value| *value == name);
    let mut spelled = WORDS.iter().filter(|(own, _)| *own == word).map(|(_, istio)| *istio);
    known(&upper).or_else(|| spelled.find_map(known))
}
