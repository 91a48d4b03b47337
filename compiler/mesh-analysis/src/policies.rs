//! Deny rules on one exact path, whose neighbours stay open, and those that close TCP ports.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node};

use crate::ambient::http_test;
use crate::view::{View, items, text};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = closing(view);
    for policy in view.of(Kind::AuthorizationPolicy).filter(|policy| text(policy, "action") == "DENY") {
        let operations = |policy: &'_ mesh_istio::Resource| -> Vec<Node> {
            items(policy, "rules")
                .iter()
                .flat_map(|rule| rule.items("to"))
                .filter_map(|to| to.get("operation"))
                .cloned()
                .collect()
        };
        let operations = operations(policy);
        let paths: Vec<&str> =
            operations.iter().flat_map(|operation| operation.items("paths")).filter_map(Node::text).collect();
        for operation in &operations {
            for node in operation.items("paths") {
                let Some(path) = node.text().filter(|path| !path.contains(['*', '{'])) else { continue };
                let below = format!("{}/", path.trim_end_matches('/'));
                if paths.iter().any(|other| other.strip_suffix('*').is_some_and(|prefix| below.starts_with(prefix))) {
                    continue;
                }
                found.push(
                    Diagnostic::new(code::DENY_EXACT_PATH, node.span, format!("`{below}…` stays open"))
                        .label("denies this one path")
                        .note("many servers answer `/x/` as they answer `/x`, and what lies below is not denied at all")
                        .help(format!("write `{path}, {below}*` if all of it is meant")),
                );
            }
        }
    }
    found
}

/// Denials by HTTP for ports that are not known: Istio denies everything on those that speak TCP.
fn closing(view: &View<'_>) -> Vec<Diagnostic> {
    let mut said = std::collections::HashSet::new();
    let mut found = Vec::new();
    for policy in view.of(Kind::AuthorizationPolicy).filter(|policy| text(policy, "action") == "DENY") {
        // A waypoint serves HTTP for the ports of the service it is asked about.
        if policy.spec.get("targetRefs").is_some() {
            continue;
        }
        for rule in items(policy, "rules") {
            let operations = rule.items("to").iter().filter_map(|to| to.get("operation"));
            let bound = |operation: &Node| operation.get("ports").is_some() || operation.get("notPorts").is_some();
            let open = rule.items("to").is_empty() || operations.into_iter().any(|operation| !bound(operation));
            let Some(test) = http_test(std::slice::from_ref(rule)).filter(|_| open) else { continue };
            if said.insert(test) {
                found.push(
                    Diagnostic::new(
                        code::DENY_CLOSES_TCP,
                        test,
                        "this closes every port of the target that speaks no HTTP",
                    )
                    .label("tests HTTP, and the ports are not all known")
                    .note("on such a port Istio leaves the test out, and denies every connection")
                    .help("declare the services with their ports, or write the statement for those that it is about"),
                );
            }
        }
    }
    found
}
