//! The model to Istio resources, each field with the span of the clause it came from.
//!
//! Lowering is total: what could not be read is not in the model, and everything in the model has a form.

mod about;
mod authentication;
mod authorization;
mod dashboard;
mod egress;
mod external;
mod field;
mod fragments;
mod gateway;
mod layers;
mod limits;
mod matching;
mod namespace;
mod policy;
mod route;
mod rule;
mod scope;
mod scrape;
mod slo;
mod traffic;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::cell::RefCell;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Facts, Kind, NamespaceFact, Node, Object, PortFact, Resource, ServiceFact, Text, VersionFact};

pub(crate) use egress::GATEWAY_PORT;

use rayon::prelude::*;

use crate::model::{Common, FieldSet, Head, Mesh, Pair, Place, Service, ServiceId, Subject, Version};

/// What a program becomes.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Lowered {
    /// The resources, ordered by namespace, kind and name.
    pub resources: Vec<Resource>,
    /// What is no object of Kubernetes, ordered by name.
    pub files: Vec<File>,
    /// What is known beside them.
    pub facts: Facts,
}

/// A file of a bundle that is no object of Kubernetes: rules and configurations of Prometheus, dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// The state of lowering: names that many objects repeat are made once.
pub(crate) struct Lower<'m, 'a> {
    pub mesh: &'m Mesh<'a>,
    /// The host of each service.
    hosts: &'m [Text],
    /// Which host of an external is being written, where it has several.
    external_host: usize,
    pub out: Vec<Resource>,
    files: Vec<File>,
    /// What lowering finds: fields that are set twice.
    problems: RefCell<Vec<Diagnostic>>,
    /// The fields set by path that found their object.
    set: RefCell<HashSet<Span>>,
}

/// What is lowered apart from the others: kinds of objects that know nothing of each other.
type Part = fn(&mut Lower<'_, '_>);

const PARTS: [Part; 4] = [
    |lower| {
        lower.namespaces();
        lower.externals();
        lower.gateways();
        lower.routes();
    },
    |lower| {
        lower.egress();
        lower.traffic();
    },
    |lower| {
        lower.peer_authentications();
        lower.authorization_policies();
        lower.request_authentications();
    },
    |lower| {
        lower.about();
        lower.scopes();
        lower.slos();
        lower.scrapes();
        lower.dashboards();
        lower.mesh_config();
        lower.kiali();
    },
];

/// Lowers a program; the problems are objects that share a name.
pub(crate) fn lower(mesh: &Mesh<'_>) -> (Lowered, Vec<Diagnostic>) {
    let hosts: Vec<Text> = mesh.services.iter().map(|service| Text::from(service_host(service))).collect();
    let run = |part: &Part| {
        let mut lower = Lower::new(mesh, &hosts);
        part(&mut lower);
        (lower.out, lower.files, lower.problems.into_inner(), lower.set.into_inner())
    };
    let parts: Vec<_> = PARTS.par_iter().map(run).collect();
    let mut lower = Lower::new(mesh, &hosts);
    lower.out.reserve_exact(parts.iter().map(|(out, ..)| out.len()).sum::<usize>() + mesh.written.len());
    for (out, files, problems, set) in parts {
        lower.out.extend(out);
        lower.files.extend(files);
        lower.problems.get_mut().extend(problems);
        lower.set.get_mut().extend(set);
    }
    lower.written();
    lower.chains_hidden();
    lower.fields_without_object();
    let facts = lower.facts();
    let mut problems = lower.problems.into_inner();
    let mut resources = lower.out;
    resources.sort_by(|a, b| a.order().cmp(&b.order()));
    problems.extend(clashes(&resources));
    problems.extend(resources.iter_mut().filter_map(settle_metadata));
    problems.par_extend(resources.par_iter().with_min_len(64).flat_map_iter(limits::find));
    if mesh.settings.declared_only {
        problems.extend(homeless(&resources));
    }
    let mut files = lower.files;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    (Lowered { resources, files, facts }, problems)
}

/// Sets a field of an object that clauses made; the problem is that something sets it already.
pub(crate) fn set_field(field: &FieldSet, object: &mut Object) -> Option<Diagnostic> {
    field::set(field, &field.path, object)
}

/// The host of a service as callers' rules write it: full where the namespace is known, short otherwise.
pub(crate) fn service_host(service: &Service<'_>) -> String {
    if let Some((host, _)) = &service.vm {
        return host.to_string();
    }
    match service.namespace {
        Some(namespace) => format!("{}.{namespace}.svc.cluster.local", service.name),
        None => service.name.to_owned(),
    }
}

/// The labels that select a service's pods.
pub(crate) fn selector<'s>(service: &'s Service<'_>) -> Vec<(&'s str, &'s str, Span)> {
    if service.select.is_empty() {
        return vec![("app", service.name, service.span)];
    }
    service.select.iter().map(|(key, value, span)| (key.as_ref(), value.as_ref(), *span)).collect()
}

fn clashes(sorted: &[Resource]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for pair in sorted.windows(2) {
        let [a, b] = pair else { continue };
        if a.order() != b.order() {
            continue;
        }
        let (first, again) = if a.span() <= b.span() { (a, b) } else { (b, a) };
        problems.push(
            Diagnostic::new(code::E0212, again.span(), format!("two objects are {} `{}`", article(a.kind), a.name))
                .label("the second one")
                .also(first.span(), "the first one")
                .note("one of them would replace the other in the cluster")
                .help("give one of them a name of its own with `as NAME`"),
        );
    }
    problems
}

/// One value for each label and annotation; the problem is two that differ.
fn settle_metadata(resource: &mut Resource) -> Option<Diagnostic> {
    let mut problem = None;
    for (what, pairs) in [("label", &mut resource.labels), ("annotation", &mut resource.annotations)] {
        let mut kept: Vec<(Text, Text)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs.drain(..) {
            match kept.iter().find(|(known, _)| *known == key) {
                Some((_, known)) if *known == value => {}
                Some((_, known)) => {
                    let title = format!("the {what} `{key}` of one object is `{known}` and `{value}`");
                    problem = Some(title);
                }
                None => kept.push((key, value)),
            }
        }
        *pairs = kept;
    }
    let title = problem?;
    let (first, again) = (resource.origins[0], resource.origins[resource.origins.len() - 1]);
    let problem = Diagnostic::new(code::E0407, again, title).label("this object has one value for it");
    let problem = if first == again { problem } else { problem.also(first, "the other statement about the object") };
    Some(problem.help("keep one of the two"))
}

/// Objects without a namespace, which `declared-only` does not take: the first of each file.
fn homeless(resources: &[Resource]) -> Vec<Diagnostic> {
    let mut first: HashMap<mesh_diagnostics::FileId, Span> = HashMap::default();
    for resource in resources.iter().filter(|resource| resource.namespace.is_none() && resource.kind != Kind::Namespace)
    {
        let span = resource.span();
        first.entry(span.file).and_modify(|old| *old = span.min(*old)).or_insert(span);
    }
    let problem = |span| {
        Diagnostic::new(code::E0215, span, "under `declared-only` every object has a namespace")
            .label("in no namespace")
            .help("write `in NS` at the top of the file")
    };
    first.into_values().map(problem).collect()
}

fn article(kind: Kind) -> String {
    let name = kind.name();
    if name.starts_with('A') { format!("an {name}") } else { format!("a {name}") }
}

impl<'m, 'a> Lower<'m, 'a> {
    fn new(mesh: &'m Mesh<'a>, hosts: &'m [Text]) -> Lower<'m, 'a> {
        Lower {
            mesh,
            hosts,
            external_host: 0,
            out: Vec::new(),
            files: Vec::new(),
            problems: RefCell::default(),
            set: RefCell::default(),
        }
    }

    /// The host of a service.
    pub fn host(&self, id: ServiceId) -> Text {
        self.hosts[id.0].clone()
    }

    pub fn service(&self, id: ServiceId) -> &'m Service<'a> {
        &self.mesh.services[id.0]
    }

    /// The host of a destination.
    pub fn place_host(&self, place: Place<'a>) -> Text {
        match place {
            Place::Service(id, _) => self.host(id),
            Place::External(id) => {
                let hosts = &self.mesh.externals[id.0].hosts;
                let host = hosts.get(self.external_host).or(hosts.first());
                host.map_or(Text::default(), |(host, _)| Text::from(host.as_ref()))
            }
        }
    }

    /// A new object of a statement.
    pub fn resource(&self, kind: Kind, namespace: Option<&str>, name: impl Into<Text>, head: &Head<'a>) -> Resource {
        let name = head.common.object.map_or_else(|| name.into(), |(name, _)| Text::from(name));
        let mut resource = Resource::new(kind, namespace.map(Text::from), name, head.span);
        metadata(&mut resource, &head.common);
        resource
    }

    /// A file of YAML under a line that says what reads it.
    fn file(&mut self, name: &str, body: &Object, reader: &str) {
        let text = format!("# {reader}\n{}", mesh_istio::yaml::write(body));
        self.files.push(File { name: name.to_owned(), text });
    }

    /// `exportTo`, where the statement says it; a caller's rule is for its own namespace.
    pub fn export(&self, common: &Common<'a>, namespace: Option<&str>, foreign: bool, span: Span, into: &mut Object) {
        let entry = |text: &str, span: Span| Node::new(text, span);
        let list = match &common.export {
            Some((places, span)) => {
                let mut places: Vec<&str> = places
                    .iter()
                    .map(|place| match *place {
                        "here" => ".",
                        "everywhere" => "*",
                        "nowhere" => "~",
                        name => name,
                    })
                    .collect();
                // `here` and the namespace's own name are one place, and everywhere holds all others.
                let own = namespace.unwrap_or("");
                if places.contains(&".") {
                    places.retain(|place| *place != own);
                }
                places.sort_unstable();
                places.dedup();
                places.into_iter().map(|place| entry(place, *span)).collect()
            }
            None if foreign => vec![entry(".", span)],
            None => return,
        };
        into.put_list("exportTo", list);
    }

    /// The name that policies and their like give their objects by default.
    pub fn subject_name(&self, subject: &Subject<'a>) -> String {
        match subject {
            Subject::Service(id) => self.service(*id).name.to_owned(),
            Subject::External(id) => self.mesh.externals[id.0].name.to_owned(),
            Subject::Host(host) => mesh_istio::host::slug(host),
            Subject::Namespace(namespace) => (*namespace).to_owned(),
            Subject::ThisNamespace => "namespace".to_owned(),
            Subject::Gateway(id) => self.mesh.gateways[id.0].name.to_owned(),
            Subject::Mesh => "mesh".to_owned(),
        }
    }

    /// Where an object that guards a workload lives: with the workload.
    pub fn subject_namespace(&self, subject: &Subject<'a>, head: &Head<'a>) -> Option<&'a str> {
        match subject {
            Subject::Service(id) => self.service(*id).namespace,
            Subject::Namespace(namespace) => Some(namespace),
            Subject::Gateway(id) => {
                let gateway = &self.mesh.gateways[id.0];
                gateway.workload.map_or(gateway.namespace, |id| self.mesh.services[id.0].namespace)
            }
            Subject::Mesh => Some(self.mesh.settings.root_namespace),
            _ => head.namespace,
        }
    }

    /// What a policy attaches to: behind a waypoint the service itself, which the waypoint serves; else the pods.
    pub fn attach(&self, subject: &Subject<'a>, span: Span, into: &mut Object) {
        if let Subject::Service(id) = subject {
            let service = self.service(*id);
            if self.mesh.waypoint_of(service.namespace).is_some() {
                let mut reference = Object::new(span);
                if service.vm.is_some() {
                    reference.set("group", "networking.istio.io");
                    reference.set("kind", "ServiceEntry");
                    reference.set("name", service.common.object.map_or(service.name, |(name, _)| name));
                } else {
                    reference.set("group", "");
                    reference.set("kind", "Service");
                    reference.set("name", service.name);
                }
                into.put_list("targetRefs", vec![reference.node()]);
                return;
            }
        }
        if let Subject::Namespace(namespace) = subject
            && let Some(waypoint) = self.mesh.waypoint_of(Some(namespace))
        {
            let mut reference = Object::new(span);
            reference.set("group", "gateway.networking.k8s.io");
            reference.set("kind", "Gateway");
            reference.set("name", waypoint);
            into.put_list("targetRefs", vec![reference.node()]);
            return;
        }
        self.match_labels(subject, span, into);
    }

    /// `selector.matchLabels` of the workload; nothing for a namespace or the mesh.
    pub fn match_labels(&self, subject: &Subject<'a>, span: Span, into: &mut Object) {
        let labels = match subject {
            Subject::Service(id) => label_object(&selector(self.service(*id)), span),
            Subject::Gateway(id) => self.gateway_labels(*id, span),
            _ => return,
        };
        let mut inner = Object::new(span);
        inner.put_object("matchLabels", labels);
        into.put_object("selector", inner);
    }

    /// The labels of a gateway's pods.
    pub fn gateway_labels(&self, id: crate::model::GatewayId, span: Span) -> Object {
        let gateway = &self.mesh.gateways[id.0];
        match gateway.workload {
            Some(id) => label_object(&selector(self.service(id)), span),
            None => {
                let labels: Vec<(&str, &str, Span)> =
                    gateway.select.iter().map(|(key, value, span)| (key.as_ref(), value.as_ref(), *span)).collect();
                label_object(&labels, span)
            }
        }
    }

    /// The mode of mutual TLS that others set for a namespace.
    fn foreign_mode(&self, namespace: &str) -> Option<&'static str> {
        let said = self.mesh.foreign_mtls.iter().find(|mtls| mtls.subject == Subject::Namespace(namespace));
        said.map(|mtls| authentication::mode_word(mtls.mode.0))
    }

    fn facts(&self) -> Facts {
        let mut calls: HashMap<usize, Vec<(Text, Span)>> = HashMap::default();
        for (at, service) in self.mesh.services.iter().enumerate() {
            if !service.calls.is_empty() {
                calls.insert(at, service.calls.iter().map(|(id, span)| (self.host(*id), *span)).collect());
            }
        }
        let version = |version: &Version<'a>| VersionFact {
            name: version.name.into(),
            labels: match version.select.is_empty() {
                true => vec![("version".into(), version.name.into())],
                false => {
                    version.select.iter().map(|(key, value, _)| (key.as_ref().into(), value.as_ref().into())).collect()
                }
            },
            span: version.span,
        };
        let service = |(at, service): (usize, &Service<'a>)| ServiceFact {
            name: service.name.into(),
            namespace: service.namespace.map(Text::from),
            host: self.hosts[at].clone(),
            ports: service
                .ports
                .iter()
                .map(|port| PortFact {
                    number: port.number,
                    target: port.target,
                    protocol: port.protocol,
                    span: port.span,
                })
                .collect(),
            selector: selector(service).into_iter().map(|(key, value, _)| (key.into(), value.into())).collect(),
            versions: service.versions.iter().map(version).collect(),
            account: service.account.map(|(name, span)| (name.into(), span)),
            replicas: service.replicas,
            calls: calls.remove(&at).unwrap_or_default(),
            behind_tls_balancer: service.behind_tls_balancer,
            on_vm: service.vm.is_some(),
            elsewhere: !service.emits,
            span: service.span,
        };
        let namespace = |namespace: &crate::model::Namespace<'a>| NamespaceFact {
            name: namespace.name.into(),
            outside: namespace.described
                && namespace.emits
                && namespace.inject.is_none()
                && namespace.revision.is_none()
                && namespace.ambient.is_none()
                && !namespace.common.labels.iter().any(|(key, value, _)| joins_mesh(key, value)),
            ambient: namespace.ambient.is_some(),
            waypoint: namespace.waypoint.is_some(),
            mode: self.foreign_mode(namespace.name),
            span: namespace.head,
        };
        let declared = self.mesh.services.iter().enumerate().filter(|(_, service)| !service.open);
        Facts {
            services: declared.map(service).collect(),
            namespaces: self.mesh.namespaces.iter().map(namespace).collect(),
            root_namespace: self.mesh.settings.root_namespace.into(),
        }
    }
}

/// True for the labels that put a namespace's pods into the mesh.
fn joins_mesh(key: &str, value: &str) -> bool {
    matches!((key, value), ("istio-injection", "enabled") | ("istio.io/dataplane-mode", "ambient"))
        || key == "istio.io/rev"
}

/// Labels and annotations of the statement.
pub(crate) fn metadata(resource: &mut Resource, common: &Common<'_>) {
    let pairs = |pairs: &[Pair<'_>]| {
        pairs.iter().map(|(key, value, _)| (Text::from(key.as_ref()), Text::from(value.as_ref()))).collect::<Vec<_>>()
    };
    resource.labels.extend(pairs(&common.labels));
    resource.annotations.extend(pairs(&common.annotations));
}

pub(crate) fn label_object(labels: &[(&str, &str, Span)], span: Span) -> Object {
    let mut object = Object::new(span);
    for (key, value, at) in labels {
        object.set_at((*key).to_owned(), *value, *at);
    }
    object
}

/// A list of texts said at one place.
pub(crate) fn texts<S: AsRef<str>>(items: &[S], span: Span) -> Vec<Node> {
    items.iter().map(|item| Node::new(item.as_ref(), span)).collect()
}
