//! Rules on identity that a caller in plain text evades, because it has none.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Resource, ServiceFact};

use crate::view::{View, items, namespace, selects, text};

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
    if let Some(listener) = nameless_gateway(view, policy) {
        return Some(
            Diagnostic::new(code::E0412, first, "a gateway learns no identity from its clients")
                .label("no caller has one here")
                .also(listener, "this listener asks for no client certificate")
                .note(if action == "ALLOW" { "the rule would let nobody in" } else { "the rule would hold for nobody" })
                .help("tell clients apart by `token`, `ip` or `client-ip`, or make the listener `mutual`"),
        );
    }
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

/// A listener that asks for no certificate, where the policy guards a gateway and no listener of it does.
fn nameless_gateway(view: &View<'_>, policy: &Resource) -> Option<Span> {
    let labels = policy.spec.get("selector").and_then(|selector| selector.get("matchLabels"))?;
    let listeners: Vec<&Node> = view.gateways_in(labels).flat_map(|gateway| items(gateway, "servers")).collect();
    let asks = |listener: &&Node| {
        let mode = listener.at(&["tls", "mode"]).and_then(Node::text);
        mode.is_some_and(|mode| mode.contains("MUTUAL"))
    };
    listeners.first().filter(|_| !listeners.iter().any(asks)).map(|listener| listener.span)
}

/// The mode that lets most in, over the workloads and workload ports that the policy's rules are for.
fn weakest_mode<'r>(view: &View<'r>, policy: &Resource) -> (&'static str, Option<&'r Node>) {
    let place = namespace(policy);
    let rank = |mode: &str| match mode {
        "STRICT" => 2,
        "DISABLE" => 1,
        _ => 0,
    };
    let whole = policy.spec.get("selector").is_none() && policy.spec.get("targetRefs").is_none();
    let services = if whole { view.services_of(place) } else { view.selected(policy) };
    // The pods of gateways take what their listeners say.
    let gateways: Vec<&Node> = view.of(Kind::Gateway).filter_map(|gateway| gateway.spec.get("selector")).collect();
    let of_gateway = |service: &ServiceFact| gateways.iter().any(|labels| selects(labels, &service.selector));
    let modes = services.into_iter().filter(|service| !of_gateway(service)).flat_map(|service| {
        let place = service.namespace.as_deref().unwrap_or("");
        ports_of(policy, service).into_iter().map(move |port| view.mode(place, &service.selector, port))
    });
    let rest = whole.then(|| view.mode(place, &[], None));
    let weakest = modes.chain(rest).min_by_key(|(mode, _)| rank(mode));
    weakest.unwrap_or_else(|| view.mode(place, &[], None))
}

/// The workload ports of a service that the policy's rules are for.
fn ports_of(policy: &Resource, service: &ServiceFact) -> Vec<Option<u16>> {
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
    if !said.is_empty() && !said.contains(&None) {
        return said;
    }
    if service.ports.is_empty() {
        return vec![None];
    }
    service.ports.iter().map(|port| Some(port.target)).collect()
}
