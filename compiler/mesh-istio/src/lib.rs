//! Istio by itself: its releases, resources with spans, facts about a mesh, and YAML out.
//!
//! Nothing here knows the Mesh language. A [`Resource`] is a typed head and a tree of [`Node`]s, each with
//! the span of the text it came from, whatever front end that was.

mod duration;
mod emit;
mod facts;
pub mod host;
mod release;
mod resource;
mod value;

pub use duration::millis;
pub use emit::{Format, document, emit};
pub use facts::{Facts, NamespaceFact, PortFact, Protocol, Rank, ServiceFact};
pub use release::{Api, Release, SUPPORTED};
pub use resource::{Kind, Resource};
pub use value::{Key, Node, Object, Text, Value};
