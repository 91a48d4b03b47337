//! A consistent hash beside a weighted split: the split is drawn first, so nobody sticks.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node};

use crate::view::{View, items};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut said = rustc_hash::FxHashSet::default();
    for service in view.of(Kind::VirtualService) {
        for rule in items(service, "http") {
            let split: Vec<&Node> = rule
                .items("route")
                .iter()
                .filter(|entry| entry.int_of("weight").is_some_and(|weight| weight > 0))
                .collect();
            if split.len() < 2 {
                continue;
            }
            let hosts = split.iter().filter_map(|entry| entry.at(&["destination", "host"])).filter_map(Node::text);
            let hash = hosts.flat_map(|host| view.rules_of(host)).find_map(|rule| {
                let subsets = items(rule, "subsets").iter().filter_map(|subset| subset.get("trafficPolicy"));
                rule.spec
                    .get("trafficPolicy")
                    .into_iter()
                    .chain(subsets)
                    .find_map(|policy| policy.at(&["loadBalancer", "consistentHash"]))
            });
            if let Some(hash) = hash.filter(|hash| said.insert(hash.span)) {
                found.push(
                    Diagnostic::new(code::STICKY_SPLIT, hash.span, "callers do not stick to a version")
                        .label("holds within one version only")
                        .also(split[0].span, "this split is drawn anew for every request")
                        .note("Envoy draws the version by weight first, and hashes among its endpoints only then")
                        .help("for a sticky canary test a header or a cookie: `when cookie canary < v2 >`"),
                );
            }
        }
    }
    found
}
