//! Two objects of one kind about one target, of which Istio reads one.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, namespace, text, words};

/// The kinds of which a target has one, the fields that choose it, and what becomes of a second one.
const KINDS: [(Kind, &[&str], &str); 5] = [
    (Kind::PeerAuthentication, &["selector"], "Istio takes the older one"),
    (Kind::Sidecar, &["workloadSelector"], "Istio takes the older one, and merges nothing"),
    (Kind::Telemetry, &["selector", "targetRefs", "targetRef"], "Istio takes the older one, section by section"),
    (Kind::ProxyConfig, &["selector"], "Istio takes the older one"),
    (
        Kind::DestinationRule,
        &["host", "workloadSelector", "exportTo"],
        "Istio unites the subsets, and takes the policy of the older one",
    ),
];

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (kind, fields, becomes) in KINDS {
        let mut known: HashMap<(&str, String), &Resource> = HashMap::default();
        for resource in view.of(kind) {
            // What says nothing says nothing twice.
            if resource.spec.is_empty() {
                continue;
            }
            // Two rules of one host are fine where only one has a policy.
            if kind == Kind::DestinationRule && resource.spec.get("trafficPolicy").is_none() {
                continue;
            }
            let mut target = String::new();
            fields.iter().filter_map(|field| resource.spec.get(field)).for_each(|node: &Node| words(node, &mut target));
            let Some(first) = known.insert((namespace(resource), target), resource) else { continue };
            let (first, second) = if resource.span() < first.span() { (resource, first) } else { (first, resource) };
            let what = match kind {
                Kind::DestinationRule => format!("two rules have a policy for `{}`", text(resource, "host")),
                _ => format!("one target has a second {}", kind.name()),
            };
            found.push(
                Diagnostic::new(code::E0407, second.span(), what)
                    .label(format!("`{}`", second.name))
                    .also(first.span(), format!("`{}`", first.name))
                    .note(becomes)
                    .help("say all of it in one"),
            );
        }
    }
    found
}
