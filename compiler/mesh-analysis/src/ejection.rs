//! Outlier ejection and pools: settings that never act, or act on everything.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, items, text};

/// Istio's `maxEjectionPercent` where none is said.
const DEFAULT_PERCENT: i64 = 10;

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    view.of(Kind::DestinationRule).flat_map(|rule| of_rule(view, rule)).collect()
}

fn of_rule(view: &View<'_>, rule: &Resource) -> Vec<Diagnostic> {
    let replicas = view.service(text(rule, "host")).and_then(|service| service.replicas);
    let top = rule.spec.get("trafficPolicy");
    let subsets = items(rule, "subsets").iter().filter_map(|subset| subset.get("trafficPolicy"));
    let policies = top.into_iter().chain(subsets);
    let layers = policies.flat_map(|policy| std::iter::once(policy).chain(policy.items("portLevelSettings")));
    let mut found = Vec::new();
    for layer in layers {
        found.extend(layer.get("outlierDetection").into_iter().flat_map(|eject| ejection(eject, replicas)));
        let one =
            layer.at(&["connectionPool", "http", "maxRequestsPerConnection"]).filter(|node| node.int() == Some(1));
        found.extend(one.map(|node| {
            Diagnostic::new(code::KEEPALIVE_OFF, node.span, "every request opens a connection of its own")
                .label("one request a connection")
                .note("with mutual TLS each of them pays a handshake")
                .help("leave it out, or allow some hundreds")
        }));
    }
    found
}

fn ejection(eject: &Node, replicas: Option<(u32, mesh_diagnostics::Span)>) -> Vec<Diagnostic> {
    let said = eject.get("maxEjectionPercent");
    let percent = said.and_then(Node::int).unwrap_or(DEFAULT_PERCENT);
    let span = said.map_or(eject.span, |node| node.span);
    if let Some((count, declared)) = replicas {
        if i64::from(count) * percent < 100 {
            let least = (100 + i64::from(count) - 1) / i64::from(count.max(1));
            if count == 1 {
                return vec![
                    Diagnostic::new(code::E0403, eject.span, "one endpoint cannot be ejected")
                        .label("there is nothing else to take its place")
                        .also(declared, "this many")
                        .help("leave `eject` out, or run more endpoints"),
                ];
            }
            let problem = Diagnostic::new(
                code::E0403,
                span,
                format!("with {count} endpoints, at most {percent}% of them is none"),
            )
            .label(if said.is_some() { "less than one endpoint" } else { "without `at-most` it is 10%" })
            .also(declared, "this many")
            .note("Envoy ejects an endpoint only while the ejected share stays within the limit");
            return vec![problem.help(format!("write `at-most {least}%` or more"))];
        }
    } else if said.is_none() {
        return vec![
            Diagnostic::new(code::EJECT_NEEDS_AT_MOST, span, "below ten endpoints nothing is ever ejected")
                .label("without `at-most` Istio ejects 10% at most")
                .note("one of nine endpoints is 11%, which is more")
                .help("write `at-most 50%`, or state `replicas` in the service"),
        ];
    }
    if percent >= 100 && eject.int_of("minHealthPercent").unwrap_or(0) == 0 {
        return vec![
            Diagnostic::new(code::EJECT_CAN_EMPTY, span, "ejection may take every endpoint out")
                .label("all of them")
                .note("a bad deployment or a failing dependency then turns errors of some requests into 503 for all")
                .help("leave some in, as in `at-most 50%`"),
        ];
    }
    Vec::new()
}
