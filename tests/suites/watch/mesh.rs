//! A mesh that is not there: what the proxies of a program's services would export, as Istio has it by default.
//!
//! Names of series and labels are those of Istio's telemetry; those of the authorization filters were read off an Envoy
//! with the tag rules of Istio's bootstrap.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mesh_compiler::Compilation;
use mesh_istio::{Kind, Node, PortFact, Protocol, Rank, Resource, ServiceFact};

/// Requests in a second of each caller to each service.
const RATE: f64 = 100.0;

/// The upper bounds of the histograms of Istio's telemetry.
const BUCKETS: [&str; 20] = [
    "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000",
    "300000", "600000", "1800000", "3600000", "+Inf",
];

/// How requests end, as a caller sees it, and for how many of a thousand.
const ENDS: [(&str, &str, f64); 10] = [
    ("200", "-", 880.0),
    ("404", "-", 20.0),
    ("500", "-", 30.0),
    ("503", "URX", 10.0),
    ("503", "UO", 10.0),
    ("503", "UH", 10.0),
    ("504", "UT", 10.0),
    ("500", "FI", 10.0),
    ("200", "DI", 10.0),
    ("0", "DC", 10.0),
];

/// A pod with its proxy.
pub struct Pod {
    pub name: String,
    pub namespace: String,
    service: usize,
    version: String,
}

/// Some pods of one version.
struct Version {
    label: String,
    /// The share of the requests to its service.
    share: f64,
    /// The share of requests that are copied to it, and of whose.
    copies: f64,
}

pub struct Mesh {
    services: Vec<ServiceFact>,
    versions: Vec<Vec<Version>>,
    pub pods: Vec<Pod>,
}

impl Mesh {
    pub fn of(compilation: &Compilation) -> Mesh {
        let lowered = &compilation.lowered;
        let known =
            lowered.facts.services.iter().filter(|service| service.namespace.is_some() && !service.ports.is_empty());
        let mut services: Vec<ServiceFact> = known.cloned().collect();
        // Services that nobody declares are there by the rules about them.
        for rule in lowered.resources.iter().filter(|resource| resource.kind == Kind::DestinationRule) {
            let host = text(rule.spec.get("host"));
            if !host.contains('.') && !services.iter().any(|service| service.host == host) {
                services.push(undeclared(host));
            }
        }
        let versions: Vec<Vec<Version>> =
            services.iter().map(|service| versions(service, &lowered.resources)).collect();
        let mut pods = Vec::new();
        for (at, service) in services.iter().enumerate() {
            for version in &versions[at] {
                pods.push(Pod {
                    name: format!("{}-{}-7c9f", service.name, version.label),
                    namespace: service.namespace.as_deref().unwrap_or_default().to_owned(),
                    service: at,
                    version: version.label.clone(),
                });
            }
        }
        Mesh { services, versions, pods }
    }

    /// What the proxy of a pod exports after some seconds; `more` is what an annotation of the pod adds.
    pub fn export(&self, pod: &Pod, seconds: f64, more: bool) -> String {
        let mut out = Lines { text: String::new(), seconds };
        let own = &self.services[pod.service];
        let callers: Vec<(&str, &str)> = self.callers(own);
        for (name, place) in &callers {
            let target = self.target(pod.service, &pod.version);
            self.requests(&mut out, "destination", (name, place), &target);
        }
        let calls =
            own.calls.iter().filter_map(|(host, _)| self.services.iter().position(|service| service.host == *host));
        // Who calls nobody stands for the gateway too.
        for callee in calls {
            for version in &self.versions[callee] {
                let target = self.target(callee, &version.label);
                self.requests(&mut out, "source", (&own.name, own.namespace.as_deref().unwrap_or_default()), &target);
            }
        }
        if self.is_edge(pod) {
            for at in 0..self.services.len() {
                for version in &self.versions[at] {
                    self.requests(&mut out, "source", EDGE, &self.target(at, &version.label));
                }
            }
        }
        let filter = "http_conn_manager_prefix=\"inbound_0.0.0.0_8080\"";
        for (result, rate) in [("allowed", 95.0), ("denied", 5.0)] {
            out.counter("envoy_http_rbac", &format!("authz_enforce_result=\"{result}\", {filter}"), rate);
            let dry = format!("authz_dry_run_action=\"deny\", authz_dry_run_result=\"{result}\", {filter}");
            out.counter("envoy_http_rbac", &dry, rate);
            out.counter("envoy_tcp", &format!("authz_enforce_result=\"{result}\", tcp_prefix=\"rbac\""), rate);
        }
        if more {
            for callee in &self.services {
                let cluster = format!("cluster_name=\"outbound|{}||{}\"", callee.ports[0].number, callee.host);
                let _ = writeln!(out.text, "envoy_cluster_outlier_detection_ejections_active{{{cluster}}} 1");
            }
        }
        out.text
    }

    /// One pod stands for the gateway as well.
    fn is_edge(&self, pod: &Pod) -> bool {
        self.pods.first().is_some_and(|first| first.name == pod.name)
    }

    fn callers<'m>(&'m self, callee: &ServiceFact) -> Vec<(&'m str, &'m str)> {
        let calls = |caller: &&ServiceFact| caller.calls.iter().any(|(host, _)| *host == callee.host);
        let named = |caller: &'m ServiceFact| (caller.name.as_str(), caller.namespace.as_deref().unwrap_or_default());
        std::iter::once(EDGE).chain(self.services.iter().filter(calls).map(named)).collect()
    }

    fn target(&self, at: usize, label: &str) -> Target<'_> {
        let version =
            self.versions[at].iter().find(|version| version.label == label).expect("a version of the service");
        Target { service: &self.services[at], version }
    }

    fn requests(&self, out: &mut Lines, reporter: &str, (caller, place): (&str, &str), to: &Target<'_>) {
        let service = to.service;
        let there = reporter == "destination";
        let labels = |protocol: &str, security: &str| {
            let (name, own) = (&service.name, service.namespace.as_deref().unwrap_or_default());
            let version = &to.version.label;
            format!(
                "reporter=\"{reporter}\", source_workload=\"{caller}\", source_canonical_service=\"{caller}\", source_canonical_revision=\"v1\", \
                 source_workload_namespace=\"{place}\", source_principal=\"unknown\", source_app=\"{caller}\", source_version=\"v1\", \
                 source_cluster=\"Kubernetes\", destination_workload=\"{name}-{version}\", destination_workload_namespace=\"{own}\", \
                 destination_principal=\"unknown\", destination_app=\"{name}\", destination_version=\"{version}\", \
                 destination_service=\"{}\", destination_canonical_service=\"{name}\", destination_canonical_revision=\"{version}\", \
                 destination_service_name=\"{name}\", destination_service_namespace=\"{own}\", destination_cluster=\"Kubernetes\", \
                 request_protocol=\"{protocol}\", connection_security_policy=\"{security}\"",
                service.host
            )
        };
        // Callers do not know what they get; a tenth comes in plain text.
        let security: &[(&str, f64)] = if there { &[("mutual_tls", 0.9), ("none", 0.1)] } else { &[("unknown", 1.0)] };
        let is = |rank: Rank| service.ports.iter().any(|port| port.protocol.rank() == rank);
        for (security, part) in security {
            if is(Rank::Http) {
                // The service sees the copies too, and the tries that callers make again.
                let tries = if there { to.version.share * 1.1 + to.version.copies } else { to.version.share };
                let rate = RATE * tries * part;
                let grpc = service.ports.iter().any(|port| matches!(port.protocol, Protocol::Grpc | Protocol::GrpcWeb));
                let protocol = if grpc { "grpc" } else { "http" };
                let labels = labels(protocol, security);
                for (code, flags, thousandths) in ENDS {
                    // What a caller's proxy answers itself never reaches the service.
                    if there && !matches!(flags, "-" | "DC") {
                        continue;
                    }
                    let status = match (grpc, code) {
                        (false, _) => "",
                        (true, "200") => "0",
                        (true, _) => "14",
                    };
                    let ends = format!(
                        "{labels}, response_code=\"{code}\", grpc_response_status=\"{status}\", response_flags=\"{flags}\""
                    );
                    out.counter("istio_requests_total", &ends, rate * thousandths / 1000.0);
                }
                if there {
                    let refused =
                        format!("{labels}, response_code=\"403\", grpc_response_status=\"\", response_flags=\"UAEX\"");
                    out.counter("istio_requests_total", &refused, rate / 100.0);
                }
                let labels =
                    format!("{labels}, response_code=\"200\", grpc_response_status=\"\", response_flags=\"-\"");
                for (name, typical) in [
                    ("istio_request_duration_milliseconds", 50.0),
                    ("istio_request_bytes", 500.0),
                    ("istio_response_bytes", 5000.0),
                ] {
                    out.histogram(name, &labels, rate, typical);
                }
            }
            if is(Rank::Tcp) || is(Rank::Tls) {
                let labels = labels("tcp", security);
                for flags in ["-", "UF"] {
                    let labels = format!("{labels}, response_flags=\"{flags}\"");
                    for name in [
                        "istio_tcp_connections_opened_total",
                        "istio_tcp_connections_closed_total",
                        "istio_tcp_received_bytes_total",
                        "istio_tcp_sent_bytes_total",
                    ] {
                        out.counter(name, &labels, 10.0 * part);
                    }
                }
            }
        }
    }
}

/// The workload of a gateway.
const EDGE: (&str, &str) = ("istio-ingressgateway", "istio-system");

struct Target<'m> {
    service: &'m ServiceFact,
    version: &'m Version,
}

struct Lines {
    text: String,
    seconds: f64,
}

impl Lines {
    fn counter(&mut self, name: &str, labels: &str, rate: f64) {
        let _ = writeln!(self.text, "{name}{{{labels}}} {}", rate * self.seconds);
    }

    /// Nine of ten are below what is typical.
    fn histogram(&mut self, name: &str, labels: &str, rate: f64, typical: f64) {
        for bound in BUCKETS {
            let limit: f64 = bound.parse().unwrap_or(f64::INFINITY);
            let part = if limit < typical {
                0.3
            } else if limit < typical * 10.0 {
                0.9
            } else {
                1.0
            };
            self.counter(&format!("{name}_bucket"), &format!("{labels}, le=\"{bound}\""), rate * part);
        }
        self.counter(&format!("{name}_sum"), labels, rate * typical);
        self.counter(&format!("{name}_count"), labels, rate);
    }
}

/// A service of the namespace `default` that speaks HTTP.
fn undeclared(host: &str) -> ServiceFact {
    ServiceFact {
        name: host.into(),
        namespace: Some("default".into()),
        host: host.into(),
        ports: vec![PortFact { number: 80, target: 80, protocol: Protocol::Http, span: Default::default() }],
        selector: Vec::new(),
        versions: Vec::new(),
        account: None,
        replicas: None,
        calls: Vec::new(),
        behind_tls_balancer: false,
        on_vm: false,
        elsewhere: false,
        span: Default::default(),
    }
}

/// The versions of a service, with the shares that its VirtualService gives them.
fn versions(service: &ServiceFact, resources: &[Resource]) -> Vec<Version> {
    let of_kind = |kind: Kind| resources.iter().filter(move |resource| resource.kind == kind);
    // The label `version` of the pods of a subset; Istio says `unknown` where they have none.
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for rule in of_kind(Kind::DestinationRule).filter(|rule| text(rule.spec.get("host")) == service.host.as_str()) {
        for subset in rule.spec.get("subsets").map_or(&[][..], Node::list) {
            let label = subset.at(&["labels", "version"]).and_then(Node::text).unwrap_or("unknown");
            labels.insert(subset.text_of("name").unwrap_or_default().to_owned(), label.to_owned());
        }
    }
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    let mut copies: BTreeMap<String, f64> = BTreeMap::new();
    for route in of_kind(Kind::VirtualService) {
        let rules = route.spec.get("http").map_or(&[][..], Node::list);
        let place = |node: &Node| {
            let host = node.at(&["host"]).and_then(Node::text).unwrap_or_default();
            let label = node.text_of("subset").and_then(|subset| labels.get(subset)).map_or("v1", String::as_str);
            (host == service.host.as_str()).then(|| label.to_owned())
        };
        for rule in rules {
            for mirror in rule.items("mirrors") {
                if let Some(label) = mirror.get("destination").and_then(place) {
                    *copies.entry(label).or_default() += 0.1;
                }
            }
        }
        for to in rules.last().map_or(&[][..], |rule| rule.items("route")) {
            if let Some(label) = to.get("destination").and_then(place) {
                *shares.entry(label).or_default() += to.int_of("weight").unwrap_or(100) as f64 / 100.0;
            }
        }
    }
    if shares.is_empty() {
        shares.insert("v1".to_owned(), 1.0);
    }
    for label in copies.keys() {
        shares.entry(label.clone()).or_default();
    }
    let version = |(label, share): (String, f64)| Version {
        copies: copies.get(&label).copied().unwrap_or_default(),
        label,
        share,
    };
    shares.into_iter().map(version).collect()
}

fn text(node: Option<&Node>) -> &str {
    node.and_then(Node::text).unwrap_or_default()
}
