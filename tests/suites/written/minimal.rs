//! The smallest object of a kind that sets a path and that Istio takes.

use std::collections::BTreeMap;

use mesh_istio::Kind;
use mesh_istio::schema::{self, Field, Of, Shape};

use super::text::quoted;

/// An object as it is built: fields by name, in order.
#[derive(Debug, Clone)]
enum Tree {
    Value(String),
    Object(BTreeMap<String, Tree>),
}

/// True for the fields below one that Istio refuses.
pub fn is_refused_above(kind: Kind, path: &str) -> bool {
    let names: Vec<&str> =
        path.split('.').map(|name| name.trim_end_matches("[]")).filter(|name| *name != "*").collect();
    (1..=names.len())
        .any(|length| schema::of(kind).at(names[..length].iter().copied()).is_some_and(|field| field.refused))
}

/// The program that sets a path.
pub fn program(kind: Kind, path: &str, field: &Field) -> String {
    let mut object = Tree::Object(BTreeMap::new());
    let own: Vec<&str> = names(path);
    for line in base(kind, path) {
        let (at, value) = line.split_once('=').expect("a path and a value");
        put(&mut object, &names(at), value);
    }
    put(&mut object, &own, &sample(kind, path, field));
    fill(&mut object, schema::body(kind));
    let mut out = format!("resource {} a in b <\n", kind.name());
    write(&object, schema::body(kind), 1, &mut out);
    out.push_str(">\n");
    out
}

fn names(path: &str) -> Vec<&str> {
    path.split('.').map(|name| name.trim_end_matches("[]")).filter(|name| *name != "spec").collect()
}

fn put(tree: &mut Tree, path: &[&str], value: &str) {
    let Tree::Object(map) = tree else { return };
    let Some((first, rest)) = path.split_first() else { return };
    // Keys of maps are free, but for the ports of modes.
    let first = if *first == "*" { "8080".to_owned() } else { (*first).to_owned() };
    if rest.is_empty() {
        map.insert(first, Tree::Value(value.to_owned()));
        return;
    }
    let inner = map.entry(first).or_insert_with(|| Tree::Object(BTreeMap::new()));
    if let Tree::Value(_) = inner {
        *inner = Tree::Object(BTreeMap::new());
    }
    put(inner, rest, value);
}

/// Sets what the schema demands of every object that stands.
fn fill(tree: &mut Tree, field: &Field) {
    let Tree::Object(map) = tree else { return };
    if field.shape == Shape::Map {
        for inner in map.values_mut() {
            fill_fields(inner, field);
        }
        return;
    }
    fill_fields(tree, field);
}

fn fill_fields(tree: &mut Tree, field: &Field) {
    let Tree::Object(map) = tree else { return };
    for child in field.children.iter().filter(|child| child.required) {
        map.entry(child.name.to_owned()).or_insert_with(|| {
            if child.of == Of::Object { Tree::Object(BTreeMap::new()) } else { Tree::Value(plain(child)) }
        });
    }
    for group in field.some.iter().chain(&field.exactly) {
        if !group.iter().any(|name| map.contains_key(*name))
            && let Some(child) = group.first().and_then(|name| field.child(name))
        {
            let value = if child.of == Of::Object { Tree::Object(BTreeMap::new()) } else { Tree::Value(plain(child)) };
            map.insert(child.name.to_owned(), value);
        }
    }
    for (name, inner) in map.iter_mut() {
        if let Some(child) = field.child(name) {
            fill(inner, child);
        }
    }
}

fn write(tree: &Tree, field: &Field, depth: usize, out: &mut String) {
    let Tree::Object(map) = tree else { return };
    let pad = "  ".repeat(depth);
    for (name, inner) in map {
        let child = field.child(name);
        match inner {
            Tree::Value(value) => out.push_str(&format!("{pad}{name} {value}\n")),
            Tree::Object(_) => {
                out.push_str(&format!("{pad}{name} <\n"));
                match child {
                    Some(child) if child.shape == Shape::Map => keyed(inner, child, depth + 1, out),
                    Some(child) => write(inner, child, depth + 1, out),
                    None => {}
                }
                out.push_str(&format!("{pad}>\n"));
            }
        }
    }
}

fn keyed(tree: &Tree, field: &Field, depth: usize, out: &mut String) {
    let Tree::Object(map) = tree else { return };
    let pad = "  ".repeat(depth);
    for (key, inner) in map {
        match inner {
            Tree::Value(value) => out.push_str(&format!("{pad}{} {value}\n", quoted(key))),
            Tree::Object(_) => {
                out.push_str(&format!("{pad}{} <\n", quoted(key)));
                write(inner, field, depth + 1, out);
                out.push_str(&format!("{pad}>\n"));
            }
        }
    }
}

/// What the object of a path needs beside it, where that is more than the schema says.
fn base(kind: Kind, path: &str) -> Vec<&'static str> {
    let ends = |tail: &str| path.ends_with(tail);
    let has = |part: &str| path.contains(part);
    let mut out: Vec<&'static str> = Vec::new();
    match kind {
        Kind::VirtualService => {
            out.push("hosts=\"orders\"");
            if has("spec.tls") {
                out.extend(["tls.match.sniHosts=\"orders\"", "tls.route.destination.host=orders"]);
            } else if has("spec.tcp") {
                out.push("tcp.route.destination.host=orders");
            } else if !["redirect", "directResponse", "delegate"].iter().any(|end| has(&format!("http[].{end}"))) {
                out.push("http.route.destination.host=orders");
            }
            if has("retries") {
                out.push("http.retries.attempts=2");
            }
        }
        Kind::DestinationRule => {
            out.push("host=orders");
            if has("distribute") {
                let places: [(&str, [&str; 2]); 4] = [
                    (
                        "spec.trafficPolicy.load",
                        [
                            "trafficPolicy.loadBalancer.localityLbSetting.distribute.from=\"eu/a\"",
                            "trafficPolicy.loadBalancer.localityLbSetting.distribute.to=< \"eu/a/*\" 100 >",
                        ],
                    ),
                    (
                        "spec.trafficPolicy.port",
                        [
                            "trafficPolicy.portLevelSettings.loadBalancer.localityLbSetting.distribute.from=\"eu/a\"",
                            "trafficPolicy.portLevelSettings.loadBalancer.localityLbSetting.distribute.to=< \"eu/a/*\" 100 >",
                        ],
                    ),
                    (
                        "subsets[].trafficPolicy.load",
                        [
                            "subsets.trafficPolicy.loadBalancer.localityLbSetting.distribute.from=\"eu/a\"",
                            "subsets.trafficPolicy.loadBalancer.localityLbSetting.distribute.to=< \"eu/a/*\" 100 >",
                        ],
                    ),
                    (
                        "subsets[].trafficPolicy.port",
                        [
                            "subsets.trafficPolicy.portLevelSettings.loadBalancer.localityLbSetting.distribute.from=\"eu/a\"",
                            "subsets.trafficPolicy.portLevelSettings.loadBalancer.localityLbSetting.distribute.to=< \"eu/a/*\" 100 >",
                        ],
                    ),
                ];
                for (_, beside) in places.into_iter().filter(|(place, _)| has(place)) {
                    out.extend(beside);
                }
            }
            // The same three places for the policy of a subset, of a port, and of both.
            for (place, beside) in [
                ("spec.trafficPolicy.outlier", "trafficPolicy.outlierDetection.splitExternalLocalOriginErrors=true"),
                (
                    "spec.trafficPolicy.port",
                    "trafficPolicy.portLevelSettings.outlierDetection.splitExternalLocalOriginErrors=true",
                ),
                (
                    "subsets[].trafficPolicy.outlier",
                    "subsets.trafficPolicy.outlierDetection.splitExternalLocalOriginErrors=true",
                ),
                (
                    "subsets[].trafficPolicy.port",
                    "subsets.trafficPolicy.portLevelSettings.outlierDetection.splitExternalLocalOriginErrors=true",
                ),
            ] {
                if has(place) && ends("consecutiveLocalOriginFailures") {
                    out.push(beside);
                }
            }
        }
        Kind::Gateway => out.extend([
            "servers.hosts=\"*.example.com\"",
            "servers.port.number=443",
            "servers.port.name=https",
            "servers.port.protocol=HTTPS",
            "servers.tls.mode=PASSTHROUGH",
        ]),
        Kind::ServiceEntry => {
            out.push("hosts=\"a.example.com\"");
            if has("endpoints") {
                out.extend(["resolution=STATIC", "endpoints.address=\"10.0.0.1\""]);
            }
            if has("endpoints[].ports") {
                out.extend(["ports.name=k", "ports.number=80"]);
            }
        }
        Kind::WorkloadEntry if !ends("network") => out.push("address=\"10.0.0.1\""),
        Kind::WorkloadGroup => {
            out.push("template.address=\"10.0.0.1\"");
            if has("probe") && !["httpGet", "tcpSocket", "exec"].iter().any(|method| has(method)) {
                out.push("probe.tcpSocket.port=80");
            }
        }
        Kind::Sidecar => {
            if has("ingress") {
                out.extend(["ingress.port.number=443", "ingress.port.protocol=HTTPS"]);
            }
            if has("egress[]") {
                out.extend(["egress.hosts=\"./*\""]);
            }
            if has("egress[].port") || has("egress[].bind") {
                out.push("egress.port.number=8080");
            }
            if has("egressProxy") {
                out.extend([
                    "outboundTrafficPolicy.mode=ALLOW_ANY",
                    "outboundTrafficPolicy.egressProxy.port.number=80",
                ]);
            }
            if has("ingress[].tls") {
                out.extend([
                    "ingress.tls.mode=MUTUAL",
                    "ingress.tls.caCertificates=\"/ca.pem\"",
                    "ingress.tls.serverCertificate=\"/c.pem\"",
                    "ingress.tls.privateKey=\"/k.pem\"",
                ]);
            }
            if !has("ingress") && !has("egress") && !has("inbound") && !has("outbound") {
                out.push("egress.hosts=\"./*\"");
            }
        }
        Kind::AuthorizationPolicy => {
            if has("provider") {
                out.extend(["action=CUSTOM", "rules.to.operation.paths=\"/a\""]);
            }
            if has("rules[].when") {
                out.extend(["rules.when.key=\"request.headers[x]\""]);
            }
        }
        Kind::PeerAuthentication if has("portLevelMtls") => out.push("selector.matchLabels.app=a"),
        Kind::RequestAuthentication if has("jwtRules") => out.push("jwtRules.issuer=\"https://a\""),
        Kind::EnvoyFilter if has("configPatches") => {
            out.push(if has("match.listener") {
                "configPatches.applyTo=HTTP_FILTER"
            } else if has("match.routeConfiguration") {
                "configPatches.applyTo=HTTP_ROUTE"
            } else {
                "configPatches.applyTo=CLUSTER"
            });
            if has("match.waypoint") {
                out.push("configPatches.match.context=WAYPOINT");
            }
            if has("filter.subFilter") && !has("waypoint") {
                out.push("configPatches.match.listener.filterChain.filter.name=\"envoy.filters.network.http_connection_manager\"");
            }
            out.extend(["configPatches.patch.operation=MERGE", "configPatches.patch.value=\"{}\""]);
        }
        Kind::TrafficExtension if !has("wasm") => out.push("lua.inlineCode=\"x = 1\""),
        Kind::Telemetry if has("tagOverrides") => out.push("metrics.overrides.tagOverrides.*.value=\"a\""),
        Kind::WasmPlugin => out.push("url=\"oci://example.com/a:1\""),
        _ => {}
    }
    if has("targetRef") {
        let many = has("targetRefs");
        out.extend(if many {
            ["targetRefs.kind=Service", "targetRefs.name=orders", "targetRefs.group=\"\""]
        } else {
            ["targetRef.kind=Service", "targetRef.name=orders", "targetRef.group=\"\""]
        });
    }
    out
}

/// A value that Istio takes at a path.
fn sample(kind: Kind, path: &str, field: &Field) -> String {
    let ends = |tail: &str| path.ends_with(tail);
    for (name, tail, value) in SAMPLES {
        if (*name == "*" || *name == kind.name()) && ends(tail) {
            return (*value).to_owned();
        }
    }
    if field.shape == Shape::Map {
        let value = plain(field);
        let key = match field.key_format.map(|format| format.valid()) {
            Some(valid) if valid.contains("REGION") => "eu/a/*",
            Some(valid) if valid.contains("port from") => "8080",
            _ => "k",
        };
        return format!("< {} {value} >", quoted(key));
    }
    plain(field)
}

/// Paths that need a value of their own.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("DestinationRule", "distribute[].to", "< \"eu/a/*\" 100 >"),
    ("EnvoyFilter", "filter.name", "\"envoy.filters.network.http_connection_manager\""),
    ("EnvoyFilter", "match.context", "ANY"),
    (
        "RequestAuthentication",
        "jwks",
        "\"{\\\"keys\\\":[{\\\"kty\\\":\\\"EC\\\",\\\"crv\\\":\\\"P-256\\\",\\\"x\\\":\\\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\\\",\\\"y\\\":\\\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\\\"}]}\"",
    ),
    ("ServiceEntry", "endpoints[].address", "\"10.0.0.1\""),
    ("*", "targetRef.kind", "Service"),
    ("*", "targetRefs[].kind", "Service"),
    ("*", "targetRef.group", "\"core\""),
    ("*", "targetRefs[].group", "\"core\""),
    ("VirtualService", "body.bytes", "\"aGk=\""),
    ("*", "sha256", "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""),
    ("VirtualService", "rewrite.uri", "\"/\""),
    ("VirtualService", "sniHosts", "\"orders\""),
    ("VirtualService", "directResponse.status", "200"),
];

/// A value of a field's type.
fn plain(field: &Field) -> String {
    if let Some((value, _)) = field.values.iter().find(|(value, _)| !value.starts_with("UN") && *value != "INVALID") {
        return (*value).to_owned();
    }
    match field.of {
        Of::Bool => "true".to_owned(),
        Of::Int | Of::IntOrText | Of::Number => {
            let least = field.bounds.0.unwrap_or(1.0).max(1.0);
            format!("{least}")
        }
        Of::Duration => "5s".to_owned(),
        Of::Any => quoted("{}"),
        Of::Object => "< >".to_owned(),
        Of::Text => text(field).to_owned(),
    }
}

fn text(field: &Field) -> &'static str {
    let Some(format) = field.format else { return "\"a\"" };
    let candidates = [
        "\"a\"",
        "\"10.0.0.1\"",
        "\"http\"",
        "\"HTTP\"",
        "\"GET\"",
        "\"a.example.com\"",
        "\"./a.example.com\"",
        "\"https://a/b\"",
        "\"eu/a/*\"",
        "\"80\"",
        "\"5xx\"",
        "\"UNAVAILABLE\"",
        "\"CONNECT\"",
        "\"request.headers[x]\"",
        "\"127.0.0.1:80\"",
        "\"\"",
    ];
    let fits = |text: &&&str| format.takes(text.trim_matches('"'));
    candidates.iter().find(fits).copied().unwrap_or("\"a\"")
}
