//! Pictures of the declared mesh: [`mesh_compiler::graph::Graph`] as text for pull requests and tools, as a picture, and
//! as a page to walk about in.

mod layout;
mod page;
mod svg;
mod text;

pub use page::html;
pub use svg::svg;
pub use text::{dot, json, mermaid};
