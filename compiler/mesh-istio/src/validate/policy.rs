//! AuthorizationPolicy and PeerAuthentication.

use super::{Found, items, text};
use crate::address::Address;
use crate::resource::Resource;
use crate::value::Node;

/// The fields of a source that a provider cannot see.
const IDENTITY: [&str; 10] = [
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
];

pub(super) fn authorization(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    let action = spec.get("action").and_then(Node::text).unwrap_or("ALLOW");
    let at = spec.get("action").map_or(spec.span(), |node| node.span);
    let tried = resource.annotations.iter().any(|(key, _)| key == "istio.io/dry-run");
    if tried && !matches!(action, "ALLOW" | "DENY") {
        found.refuse(at, "`istio.io/dry-run` is for ALLOW and DENY", format!("the action is {action}"));
    }
    if matches!(action, "CUSTOM" | "DENY") && spec.get("rules").is_none() {
        found.refuse(at, format!("{action} without rules never holds"), "no `rules` are set");
    }
    match spec.get("provider") {
        Some(provider) if action != "CUSTOM" => {
            found.refuse(provider.span, "only CUSTOM has a provider", format!("the action is {action}"));
        }
        provider if action == "CUSTOM" && provider.and_then(|node| node.text_of("name")).is_none_or(str::is_empty) => {
            found.lack(at, "provider.name", "CUSTOM asks a provider");
        }
        _ => {}
    }
    for rule in items(spec, "rules") {
        for from in rule.items("from") {
            let Some(source) = from.get("source") else { continue };
            of_source(source, action, found);
        }
        for condition in rule.items("when") {
            of_condition(condition, action, found);
        }
    }
}

fn of_source(source: &Node, action: &str, found: &mut Found) {
    if action == "CUSTOM" {
        for name in IDENTITY {
            if let Some(node) = source.get(name) {
                found.refuse(
                    node.span,
                    format!("with CUSTOM no rule can test `{name}`"),
                    "identity is the provider's to judge",
                );
            }
        }
    }
    let accounts = ["serviceAccounts", "notServiceAccounts"].iter().find_map(|name| Some((*name, source.get(name)?)));
    let others = ["principals", "notPrincipals", "namespaces", "notNamespaces"];
    if let Some(accounts) = accounts {
        for name in others {
            if let Some(node) = source.get(name) {
                found.exclude((name, node), accounts);
            }
        }
    }
}

fn of_condition(condition: &Node, action: &str, found: &mut Found) {
    let key = text(condition, "key");
    let identity = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];
    if action == "CUSTOM" && (identity.contains(&key) || key.starts_with("request.auth.")) {
        let span = condition.get("key").map_or(condition.span, |node| node.span);
        found.refuse(span, format!("with CUSTOM no rule can test `{key}`"), "identity is the provider's to judge");
    }
    for list in ["values", "notValues"].iter().filter(|_| key == "source.serviceAccount") {
        if let Some(node) = condition.items(list).get(16) {
            found.refuse(node.span, format!("`{key}` is compared with 16 accounts at most"), "the 17th");
        }
    }
    let values = condition.items("values").iter().chain(condition.items("notValues"));
    for node in values {
        let value = node.text().unwrap_or_default();
        let (fits, valid) = match key {
            "source.ip" | "remote.ip" | "destination.ip" => {
                (Address::parse(value).is_some(), "an address or a block of them")
            }
            "destination.port" => {
                let digits = value.bytes().all(|b| b.is_ascii_digit());
                (digits && value.parse::<u32>().is_ok_and(|port| port <= 65535), "a port")
            }
            "source.serviceAccount" => {
                let halves = value.split('/').count() <= 2 && value.split('/').all(|half| !half.is_empty());
                let short = value.len() <= 320;
                (halves && short && !value.contains('*'), "`ACCOUNT` or `NAMESPACE/ACCOUNT`, of 320 characters at most")
            }
            "source.trustDomain" => {
                let inner = value.strip_prefix('*').or_else(|| value.strip_suffix('*')).unwrap_or(value);
                (!inner.contains('*'), "a trust domain, with one `*` at its start or end at most")
            }
            _ => (true, ""),
        };
        if !fits {
            found.refuse(node.span, format!("`{key}` cannot be `{value}`"), format!("expected {valid}"));
        }
    }
}

pub(super) fn peers(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    let Some(ports) = spec.get("portLevelMtls") else { return };
    let labels = spec.get("selector").and_then(|selector| selector.get("matchLabels"));
    if labels.is_none_or(|labels| labels.fields().next().is_none()) {
        found.refuse(ports.span, "modes of ports need a selector", "holds for workloads only");
    }
    for (port, mode) in ports.fields() {
        if port.parse::<u16>().is_ok_and(|port| port == 0) {
            found.refuse(mode.span, "a port is a number from 1 to 65535", "port 0");
        }
    }
}

pub(super) fn tokens(resource: &Resource, found: &mut Found) {
    for rule in items(&resource.spec, "jwtRules") {
        if let Some(keys) = rule.get("jwks")
            && let Some((title, label)) = keys.text().and_then(crate::jwks::private_half)
        {
            found.warn(keys.span, title, label);
        }
    }
}
