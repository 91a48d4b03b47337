//! Claims that a route tests at a gateway where no token is verified.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Resource};

use crate::view::{View, gateway_key, items, namespace, selects, texts};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for route in view.of(Kind::VirtualService) {
        let matches = items(route, "http").iter().flat_map(|rule| rule.items("match"));
        let claim = matches
            .filter_map(|entry| entry.get("headers"))
            .flat_map(|headers| headers.fields())
            .find(|(name, _)| name.starts_with("@request.auth.claims"));
        let Some((_, claim)) = claim else { continue };
        for name in texts(route, "gateways") {
            let key = gateway_key(route, name);
            let gateway =
                view.of(Kind::Gateway).find(|gateway| format!("{}/{}", namespace(gateway), gateway.name) == key);
            let Some(gateway) = gateway else { continue };
            if !verified(view, gateway) {
                found.push(
                    Diagnostic::new(code::E0422, claim.span, "no token is verified at this gateway")
                        .label("tests a claim")
                        .also(gateway.span(), "has no `jwt`")
                        .note("a claim that nobody has verified is not there, so the rule is never taken")
                        .help(format!("write `jwt gateway {} < issuer … >`", gateway.name)),
                );
            }
        }
    }
    found
}

fn verified(view: &View<'_>, gateway: &Resource) -> bool {
    let pods: Vec<_> = gateway
        .spec
        .get("selector")
        .map(|selector| selector.fields().map(|(key, value)| (key.into(), value.text().unwrap_or("").into())).collect())
        .unwrap_or_default();
    let workload = gateway
        .spec
        .get("selector")
        .and_then(|selector| view.facts.services.iter().find(|service| selects(selector, &service.selector)));
    let place = workload.map_or(namespace(gateway), |service| service.namespace.as_deref().unwrap_or(""));
    view.of(Kind::RequestAuthentication).any(|tokens| {
        let labels = tokens.spec.get("selector").and_then(|selector| selector.get("matchLabels"));
        let here =
            namespace(tokens) == place || (labels.is_none() && namespace(tokens) == view.facts.root_namespace.as_str());
        here && labels.is_none_or(|labels| selects(labels, &pods))
    })
}
