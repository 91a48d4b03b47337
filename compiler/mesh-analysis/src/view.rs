//! A bundle by kind, host and namespace, made once for all findings.

use rustc_hash::FxHashMap as HashMap;

use mesh_istio::{Facts, Kind, NamespaceFact, Node, Resource, ServiceFact, Text, Value};

/// A bundle and its facts, with the look-ups that findings share.
pub(crate) struct View<'r> {
    pub resources: &'r [Resource],
    pub facts: &'r Facts,
    kinds: HashMap<Kind, Vec<&'r Resource>>,
    services: HashMap<&'r str, &'r ServiceFact>,
    namespaces: HashMap<&'r str, &'r NamespaceFact>,
    /// DestinationRules by host.
    rules: HashMap<&'r str, Vec<&'r Resource>>,
    /// PeerAuthentications of whole namespaces.
    modes: HashMap<&'r str, &'r Resource>,
    /// PeerAuthentications of workloads, by namespace and the first label of their selector.
    workload_modes: HashMap<Labelled<'r>, Vec<&'r Resource>>,
    /// Services by namespace.
    places: HashMap<&'r str, Vec<&'r ServiceFact>>,
    /// Services by namespace and each label of their pods.
    labelled: HashMap<Labelled<'r>, Vec<&'r ServiceFact>>,
}

/// A namespace and a label.
type Labelled<'r> = (&'r str, &'r str, &'r str);

impl<'r> View<'r> {
    pub fn new(resources: &'r [Resource], facts: &'r Facts) -> View<'r> {
        let mut rules: HashMap<&str, Vec<&Resource>> = HashMap::default();
        let mut modes: HashMap<&str, &Resource> = HashMap::default();
        let mut workload_modes: HashMap<Labelled<'_>, Vec<&Resource>> = HashMap::default();
        let mut labelled: HashMap<Labelled<'_>, Vec<&ServiceFact>> = HashMap::default();
        let mut places: HashMap<&str, Vec<&ServiceFact>> = HashMap::default();
        for service in &facts.services {
            let place = service.namespace.as_deref().unwrap_or("");
            places.entry(place).or_default().push(service);
            for (key, value) in &service.selector {
                labelled.entry((place, key, value)).or_default().push(service);
            }
        }
        let mut kinds: HashMap<Kind, Vec<&Resource>> = HashMap::default();
        for resource in resources {
            kinds.entry(resource.kind).or_default().push(resource);
            match resource.kind {
                Kind::DestinationRule => rules.entry(text(resource, "host")).or_default().push(resource),
                Kind::PeerAuthentication => match first_label(resource) {
                    Some((key, value)) => {
                        workload_modes.entry((namespace(resource), key, value)).or_default().push(resource)
                    }
                    None => {
                        modes.entry(namespace(resource)).or_insert(resource);
                    }
                },
                _ => {}
            }
        }
        View {
            resources,
            facts,
            kinds,
            services: facts.services.iter().map(|service| (service.host.as_str(), service)).collect(),
            namespaces: facts.namespaces.iter().map(|namespace| (namespace.name.as_str(), namespace)).collect(),
            rules,
            modes,
            workload_modes,
            places,
            labelled,
        }
    }

    /// The resources of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &'r Resource> {
        self.kinds.get(&kind).into_iter().flatten().copied()
    }

    /// The service behind a host.
    pub fn service(&self, host: &str) -> Option<&'r ServiceFact> {
        self.services.get(host).copied()
    }

    /// What is known of a namespace.
    pub fn namespace(&self, name: &str) -> Option<&'r NamespaceFact> {
        self.namespaces.get(name).copied()
    }

    /// The DestinationRules of a host.
    pub fn rules_of(&self, host: &str) -> &[&'r Resource] {
        self.rules.get(host).map_or(&[], Vec::as_slice)
    }

    /// The services that an object's selector selects; none where it has no selector.
    pub fn selected(&self, policy: &'r Resource) -> Vec<&'r ServiceFact> {
        let (Some(labels), Some((key, value))) = (labels(policy), first_label(policy)) else { return Vec::new() };
        let candidates = self.labelled.get(&(namespace(policy), key, value)).map_or(&[][..], Vec::as_slice);
        candidates.iter().copied().filter(|service| selects(labels, &service.selector)).collect()
    }

    /// The services of a namespace; of all where it is the root namespace.
    pub fn services_of(&self, namespace: &str) -> Vec<&'r ServiceFact> {
        if namespace == self.facts.root_namespace {
            return self.facts.services.iter().collect();
        }
        self.places.get(namespace).cloned().unwrap_or_default()
    }

    /// The gateways that run in the pods with these labels.
    pub fn gateways_in(&self, labels: &Node) -> impl Iterator<Item = &'r Resource> {
        self.of(Kind::Gateway)
            .filter(|gateway| gateway.spec.get("selector").is_some_and(|own| same_labels(own, labels)))
    }

    /// The mode of mutual TLS in force on a workload's port, and the object that says so.
    pub fn mode(&self, place: &str, selector: &[(Text, Text)], port: Option<u16>) -> (&'static str, Option<&'r Node>) {
        let own = selector.iter().find_map(|(key, value)| {
            let candidates = self.workload_modes.get(&(place, key.as_str(), value.as_str()))?;
            candidates.iter().find(|resource| {
                let labels = resource.spec.get("selector").and_then(|selector| selector.get("matchLabels"));
                labels.is_some_and(|labels| selects(labels, selector))
            })
        });
        let port = port.map(|port| port.to_string());
        let mut layers: Vec<Option<&Node>> = Vec::new();
        if let Some(own) = own {
            let by_port =
                port.as_deref().and_then(|port| own.spec.get("portLevelMtls").and_then(|ports| ports.get(port)));
            layers.push(by_port.and_then(|port| port.get("mode")));
            layers.push(own.spec.get("mtls").and_then(|mtls| mtls.get("mode")));
        }
        let whole = |namespace: &str| {
            self.modes.get(namespace).and_then(|resource| resource.spec.get("mtls")).and_then(|mtls| mtls.get("mode"))
        };
        layers.push(whole(place));
        let declared = self.namespace(place).and_then(|namespace| namespace.mode);
        for node in layers.into_iter().flatten() {
            if let Some(mode) = word(node) {
                return (mode, Some(node));
            }
        }
        if let Some(mode) = declared.filter(|mode| *mode != "UNSET") {
            return (mode, None);
        }
        let root = self.namespace(&self.facts.root_namespace).and_then(|namespace| namespace.mode);
        match whole(&self.facts.root_namespace).and_then(|node| word(node).map(|mode| (mode, node))) {
            Some((mode, node)) => (mode, Some(node)),
            None => (root.filter(|mode| *mode != "UNSET").unwrap_or("PERMISSIVE"), None),
        }
    }
}

fn word(node: &Node) -> Option<&'static str> {
    match node.text()? {
        "STRICT" => Some("STRICT"),
        "PERMISSIVE" => Some("PERMISSIVE"),
        "DISABLE" => Some("DISABLE"),
        _ => None,
    }
}

/// The labels of an object's selector.
pub(crate) fn labels(resource: &Resource) -> Option<&Node> {
    let selector = resource.spec.get("selector").and_then(|selector| selector.get("matchLabels"));
    selector.or_else(|| resource.spec.get("workloadSelector").and_then(|selector| selector.get("labels")))
}

/// The first label of an object's selector.
fn first_label(resource: &Resource) -> Option<(&str, &str)> {
    let (key, value) = labels(resource)?.fields().next()?;
    Some((key, value.text()?))
}

/// True when the labels of a selector are all among those of the pods.
pub(crate) fn selects(labels: &Node, pods: &[(Text, Text)]) -> bool {
    let has = |(key, value): (&str, &Node)| pods.iter().any(|(k, v)| k == key && value.text() == Some(v.as_str()));
    labels.fields().all(has)
}

/// True when two selectors name the same labels.
pub(crate) fn same_labels(a: &Node, b: &Node) -> bool {
    let within = |a: &Node, b: &Node| a.fields().all(|(key, value)| b.get(key).and_then(Node::text) == value.text());
    within(a, b) && within(b, a)
}

/// The text of a field of the specification; empty where there is none.
pub(crate) fn text<'r>(resource: &'r Resource, field: &str) -> &'r str {
    resource.spec.get(field).and_then(Node::text).unwrap_or("")
}

/// The namespace of an object; empty where it lands where it is applied.
pub(crate) fn namespace(resource: &Resource) -> &str {
    resource.namespace.as_deref().unwrap_or("")
}

/// The members of a list field of the specification.
pub(crate) fn items<'r>(resource: &'r Resource, field: &str) -> &'r [Node] {
    resource.spec.get(field).map_or(&[], Node::list)
}

/// The texts of a list field of the specification.
pub(crate) fn texts<'r>(resource: &'r Resource, field: &str) -> impl Iterator<Item = &'r str> {
    items(resource, field).iter().filter_map(Node::text)
}

/// True when a VirtualService holds inside the mesh.
pub(crate) fn in_mesh(resource: &Resource) -> bool {
    let gateways = items(resource, "gateways");
    gateways.is_empty() || gateways.iter().any(|gateway| gateway.text() == Some("mesh"))
}

/// A gateway of a VirtualService as `namespace/name`, wherever it is written.
pub(crate) fn gateway_key(resource: &Resource, gateway: &str) -> String {
    if gateway.contains('/') { gateway.to_owned() } else { format!("{}/{gateway}", namespace(resource)) }
}

/// A value without the places it was said at.
pub(crate) fn words(node: &Node, out: &mut String) {
    match &node.value {
        Value::Object(_) => {
            for (key, node) in node.fields() {
                *out += key;
                *out += ":";
                words(node, out);
            }
        }
        Value::List(list) => list.iter().for_each(|node| words(node, out)),
        _ => *out += node.text().unwrap_or_default(),
    }
    *out += ",";
}
