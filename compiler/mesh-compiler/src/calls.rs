//! Whether policies let a service call another, as far as the program tells.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use serde::Serialize;

use crate::model::{Action, Mesh, Policy, PolicyOperation, Service, ServiceId, Source, Subject};

/// What the policies of a callee say of the requests of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// No policy is about the callee.
    Unguarded,
    /// Some requests at least are allowed.
    Allowed,
    /// Every request is denied.
    Denied,
    /// It depends on what the program does not say.
    Unknown,
}

impl Permission {
    /// Of two the one that more is to be said of.
    #[must_use]
    pub fn worse(self, other: Permission) -> Permission {
        let rank = |permission: Permission| match permission {
            Permission::Unguarded => 0,
            Permission::Allowed => 1,
            Permission::Unknown => 2,
            Permission::Denied => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Perhaps,
}

/// The policies of a program, by whom they are about; those on trial decide nothing.
pub(crate) struct Policies<'m, 'a> {
    mesh: &'m Mesh<'a>,
    by_subject: HashMap<Subject<'a>, Vec<&'m Policy<'a>>>,
}

impl<'m, 'a> Policies<'m, 'a> {
    pub fn of(mesh: &'m Mesh<'a>) -> Policies<'m, 'a> {
        let mut by_subject: HashMap<Subject<'a>, Vec<&'m Policy<'a>>> = HashMap::default();
        for policy in mesh.policies.iter().filter(|policy| policy.dry_run.is_none()) {
            by_subject.entry(policy.subject).or_default().push(policy);
        }
        Policies { mesh, by_subject }
    }

    /// What they say of the requests of a caller to a callee, and the policy that says no.
    pub fn permission(&self, caller: &Service<'_>, callee: ServiceId) -> (Permission, Option<&'m Policy<'a>>) {
        decided(self.mesh, &self.about(callee), caller)
    }

    /// What they say of requests whose caller is not known.
    pub fn of_anyone(&self, callee: ServiceId) -> Permission {
        if self.about(callee).is_empty() { Permission::Unguarded } else { Permission::Unknown }
    }

    fn about(&self, callee: ServiceId) -> Vec<&'m Policy<'a>> {
        let place = self.mesh.services[callee.0].namespace;
        let subjects = [Some(Subject::Service(callee)), place.map(Subject::Namespace), Some(Subject::Mesh)];
        subjects.iter().flatten().filter_map(|subject| self.by_subject.get(subject)).flatten().copied().collect()
    }
}

/// Declared calls that policies forbid, and callers that policies let in and that do not say that they call.
pub(crate) fn find(mesh: &Mesh<'_>) -> Vec<Diagnostic> {
    let policies = Policies::of(mesh);
    let mut problems = Vec::new();
    let mut callers: HashMap<String, Vec<ServiceId>> = HashMap::default();
    for (at, caller) in
        mesh.services.iter().enumerate().filter(|(_, caller)| !caller.incomplete && !caller.calls.is_empty())
    {
        if let Some((account, place)) = caller.account.map(|(account, _)| account).zip(caller.namespace) {
            callers.entry(principal(mesh.settings.trust_domain, place, account)).or_default().push(ServiceId(at));
        }
        for (callee, span) in caller.calls.iter().filter(|_| caller.emits) {
            let (Permission::Denied, Some(policy)) = policies.permission(caller, *callee) else { continue };
            let name = mesh.services[callee.0].name;
            let (title, help) = if policy.action == Action::Deny {
                let title = format!("`{}` may not call `{name}`", caller.name);
                (title, "leave it out of the `deny`, or take the call away".to_owned())
            } else {
                let help = format!("write `allow {name} < from {} >`, or take the call away", caller.name);
                (format!("no policy lets `{}` call `{name}`", caller.name), help)
            };
            problems.push(
                Diagnostic::new(code::CALL_DENIED, *span, title)
                    .label("every request would be denied")
                    .also(policy.head.span, "closed by this")
                    .help(help),
            );
        }
    }
    for policy in mesh.policies.iter().filter(|policy| policy.action == Action::Allow) {
        let Subject::Service(callee) = policy.subject else { continue };
        for (field, values, span) in policy.from.iter().flat_map(|source| &source.fields) {
            let known = values.iter().filter(|_| *field == "principals").filter_map(|value| callers.get(value));
            for ids in known {
                // Services that share an account are let in together, and one that calls is enough.
                if ids
                    .iter()
                    .any(|id| *id == callee || mesh.services[id.0].calls.iter().any(|(other, _)| *other == callee))
                {
                    continue;
                }
                let caller = &mesh.services[ids[0].0];
                let name = mesh.services[callee.0].name;
                problems.push(
                    Diagnostic::new(
                        code::CALLER_NOT_DECLARED,
                        *span,
                        format!("`{}` is let in, and does not say that it calls `{name}`", caller.name),
                    )
                    .label("allowed here")
                    .also(caller.calls[0].1, "whom it calls")
                    .help(format!("write `calls {name}` there, or take the permission away")),
                );
            }
        }
    }
    problems
}

fn decided<'m, 'a>(
    mesh: &Mesh<'_>,
    policies: &[&'m Policy<'a>],
    caller: &Service<'_>,
) -> (Permission, Option<&'m Policy<'a>>) {
    let mut unsure = false;
    for policy in policies.iter().filter(|policy| policy.action == Action::Deny) {
        let whole = |operation: &PolicyOperation<'_>| {
            let only = PolicyOperation { any_request: operation.any_request, ..PolicyOperation::default() };
            operation.is_same_test(&only)
        };
        let all = policy.when.is_empty() && (policy.to.is_empty() || policy.to.iter().any(whole));
        match from(mesh, policy, caller) {
            Answer::Yes if all => return (Permission::Denied, Some(*policy)),
            Answer::No => {}
            _ => unsure = true,
        }
    }
    let allows: Vec<&&Policy<'_>> = policies.iter().filter(|policy| policy.action == Action::Allow).collect();
    let Some(first) = allows.first() else {
        return (if unsure { Permission::Unknown } else { Permission::Unguarded }, None);
    };
    let answers: Vec<Answer> = allows.iter().map(|policy| from(mesh, policy, caller)).collect();
    if answers.contains(&Answer::Yes) {
        (Permission::Allowed, None)
    } else if answers.contains(&Answer::Perhaps) {
        (Permission::Unknown, None)
    } else {
        (Permission::Denied, Some(**first))
    }
}

/// Whether a policy is about the requests of a caller.
fn from(mesh: &Mesh<'_>, policy: &Policy<'_>, caller: &Service<'_>) -> Answer {
    if policy.nobody.is_some() {
        return Answer::No;
    }
    if policy.from.is_empty() {
        return Answer::Yes;
    }
    any(policy.from.iter().map(|source| matches(mesh, source, caller)))
}

fn matches(mesh: &Mesh<'_>, source: &Source<'_>, caller: &Service<'_>) -> Answer {
    let trust = mesh.settings.trust_domain;
    let account = caller.account.map(|(account, _)| account);
    let holds = |field: &str, values: &[String]| {
        let found = match (field, caller.namespace) {
            ("principals" | "notPrincipals", Some(place)) => {
                // Versions may have accounts of their own, and pods without one the namespace's default.
                let own = caller.versions.iter().any(|version| version.account.is_some());
                let Some(account) = account.filter(|_| !own) else { return Answer::Perhaps };
                values.iter().any(|value| is_principal(value, trust, place, account))
            }
            ("namespaces" | "notNamespaces", Some(place)) => values.iter().any(|value| is_like(value, place)),
            _ => return Answer::Perhaps,
        };
        if found != field.starts_with("not") { Answer::Yes } else { Answer::No }
    };
    all(source.fields.iter().map(|(field, values, _)| holds(field, values)))
}

/// The identity of a service account, as certificates have it.
fn principal(trust_domain: &str, namespace: &str, account: &str) -> String {
    format!("{trust_domain}/ns/{namespace}/sa/{account}")
}

/// Whether a value of a policy is about the identity of a service account.
fn is_principal(pattern: &str, trust_domain: &str, namespace: &str, account: &str) -> bool {
    if pattern.contains('*') {
        return is_like(pattern, &principal(trust_domain, namespace, account));
    }
    let rest = pattern.strip_prefix(trust_domain).and_then(|rest| rest.strip_prefix("/ns/"));
    let rest = rest.and_then(|rest| rest.strip_prefix(namespace)).and_then(|rest| rest.strip_prefix("/sa/"));
    rest == Some(account)
}

/// A value of a policy: exact, or with a star at one end.
fn is_like(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        _ => pattern == text,
    }
}

fn any(answers: impl Iterator<Item = Answer>) -> Answer {
    answers.fold(Answer::No, |known, next| match (known, next) {
        (Answer::Yes, _) | (_, Answer::Yes) => Answer::Yes,
        (Answer::Perhaps, _) | (_, Answer::Perhaps) => Answer::Perhaps,
        _ => Answer::No,
    })
}

fn all(answers: impl Iterator<Item = Answer>) -> Answer {
    answers.fold(Answer::Yes, |known, next| match (known, next) {
        (Answer::No, _) | (_, Answer::No) => Answer::No,
        (Answer::Perhaps, _) | (_, Answer::Perhaps) => Answer::Perhaps,
        _ => Answer::Yes,
    })
}
