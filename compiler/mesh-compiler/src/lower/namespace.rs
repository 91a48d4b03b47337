//! Namespaces: what makes their pods members of the mesh.

use mesh_istio::{Kind, Resource};

use super::{Lower, metadata};

impl Lower<'_, '_> {
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
