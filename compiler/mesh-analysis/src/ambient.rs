//! What an ambient namespace lacks without a waypoint: everything that looks into HTTP.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, NamespaceFact, Node, Resource};

use crate::view::{View, in_mesh, items, namespace, text, texts};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    if !view.facts.namespaces.iter().any(|namespace| namespace.ambient && !namespace.waypoint) {
        return Vec::new();
    }
    let mut said = std::collections::HashSet::new();
    let found = view.resources.iter().filter_map(|resource| Some((resource.span(), of_resource(view, resource)?)));
    found.filter(|(origin, _)| said.insert(*origin)).map(|(_, problem)| problem).collect()
}

fn of_resource(view: &View<'_>, resource: &Resource) -> Option<Diagnostic> {
    let lacks = |place: &&NamespaceFact| place.ambient && !place.waypoint;
    let lacking = |name: &str| {
        // What stands in the root namespace holds for every other.
        let wide = name == view.facts.root_namespace && resource.spec.get("selector").is_none();
        let of_mesh = view.facts.namespaces.iter().find(lacks).filter(|_| wide);
        view.namespace(name).filter(lacks).or(of_mesh)
    };
    let of_host = |host: &str| {
        let service = view.service(host).map(|service| service.namespace.as_deref().unwrap_or(""));
        let entry = || {
            let entries = view.of(Kind::ServiceEntry);
            entries.into_iter().find(|entry| texts(entry, "hosts").any(|own| own == host)).map(namespace)
        };
        lacking(service.or_else(entry)?)
    };
    match resource.kind {
        Kind::VirtualService if in_mesh(resource) => {
            let place = texts(resource, "hosts").find_map(of_host)?;
            Some(needs_waypoint(resource.span(), "a route", place))
        }
        Kind::DestinationRule => {
            let place = of_host(text(resource, "host"))?;
            let policy = resource.spec.get("trafficPolicy")?;
            Some(needs_waypoint(policy.span, "a traffic policy", place))
        }
        Kind::RequestAuthentication => Some(needs_waypoint(resource.span(), "`jwt`", lacking(namespace(resource))?)),
        Kind::AuthorizationPolicy => {
            let place = lacking(namespace(resource))?;
            // The node's proxy knows allow and deny only.
            let asks = match text(resource, "action") {
                "CUSTOM" => Some("an external authorizer"),
                "AUDIT" => Some("`audit`"),
                _ => None,
            };
            match asks {
                Some(what) => Some(needs_waypoint(resource.span(), what, place)),
                None => {
                    let (test, what) = beyond_node(items(resource, "rules"))?;
                    Some(needs_waypoint(test, what, place))
                }
            }
        }
        _ => None,
    }
}

/// Where the rules of a policy look into HTTP.
pub(crate) fn http_test(rules: &[Node]) -> Option<Span> {
    const FIELDS: [&str; 8] = [
        "methods",
        "notMethods",
        "paths",
        "notPaths",
        "hosts",
        "notHosts",
        "requestPrincipals",
        "notRequestPrincipals",
    ];
    let parts = rules.iter().flat_map(|rule| {
        let to = rule.items("to").iter().filter_map(|to| to.get("operation"));
        to.chain(rule.items("from").iter().filter_map(|from| from.get("source")))
    });
    let field = parts.flat_map(Node::fields).find(|(field, _)| FIELDS.contains(field)).map(|(_, node)| node.span);
    field.or_else(|| {
        let tests = rules.iter().flat_map(|rule| rule.items("when"));
        tests
            .filter(|test| test.text_of("key").is_some_and(|key| key.starts_with("request.")))
            .map(|test| test.span)
            .next()
    })
}

/// Where the rules of a policy test what the node's proxy does not know: HTTP, and what it leaves out of a rule without a
/// word, which then holds for everybody or for nobody.
fn beyond_node(rules: &[Node]) -> Option<(Span, &'static str)> {
    if let Some(span) = http_test(rules) {
        return Some((span, "a test of HTTP"));
    }
    const SOURCES: [(&str, &str); 4] = [
        ("remoteIpBlocks", "`client-ip`"),
        ("notRemoteIpBlocks", "`client-ip`"),
        ("trustDomains", "`trust-domain`"),
        ("notTrustDomains", "`trust-domain`"),
    ];
    const KNOWN: [&str; 5] =
        ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];
    let sources = rules.iter().flat_map(|rule| rule.items("from")).filter_map(|from| from.get("source"));
    let source = sources
        .flat_map(Node::fields)
        .find_map(|(field, node)| Some((node.span, SOURCES.iter().find(|(name, _)| *name == field)?.1)));
    source.or_else(|| {
        let tests = rules.iter().flat_map(|rule| rule.items("when"));
        let beyond = |test: &&Node| test.text_of("key").is_some_and(|key| !KNOWN.contains(&key));
        tests.into_iter().find(beyond).map(|test| (test.span, "this test"))
    })
}

fn needs_waypoint(span: Span, what: &str, place: &NamespaceFact) -> Diagnostic {
    Diagnostic::new(code::E0425, span, format!("{what} needs a waypoint in the ambient namespace `{}`", place.name))
        .label("nothing there does this")
        .also(place.span, "ambient, without a waypoint")
        .note("the node's proxy hands connections on: versions, shares, policies of traffic and HTTP are for waypoints; it would ignore this, or refuse everything")
        .help("write `waypoint NAME` in the namespace, or `inject` instead of `ambient`")
}
