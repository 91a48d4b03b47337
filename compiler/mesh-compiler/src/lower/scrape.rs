//! `scrape`: where Prometheus finds the metrics, as the operator's objects or as its own configuration.
//!
//! Every proxy serves its metrics on a port that mutual TLS does not cover, so that Prometheus needs no certificate.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Resource};

use super::{Lower, metadata};
use crate::model::{Scrape, Subject};
use crate::operand::duration;

/// The port of a proxy's own metrics, as Istio's injection, gateways and waypoints name it.
const PROXY_PORT: &str = "http-envoy-prom";

/// The port of the agent beside it, which adds the metrics of the application.
const AGENT_PORT: &str = "15020";

/// The path of both.
const PATH: &str = "/stats/prometheus";

/// Pods, and what to fetch from them.
struct Job<'s> {
    name: String,
    /// The namespace of the pods; all where there is none.
    namespace: Option<&'s str>,
    labels: Vec<(&'s str, &'s str)>,
    /// The name of the container's port.
    port: &'static str,
    path: &'static str,
    /// What the statement says of it.
    scrape: &'s Scrape<'s>,
    /// True for what the clauses about metrics are for: the proxies, not the control plane.
    proxies: bool,
    /// Labels of the pods that their metrics take over: those by which Kiali finds the metrics of an application.
    taken: &'static [&'static str],
}

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn scrapes(&mut self) {
        let mesh = self.mesh;
        let mut configurations = Vec::new();
        for scrape in &mesh.scrapes {
            for (number, job) in self.jobs(scrape).iter().enumerate() {
                if mesh.settings.watching.plain.is_some() {
                    configurations.push((job.full_name(), job.configuration()));
                    continue;
                }
                let place = scrape.place.or(self.subject_namespace(&scrape.subject, &scrape.head));
                let mut resource = if number == 0 {
                    self.resource(Kind::PodMonitor, place, job.name.as_str(), &scrape.head)
                } else {
                    let mut other =
                        Resource::new(Kind::PodMonitor, place.map(Into::into), job.name.as_str(), scrape.head.span);
                    metadata(&mut other, &scrape.head.common);
                    other
                };
                self.selected(&mut resource);
                resource.spec = job.monitor(place);
                if number == 0 {
                    resource.reasons.push(why(scrape).to_owned());
                }
                self.finish(resource, if number == 0 { &scrape.head.common.fields } else { &[] });
            }
        }
        configurations.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some((_, first)) = configurations.first() {
            let mut file = Object::new(first.span);
            file.put_list("scrape_configs", configurations.into_iter().map(|(_, node)| node).collect());
            self.file(
                "prometheus-scrape.yaml",
                &file,
                "Prometheus reads this file where `scrape_config_files` names it.",
            );
        }
    }

    /// The labels by which the operator selects its objects.
    pub(super) fn selected(&self, resource: &mut Resource) {
        let labels = &self.mesh.settings.watching.labels;
        resource.labels.extend(labels.iter().map(|(key, value, _)| (key.as_ref().into(), value.as_ref().into())));
    }

    fn jobs(&self, scrape: &'m Scrape<'a>) -> Vec<Job<'m>> {
        let mesh = self.mesh;
        let place = self.pods_of(&scrape.subject, scrape);
        let proxies = Job {
            name: match scrape.subject {
                Subject::Gateway(_) => format!("{}-gateway-proxies", self.subject_name(&scrape.subject)),
                _ => format!("{}-proxies", self.subject_name(&scrape.subject)),
            },
            namespace: place,
            labels: match &scrape.subject {
                Subject::Service(id) => pods(self.service(*id)),
                Subject::Gateway(id) => match mesh.gateways[id.0].workload {
                    Some(id) => pods(self.service(id)),
                    None => {
                        let select = &mesh.gateways[id.0].select;
                        select.iter().map(|(key, value, _)| (key.as_ref(), value.as_ref())).collect()
                    }
                },
                _ => Vec::new(),
            },
            port: PROXY_PORT,
            path: PATH,
            scrape,
            proxies: true,
            taken: if mesh.settings.watching.kiali.is_some() { &["app", "version"] } else { &[] },
        };
        let mut out = vec![proxies];
        if scrape.subject == Subject::Mesh {
            let root = Some(mesh.settings.root_namespace);
            let control = |name: &'static str, port, path| Job {
                name: name.to_owned(),
                namespace: root,
                labels: vec![("app", name)],
                port,
                path,
                scrape,
                proxies: false,
                taken: &[],
            };
            out.push(control("istiod", "http-monitoring", "/metrics"));
            if mesh.namespaces.iter().any(|namespace| namespace.ambient.is_some()) {
                out.push(control("ztunnel", "ztunnel-stats", PATH));
            }
        }
        out
    }

    /// The namespace of the pods of a subject.
    fn pods_of(&self, subject: &Subject<'a>, scrape: &Scrape<'a>) -> Option<&'a str> {
        match subject {
            Subject::Mesh => None,
            Subject::Service(id) => self.service(*id).namespace,
            Subject::Namespace(namespace) => Some(namespace),
            Subject::Gateway(id) => {
                let gateway = &self.mesh.gateways[id.0];
                // Istio takes the pods that labels select from all namespaces.
                gateway.workload.and_then(|id| self.service(id).namespace)
            }
            _ => scrape.head.namespace,
        }
    }
}

fn pods<'s>(service: &'s crate::model::Service<'_>) -> Vec<(&'s str, &'s str)> {
    super::selector(service).into_iter().map(|(key, value, _)| (key, value)).collect()
}

fn why(scrape: &Scrape<'_>) -> &'static str {
    if scrape.merged.is_some() {
        "the agent adds what the application serves where the pod's annotations `prometheus.io/port` and `prometheus.io/path` say"
    } else {
        "the port of a proxy's metrics is outside mutual TLS, so that Prometheus needs no certificate"
    }
}

impl Job<'_> {
    fn span(&self) -> Span {
        self.scrape.head.span
    }

    fn full_name(&self) -> String {
        match self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// `spec` of a PodMonitor that lives in a namespace.
    fn monitor(&self, place: Option<&str>) -> Object {
        let mut spec = Object::new(self.span());
        let mut labels = Object::new(self.span());
        for (key, value) in &self.labels {
            labels.set((*key).to_owned(), *value);
        }
        let mut selector = Object::new(self.span());
        selector.put_object("matchLabels", labels);
        spec.set("selector", selector);
        let mut places = Object::new(self.span());
        match self.namespace {
            None if matches!(self.scrape.subject, Subject::Mesh | Subject::Gateway(_)) => places.set("any", true),
            Some(namespace) if place != Some(namespace) => {
                places.put_list("matchNames", vec![Node::new(namespace, self.span())]);
            }
            _ => {}
        }
        spec.put_object("namespaceSelector", places);
        spec.put_list("podTargetLabels", self.taken.iter().map(|label| Node::new(*label, self.span())).collect());
        let mut endpoint = Object::new(self.span());
        endpoint.set("port", self.port);
        endpoint.set("path", self.path);
        if let Some((millis, span)) = self.scrape.every {
            endpoint.set_at("interval", duration(millis), span);
        }
        let rules = self.addresses().into_iter().map(|rule| rule.node(Style::Operator)).collect();
        endpoint.put_list("relabelings", rules);
        let rules = self.kept().into_iter().map(|rule| rule.node(Style::Operator)).collect();
        endpoint.put_list("metricRelabelings", rules);
        spec.put_list("podMetricsEndpoints", vec![endpoint.node()]);
        spec
    }

    /// An entry of `scrape_configs`.
    fn configuration(&self) -> Node {
        let mut job = Object::new(self.span());
        job.set("job_name", self.full_name());
        job.set("metrics_path", self.path);
        if let Some((millis, span)) = self.scrape.every {
            job.set_at("scrape_interval", duration(millis), span);
        }
        let mut discovery = Object::new(self.span());
        discovery.set("role", "pod");
        if let Some(namespace) = self.namespace {
            let mut names = Object::new(self.span());
            names.put_list("names", vec![Node::new(namespace, self.span())]);
            discovery.put_object("namespaces", names);
        }
        if !self.labels.is_empty() {
            let label: Vec<String> = self.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let mut selector = Object::new(self.span());
            selector.set("role", "pod");
            selector.set("label", label.join(","));
            discovery.put_list("selectors", vec![selector.node()]);
        }
        job.put_list("kubernetes_sd_configs", vec![discovery.node()]);
        // What the operator does by itself.
        let named = |from, to| Rule { from: vec![from], to: Some(to), ..Rule::new("replace", self.span()) };
        let mut rules = vec![
            Rule {
                from: vec!["__meta_kubernetes_pod_phase"],
                regex: Some("Failed|Succeeded".to_owned()),
                ..Rule::new("drop", self.span())
            },
            Rule {
                from: vec!["__meta_kubernetes_pod_container_port_name"],
                regex: Some(self.port.to_owned()),
                ..Rule::new("keep", self.span())
            },
            named("__meta_kubernetes_namespace", "namespace"),
            named("__meta_kubernetes_pod_name", "pod"),
            named("__meta_kubernetes_pod_container_name", "container"),
        ];
        rules.extend(self.taken.iter().map(|label| match *label {
            "app" => named("__meta_kubernetes_pod_label_app", "app"),
            _ => named("__meta_kubernetes_pod_label_version", "version"),
        }));
        rules.extend(self.addresses());
        job.put_list("relabel_configs", rules.into_iter().map(|rule| rule.node(Style::Plain)).collect());
        let rules = self.kept().into_iter().map(|rule| rule.node(Style::Plain)).collect();
        job.put_list("metric_relabel_configs", rules);
        job.node()
    }

    /// `merged`: the same pods at the port of the agent.
    fn addresses(&self) -> Vec<Rule> {
        let Some(span) = self.scrape.merged.filter(|_| self.proxies) else { return Vec::new() };
        let to_port = |regex: &str, address: &str| Rule {
            from: vec!["__meta_kubernetes_pod_ip"],
            to: Some("__address__"),
            regex: Some(regex.to_owned()),
            replacement: Some(format!("{address}:{AGENT_PORT}")),
            ..Rule::new("replace", span)
        };
        vec![to_port("([^:]+)", "$1"), to_port("(.*:.*)", "[$1]")]
    }

    /// `keep` and `drop-label`
    fn kept(&self) -> Vec<Rule> {
        let mut out = Vec::new();
        if !self.proxies {
            return out;
        }
        if let Some((regex, span)) = &self.scrape.keep {
            let from = vec!["__name__"];
            out.push(Rule { from, regex: Some(regex.clone()), ..Rule::new("keep", *span) });
        }
        if let Some((regex, span)) = &self.scrape.drop {
            out.push(Rule { regex: Some(regex.clone()), ..Rule::new("labeldrop", *span) });
        }
        out
    }
}

/// How the same rule is spelled.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Operator,
    Plain,
}

/// A relabelling rule of Prometheus.
struct Rule {
    action: &'static str,
    from: Vec<&'static str>,
    to: Option<&'static str>,
    regex: Option<String>,
    replacement: Option<String>,
    span: Span,
}

impl Rule {
    fn new(action: &'static str, span: Span) -> Rule {
        Rule { action, from: Vec::new(), to: None, regex: None, replacement: None, span }
    }

    fn node(self, style: Style) -> Node {
        let word = |operator, plain| if style == Style::Operator { operator } else { plain };
        let mut rule = Object::new(self.span);
        rule.set("action", self.action);
        let from = self.from.into_iter().map(|label| Node::new(label, self.span)).collect();
        rule.put_list(word("sourceLabels", "source_labels"), from);
        rule.set_some("regex", self.regex);
        rule.set_some(word("targetLabel", "target_label"), self.to);
        rule.set_some("replacement", self.replacement);
        rule.node()
    }
}
