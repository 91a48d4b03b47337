//! What every stage shares: sources, spans, diagnostics, the table of codes, and how problems are shown.
//!
//! Nothing here knows the language or Istio. `render` is the only file that names codespan-reporting.

mod codes;
mod diagnostic;
mod machine;
mod render;
mod source;

pub use codes::{Code, Severity, all_codes, code_named};
pub use diagnostic::{Diagnostic, Diagnostics, Edit, Fix, Label};
pub use machine::{json_line, sarif};
pub use render::{Style, render};
pub use source::{FileId, Source, Sources, Span};

/// The codes themselves, as `codes::E0201`, so that a stage names what it reports.
pub mod code {
    pub use crate::codes::table::*;
}
