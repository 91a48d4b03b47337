//! Resources against the schema of a release and the rules of Istio's webhook.
//!
//! `fields.rs` holds each field against the tables; the other files have the rules that look at several fields, one
//! file for kinds that belong together. Every problem stands where the text says the field.

mod destination;
mod entry;
mod extension;
mod fields;
mod gateway;
mod needs;
mod patch;
mod policy;
mod route;
mod scope;
mod telemetry;

pub use needs::needs;

use mesh_diagnostics::{Code, Diagnostic, Span, code};
use rayon::prelude::*;

use crate::kind::Kind;
use crate::release::Release;
use crate::resource::Resource;
use crate::schema;
use crate::value::{Node, Object, Value};

/// What the API server and the webhook of a release would refuse, in the order of the resources.
#[must_use]
pub fn validate(resources: &[Resource], release: Release) -> Vec<Diagnostic> {
    resources.par_iter().with_min_len(64).flat_map_iter(|resource| of_one(resource, release)).collect()
}

/// What a release would refuse of one resource.
#[must_use]
pub fn of_one(resource: &Resource, release: Release) -> Vec<Diagnostic> {
    let mut found = Found { kind: resource.kind, list: Vec::new() };
    if let Some(since) = resource.kind.since().filter(|since| *since > release) {
        found.add(
            code::E0507,
            resource.span(),
            format!("Istio {release} has no kind {}", resource.kind.name()),
            |problem| {
                problem
                    .label(format!("{since} is the first release that has it"))
                    .help(format!("write `mesh < istio {since} >`, or leave it out"))
            },
        );
        return found.list;
    }
    annotations(resource, &mut found);
    let body = schema::body(resource.kind);
    fields::object(&resource.spec, body, release, &mut found);
    if !found.list.iter().any(|problem| problem.severity() == mesh_diagnostics::Severity::Error) {
        of_kind(resource, &mut found);
    }
    found.list
}

/// Annotations that are Istio's own.
fn annotations(resource: &Resource, found: &mut Found) {
    for (key, value) in resource.annotations.iter().filter(|_| resource.kind.is_istio()) {
        let bools = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
        match key.as_str() {
            "istio.io/dry-run" if resource.kind != Kind::AuthorizationPolicy => {
                found.refuse(
                    resource.span(),
                    "`istio.io/dry-run` is for an AuthorizationPolicy",
                    "has this annotation",
                );
            }
            "istio.io/dry-run" if !bools.contains(&value.as_str()) => {
                found.refuse(resource.span(), "`istio.io/dry-run` is `true` or `false`", "has this annotation");
            }
            key if key.starts_with("internal.istio.io/") => {
                found.refuse(resource.span(), format!("the annotation `{key}` is Istio's own"), "has this annotation");
            }
            _ => {}
        }
    }
}

/// The rules that look at several fields of an object whose fields are right one by one.
fn of_kind(resource: &Resource, found: &mut Found) {
    if resource.kind != Kind::EnvoyFilter {
        let one = resource.spec.get("targetRef").into_iter();
        for reference in one.chain(items(&resource.spec, "targetRefs")) {
            target(reference, found);
        }
    }
    for (field, labels) in
        [("selector", "matchLabels"), ("workloadSelector", "labels"), ("workloadSelector", "matchLabels")]
    {
        if let Some(selector) = resource.spec.get(field).filter(|_| resource.kind.is_istio())
            && schema::body(resource.kind).at([field, labels]).is_some()
            && selector.get(labels).is_none_or(|labels| labels.fields().next().is_none())
        {
            found.warn(selector.span, "a selector has labels", "selects every workload of the namespace");
        }
    }
    match resource.kind {
        Kind::AuthorizationPolicy => policy::authorization(resource, found),
        Kind::PeerAuthentication => policy::peers(resource, found),
        Kind::RequestAuthentication => policy::tokens(resource, found),
        Kind::DestinationRule => destination::rule(resource, found),
        Kind::EnvoyFilter => patch::filter(resource, found),
        Kind::Gateway => gateway::gateway(resource, found),
        Kind::ServiceEntry | Kind::WorkloadEntry | Kind::WorkloadGroup => entry::entry(resource, found),
        Kind::Sidecar => scope::sidecar(resource, found),
        Kind::Telemetry => telemetry::telemetry(resource, found),
        Kind::TrafficExtension | Kind::WasmPlugin => extension::extension(resource, found),
        Kind::VirtualService => route::service(resource, found),
        _ => {}
    }
}

/// What a policy may attach to.
fn target(reference: &Node, found: &mut Found) {
    let (group, kind) = (text(reference, "group"), text(reference, "kind"));
    let known = matches!(
        (group, kind),
        ("" | "core", "Service")
            | ("networking.istio.io", "ServiceEntry")
            | ("gateway.networking.k8s.io", "Gateway" | "GatewayClass")
    );
    if !known {
        found.refuse(
            reference.span,
            format!("nothing attaches to a {kind} of the group `{group}`"),
            "expected a Service, a ServiceEntry, or a Gateway or GatewayClass of the Gateway API",
        );
    }
}

/// The problems of one resource.
pub(crate) struct Found {
    kind: Kind,
    list: Vec<Diagnostic>,
}

impl Found {
    fn add(
        &mut self,
        code: &'static Code,
        span: Span,
        title: impl Into<String>,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.list.push(more(Diagnostic::new(code, span, title)));
    }

    /// A rule of the webhook that the object breaks.
    fn refuse(&mut self, span: Span, title: impl Into<String>, label: impl Into<String>) {
        let kind = self.kind.name();
        let article = if kind.starts_with(['A', 'E']) { "an" } else { "a" };
        self.add(code::E0508, span, title, |problem| {
            problem.label(label).note(format!("Istio's webhook refuses such {article} {kind}"))
        });
    }

    /// What the webhook takes, and every proxy refuses.
    fn refuse_later(&mut self, span: Span, title: impl Into<String>, label: impl Into<String>) {
        self.add(code::E0508, span, title, |problem| {
            problem
                .label(label)
                .note("Istio's webhook takes it, and then no proxy takes the configuration that follows")
        });
    }

    /// A rule of the webhook that lets the object pass with a warning.
    fn warn(&mut self, span: Span, title: impl Into<String>, label: impl Into<String>) {
        self.add(code::ISTIO_WARNS, span, title, |problem| {
            problem.label(label).note("Istio takes the object, and warns of this")
        });
    }

    /// Two fields that exclude each other.
    fn exclude(&mut self, second: (&str, &Node), first: (&str, &Node)) {
        self.add(
            code::E0504,
            second.1.span,
            format!("`{}` and `{}` exclude each other", first.0, second.0),
            |problem| {
                problem
                    .label(format!("`{}`", second.0))
                    .also(first.1.span, format!("`{}`", first.0))
                    .help("keep one of them")
            },
        );
    }

    /// A field that has to be set.
    fn lack(&mut self, span: Span, field: &str, why: &str) {
        self.add(code::E0505, span, format!("`{field}` must be set"), |problem| problem.label(why.to_owned()));
    }
}

/// The text of a field; empty where it is not set.
fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.text_of(key).unwrap_or_default()
}

/// True where a field is set to `true`.
fn is_true(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|node| node.value == Value::Bool(true))
}

/// True where a field is set to something that is not empty.
fn is_filled(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|node| match &node.value {
        Value::Text(text) => !text.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => true,
    })
}

/// The members of a list of an object.
fn items<'o>(object: &'o Object, key: &str) -> &'o [Node] {
    object.get(key).map_or(&[], Node::list)
}
