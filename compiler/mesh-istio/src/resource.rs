//! A resource: kind, name, place, metadata and specification.

use mesh_diagnostics::Span;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::kind::Kind;
use crate::release::Api;
use crate::value::{Object, Text};

/// An object of the bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its kind.
    pub kind: Kind,
    /// `metadata.namespace`; none where the program does not say, so that it lands where it is applied.
    pub namespace: Option<Text>,
    /// `metadata.name`
    pub name: Text,
    /// `metadata.labels`, in the order written.
    pub labels: Vec<(Text, Text)>,
    /// `metadata.annotations`, in the order written.
    pub annotations: Vec<(Text, Text)>,
    /// `spec`; for a kind without one, what stands beside the metadata.
    pub spec: Object,
    /// The heads of the statements that it came from; the first one made it.
    pub origins: Vec<Span>,
    /// What it is derived from, sentence by sentence: the comments of `build --explain`.
    pub reasons: Vec<String>,
}

impl Resource {
    /// An object with an empty specification.
    #[must_use]
    pub fn new(kind: Kind, namespace: Option<Text>, name: impl Into<Text>, origin: Span) -> Resource {
        Resource {
            kind,
            namespace,
            name: name.into(),
            labels: Vec::new(),
            annotations: Vec::new(),
            spec: Object::new(origin),
            origins: vec![origin],
            reasons: Vec::new(),
        }
    }

    /// The head of the statement that made it.
    #[must_use]
    pub fn span(&self) -> Span {
        self.origins[0]
    }

    /// The order of a bundle: namespace, kind, name.
    #[must_use]
    pub fn order(&self) -> (Option<&str>, Kind, &str) {
        (self.namespace.as_deref(), self.kind, &self.name)
    }

    /// The resource as something to serialise.
    #[must_use]
    pub fn with_api(&self, api: Api) -> Versioned<'_> {
        Versioned { resource: self, api }
    }
}

/// A resource and the API version to write it in.
pub struct Versioned<'a> {
    resource: &'a Resource,
    api: Api,
}

impl Serialize for Versioned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let resource = self.resource;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &resource.kind.api_version(self.api))?;
        map.serialize_entry("kind", resource.kind.name())?;
        map.serialize_entry("metadata", &Metadata(resource))?;
        if !resource.kind.has_spec() {
            for (key, node) in resource.spec.iter() {
                map.serialize_entry(key, node)?;
            }
        } else if !resource.spec.is_empty() {
            map.serialize_entry("spec", &resource.spec)?;
        }
        map.end()
    }
}

struct Metadata<'a>(&'a Resource);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let resource = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", resource.name.as_str())?;
        if let Some(namespace) = &resource.namespace {
            map.serialize_entry("namespace", namespace.as_str())?;
        }
        if !resource.labels.is_empty() {
            map.serialize_entry("labels", &Pairs(&resource.labels))?;
        }
        if !resource.annotations.is_empty() {
            map.serialize_entry("annotations", &Pairs(&resource.annotations))?;
        }
        map.end()
    }
}

struct Pairs<'a>(&'a [(Text, Text)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }
}
