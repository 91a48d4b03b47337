//! Fields that are set by their path, and resources that are written field by field.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Text};

use super::Head;

/// A `field` clause.
#[derive(Debug, Clone)]
pub struct FieldSet {
    /// The kind of the object that it is for.
    pub kind: Kind,
    /// The way from `spec` to the object that the path starts at.
    pub base: &'static [&'static str],
    /// The names from the object of its block to the field.
    pub path: Vec<Text>,
    /// The value.
    pub node: Node,
    /// Where the path is said.
    pub span: Span,
}

impl FieldSet {
    /// The fields that this one sets below a field of its object; nothing where it is about another one.
    #[must_use]
    pub fn below(&self, name: &str) -> Option<Vec<FieldSet>> {
        let (first, rest) = self.path.split_first()?;
        if first != name {
            return None;
        }
        if !rest.is_empty() {
            return Some(vec![FieldSet { path: rest.to_vec(), ..self.clone() }]);
        }
        // The whole object is set: field by field, so that others can be folded in.
        let inner = self.node.fields();
        Some(inner.map(|(key, node)| FieldSet { path: vec![key.into()], node: node.clone(), ..self.clone() }).collect())
    }

    /// True for a field that says where the requests of a rule go.
    #[must_use]
    pub fn ends_rule(&self) -> bool {
        let ends = ["route", "redirect", "directResponse", "delegate"];
        self.path.first().is_some_and(|name| ends.contains(&name.as_str()))
    }

    /// The same as seen from further out.
    #[must_use]
    pub fn under(mut self, name: &str) -> FieldSet {
        self.path.insert(0, name.into());
        self
    }
}

/// A `resource` statement.
#[derive(Debug, Clone)]
pub struct Written<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// Its fields.
    pub body: Object,
}
