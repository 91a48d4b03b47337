//! The Kubernetes objects that a program's declarations imply: what stands around a bundle in a cluster.

use std::collections::{BTreeMap, BTreeSet};

use mesh_compiler::{Compilation, File};
use mesh_istio::{Facts, Kind, Node, Protocol, Resource};
use serde_json::{Value, json};

/// Objects around a bundle, and the MeshConfig that its facts imply.
pub struct World {
    pub objects: Vec<Value>,
    pub mesh: Value,
}

type Labels = BTreeMap<String, String>;

/// A service as Kubernetes has it, with the labels of each of its sets of pods.
struct Service {
    name: String,
    namespace: String,
    ports: Vec<(u16, u16, Protocol)>,
    selector: Labels,
    replicas: u32,
    pods: Vec<Labels>,
}

/// The namespace in which objects land that do not say theirs.
const LANDING: &str = "default";

/// Where the authorizers of MeshConfig are.
const AUTHORIZER: &str = "authorizer.default.svc.cluster.local";

/// The world of a program.
pub fn world(compilation: &Compilation) -> World {
    let resources = &compilation.lowered.resources;
    let facts = &compilation.lowered.facts;
    let mut services = services(resources, facts);
    let mut objects = Vec::new();
    let gateways = gateways(resources, &mut services);
    let mut places: BTreeSet<String> = BTreeSet::from([LANDING.to_owned(), facts.root_namespace.to_string()]);
    places.extend(facts.namespaces.iter().map(|namespace| namespace.name.to_string()));
    places.extend(resources.iter().filter_map(|resource| resource.namespace.as_ref().map(ToString::to_string)));
    places.extend(services.values().map(|service| service.namespace.clone()));
    for resource in resources.iter().filter(|resource| resource.kind == Kind::AuthorizationPolicy) {
        let sources = resource.spec.get("rules").map_or(&[][..], Node::list).iter().flat_map(|rule| rule.items("from"));
        for source in sources.filter_map(|from| from.get("source")) {
            let named = source.items("namespaces").iter().chain(source.items("notNamespaces"));
            places.extend(named.filter_map(Node::text).filter(|name| !name.contains('*')).map(str::to_owned));
        }
    }
    let emitted: BTreeSet<&str> = resources
        .iter()
        .filter(|resource| resource.kind == Kind::Namespace)
        .map(|resource| resource.name.as_str())
        .collect();
    for place in places.iter().filter(|place| !emitted.contains(place.as_str())) {
        objects.push(namespace(place, facts));
    }
    let mut address = 0_u32;
    let mut inhabited = BTreeSet::new();
    for service in services.values() {
        objects.push(service_object(service));
        for (set, labels) in service.pods.iter().enumerate() {
            let role =
                gateways.iter().any(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)));
            let name = format!("{}-{set}", service.name);
            objects.push(deployment(&name, service, labels, role));
            for replica in 0..service.replicas.clamp(1, 3) {
                address += 1;
                objects.push(pod(&format!("{name}-{replica}"), &service.namespace, labels, role, address));
            }
            inhabited.insert(service.namespace.clone());
        }
    }
    for place in places.difference(&inhabited) {
        address += 1;
        let labels = Labels::from([("app".to_owned(), "somebody".to_owned())]);
        objects.push(pod("somebody", place, &labels, false, address));
    }
    objects.extend(secrets(resources, &services));
    World { objects, mesh: mesh(resources, facts, &compilation.lowered.files) }
}

/// The full host of a service, as a bundle in a namespace writes it.
fn full_host(host: &str, namespace: Option<&str>) -> Option<String> {
    if host.contains('*') {
        return None;
    }
    if host.ends_with(".svc.cluster.local") {
        return Some(host.to_owned());
    }
    (!host.contains('.')).then(|| format!("{host}.{}.svc.cluster.local", namespace.unwrap_or(LANDING)))
}

fn services(resources: &[Resource], facts: &Facts) -> BTreeMap<String, Service> {
    let mut out: BTreeMap<String, Service> = BTreeMap::new();
    for fact in facts.services.iter().filter(|fact| !fact.on_vm) {
        let namespace = fact.namespace.as_deref().unwrap_or(LANDING).to_owned();
        let host = format!("{}.{namespace}.svc.cluster.local", fact.name);
        let mut ports: Vec<_> = fact.ports.iter().map(|port| (port.number, port.target, port.protocol)).collect();
        if ports.is_empty() {
            ports.push((80, 80, Protocol::Http));
        }
        let selector = fact.selector.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let replicas = fact.replicas.map_or(1, |(count, _)| count);
        let service = Service { name: fact.name.to_string(), namespace, ports, selector, replicas, pods: Vec::new() };
        out.insert(host, service);
    }
    // What nobody declares is there all the same, as the program uses it.
    let entries: BTreeSet<&str> = resources
        .iter()
        .filter(|resource| resource.kind == Kind::ServiceEntry)
        .flat_map(|resource| resource.spec.get("hosts").map_or(&[][..], Node::list))
        .filter_map(Node::text)
        .collect();
    let authorizes = resources.iter().any(|resource| resource.spec.get("provider").is_some());
    let authorizer = authorizes.then_some((AUTHORIZER, None, Protocol::Http, Some(8000)));
    for (host, namespace, protocol, port) in used_hosts(resources).into_iter().chain(authorizer) {
        let Some(full) = full_host(host, namespace).filter(|_| !entries.contains(host)) else { continue };
        let mut parts = full.split('.');
        let (Some(name), Some(place)) = (parts.next(), parts.next()) else { continue };
        let service = out.entry(full.clone()).or_insert_with(|| Service {
            name: name.to_owned(),
            namespace: place.to_owned(),
            ports: Vec::new(),
            selector: Labels::from([("app".to_owned(), name.to_owned())]),
            replicas: 1,
            pods: Vec::new(),
        });
        if service.ports.is_empty() {
            let port = port.unwrap_or(80);
            service.ports.push((port, port, protocol));
        }
    }
    for rule in resources.iter().filter(|resource| resource.kind == Kind::DestinationRule) {
        let host = rule.spec.get("host").and_then(Node::text).unwrap_or("");
        let Some(service) = full_host(host, rule.namespace.as_deref()).and_then(|host| out.get_mut(&host)) else {
            continue;
        };
        for subset in rule.spec.get("subsets").map_or(&[][..], Node::list) {
            let mut labels = service.selector.clone();
            if let Some(own) = subset.get("labels") {
                labels.extend(
                    own.fields().map(|(key, value)| (key.to_owned(), value.text().unwrap_or_default().to_owned())),
                );
            }
            if !service.pods.contains(&labels) {
                service.pods.push(labels);
            }
        }
    }
    for service in out.values_mut().filter(|service| service.pods.is_empty()) {
        service.pods.push(service.selector.clone());
    }
    out
}

/// The hosts that rules name, with the namespace they are named in, what is spoken there, and the port if one is said.
fn used_hosts(resources: &[Resource]) -> Vec<(&str, Option<&str>, Protocol, Option<u16>)> {
    let mut out = Vec::new();
    for resource in resources {
        let place = resource.namespace.as_deref();
        match resource.kind {
            Kind::VirtualService => {
                let sections = [("http", Protocol::Http), ("tcp", Protocol::Tcp), ("tls", Protocol::Tls)];
                for (section, protocol) in sections {
                    for rule in resource.spec.get(section).map_or(&[][..], Node::list) {
                        let ends = rule.items("route").iter().chain(rule.items("mirrors"));
                        for destination in ends.filter_map(|end| end.get("destination")) {
                            let port = destination.at(&["port", "number"]).and_then(Node::int);
                            let port = port.and_then(|port| u16::try_from(port).ok());
                            out.extend(destination.text_of("host").map(|host| (host, place, protocol, port)));
                        }
                    }
                }
            }
            Kind::DestinationRule => {
                let host = resource.spec.get("host").and_then(Node::text);
                out.extend(host.map(|host| (host, place, Protocol::Http, None)));
            }
            _ => {}
        }
    }
    out
}

/// The selectors of all gateways; where no declared pods match one, a service of its own stands for it.
fn gateways(resources: &[Resource], services: &mut BTreeMap<String, Service>) -> Vec<Labels> {
    let mut out = Vec::new();
    for gateway in resources.iter().filter(|resource| resource.kind == Kind::Gateway) {
        let selector: Labels = gateway
            .spec
            .get("selector")
            .into_iter()
            .flat_map(Node::fields)
            .map(|(key, value)| (key.to_owned(), value.text().unwrap_or_default().to_owned()))
            .collect();
        let matched = services.values().any(|service| {
            service.pods.iter().any(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
        });
        if !matched {
            let namespace = gateway.namespace.as_deref().unwrap_or(LANDING).to_owned();
            let ports: Vec<(u16, u16, Protocol)> = gateway
                .spec
                .get("servers")
                .map_or(&[][..], Node::list)
                .iter()
                .filter_map(|server| server.at(&["port", "number"])?.int())
                .filter_map(|port| u16::try_from(port).ok())
                .map(|port| (port, port, Protocol::Tcp))
                .collect();
            let name = format!("pods-of-{}", gateway.name);
            let service = Service {
                name: name.clone(),
                namespace: namespace.clone(),
                ports,
                selector: selector.clone(),
                replicas: 1,
                pods: vec![selector.clone()],
            };
            services.insert(format!("{name}.{namespace}.svc.cluster.local"), service);
        }
        out.push(selector);
    }
    out
}

fn namespace(name: &str, facts: &Facts) -> Value {
    let fact = facts.namespaces.iter().find(|fact| fact.name == name);
    let labels = if fact.is_some_and(|fact| fact.ambient) {
        json!({ "istio.io/dataplane-mode": "ambient" })
    } else if name == facts.root_namespace {
        json!({})
    } else {
        json!({ "istio-injection": "enabled" })
    };
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } })
}

fn service_object(service: &Service) -> Value {
    let mut seen = BTreeSet::new();
    let ports: Vec<Value> = service
        .ports
        .iter()
        .filter(|(number, ..)| seen.insert(*number))
        .map(|(number, target, protocol)| {
            json!({
                "name": format!("{}-{number}", protocol.word()), "port": number, "targetPort": target, "protocol": "TCP"
            })
        })
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": service.name, "namespace": service.namespace },
        "spec": { "selector": service.selector, "ports": ports, "type": "ClusterIP" }
    })
}

fn annotations(gateway: bool) -> Value {
    if gateway { json!({ "mesh-tests/role": "gateway" }) } else { json!({}) }
}

fn containers() -> Value {
    json!([{ "name": "app", "image": "app" }, { "name": "istio-proxy", "image": "proxyv2" }])
}

fn deployment(name: &str, service: &Service, labels: &Labels, gateway: bool) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": service.namespace },
        "spec": {
            "replicas": service.replicas,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels, "annotations": annotations(gateway) },
                "spec": { "containers": containers() }
            }
        }
    })
}

fn pod(name: &str, namespace: &str, labels: &Labels, gateway: bool, address: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace, "labels": labels, "annotations": annotations(gateway) },
        "spec": { "containers": containers() },
        "status": {
            "podIP": format!("10.{}.{}.{}", address >> 16 & 255, address >> 8 & 255, address & 255),
            "phase": "Running",
            "conditions": [{ "type": "Ready", "status": "True" }]
        }
    })
}

/// The secrets that gateways and rules name; the judge fills in their certificates.
fn secrets(resources: &[Resource], services: &BTreeMap<String, Service>) -> Vec<Value> {
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for resource in resources {
        let own = resource.namespace.as_deref().unwrap_or(LANDING);
        match resource.kind {
            Kind::Gateway => {
                let selector = resource.spec.get("selector");
                let place = services.values().find(|service| {
                    let matches = |labels: &Labels| {
                        let wanted = selector.into_iter().flat_map(Node::fields);
                        wanted.into_iter().all(|(key, value)| labels.get(key).map(String::as_str) == value.text())
                    };
                    service.pods.iter().any(matches)
                });
                let place = place.map_or(own, |service| service.namespace.as_str());
                for tls in resource.spec.get("servers").map_or(&[][..], Node::list).iter().filter_map(|s| s.get("tls"))
                {
                    let names = tls.get("credentialName").into_iter().chain(tls.items("credentialNames"));
                    wanted.extend(names.filter_map(Node::text).map(|name| (place.to_owned(), name.to_owned())));
                }
            }
            Kind::DestinationRule => {
                let name = resource.spec.get("trafficPolicy").and_then(|policy| policy.at(&["tls", "credentialName"]));
                wanted.extend(name.and_then(Node::text).map(|name| (own.to_owned(), name.to_owned())));
            }
            _ => {}
        }
    }
    let object = |(namespace, name): (String, String)| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": { "name": name, "namespace": namespace }
        })
    };
    wanted.into_iter().map(object).collect()
}

/// MeshConfig: the root namespace, the providers as the bundle has them, and those that policies name beside them.
fn mesh(resources: &[Resource], facts: &Facts, files: &[File]) -> Value {
    let fragment = files.iter().find(|file| file.name == "mesh-config.yaml");
    let fragment = fragment.map(|file| mesh_istio::yaml::read(&file.text, Default::default()).expect("it is YAML"));
    let known = fragment.and_then(|node| node.at(&["meshConfig", "extensionProviders"]).cloned());
    let mut providers: Vec<Value> = known.iter().flat_map(Node::list).map(|node| json!(node)).collect();
    let named: BTreeSet<&str> = resources
        .iter()
        .filter(|resource| resource.kind == Kind::AuthorizationPolicy)
        .filter_map(|resource| resource.spec.get("provider")?.text_of("name"))
        .collect();
    for name in named {
        if !providers.iter().any(|known| known["name"] == name) {
            providers.push(json!({ "name": name, "envoyExtAuthzHttp": { "service": AUTHORIZER, "port": 8000 } }));
        }
    }
    json!({ "rootNamespace": facts.root_namespace.as_str(), "extensionProviders": providers })
}
