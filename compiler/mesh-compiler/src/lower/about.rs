//! Objects about a subject: Telemetry, WasmPlugin, TrafficExtension, ProxyConfig, EnvoyFilter, machines.

use mesh_istio::{Kind, Object};

use super::{Lower, label_object};
use crate::model::{About, Subject};

impl<'a> Lower<'_, 'a> {
    pub(super) fn about(&mut self) {
        for about in &self.mesh.about {
            self.one(about);
        }
    }

    fn one(&mut self, about: &About<'a>) {
        let span = about.head.span;
        let (namespace, name) = match &about.subject {
            None => (about.head.namespace, about.name.unwrap_or_default().to_owned()),
            Some(subject) => {
                let wide = matches!(subject, Subject::Namespace(_) | Subject::ThisNamespace | Subject::Mesh);
                let name = if wide { "default".to_owned() } else { self.subject_name(subject) };
                (self.subject_namespace(subject, &about.head), name)
            }
        };
        let mut resource = self.resource(about.kind, namespace, name, &about.head);
        if let Some(subject) = &about.subject {
            let mut spec = Object::new(span);
            match about.kind {
                Kind::ProxyConfig => self.match_labels(subject, span, &mut spec),
                Kind::EnvoyFilter => self.select_workload(subject, span, &mut spec),
                _ => self.attach(subject, span, &mut spec),
            }
            resource.spec = spec;
        }
        resource.spec.fill_from(&about.body);
        match about.kind {
            Kind::ProxyConfig => {
                resource.reasons.push("pods take it over when they start: restart those that run".to_owned());
            }
            Kind::EnvoyFilter => {
                resource.reasons.push(
                    "patches what Istio generates, which changes between releases: look at it at each upgrade"
                        .to_owned(),
                );
            }
            _ => {}
        }
        self.finish(resource, &about.head.common.fields);
    }

    /// `workloadSelector.labels`, or what stands in its place behind a waypoint.
    fn select_workload(&self, subject: &Subject<'a>, span: mesh_diagnostics::Span, into: &mut Object) {
        let mut attached = Object::new(span);
        self.attach(subject, span, &mut attached);
        if let Some(references) = attached.get("targetRefs") {
            into.put("targetRefs", references.clone());
            return;
        }
        let labels = match subject {
            Subject::Service(id) => label_object(&super::selector(self.service(*id)), span),
            Subject::Gateway(id) => self.gateway_labels(*id, span),
            _ => return,
        };
        let mut selector = Object::new(span);
        selector.put_object("labels", labels);
        into.put_object("workloadSelector", selector);
    }
}
