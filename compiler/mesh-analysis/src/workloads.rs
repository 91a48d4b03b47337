//! Two services that select the same pods: policies and subsets of one would hold for the other.

use std::collections::HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::ServiceFact;

use crate::view::View;

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut seen: HashMap<(Option<&str>, String), &ServiceFact> = HashMap::new();
    let mut found = Vec::new();
    for service in &view.facts.services {
        let mut labels: Vec<String> = service.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        labels.sort();
        let key = (service.namespace.as_deref(), labels.join(","));
        match seen.get(&key) {
            Some(first) => found.push(
                Diagnostic::new(
                    code::E0408,
                    service.span,
                    format!("`{}` and `{}` select the same pods", service.name, first.name),
                )
                .label("the second one")
                .also(first.span, "the first one")
                .note("a policy for one of them would hold for the other as well")
                .help("give them different labels with `select`, or make them ports of one service"),
            ),
            None => {
                seen.insert(key, service);
            }
        }
    }
    found
}
