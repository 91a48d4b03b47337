//! DestinationRule: policies, TLS towards a target, localities.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::Span;

use super::{Found, is_filled, is_true, items, text};
use crate::resource::Resource;
use crate::value::{Node, Value};

pub(super) fn rule(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    if let Some(exports) = spec.get("exportTo") {
        super::entry::exports(exports, resource, false, found);
    }
    if let (Some(selector), Some(exports)) = (spec.get("workloadSelector"), spec.get("exportTo")) {
        let own = resource.namespace.as_deref();
        let at_home = |node: &Node| node.text().is_some_and(|text| text == "." || Some(text) == own);
        if let Some(wide) = exports.list().iter().find(|node| !at_home(node)) {
            found.exclude(("exportTo", wide), ("workloadSelector", selector));
        }
    }
    let namespace = resource.namespace.as_deref();
    for subset in items(spec, "subsets") {
        if let Some(policy) = subset.get("trafficPolicy") {
            traffic(policy, namespace, found);
        }
    }
    if let Some(policy) = spec.get("trafficPolicy") {
        traffic(policy, namespace, found);
    }
}

fn traffic(policy: &Node, namespace: Option<&str>, found: &mut Found) {
    layer(policy, namespace, found);
    for port in policy.items("portLevelSettings") {
        layer(port, namespace, found);
    }
}

/// The sections that a policy and the settings of a port have in common.
fn layer(policy: &Node, namespace: Option<&str>, found: &mut Found) {
    if let Some(pool) = policy.get("connectionPool") {
        connections(pool, found);
    }
    if let Some(ejection) = policy.get("outlierDetection") {
        let split = is_true(ejection, "splitExternalLocalOriginErrors");
        if let Some(local) =
            ejection.get("consecutiveLocalOriginFailures").filter(|node| node.int() != Some(0) && !split)
        {
            found.refuse(
                local.span,
                "`consecutiveLocalOriginFailures` needs `splitExternalLocalOriginErrors`",
                "counts nothing by itself",
            );
        }
    }
    if let Some(tls) = policy.get("tls") {
        client_tls(tls, namespace, found);
    }
    if let Some(balancer) = policy.get("loadBalancer") {
        for (name, section) in
            ["localityLbSetting", "zoneAwareLbSetting"].iter().filter_map(|n| Some((n, balancer.get(n)?)))
        {
            localities(name, section, found);
            let fails_over = section.get("failover").or_else(|| section.get("failoverPriority"));
            if let Some(node) = fails_over.filter(|_| policy.get("outlierDetection").is_none()) {
                found.warn(
                    node.span,
                    "without ejection no endpoint is known to have failed",
                    "needs `outlierDetection`",
                );
            }
        }
    }
}

/// The rules of a pool, of a DestinationRule or a Sidecar.
pub(super) fn connections(pool: &Node, found: &mut Found) {
    let Some(http) = pool.get("http") else { return };
    if text(http, "h2UpgradePolicy") == "UPGRADE"
        && let (Some(client), Some(upgrade)) = (http.get("useClientProtocol"), http.get("h2UpgradePolicy"))
        && client.value == Value::Bool(true)
    {
        found.exclude(("useClientProtocol", client), ("h2UpgradePolicy", upgrade));
    }
}

fn client_tls(tls: &Node, namespace: Option<&str>, found: &mut Found) {
    let mode = text(tls, "mode");
    let credential = tls.get("credentialName").filter(|node| node.text().is_some_and(|text| !text.is_empty()));
    if let Some((node, name)) = credential.and_then(|node| Some((node, node.text()?.strip_prefix("configmap://")?))) {
        let own = match name.split_once('/') {
            Some((place, _)) => Some(place) == namespace,
            None => false,
        };
        if !own {
            found.refuse(
                node.span,
                "a ConfigMap of another namespace",
                "expected `configmap://NAMESPACE/NAME` with the namespace of this object",
            );
        }
    }
    if let Some(skip) = tls.get("insecureSkipVerify").filter(|node| node.value == Value::Bool(true)) {
        let excluded: &[&str] = match mode {
            "SIMPLE" => &["caCertificates", "credentialName", "subjectAltNames"],
            "MUTUAL" => &["caCertificates", "subjectAltNames"],
            _ => &[],
        };
        for name in excluded.iter().filter(|name| is_filled(tls, name)) {
            if let Some(other) = tls.get(name) {
                found.exclude((name, other), ("insecureSkipVerify", skip));
            }
        }
    }
    if !matches!(mode, "SIMPLE" | "MUTUAL") {
        return;
    }
    if let Some(credential) = credential {
        for name in ["clientCertificate", "caCertificates", "privateKey", "caCrl"] {
            if let Some(other) = tls.get(name).filter(|_| is_filled(tls, name)) {
                found.exclude((name, other), ("credentialName", credential));
            }
        }
    } else if mode == "MUTUAL" {
        for name in ["clientCertificate", "privateKey"].iter().filter(|name| !is_filled(tls, name)) {
            found.lack(tls.span, name, "the mode is MUTUAL, and there is no `credentialName`");
        }
    }
}

fn localities(name: &str, section: &Node, found: &mut Found) {
    let zone_aware = name == "zoneAwareLbSetting";
    for failover in section.items("failover") {
        if let (Some(from), Some(to)) = (failover.get("from"), failover.get("to"))
            && from.text() == to.text()
        {
            found.refuse(to.span, "a region cannot stand in for itself", "the same as `from`");
        }
    }
    let regional = |node: &&Node| {
        node.text().is_some_and(|text| {
            let key = text.split('=').next().unwrap_or(text);
            ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"].contains(&key)
        })
    };
    if let Some(label) = section.items("failoverPriority").iter().find(regional)
        && (zone_aware || section.get("failover").is_some())
    {
        found.refuse(
            label.span,
            "`failoverPriority` cannot name a region, zone or subzone here",
            "a label of a locality",
        );
    }
    let mut froms: Vec<(&str, Span)> = Vec::new();
    for part in section.items("distribute") {
        if let Some(from) = part.get("from") {
            apart(from.text().unwrap_or_default(), from.span, &mut froms, found);
        }
        let Some(to) = part.get("to") else { continue };
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let mut total = 0;
        for (place, share) in to.fields() {
            apart(place, share.span, &mut seen, found);
            total += share.int().unwrap_or(0);
        }
        if total != 100 {
            found.refuse(to.span, format!("these shares come to {total}"), "expected 100");
        }
    }
}

/// Localities of one list must not hold each other.
fn apart<'n>(place: &'n str, span: Span, seen: &mut Vec<(&'n str, Span)>, found: &mut Found) {
    let holds = |outer: &str, inner: &str| {
        let (outer, inner) = (bare_of(outer), bare_of(inner));
        outer.is_empty() || inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    if let Some((first, at)) = seen.iter().find(|(known, _)| holds(known, place) || holds(place, known)) {
        let title = format!("`{first}` and `{place}` overlap");
        let at = *at;
        found.add(mesh_diagnostics::code::E0508, span, title, |problem| {
            problem.label("the second one").also(at, "the first one")
        });
    }
    seen.push((place, span));
}

fn bare_of(text: &str) -> &str {
    text.trim_end_matches('*').trim_end_matches('/')
}

/// Names of a list that stand in it twice, each with where it stands again.
pub(super) fn twice<'n>(names: impl Iterator<Item = (&'n str, Span)>) -> Vec<(&'n str, Span, Span)> {
    let mut seen: HashMap<&str, Span> = HashMap::default();
    let mut out = Vec::new();
    for (name, span) in names {
        match seen.get(name) {
            Some(first) => out.push((name, span, *first)),
            None => {
                seen.insert(name, span);
            }
        }
    }
    out
}
