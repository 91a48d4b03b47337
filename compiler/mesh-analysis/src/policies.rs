//! Deny rules on one exact path, whose neighbours stay open, and those that close TCP ports.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

use crate::ambient::http_test;
use crate::view::{View, items, namespace, text, words};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = closing(view);
    found.extend(authorizers(view));
    for policy in view.of(Kind::AuthorizationPolicy).filter(|policy| text(policy, "action") == "DENY") {
        let operations = |policy: &'_ Resource| -> Vec<Node> {
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
    let mut said = rustc_hash::FxHashSet::default();
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

/// Two providers that are asked about the requests of one workload.
fn authorizers(view: &View<'_>) -> Vec<Diagnostic> {
    // Who is asked: for a whole namespace, or for some of its workloads, in the words of the policy.
    let mut asked: HashMap<(&str, String), &Node> = HashMap::default();
    let mut found = Vec::new();
    let chosen = |policy: &Resource| {
        let mut out = String::new();
        for field in ["selector", "targetRefs"] {
            policy.spec.get(field).iter().for_each(|node| words(node, &mut out));
        }
        out
    };
    let custom = view.of(Kind::AuthorizationPolicy).filter(|policy| text(policy, "action") == "CUSTOM");
    let mut policies: Vec<(&Resource, String)> = custom.map(|policy| (policy, chosen(policy))).collect();
    // Those that hold for more come first.
    policies.sort_by_key(|(policy, chosen)| (!chosen.is_empty(), namespace(policy) != view.facts.root_namespace));
    for (policy, chosen) in policies {
        let Some(provider) = policy.spec.get("provider").and_then(|provider| provider.get("name")) else { continue };
        let place = namespace(policy);
        let wider = [(place, chosen.clone()), (place, String::new()), (&*view.facts.root_namespace, String::new())];
        let other = wider.iter().find_map(|reach| asked.get(reach)).copied();
        match other.filter(|other| other.text() != provider.text()) {
            Some(other) => {
                // The statement that comes later is the one to think about.
                let (first, second) = if other.span < provider.span { (other, provider) } else { (provider, other) };
                found.push(
                    Diagnostic::new(code::TWO_AUTHORIZERS, second.span, "two providers are asked about one workload")
                        .label(format!("asks `{}`", second.text().unwrap_or_default()))
                        .also(first.span, format!("asks `{}`", first.text().unwrap_or_default()))
                        .note("unless istiod runs with `PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS`, it denies every request that either is asked about")
                        .help("ask one provider; if the flag is set, write `ignore two-authorizers \"why\"`"),
                );
            }
            None => {
                asked.insert((place, chosen), provider);
            }
        }
    }
    found
}
