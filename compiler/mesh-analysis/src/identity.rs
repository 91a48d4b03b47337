//! Rules on identity that a caller in plain text evades, because it has none.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Resource};

use crate::view::{View, items, namespace, text};

const IDENTITY: [&str; 4] = ["principals", "namespaces", "serviceAccounts", "trustDomains"];
const NOT_IDENTITY: [&str; 4] = ["notPrincipals", "notNamespaces", "notServiceAccounts", "notTrustDomains"];

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    view.of(Kind::AuthorizationPolicy).filter_map(|policy| of_policy(view, policy)).collect()
}

fn of_policy(view: &View<'_>, policy: &Resource) -> Option<Diagnostic> {
    let action = text(policy, "action");
    let (evaded, what) = match action {
        // No identity is not the denied one, so the request passes.
        "DENY" => (&IDENTITY, "a caller in plain text has no identity, so it is not among the denied"),
        // No identity is not the excepted one either, so the request passes.
        "ALLOW" => (&NOT_IDENTITY, "a caller in plain text has no identity, so it is not among the excepted"),
        _ => return None,
    };
    let sources =
        items(policy, "rules").iter().flat_map(|rule| rule.items("from")).filter_map(|from| from.get("source"));
    let identities: Vec<(Span, bool)> = sources
        .flat_map(Node::fields)
        .filter_map(|(field, node)| {
            let negative = evaded.contains(&field);
            (negative || IDENTITY.contains(&field)).then_some((node.span, negative))
        })
        .collect();
    let &(first, _) = identities.first()?;
    let open = identities.iter().find(|(_, evaded)| *evaded).map(|(span, _)| *span);
    let (mode, said) = weakest_mode(view, policy);
    let problem = match (mode, open) {
        ("DISABLE", _) => {
            Diagnostic::new(code::E0412, first, "callers are known by mutual TLS, and it is switched off here")
                .label("no caller has an identity")
                .note(if action == "ALLOW" { "the rule would let nobody in" } else { "the rule would hold for nobody" })
        }
        (mode, Some(span)) if mode != "STRICT" => {
            Diagnostic::new(code::E0412, span, "a caller in plain text evades this rule")
                .label("needs mutual TLS on the target")
                .note(what)
                .help("make the target `strict`, as in `mtls TARGET strict`")
        }
        _ => return None,
    };
    Some(match said {
        Some(said) => problem.also(said.span, "the mode in force is said here"),
        None => problem.note("no `mtls` is said for the target, and Istio's own mode takes plain text too"),
    })
}

/// The mode that lets most in, over the workload ports that the policy's rules are for.
fn weakest_mode<'r>(view: &View<'r>, policy: &Resource) -> (&'static str, Option<&'r Node>) {
    let place = namespace(policy);
    let selected = view.selected(policy);
    let Some(service) = selected.first() else { return view.mode(place, &[], None) };
    let operations =
        items(policy, "rules").iter().flat_map(|rule| rule.items("to")).filter_map(|to| to.get("operation"));
    let said: Vec<Option<u16>> = operations
        .flat_map(|operation| {
            let ports = operation.items("ports");
            let numbers: Vec<Option<u16>> =
                ports.iter().map(|port| port.text().and_then(|text| text.parse().ok())).collect();
            if numbers.is_empty() { vec![None] } else { numbers }
        })
        .collect();
    let all: Vec<Option<u16>> = service.ports.iter().map(|port| Some(port.target)).collect();
    let everywhere = said.is_empty() || said.contains(&None);
    let ports = if !everywhere {
        said
    } else if all.is_empty() {
        vec![None]
    } else {
        all
    };
    let modes = ports.into_iter().map(|port| view.mode(place, &service.selector, port));
    let rank = |mode: &str| match mode {
        "STRICT" => 2,
        "DISABLE" => 1,
        _ => 0,
    };
    modes.min_by_key(|(mode, _)| rank(mode)).unwrap_or(("PERMISSIVE", None))
}
