//! `mtls`: whether workloads take mutual TLS only.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::service::no_export;
use super::{Checker, Placed};
use crate::clause::Clause;
use crate::model::{Head, Mtls, Subject};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn mtls(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Mtls);
        let head = self.head(statement, &clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export("a PeerAuthentication", span));
        }
        let args = &statement.clause.args;
        let Some(mode) = args.get("mode").map(|arg| (arg.word(), arg.span)) else { return };
        for target in args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if matches!(subject, Subject::External(_) | Subject::Host(_)) {
                self.push(
                    Diagnostic::new(code::E0321, target.span, "`mtls` is for workloads of the mesh")
                        .label("not a workload")
                        .help("how callers speak to it is said by `traffic … < tls … >`"),
                );
                continue;
            }
            if self.is_root(&subject, target.span) || self.lives_elsewhere(statement, &subject) {
                continue;
            }
            let mut ports: Vec<(u16, &'a str, Span)> = Vec::new();
            for clause in clauses.all("port") {
                let (Some(port), Some(mode)) = (clause.args.get("port"), clause.args.get("mode")) else { continue };
                let Some(port) = self.subject_port(&subject, port, "mtls") else { continue };
                if let Some((.., first)) = ports.iter().find(|(known, ..)| *known == port) {
                    let problem = Diagnostic::new(
                        code::E0306,
                        clause.span(),
                        format!("the mode of the workload port {port} is said twice"),
                    );
                    self.push(problem.label("again here").also(*first, "first here"));
                    continue;
                }
                ports.push((port, mode.word(), clause.span()));
            }
            self.add_mtls(Mtls { head: head.clone(), subject, mode, ports });
        }
    }

    /// `mtls MODE` in a namespace's block.
    pub(super) fn namespace_mtls(&mut self, statement: &Placed<'t, 'a>, clause: &Clause<'t, 'a>, names: &[&'a str]) {
        let Some(mode) = clause.args.get("mode").map(|arg| (arg.word(), arg.span)) else { return };
        if !statement.site.emits {
            let fact = |name: &&'a str| Mtls {
                head: Head { namespace: Some(name), span: clause.span(), ..Head::default() },
                subject: Subject::Namespace(name),
                mode,
                ports: Vec::new(),
            };
            self.mesh.foreign_mtls.extend(names.iter().map(fact));
            return;
        }
        for name in names {
            if self.is_root(&Subject::Namespace(name), clause.span()) {
                continue;
            }
            let head = Head { namespace: Some(name), span: clause.span(), ..Head::default() };
            self.add_mtls(Mtls { head, subject: Subject::Namespace(name), mode, ports: Vec::new() });
        }
    }

    /// One PeerAuthentication a target: a second statement that says the same thing again is an error.
    fn add_mtls(&mut self, new: Mtls<'a>) {
        let at = *self.mtls_places.entry(self.workload_of(new.subject)).or_insert(self.mesh.mtls.len());
        let Some(old) = self.mesh.mtls.get(at) else {
            self.mesh.mtls.push(new);
            return;
        };
        let problem = if old.mode.0 == new.mode.0 {
            crate::clause::twice("mtls", new.mode.1, old.mode.1)
        } else {
            Diagnostic::new(
                code::E0407,
                new.mode.1,
                format!("mutual TLS is `{}` here and `{}` there", new.mode.0, old.mode.0),
            )
            .label("the second statement")
            .also(old.mode.1, "the first statement")
            .note("Istio would take the older object and ignore the other")
            .help("keep one of them; a port has a mode of its own in `< port P MODE >`")
        };
        self.push(problem);
    }
}
