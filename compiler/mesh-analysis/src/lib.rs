//! Findings over Istio resources and facts, whatever front end they came from.

use mesh_diagnostics::Diagnostic;
use mesh_istio::{Facts, Resource};

/// All findings about a bundle.
#[must_use]
pub fn analyze(_resources: &[Resource], _facts: &Facts) -> Vec<Diagnostic> {
    Vec::new()
}
