//! Findings over Istio resources and facts, whatever front end they came from.
//!
//! Each file holds one idea. A finding looks at one object, one host or one workload at a time, so that none
//! goes over the whole bundle more than once.

mod ambient;
mod beside;
mod claims;
mod delegates;
mod ejection;
mod externals;
mod gateways;
mod identity;
mod language;
mod matching;
mod membership;
mod mtls;
mod overlap;
mod policies;
mod repeated;
mod retries;
mod rewrites;
mod shadow;
mod sticky;
mod view;
mod visibility;
mod workloads;

use mesh_diagnostics::Diagnostic;
use mesh_istio::{Facts, Resource};
use rayon::prelude::*;

use view::View;

pub use beside::beside;

/// All findings about a bundle.
#[must_use]
pub fn analyze(resources: &[Resource], facts: &Facts) -> Vec<Diagnostic> {
    let view = View::new(resources, facts);
    let findings: [fn(&View<'_>) -> Vec<Diagnostic>; 18] = [
        retries::find,
        ejection::find,
        shadow::find,
        rewrites::find,
        sticky::find,
        mtls::find,
        identity::find,
        membership::find,
        gateways::find,
        overlap::find,
        visibility::find,
        externals::find,
        policies::find,
        claims::find,
        delegates::find,
        workloads::find,
        ambient::find,
        repeated::find,
    ];
    findings.par_iter().flat_map_iter(|find| find(&view)).collect()
}
