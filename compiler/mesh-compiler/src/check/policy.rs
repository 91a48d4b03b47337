//! `allow`, `deny`, `audit` and `authorize`: callers, operations, conditions.

use std::marker::PhantomData;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Rank;

use super::service::{no_export, says_nothing};
use super::{Checker, Placed, Site};
use crate::clause::{Clause, Clauses};
use crate::condition::{Operation, Test};
use crate::model::{Action, Head, Policy, PolicyOperation, PolicyTest, Source, Subject, text};
use crate::operand::{Arg, Path, Pattern, Value};
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

    fn rule_of_policy(&mut self, site: Site<'t, 'a>, head: &Head<'a>, clauses: &Clauses<'t, 'a>, subject: Subject<'a>, action: Action<'a>) {
        if let Some((_, span)) = head.common.export {
            self.push(no_export("an AuthorizationPolicy", span));
        }
        let custom = matches!(action, Action::Custom(_));
        if clauses.get("from").is_none() && !custom {
            if !clauses.poisoned {
                let problem = Diagnostic::new(code::E0404, head.span, "a policy says who it is about")
                    .label("no `from` is said");
                let problem = if says_nothing(clauses) {
                    problem.note("in Istio an empty policy denies everyone or allows everyone, by two characters of difference")
                } else {
                    problem
                };
                self.push(problem.help("write `from anyone`, `from nobody`, or the callers"));
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
            http_ports: self.http_ports(&subject),
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
                let Some((field, values)) = self.principals(args.list("services"), here, false) else { return false };
                (field, values, true)
            }
            "gateway" => {
                let Some((field, values)) = self.principals(args.list("gateways"), here, true) else { return false };
                (field, values, true)
            }
            "namespace" => {
                for arg in args.list("names") {
                    self.known_namespace(arg.word(), arg.span);
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
    fn principals(&mut self, args: &[Arg<'a>], here: Option<&'a str>, gateways: bool) -> Option<(&'static str, Vec<String>)> {
        let mut ids = Vec::new();
        let mut readable = true;
        for arg in args {
            let id = if gateways {
                self.gateway_named(arg.name(), here, arg.span).and_then(|gateway| self.gateway_service(gateway, arg.span))
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
                Diagnostic::new(code::E0405, span, format!("the gateway `{name}` runs on no declared service, so its identity is not known"))
                    .label("whose account?")
                    .also(declared, "declared with `select` only")
                    .help("declare it `on SERVICE`"),
            );
            return None;
        }
        gateway.workload
    }

    /// Operations with their ports resolved to what the subject's side sees.
    pub(super) fn policy_operations(&mut self, subject: &Subject<'a>, found: Vec<Operation<'a>>) -> Option<Vec<PolicyOperation<'a>>> {
        let mut out = Vec::new();
        let mut readable = true;
        for operation in found {
            let words = |args: &[Arg<'a>]| args.iter().map(Arg::word).collect::<Vec<_>>();
            let mut ports = |args: &[Arg<'a>]| {
                let found: Vec<Option<u16>> = args.iter().map(|arg| self.subject_port(subject, arg, "to")).collect();
                readable &= found.iter().all(Option::is_some);
                found.into_iter().flatten().collect::<Vec<_>>()
            };
            let (ports, not_ports) = (ports(&operation.ports), ports(&operation.not_ports));
            let mut paths = |args: &[Arg<'a>]| {
                let found: Vec<Option<(String, Span)>> = args.iter().map(|arg| self.policy_path(arg)).collect();
                readable &= found.iter().all(Option::is_some);
                found.into_iter().flatten().collect::<Vec<_>>()
            };
            let (path, not_path) = (paths(&operation.paths), paths(&operation.not_paths));
            let hosts = |args: &[Arg<'a>]| args.iter().flat_map(|arg| host_and_port(&text(arg).0)).collect::<Vec<_>>();
            let operation = PolicyOperation {
                methods: words(&operation.methods),
                not_methods: words(&operation.not_methods),
                paths: path,
                not_paths: not_path,
                hosts: hosts(&operation.hosts),
                not_hosts: hosts(&operation.not_hosts),
                ports,
                not_ports,
                span: operation.span,
            };
            if operation.needs_http() && self.lacks_http(subject) {
                self.push(
                    Diagnostic::new(code::E0320, operation.span, "methods, paths and hosts need HTTP, and this target has no HTTP port")
                        .label("tests HTTP")
                        .note("an allow rule with such a test is skipped on TCP ports, and a deny rule closes them")
                        .help("test the port, as in `port 27017`"),
                );
                return None;
            }
            out.push(operation);
        }
        readable.then_some(out)
    }

    fn policy_path(&mut self, arg: &Arg<'a>) -> Option<(String, Span)> {
        let Value::Path(path) = &arg.value else { return None };
        let text = match path {
            Path::Exact(text) => text.to_string(),
            Path::Prefix(text) => format!("{text}*"),
            Path::Suffix(text) => format!("*{text}"),
            Path::Template { text, rest } => {
                let holes = text.split('/').map(|segment| if segment.starts_with('{') { "{*}" } else { segment });
                let body = holes.collect::<Vec<_>>().join("/");
                if *rest { format!("{body}{{**}}") } else { body }
            }
            Path::Regex(_) => {
                self.push(
                    Diagnostic::new(code::E0313, arg.span, "a policy takes no regular expression for a path")
                        .label("not possible here")
                        .help("write a prefix such as `/api/*`, or a template such as `/users/{id}/orders`"),
                );
                return None;
            }
        };
        Some((text, arg.span))
    }

    fn policy_tests(&mut self, found: Vec<Vec<Test<'t, 'a>>>) -> Option<Vec<Vec<PolicyTest<'a>>>> {
        let mut readable = true;
        let mut out = Vec::new();
        for all in found {
            let mut tests = Vec::new();
            for test in all {
                match self.policy_test(&test) {
                    Some(test) => tests.push(test),
                    None => readable = false,
                }
            }
            out.push(tests);
        }
        readable.then_some(out)
    }

    fn policy_test(&mut self, test: &Test<'t, 'a>) -> Option<PolicyTest<'a>> {
        let args = &test.args;
        let name = args.get("name").map_or("", |arg| arg.word());
        let key = match test.name() {
            "header" => format!("request.headers[{name}]"),
            "claim" => format!("request.auth.claims{}", name.split('.').map(|part| format!("[{part}]")).collect::<String>()),
            "audience" => "request.auth.audiences".to_owned(),
            "presenter" => "request.auth.presenter".to_owned(),
            "sni" => "connection.sni".to_owned(),
            _ => "destination.ip".to_owned(),
        };
        let mut values = Vec::new();
        if let Some(exact) = args.get("exact") {
            values.push(text(exact).0.into_owned());
        }
        for arg in args.list("patterns") {
            let Value::Pattern(pattern) = &arg.value else { continue };
            match pattern {
                Pattern::Exact(text) => values.push(text.to_string()),
                Pattern::Prefix(text) => values.push(format!("{text}*")),
                Pattern::Suffix(text) => values.push(format!("*{text}")),
                Pattern::Present => values.push("*".to_owned()),
                Pattern::Regex(_) => {
                    self.push(
                        Diagnostic::new(code::E0313, arg.span, "a policy takes no regular expression")
                            .label("not possible here")
                            .help("write a text, with a `*` at one end if need be"),
                    );
                    return None;
                }
            }
        }
        for arg in args.list("addresses") {
            if let Value::Address(address) = arg.value {
                values.push(address.to_string());
            }
        }
        if values.is_empty() {
            values.push("*".to_owned());
        }
        if values.iter().any(String::is_empty) {
            self.push(Diagnostic::new(code::E0310, test.span, "Istio refuses an empty value").label("empty"));
            return None;
        }
        Some(PolicyTest { key, values, not: test.not.is_some(), http: test.word.entry.http, span: test.span, _source: PhantomData })
    }

    /// What Istio would refuse or misread as a whole; false where the policy must not be built.
    fn check_policy(&mut self, policy: &Policy<'a>) -> bool {
        let http = policy.from.iter().find_map(|source| source.http).or_else(|| {
            policy.when.iter().flatten().find(|test| test.http).map(|test| test.span)
        });
        if let (Some(span), true) = (http, self.lacks_http(&policy.subject)) {
            self.push(
                Diagnostic::new(code::E0320, span, "this test needs HTTP, and the target has no HTTP port").label("tests HTTP"),
            );
            return false;
        }
        if let (Some(span), Action::Custom(_)) = (policy.when.iter().flatten().find(|test| test.key.starts_with("request.auth.")).map(|test| test.span), policy.action) {
            self.push(
                Diagnostic::new(code::E0319, span, "an external authorizer is asked before tokens are verified")
                    .label("not possible in `authorize`"),
            );
            return false;
        }
        if let (Some(span), Action::Audit) = (policy.dry_run, policy.action) {
            self.push(Diagnostic::new(code::E0319, span, "`dry-run` is for `allow` and `deny`").label("an audit enforces nothing anyway"));
            return false;
        }
        true
    }

    /// The workload port that a policy of the subject sees.
    pub(super) fn subject_port(&mut self, subject: &Subject<'a>, arg: &Arg<'a>, word: &str) -> Option<u16> {
        match subject {
            Subject::Service(id) => self.port(*id, arg).map(|port| port.target),
            Subject::Gateway(id) => {
                let Value::Number(number) = arg.value else { return self.port(self.mesh.gateways[id.0].workload?, arg).map(|port| port.target) };
                let workload = self.mesh.gateways[id.0].workload;
                let ports = workload.map(|id| self.mesh.services[id.0].ports.as_slice()).unwrap_or_default();
                let target = ports.iter().find(|port| u32::from(port.number) == number).map(|port| port.target);
                target.or_else(|| u16::try_from(number).ok())
            }
            _ if word == "mtls" => {
                self.push(
                    Diagnostic::new(code::E0321, arg.span, "a port has a mode of its own for one workload only")
                        .label("this target is no workload")
                        .note("Istio takes modes of ports only beside a selector"),
                );
                None
            }
            _ => match arg.value {
                Value::Number(number) => u16::try_from(number).ok(),
                _ => {
                    self.push(
                        Diagnostic::new(code::E0203, arg.span, format!("`{}` names a port of no service", arg.str()))
                            .label("the target is no service")
                            .help("write the number of the workload's port"),
                    );
                    None
                }
            },
        }
    }

    /// True where the subject's ports are known and none speaks HTTP.
    pub(super) fn lacks_http(&self, subject: &Subject<'a>) -> bool {
        let Subject::Service(id) = subject else { return false };
        let service = &self.mesh.services[id.0];
        !service.incomplete && !service.ports.is_empty() && service.ports.iter().all(|port| port.protocol.rank() != Rank::Http)
    }

    /// The workload ports that speak HTTP, where the subject also has others.
    pub(super) fn http_ports(&self, subject: &Subject<'a>) -> Vec<u16> {
        let Subject::Service(id) = subject else { return Vec::new() };
        let ports = &self.mesh.services[id.0].ports;
        if ports.iter().all(|port| port.protocol.rank() == Rank::Http) {
            return Vec::new();
        }
        ports.iter().filter(|port| port.protocol.rank() == Rank::Http).map(|port| port.target).collect()
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
    if authority.trim_end_matches('/').contains('/') || token.contains('*') { token.to_owned() } else { format!("{token}/*") }
}

/// A host as requests carry it: alone, and with any port.
fn host_and_port(host: &str) -> Vec<String> {
    if host.contains(':') || host.ends_with('*') {
        return vec![host.to_owned()];
    }
    vec![host.to_owned(), format!("{host}:*")]
}
