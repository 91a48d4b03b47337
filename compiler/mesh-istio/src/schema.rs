//! What fields the kinds have: names, types, bounds, exclusions, and the release that added each.
//!
//! The tables are text, generated from the CRDs that the releases ship (`cargo xtask schema`), and read kind by kind
//! at the first use. `rules.txt` adds, by hand, what Istio's webhook asks of single fields beyond that.

mod format;
mod table;

use std::sync::OnceLock;

use crate::kind::Kind;
use crate::release::Release;

pub use format::{Format, is_known_status};

/// How often a value stands in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Once.
    One,
    /// In a list.
    List,
    /// In a map, under keys of one's own.
    Map,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Text.
    Text,
    /// A duration such as `1h30m`.
    Duration,
    /// `true` or `false`
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A whole number, or text such as the name of a port.
    IntOrText,
    /// Named fields.
    Object,
    /// Whatever one likes: the configuration of a plugin, a patch of Envoy.
    Any,
}

/// A field of a kind, or of an object within it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name in YAML.
    pub name: &'static str,
    /// How often its value stands.
    pub shape: Shape,
    /// The type of one value.
    pub of: Of,
    /// It must be set where its object is.
    pub required: bool,
    /// The values that it takes, each with the release that added it; empty where it is open.
    pub values: Vec<(&'static str, Option<Release>)>,
    /// The first release that has it; none where all supported ones have.
    pub since: Option<Release>,
    /// The least and the greatest number.
    pub bounds: (Option<f64>, Option<f64>),
    /// The least and the greatest length of a text.
    pub length: (Option<u32>, Option<u32>),
    /// The least and the greatest size of a list or a map.
    pub size: (Option<u32>, Option<u32>),
    /// What Kubernetes matches a text against.
    pub pattern: Option<Pattern>,
    /// Fields below it of which at most one may be set.
    pub one: Vec<Vec<&'static str>>,
    /// Fields below it of which exactly one must be set.
    pub exactly: Vec<Vec<&'static str>>,
    /// Fields below it of which at least one must be set.
    pub some: Vec<Vec<&'static str>>,
    /// The key by which the members of the list differ.
    pub unique: Option<&'static str>,
    /// What Istio's webhook asks of a text or a number.
    pub format: Option<Format>,
    /// What it asks of the keys of a map.
    pub key_format: Option<Format>,
    /// It is deprecated, and this takes its place.
    pub deprecated: Option<&'static str>,
    /// Istio accepts it and never reads it.
    pub unread: bool,
    /// Istio has it in the schema and refuses it all the same.
    pub refused: bool,
    /// The fields below it.
    pub children: Vec<Field>,
}

/// A regular expression of the schema, read at its first use.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: &'static str,
    read: OnceLock<Option<regex_lite::Regex>>,
}

impl Pattern {
    pub(crate) fn new(text: &'static str) -> Pattern {
        Pattern { text, read: OnceLock::new() }
    }

    /// The expression.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// True for a text that it matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let read = self.read.get_or_init(|| regex_lite::Regex::new(self.text).ok());
        read.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

impl Field {
    /// The field below it of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Field> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The field that a path of names leads to from here; keys of maps are names too.
    #[must_use]
    pub fn at<'p>(&self, path: impl IntoIterator<Item = &'p str>) -> Option<&Field> {
        path.into_iter().try_fold(self, |field, name| field.child(name))
    }

    /// Calls `visit` with the path of every field that holds a value rather than other fields, and with it.
    pub fn leaves(&self, visit: &mut impl FnMut(&str, &Field)) {
        let mut path = String::new();
        for child in &self.children {
            child.walk(&mut path, visit);
        }
    }

    fn walk(&self, path: &mut String, visit: &mut impl FnMut(&str, &Field)) {
        let before = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(self.name);
        if self.children.is_empty() {
            visit(path, self);
        }
        let mark = match self.shape {
            Shape::One => "",
            Shape::List => "[]",
            Shape::Map => ".*",
        };
        path.push_str(mark);
        for child in &self.children {
            child.walk(path, visit);
        }
        path.truncate(before);
    }
}

/// The fields of a kind: those of `spec` stand below the field `spec`.
#[must_use]
pub fn of(kind: Kind) -> &'static Field {
    static READ: [OnceLock<Field>; Kind::COUNT] = [const { OnceLock::new() }; Kind::COUNT];
    READ[kind as usize].get_or_init(|| table::read(kind))
}

/// The field that objects of a kind are written in: `spec`, or the object itself for kinds that have none.
#[must_use]
pub fn body(kind: Kind) -> &'static Field {
    let root = of(kind);
    if kind.has_spec() { root.child("spec").unwrap_or(root) } else { root }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of the newest release; a new release changes them, and the reference says them.
    #[test]
    fn the_tables_have_every_field_of_every_kind() {
        let mut leaves = 0;
        for kind in Kind::all() {
            let field = of(kind);
            assert!(kind == Kind::Namespace || !field.children.is_empty(), "{kind:?} has no field");
            if kind.is_istio() {
                field.leaves(&mut |_, _| leaves += 1);
            }
        }
        assert_eq!(leaves, 730);
    }

    #[test]
    fn fields_are_found_with_their_release() {
        let codes = ["trafficPolicy", "outlierDetection", "outlierDetectionHttpErrorCodes"];
        let field = body(Kind::DestinationRule).at(codes).expect("the table has it");
        assert_eq!((field.since, field.shape, field.of), (Some(Release(1, 31)), Shape::List, Of::Int));
        assert_eq!(field.bounds, (Some(100.0), Some(599.0)));
        let timeout = body(Kind::VirtualService).at(["http", "timeout"]).expect("the table has it");
        assert_eq!(timeout.of, Of::Duration);
    }
}
