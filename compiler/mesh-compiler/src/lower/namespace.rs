//! Namespaces: what makes their pods members of the mesh.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Object, Resource};

use super::{Lower, metadata};

impl Lower<'_, '_> {
    /// The waypoint itself: istiod deploys a proxy for each such Gateway.
    fn waypoint(&mut self, namespace: &str, name: &str, span: Span) {
        let mut resource = Resource::new(Kind::ApiGateway, Some(namespace.into()), name, span);
        resource.reasons.push(format!("istiod deploys the waypoint of the namespace {namespace} for it"));
        resource.spec.set("gatewayClassName", "istio-waypoint");
        let mut listener = Object::new(span);
        listener.set("name", "mesh");
        listener.set("port", 15008_u16);
        listener.set("protocol", "HBONE");
        resource.spec.put_list("listeners", vec![listener.node()]);
        self.out.push(resource);
    }

    pub(super) fn namespaces(&mut self) {
        for namespace in self.mesh.namespaces.iter().filter(|namespace| namespace.emits) {
            let mut resource = Resource::new(Kind::Namespace, None, namespace.name, namespace.span);
            if namespace.inject.is_some() {
                resource.labels.push(("istio-injection".into(), "enabled".into()));
            }
            if let Some((revision, _)) = namespace.revision {
                resource.labels.push(("istio.io/rev".into(), revision.into()));
            }
            if namespace.ambient.is_some() {
                resource.labels.push(("istio.io/dataplane-mode".into(), "ambient".into()));
            }
            if let Some((waypoint, _)) = namespace.waypoint {
                resource.labels.push(("istio.io/use-waypoint".into(), waypoint.into()));
            }
            if let Some((waypoint, span)) = namespace.waypoint.filter(|_| namespace.own_waypoint) {
                self.waypoint(namespace.name, waypoint, span);
            }
            metadata(&mut resource, &namespace.common);
            if resource.labels.is_empty() && resource.annotations.is_empty() {
                continue;
            }
            if namespace.inject.is_some() {
                resource.reasons.push("new pods get the proxy; pods that run already must be restarted".to_owned());
            }
            self.out.push(resource);
        }
    }
}
