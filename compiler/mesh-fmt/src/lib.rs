//! Mesh tree to text: one format.
use mesh_diagnostics::{Diagnostic, FileId};
/// x
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> { let _ = file; Ok(text.to_owned()) }
