//! `allow`, `deny`, `audit` and `authorize`: callers, operations, conditions.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::service::{no_export, says_nothing};
use super::{Checker, Placed, Site};
use crate::clause::{Clause, Clauses};
use crate::condition::Test;
use crate::model::{Action, Head, Policy, PolicyOperation, Source, Subject, text};
use crate::operand::{Arg, Value};
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
                self.provider(provider);
                (Action::Custom(provider.word()), Block::Authorize)
            }
        };
        let clauses = self.block(statement, block);
        let head = self.head(statement, &clauses);
        for target in args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if self.guards(&subject, target.span, statement.clause.name(), false) {
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
        let common = self.common(&clauses, whole);
        for name in names {
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

    /// The callers; false where some could not be resolved.
    fn sources(&mut self, found: Vec<Vec<Test<'t, 'a>>>, policy: &mut Policy<'a>, span: Span) -> bool {
        let lone = found.len() == 1 && found[0].len() == 1;
        if let Some(test) = found.iter().flatten().find(|test| matches!(test.name(), "anyone" | "nobody")) {
            if !lone || test.not.is_some() {
                self.push(
                    Diagnostic::new(code::E0319, test.span, format!("`{}` stands alone", test.name()))
                        .label("it takes no `not`, and no other callers beside it"),
                );
                return false;
            }
            if test.name() == "nobody" {
                if policy.action != Action::Allow {
                    self.push(
                        Diagnostic::new(code::E0319, span, "only `allow` has use for nobody")
                            .label("a rule about nobody does nothing")
                            .help("leave the statement out; `from anyone` would be a rule about everybody"),
                    );
                    return false;
                }
                policy.nobody = Some(span);
            }
            return true;
        }
        let mut readable = true;
        for all in found {
            let mut source = Source { span, ..Source::default() };
            for test in all {
                readable &= self.source_test(&test, policy, &mut source);
            }
            policy.from.push(source);
        }
        readable
    }

    fn source_test(&mut self, test: &Test<'t, 'a>, policy: &Policy<'a>, source: &mut Source<'a>) -> bool {
        let here = policy.head.namespace;
        let not = test.not.is_some();
        let args = &test.args;
        let names = |slot: &str| args.list(slot).iter().map(|arg| text(arg).0.into_owned()).collect::<Vec<_>>();
        let addresses = || {
            let texts = args.list("addresses").iter().map(|arg| match arg.value {
                Value::Address(address) => address.to_string(),
                _ => String::new(),
            });
            texts.collect::<Vec<_>>()
        };
        let (field, values, identity) = match test.name() {
            "" => {
                if let Some(all) =
                    args.list("services").iter().find(|arg| matches!(arg.word(), "all" | "everyone" | "any"))
                    && !self.known_as_service(all.word(), here)
                {
                    let (word, span) = (all.word(), all.span);
                    let problem = Diagnostic::new(code::E0201, span, format!("no service `{word}` is declared"));
                    self.push(problem.label("is everybody meant?").fix("write `anyone`", span, "anyone"));
                    return false;
                }
                let Some((field, values)) = self.principals(args.list("services"), here, false) else { return false };
                (field, values, true)
            }
            "gateway" => {
                let Some((field, values)) = self.principals(args.list("gateways"), here, true) else { return false };
                (field, values, true)
            }
            "namespace" => {
                for (i, arg) in args.list("names").iter().enumerate() {
                    self.known_namespace(arg.word(), arg.span);
                    let declared = self.mesh.namespaces.iter().any(|known| known.name == arg.word());
                    if i > 0 && !declared && self.known_as_service(arg.word(), here) {
                        self.push(
                            Diagnostic::new(code::E0322, arg.span, "namespaces and services in one list")
                                .label("a service, taken for a namespace")
                                .help("phrases are joined by `or`, as in `namespace ops or orders`"),
                        );
                        return false;
                    }
                }
                ("namespaces", names("names"), true)
            }
            "principal" => {
                let strip = |name: String| name.strip_prefix("spiffe://").map_or(name.clone(), str::to_owned);
                ("principals", names("names").into_iter().map(strip).collect(), true)
            }
            "trust-domain" => ("trustDomains", names("names"), true),
            "token" => {
                source.http = Some(test.span);
                let values = args.list("names").iter().map(|arg| request_principal(&text(arg).0)).collect::<Vec<_>>();
                ("requestPrincipals", if values.is_empty() { vec!["*".to_owned()] } else { values }, false)
            }
            "ip" => ("ipBlocks", addresses(), false),
            "client-ip" => ("remoteIpBlocks", addresses(), false),
            _ => return true,
        };
        if matches!(policy.action, Action::Custom(_)) && (identity || field == "requestPrincipals") {
            self.push(
                Diagnostic::new(code::E0319, test.span, "an external authorizer is asked before identities are known")
                    .label("not possible in `authorize`")
                    .note("Istio refuses callers and tokens in a policy of action CUSTOM")
                    .help("test them in an `allow` or `deny` beside it"),
            );
            return false;
        }
        if field == "trustDomains" && self.mesh.settings.release < mesh_istio::Release(1, 30) {
            let release = self.mesh.settings.release;
            self.push(
                Diagnostic::new(code::E0310, test.span, format!("Istio {release} knows no trust domains in policies"))
                    .label("needs Istio 1.30")
                    .help("write `principal \"DOMAIN/*\"`"),
            );
            return false;
        }
        if identity && source.identity.is_none_or(|(negated, _)| !negated) {
            source.identity = Some((not, test.span));
        }
        let field = if not { negated(field) } else { field };
        if let Some((.., first)) = source.fields.iter().find(|(old, ..)| *old == field) {
            let problem = Diagnostic::new(code::E0319, test.span, "two tests of one kind joined by `and`")
                .label("no caller is both")
                .also(*first, "the other one")
                .help("a list, as in `from orders, checkout`, holds alternatives");
            self.push(problem);
            return false;
        }
        source.fields.push((field, values, test.span));
        true
    }

    /// The identities of services or of gateways' workloads, as values of a field of `source`.
    fn principals(
        &mut self,
        args: &[Arg<'a>],
        here: Option<&'a str>,
        gateways: bool,
    ) -> Option<(&'static str, Vec<String>)> {
        let mut ids = Vec::new();
        let mut readable = true;
        for arg in args {
            let id = if gateways {
                self.gateway_named(arg.name(), here, arg.span)
                    .and_then(|gateway| self.gateway_service(gateway, arg.span))
            } else {
                self.service(arg.name(), here, arg.span)
            };
            match id.and_then(|id| self.accounts(id, arg.span)) {
                Some(accounts) => ids.extend(accounts),
                None => readable = false,
            }
        }
        if !readable {
            return None;
        }
        let domain = self.mesh.settings.trust_domain;
        // Without a namespace the identity is that of the policy's own: Istio has a field for that.
        if ids.iter().all(|(namespace, _)| namespace.is_none()) {
            return Some(("serviceAccounts", ids.iter().map(|(_, account)| (*account).to_owned()).collect()));
        }
        let full = |(namespace, account): &(Option<&str>, &str)| {
            format!("{domain}/ns/{}/sa/{account}", namespace.unwrap_or("default"))
        };
        Some(("principals", ids.iter().map(full).collect()))
    }

    fn gateway_service(&mut self, gateway: crate::model::GatewayId, span: Span) -> Option<crate::model::ServiceId> {
        let gateway = &self.mesh.gateways[gateway.0];
        if gateway.workload.is_none() && !gateway.incomplete {
            let (name, declared) = (gateway.name, gateway.span);
            self.push(
                Diagnostic::new(
                    code::E0405,
                    span,
                    format!("the gateway `{name}` runs on no declared service, so its identity is not known"),
                )
                .label("whose account?")
                .also(declared, "declared with `select` only")
                .help("declare it `on SERVICE`"),
            );
            return None;
        }
        gateway.workload
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
        let outside = |operation: &&PolicyOperation<'_>| {
            let tests_http = http.is_some() || operation.needs_http();
            tests_http && operation.ports.iter().any(|port| !policy.http_ports.contains(port))
        };
        let odd = policy.to.iter().find(outside).filter(|_| !policy.http_ports.is_empty());
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

fn negated(field: &'static str) -> &'static str {
    match field {
        "principals" => "notPrincipals",
        "serviceAccounts" => "notServiceAccounts",
        "namespaces" => "notNamespaces",
        "requestPrincipals" => "notRequestPrincipals",
        "ipBlocks" => "notIpBlocks",
        "remoteIpBlocks" => "notRemoteIpBlocks",
        "trustDomains" => "notTrustDomains",
        other => other,
    }
}

/// `ISSUER` means every subject of it; `ISSUER/SUBJECT` stands for itself.
fn request_principal(token: &str) -> String {
    let authority = token.split_once("://").map_or(token, |(_, rest)| rest);
    if authority.trim_end_matches('/').contains('/') || token.contains('*') {
        token.to_owned()
    } else {
        format!("{token}/*")
    }
}
