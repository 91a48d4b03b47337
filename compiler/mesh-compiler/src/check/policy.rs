//! `allow`, `deny`, `audit` and `authorize`: callers, operations, conditions.

use mesh_diagnostics::{Diagnostic, code};

use super::service::{no_export, says_nothing};
use super::{Checker, Placed, Site};
use crate::clause::{Clause, Clauses};
use crate::model::{Action, Head, Policy, PolicyOperation, Purpose, Subject};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn policy(&mut self, statement: &Placed<'t, 'a>) {
        let args = &statement.clause.args;
        let (action, block) = match statement.clause.name() {
            "allow" => (Action::Allow, Block::Policy),
            "deny" => (Action::Deny, Block::Policy),
            "audit" => (Action::Audit, Block::Policy),
            _ => {
                let Some(provider) = args.get("provider") else { return };
                self.provider(provider, Purpose::Authorization);
                (Action::Custom(provider.word()), Block::Authorize)
            }
        };
        let clauses = self.block(statement, block);
        let head = self.head(statement, &clauses);
        for target in args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if self.guards(&subject, target.span, statement.clause.name(), false)
                && !self.lives_elsewhere(statement, &subject)
            {
                self.rule_of_policy(statement.site, &head, &clauses, subject, action);
            }
        }
    }

    /// `allow < … >` in a namespace's block.
    pub(super) fn namespace_policy(&mut self, statement: &Placed<'t, 'a>, clause: &Clause<'t, 'a>, names: &[&'a str]) {
        let clauses = self.inner(statement.site, clause, Block::Policy);
        if !statement.site.emits {
            return;
        }
        let action = match clause.name() {
            "allow" => Action::Allow,
            "deny" => Action::Deny,
            _ => Action::Audit,
        };
        let whole = clause.statement.span();
        let mut common = self.common(&clauses, whole);
        common.fields = self.fields(statement.site, &clauses, super::field::bases_of(clause.name()));
        for name in names {
            if self.is_root(&Subject::Namespace(name), clause.span()) {
                continue;
            }
            let head = Head { namespace: Some(name), span: clause.span(), common: common.clone() };
            self.rule_of_policy(statement.site, &head, &clauses, Subject::Namespace(name), action);
        }
    }

    fn rule_of_policy(
        &mut self,
        site: Site<'t, 'a>,
        head: &Head<'a>,
        clauses: &Clauses<'t, 'a>,
        subject: Subject<'a>,
        action: Action<'a>,
    ) {
        if let Some((_, span)) = head.common.export {
            self.push(no_export("an AuthorizationPolicy", span));
        }
        let custom = matches!(action, Action::Custom(_));
        if clauses.get("from").is_none() && !custom {
            if !clauses.poisoned {
                let problem =
                    Diagnostic::new(code::E0404, head.span, "a policy says who it is about").label("no `from` is said");
                let choices = if action == Action::Allow {
                    "`from anyone`, `from nobody`, or the callers"
                } else {
                    "`from anyone`, or the callers"
                };
                let problem = if says_nothing(clauses) {
                    problem.note(
                        "in Istio an empty policy denies everyone or allows everyone, by two characters of difference",
                    )
                } else {
                    problem
                };
                self.push(problem.help(format!("write {choices}")));
            }
            return;
        }
        if custom && says_nothing(clauses) {
            self.push(
                Diagnostic::new(code::E0404, head.span, "an external authorizer is asked about something")
                    .label("neither `to` nor `from` nor `when` is said")
                    .help("write `to /*` for all requests"),
            );
            return;
        }
        let mut policy = Policy {
            head: head.clone(),
            subject,
            action,
            from: Vec::new(),
            nobody: None,
            to: Vec::new(),
            when: Vec::new(),
            dry_run: clauses.get("dry-run").map(Clause::span),
            http_ports: self.http_ports(&subject, action == Action::Deny),
        };
        let mut readable = true;
        for clause in &clauses.list {
            let items = clause.args.rest();
            match clause.name() {
                "from" => {
                    let found = self.walk(site.tree).condition(items, Block::SourceTests, clause.span());
                    readable &= found.is_some_and(|found| self.sources(found, &mut policy, clause.span()));
                }
                "to" => {
                    let found = self.walk(site.tree).operations(items, clause.span());
                    match found.and_then(|found| self.policy_operations(&subject, found)) {
                        Some(operations) => policy.to = operations,
                        None => readable = false,
                    }
                }
                "when" => {
                    let found = self.walk(site.tree).condition(items, Block::ConditionTests, clause.span());
                    match found.and_then(|found| self.policy_tests(found)) {
                        Some(tests) => policy.when = tests,
                        None => readable = false,
                    }
                }
                _ => {}
            }
        }
        readable = readable && self.check_policy(&policy);
        if readable && site.emits {
            self.mesh.policies.push(policy);
        }
    }

    /// What Istio would refuse or misread as a whole; false where the policy must not be built.
    fn check_policy(&mut self, policy: &Policy<'a>) -> bool {
        let http = policy
            .from
            .iter()
            .find_map(|source| source.http)
            .or_else(|| policy.when.iter().flatten().find(|test| test.http).map(|test| test.span));
        if let (Some(span), true) = (http, self.lacks_http(&policy.subject)) {
            self.push(
                Diagnostic::new(code::E0320, span, "this test needs HTTP, and the target has no HTTP port")
                    .label("tests HTTP"),
            );
            return false;
        }
        if let (Some(span), Some(narrowing)) =
            (policy.nobody, policy.to.first().map(|to| to.span).or(policy.when.iter().flatten().map(|t| t.span).next()))
        {
            self.push(
                Diagnostic::new(code::E0319, narrowing, "`from nobody` lets nobody in, whatever they ask for")
                    .label("narrows nothing")
                    .also(span, "nobody")
                    .help("leave this clause out, or say who may"),
            );
            return false;
        }
        if policy.action == Action::Deny
            && (http.is_some() || policy.to.iter().any(PolicyOperation::needs_http))
            && !self.can_tell_http(&policy.subject, policy.head.span)
        {
            return false;
        }
        let outside = |operation: &&PolicyOperation<'_>| {
            let tests_http = http.is_some() || operation.needs_http();
            tests_http && operation.ports.iter().any(|port| !policy.http_ports.may_be(*port))
        };
        let odd = policy.to.iter().find(outside);
        if let Some(operation) = odd {
            self.push(
                Diagnostic::new(code::E0320, operation.span, "this port speaks no HTTP, and the rule tests HTTP")
                    .label("skipped there, or closed")
                    .also(http.unwrap_or(operation.span), "tests HTTP")
                    .note("an allow rule with such a test is skipped on TCP ports, and a deny rule closes them")
                    .help("write a statement of its own for this port"),
            );
            return false;
        }
        if let (Some(span), Action::Custom(_)) = (
            policy.when.iter().flatten().find(|test| test.key.starts_with("request.auth.")).map(|test| test.span),
            policy.action,
        ) {
            self.push(
                Diagnostic::new(code::E0319, span, "an external authorizer is asked before tokens are verified")
                    .label("not possible in `authorize`"),
            );
            return false;
        }
        if let (Some(span), Action::Audit) = (policy.dry_run, policy.action) {
            self.push(
                Diagnostic::new(code::E0319, span, "`dry-run` is for `allow` and `deny`")
                    .label("an audit enforces nothing anyway"),
            );
            return false;
        }
        true
    }
}
