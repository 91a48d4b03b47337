//! Callers that speak another TLS than the workload takes.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource, ServiceFact};

use crate::view::{View, items, text};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in view.of(Kind::DestinationRule) {
        if let Some(service) = view.service(text(rule, "host")) {
            found.extend(of_rule(view, rule, service));
        }
    }
    found
}

fn of_rule(view: &View<'_>, rule: &Resource, service: &ServiceFact) -> Vec<Diagnostic> {
    let subsets = items(rule, "subsets").iter().filter_map(|subset| subset.get("trafficPolicy"));
    let mut found = Vec::new();
    for policy in rule.spec.get("trafficPolicy").into_iter().chain(subsets) {
        let of_port = policy.items("portLevelSettings");
        if let Some(tls) = policy.get("tls") {
            let own: Vec<i64> =
                of_port.iter().filter_map(|entry| entry.at(&["port", "number"])).filter_map(Node::int).collect();
            let ports: Vec<Option<u16>> = if service.ports.is_empty() {
                vec![None]
            } else {
                service
                    .ports
                    .iter()
                    .filter(|port| !own.contains(&i64::from(port.number)))
                    .map(|port| Some(port.target))
                    .collect()
            };
            found.extend(ports.into_iter().find_map(|port| clash(view, tls, service, port)));
        }
        for entry in of_port {
            let number = entry.at(&["port", "number"]).and_then(Node::int);
            let target =
                service.ports.iter().find(|port| Some(i64::from(port.number)) == number).map(|port| port.target);
            found.extend(entry.get("tls").and_then(|tls| clash(view, tls, service, target)));
        }
    }
    found
}

fn clash(view: &View<'_>, tls: &Node, service: &ServiceFact, port: Option<u16>) -> Option<Diagnostic> {
    let place = service.namespace.as_deref().unwrap_or("");
    let (mode, said) = view.mode(place, &service.selector, port);
    let caller = tls.text_of("mode")?;
    let (title, label) = match (caller, mode) {
        ("DISABLE", "STRICT") => {
            (format!("callers would speak plain text, and `{}` takes mutual TLS only", service.name), "plain text")
        }
        ("SIMPLE" | "MUTUAL", "STRICT") => (
            format!(
                "callers would show a certificate of their own, and `{}` takes Istio's mutual TLS only",
                service.name
            ),
            "not Istio's mutual TLS",
        ),
        ("ISTIO_MUTUAL", "DISABLE") => {
            (format!("callers would speak mutual TLS, and `{}` takes plain text only", service.name), "mutual TLS")
        }
        _ => return None,
    };
    let problem = Diagnostic::new(code::E0411, tls.span, title)
        .label(label)
        .note("every connection would fail, and callers would see 503")
        .help("leave `tls` out: Istio then does what the workload takes");
    Some(match said {
        Some(said) => problem.also(said.span, "what the workload takes is said here"),
        None => problem,
    })
}
