//! Policies in a namespace whose pods have no proxy: nothing enforces them.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::Kind;

use crate::view::{View, namespace};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let kinds = [Kind::PeerAuthentication, Kind::AuthorizationPolicy, Kind::RequestAuthentication];
    let policies = view.resources.iter().filter(|resource| kinds.contains(&resource.kind));
    let mut said = rustc_hash::FxHashSet::default();
    // The pods of a gateway are proxies themselves.
    let of_gateway = |policy: &&mesh_istio::Resource| {
        let labels = policy.spec.get("selector").and_then(|selector| selector.get("matchLabels"));
        labels.is_some_and(|labels| view.gateways_in(labels).next().is_some())
    };
    policies
        .filter(|policy| !of_gateway(policy))
        .filter_map(|policy| {
            let place =
                view.namespace(namespace(policy)).filter(|place| place.outside && said.insert(place.name.as_str()))?;
            Some(
                Diagnostic::new(
                    code::E0426,
                    policy.span(),
                    format!("nothing enforces this in namespace `{}`", place.name),
                )
                .label("a policy without a proxy")
                .also(place.span, "its pods get no proxy")
                .note("the same holds for every other policy in this namespace")
                .help(format!(
                    "write `namespace {} < inject >`, or `ambient`, or state the label that does it",
                    place.name
                )),
            )
        })
        .collect()
}
