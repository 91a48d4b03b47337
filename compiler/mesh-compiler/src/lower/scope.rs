//! Scopes: Sidecar, each with what the wider scopes reach, because Istio takes the narrowest and merges nothing.

use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Object};

use super::{Lower, label_object, service_host};
use crate::model::{Action, ExternalId, Reach, Scope, ServiceId, Subject};

/// The hosts that a scope reaches, each with where that is said.
type Hosts = BTreeMap<String, Span>;

impl<'a> Lower<'_, 'a> {
    pub(super) fn scopes(&mut self) {
        let mesh = self.mesh;
        let by_subject: HashMap<Subject<'a>, &Scope<'a>> =
            mesh.scopes.iter().map(|scope| (scope.subject, scope)).collect();
        for scope in &mesh.scopes {
            let namespace = self.subject_namespace(&scope.subject, &scope.head);
            let mut wider: Vec<&Scope<'a>> = Vec::new();
            if let Subject::Service(_) = scope.subject {
                let own = namespace.map_or(Subject::ThisNamespace, Subject::Namespace);
                wider.extend(by_subject.get(&own).copied());
            }
            if scope.subject != Subject::Mesh {
                wider.extend(by_subject.get(&Subject::Mesh).copied());
            }
            self.scope(scope, &wider, namespace);
        }
    }

    fn scope(&mut self, scope: &Scope<'a>, wider: &[&Scope<'a>], namespace: Option<&'a str>) {
        let span = scope.head.span;
        let name = match scope.subject {
            Subject::Service(_) => self.subject_name(&scope.subject),
            _ => "default".to_owned(),
        };
        let mut resource = self.resource(Kind::Sidecar, namespace, name, &scope.head);
        if let Subject::Service(id) = scope.subject {
            let mut selector = Object::new(span);
            selector.put_object("labels", label_object(&super::selector(self.service(id)), span));
            resource.spec.put_object("workloadSelector", selector);
        }
        let mut hosts = Hosts::new();
        // A scope that reaches nothing in particular reaches everything, and adds nothing to a narrower one.
        for part in std::iter::once(&scope).chain(wider) {
            for (reach, at) in &part.reaches {
                self.reach(*reach, *at, scope, namespace, &mut hosts);
            }
        }
        if !hosts.is_empty() {
            self.reach_providers(scope, namespace, &mut hosts, &mut resource.reasons);
            // What a whole namespace holds needs no name of its own.
            let whole: Vec<String> =
                hosts.keys().filter_map(|host| host.strip_suffix("/*")).map(|place| format!("{place}/")).collect();
            hosts.retain(|host, _| host.ends_with("/*") || !whole.iter().any(|place| host.starts_with(place)));
            let list: Vec<Node> = hosts.into_iter().map(|(host, at)| Node::new(host, at)).collect();
            let mut egress = Object::new(span);
            egress.put_list("hosts", list);
            resource.spec.put_list("egress", vec![egress.node()]);
        }
        let from: Vec<String> = wider
            .iter()
            .filter(|part| !part.reaches.is_empty())
            .map(|part| if part.subject == Subject::Mesh { "the mesh".to_owned() } else { "the namespace".to_owned() })
            .collect();
        if !from.is_empty() {
            resource.reasons.push(format!(
                "reaches what the scope of {} reaches too: Istio takes one Sidecar",
                from.join(" and of ")
            ));
        }
        resource.spec.fill_from(&scope.body);
        self.set_fields(&scope.head.common.fields, Kind::Sidecar, &mut resource.spec);
        for part in wider {
            resource.spec.fill_from(&part.body);
        }
        self.out.push(resource);
    }

    fn reach(&self, reach: Reach<'a>, at: Span, scope: &Scope<'a>, namespace: Option<&'a str>, hosts: &mut Hosts) {
        // In the scope of the mesh `.` would be the namespace of each workload.
        let wide = scope.subject == Subject::Mesh;
        let here = |place: Option<&str>| place.is_none() || (!wide && place == namespace);
        match reach {
            Reach::Namespace(name) => {
                let place = if here(Some(name)) { "." } else { name };
                hosts.entry(format!("{place}/*")).or_insert(at);
            }
            Reach::Service(id) => {
                let service = self.service(id);
                let host = service_host(service);
                if !host.contains('.') {
                    self.problems.borrow_mut().push(
                        Diagnostic::new(
                            code::E0215,
                            at,
                            format!(
                                "a scope names hosts in full, and the namespace of `{}` is not known",
                                service.name
                            ),
                        )
                        .label("in no namespace")
                        .help("write `in NS` at the top of the file"),
                    );
                    return;
                }
                let place = if here(service.namespace) { "." } else { service.namespace.unwrap_or(".") };
                hosts.entry(format!("{place}/{host}")).or_insert(at);
            }
            Reach::External(id) => {
                let external = &self.mesh.externals[id.0];
                let place = if here(external.namespace) { "." } else { external.namespace.unwrap_or(".") };
                for (host, _) in &external.hosts {
                    hosts.entry(format!("{place}/{host}")).or_insert(at);
                }
                for service in self.egress_services(id) {
                    self.reach(Reach::Service(service), at, scope, namespace, hosts);
                }
            }
            Reach::Calls => {
                let callers: Vec<ServiceId> = match scope.subject {
                    Subject::Service(id) => vec![id],
                    Subject::Namespace(name) => (0..self.mesh.services.len())
                        .map(ServiceId)
                        .filter(|id| self.service(*id).namespace == Some(name))
                        .collect(),
                    _ => (0..self.mesh.services.len()).map(ServiceId).collect(),
                };
                let whole = callers.iter().all(|id| !self.service(*id).incomplete);
                let mut calls = false;
                for caller in callers.into_iter().map(|id| self.service(id)) {
                    calls |= !caller.calls.is_empty() || !caller.external_calls.is_empty();
                    for (callee, _) in &caller.calls {
                        self.reach(Reach::Service(*callee), at, scope, namespace, hosts);
                    }
                    for (callee, _) in &caller.external_calls {
                        self.reach(Reach::External(*callee), at, scope, namespace, hosts);
                    }
                }
                // Those of a wider scope are said elsewhere.
                let own = scope.reaches.iter().any(|(reach, said)| *reach == Reach::Calls && *said == at);
                if !calls && whole && own {
                    self.problems.borrow_mut().push(
                        Diagnostic::new(code::E0307, at, "nobody in this scope declares a call")
                            .label("stands for nothing")
                            .help("write `calls catalog, cart` in the service, or name what is reached"),
                    );
                }
            }
        }
    }

    /// The services of the egress gateways that callers of an external go through.
    fn egress_services(&self, id: ExternalId) -> Vec<ServiceId> {
        let gateways = self.mesh.externals[id.0].via.iter();
        gateways.filter_map(|(gateway, _)| self.mesh.gateways[gateway.0].workload).collect()
    }

    /// What telemetry and authorization of the workload need: a proxy calls its providers itself.
    fn reach_providers(
        &self,
        scope: &Scope<'a>,
        namespace: Option<&'a str>,
        hosts: &mut Hosts,
        reasons: &mut Vec<String>,
    ) {
        let concerns = |subject: &Subject<'a>| {
            *subject == scope.subject
                || *subject == Subject::Mesh
                || namespace.is_some_and(|namespace| *subject == Subject::Namespace(namespace))
                || (namespace.is_none() && *subject == Subject::ThisNamespace)
        };
        let mut used: Vec<(String, Span)> = Vec::new();
        for about in self.mesh.about.iter().filter(|about| about.subject.as_ref().is_some_and(concerns)) {
            // Metrics are fetched from the proxy, which calls nobody.
            for section in ["tracing", "accessLogging"] {
                let entries = about.body.get(section).map_or(&[][..], Node::list);
                let providers = entries.iter().flat_map(|entry| entry.items("providers"));
                used.extend(providers.filter_map(|node| Some((node.text_of("name")?.to_owned(), node.span))));
            }
        }
        for policy in self.mesh.policies.iter().filter(|policy| concerns(&policy.subject)) {
            if let Action::Custom(provider) = policy.action {
                used.push((provider.to_owned(), policy.head.span));
            }
        }
        used.sort();
        used.dedup_by(|a, b| a.0 == b.0);
        for (provider, at) in used {
            let behind = self.mesh.settings.provider_services.iter().find(|(name, _)| *name == provider);
            match behind {
                Some((_, id)) => {
                    reasons
                        .push(format!("reaches {}, because the provider {provider} is there", self.service(*id).name));
                    self.reach(Reach::Service(*id), at, scope, namespace, hosts);
                }
                None if self.mesh.settings.local_providers.contains(&provider.as_str()) => {}
                None => self.problems.borrow_mut().push(
                    Diagnostic::new(
                        code::SCOPE_HIDES_PROVIDER,
                        scope.head.span,
                        format!("whether this scope reaches the provider `{provider}` is not known"),
                    )
                    .label("hides what it does not reach")
                    .also(at, "used here")
                    .note("a proxy without a cluster for its collector drops what it should report, without a word")
                    .help(format!("say where it is: `mesh < provider {provider} on SERVICE.NS >`; `provider {provider} local` for a file of the proxy")),
                ),
            }
        }
    }
}
