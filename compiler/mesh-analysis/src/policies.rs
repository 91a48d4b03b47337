//! Deny rules on one exact path: its neighbours stay open.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node};

use crate::view::{View, items, text};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
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
