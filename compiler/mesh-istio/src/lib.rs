//! Istio by itself: its releases, resources with spans, facts about a mesh, and YAML out.
//!
//! Nothing here knows the Mesh language. A [`Resource`] is a typed head and a tree of [`Node`]s, each with
//! the span of the text it came from, whatever front end that was.

mod address;
mod duration;
mod emit;
pub mod expression;
mod facts;
pub mod header;
pub mod host;
pub mod jwks;
mod kind;
pub mod regex;
mod release;
pub mod rendered;
mod resource;
pub mod schema;
pub mod validate;
mod value;
pub mod yaml;

pub use address::Address;
pub use duration::millis;
pub use emit::{Format, document, emit};
pub use facts::{Facts, NamespaceFact, PortFact, Protocol, Rank, ServiceFact, VersionFact};
pub use kind::Kind;
pub use release::{Api, Release, SUPPORTED};
pub use resource::Resource;
pub use value::{Key, Node, Object, Text, Value};
