//! What a waypoint decides, and who does not come through it.

use rustc_hash::FxHashSet as HashSet;

use mesh_diagnostics::{Diagnostic, Span, code};

use super::Checker;
use crate::model::{Action, ServiceId, Subject};

impl Checker<'_, '_> {
    /// Rules that a waypoint enforces, of services whose workloads answer to callers that come straight to the pod:
    /// those that lie outside the mesh, and those that call its address. An `allow` closes that way.
    pub(super) fn waypoints_passed_by(&mut self) {
        let enforced = |policy: &&crate::model::Policy<'_>| policy.dry_run.is_none();
        let allows = self.mesh.policies.iter().filter(enforced).filter(|policy| policy.action == Action::Allow);
        let closed: HashSet<Subject<'_>> = allows.map(|policy| policy.subject).collect();
        let open = |subject: &Subject<'_>| {
            let Subject::Service(id) = subject else { return None };
            let namespace = self.mesh.services[id.0].namespace?;
            let is_closed = closed.contains(subject) || closed.contains(&Subject::Namespace(namespace));
            (!is_closed && self.has_waypoint(*id)).then_some(*id)
        };
        let mut found: Vec<(ServiceId, Span)> = Vec::new();
        for policy in self.mesh.policies.iter().filter(enforced) {
            let word = match policy.action {
                Action::Deny => "deny",
                Action::Custom(_) => "authorize",
                Action::Allow | Action::Audit => continue,
            };
            let Span { file, start, .. } = policy.head.span;
            found.extend(open(&policy.subject).map(|id| (id, Span::new(file, start, start + word.len() as u32))));
        }
        for jwt in &self.mesh.jwts {
            if let Some((_, span)) = &jwt.require {
                found.extend(open(&jwt.subject).map(|id| (id, *span)));
            }
        }
        for (id, span) in found {
            let name = self.mesh.services[id.0].name;
            self.push(
                Diagnostic::new(code::PASSES_BY_WAYPOINT, span, "a caller that goes to the pod itself is not asked")
                    .label("holds at the waypoint only")
                    .note(
                        "calls to a pod's own address, and calls from outside the mesh, do not go through the waypoint",
                    )
                    .help(format!(
                        "say who may call: `allow {name} < from … >` also closes the way around the waypoint"
                    )),
            );
        }
    }
}
