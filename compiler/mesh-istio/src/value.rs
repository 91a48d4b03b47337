//! A tree of values as YAML has them, each with the place in the source that it came from.

use std::borrow::Cow;

use mesh_diagnostics::Span;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Text in a resource: short ones live without an allocation.
pub type Text = compact_str::CompactString;

/// The name of a field, or a key of a free map.
pub type Key = Cow<'static, str>;

/// A value and the span of the clause that says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was said.
    pub span: Span,
}

/// A value of YAML.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, such as a percentage.
    Float(f64),
    /// Text.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// A map; the keys keep the order in which they were set.
    Object(Object),
}

/// A map whose values remember where they were said.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    span: Span,
    entries: Vec<(Key, Node)>,
}

impl Node {
    /// A value said at a place.
    pub fn new(value: impl Into<Value>, span: Span) -> Node {
        Node { value: value.into(), span }
    }

    /// The field of an object, or nothing where this is no object or has no such field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// What a path of field names leads to.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The members of a list; none where this is no list.
    #[must_use]
    pub fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(list) => list,
            _ => &[],
        }
    }

    /// The members of the list under a key; none where there is none.
    #[must_use]
    pub fn items(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::list)
    }

    /// The fields of an object, in order; none where this is no object.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Node)> {
        let object = match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        };
        object.into_iter().flat_map(Object::iter)
    }

    /// The text, where this is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// The number, where this is a whole one.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match self.value {
            Value::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The whole number under a key.
    #[must_use]
    pub fn int_of(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(Node::int)
    }
}

impl Object {
    /// An empty object that the text at `span` asks for.
    #[must_use]
    pub fn new(span: Span) -> Object {
        Object { span, entries: Vec::new() }
    }

    /// Sets a field that is said where the object is. Setting it again replaces it in its place.
    pub fn set(&mut self, key: impl Into<Key>, value: impl Into<Value>) {
        self.set_at(key, value, self.span);
    }

    /// Sets a field that is said at a place of its own.
    pub fn set_at(&mut self, key: impl Into<Key>, value: impl Into<Value>, span: Span) {
        let (key, node) = (key.into(), Node::new(value, span));
        match self.entries.iter_mut().find(|(old, _)| *old == key) {
            Some((_, old)) => *old = node,
            None => {
                // Most objects have one or two fields, and a bundle has many objects.
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve_exact(self.entries.len().max(2));
                }
                self.entries.push((key, node));
            }
        }
    }

    /// Sets a field where there is something to set.
    pub fn set_some(&mut self, key: impl Into<Key>, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Sets a field of an object within this one; objects on the way are made where they are missing.
    pub fn set_path(&mut self, path: &[&str], node: Node) {
        let Some((first, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            self.put((*first).to_owned(), node);
            return;
        }
        let span = node.span;
        if !matches!(self.get(first), Some(Node { value: Value::Object(_), .. })) {
            self.set_at((*first).to_owned(), Object::new(span), span);
        }
        if let Some(Node { value: Value::Object(inner), .. }) = self.get_mut(first) {
            inner.set_path(rest, node);
        }
    }

    /// Sets a field to a node that has its own span.
    pub fn put(&mut self, key: impl Into<Key>, node: Node) {
        self.set_at(key, node.value, node.span);
    }

    /// Sets a field to an object, unless that is empty.
    pub fn put_object(&mut self, key: impl Into<Key>, object: Object) {
        if !object.is_empty() {
            let span = object.span;
            self.set_at(key, object, span);
        }
    }

    /// Sets a field to a list, unless that is empty.
    pub fn put_list(&mut self, key: impl Into<Key>, list: Vec<Node>) {
        if let Some(first) = list.first() {
            let span = first.span;
            self.set_at(key, list, span);
        }
    }

    /// A field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// A field that is to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, node)| (key.as_ref(), node))
    }

    /// True when nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the object is said.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The object as a node.
    #[must_use]
    pub fn node(self) -> Node {
        let span = self.span;
        Node::new(self, span)
    }

    /// Takes over the fields of another object that this one lacks.
    pub fn fill_from(&mut self, below: &Object) {
        for (key, node) in &below.entries {
            if self.get(key).is_none() {
                self.entries.push((key.clone(), node.clone()));
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Value {
        Value::Int(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value.into())
    }
}

impl From<Text> for Value {
    fn from(value: Text) -> Value {
        Value::Text(value)
    }
}

impl From<Vec<Node>> for Value {
    fn from(value: Vec<Node>) -> Value {
        Value::List(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Value {
        Value::Object(value)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            // A percentage of 5 is written 5, not 5.0: the same number, as people write it.
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                serializer.serialize_i64(*value as i64)
            }
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Text(text) if crate::yaml::reads_as_block(text) => crate::yaml::block(text).serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(list) => serializer.collect_seq(list),
            Value::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, node) in &self.entries {
            map.serialize_entry(key.as_ref(), node)?;
        }
        map.end()
    }
}
