//! What an ambient namespace lacks: without a waypoint everything that looks into HTTP, and with one what a proxy of
//! the caller would do.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, NamespaceFact, Node, Resource};

use crate::view::{View, in_mesh, items, labels, namespace, text, texts};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    if !view.facts.namespaces.iter().any(|namespace| namespace.ambient) {
        return Vec::new();
    }
    let mut said = rustc_hash::FxHashSet::default();
    let found = view.resources.iter().filter_map(|resource| {
        Some((resource.span(), of_resource(view, resource).or_else(|| of_caller(view, resource))?))
    });
    found.filter(|(origin, _)| said.insert(*origin)).map(|(_, problem)| problem).collect()
}

/// What a caller's own proxy would do: an ambient caller has none, and the waypoint of the callee asks itself instead
/// whether it is the caller.
fn of_caller(view: &View<'_>, resource: &Resource) -> Option<Diagnostic> {
    let ambient = |name: &str| view.namespace(name).filter(|place| place.ambient);
    let foreign = || {
        let place = ambient(namespace(resource))?;
        let private = texts(resource, "exportTo").eq(["."]);
        let mut hosts = texts(resource, "hosts").chain([text(resource, "host")]);
        let elsewhere = |host: &str| {
            view.service(host).is_some_and(|service| service.namespace.as_deref().is_some_and(|own| own != place.name))
        };
        (private && hosts.any(elsewhere)).then_some((resource.span(), place))
    };
    let found = match resource.kind {
        Kind::VirtualService if in_mesh(resource) => {
            let rules = ["http", "tcp", "tls"].into_iter().flat_map(|part| items(resource, part));
            let mut tests = rules.flat_map(|rule| rule.items("match"));
            let test = tests.find_map(|test| Some((test.span, ambient(test.text_of("sourceNamespace")?)?)));
            test.or_else(foreign)
        }
        Kind::DestinationRule => {
            let selector = resource.spec.get("workloadSelector");
            // A gateway there calls by such a rule.
            let gateway = || view.of(Kind::Gateway).any(|gateway| namespace(gateway) == namespace(resource));
            let caller = selector.and_then(|selector| Some((selector.span, ambient(namespace(resource))?)));
            caller.or_else(|| foreign().filter(|_| !gateway()))
        }
        _ => None,
    };
    let (span, place) = found?;
    Some(
        Diagnostic::new(code::E0425, span, format!("a caller in the ambient namespace `{}` has no rule of its own", place.name))
            .label("no proxy of the caller reads this")
            .also(place.span, "ambient: no sidecars")
            .note("calls are routed by the waypoint of the service that is called, alike for every caller")
            .help("tell callers apart by what a request carries, as in `when header N \"V\"`, or write `inject` instead of `ambient`"),
    )
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
        Kind::Telemetry | Kind::WasmPlugin | Kind::EnvoyFilter | Kind::ProxyConfig => {
            let place = lacking(namespace(resource))?;
            // A gateway has a proxy of its own, and so has a machine.
            let labels = labels(resource).filter(|labels| view.gateways_in(labels).next().is_none())?;
            let services = view.selected(resource);
            let without = !services.is_empty() && services.iter().all(|service| !service.on_vm);
            let what = match resource.kind {
                Kind::Telemetry => "telemetry of a proxy",
                Kind::WasmPlugin => "a plugin",
                Kind::EnvoyFilter => "a patch of a proxy",
                _ => "a setting of a proxy",
            };
            without.then(|| needs_waypoint(labels.span, what, place))
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
