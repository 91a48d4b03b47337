//! `from`: the callers of a policy, as the fields of Istio's `source`.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::Checker;
use crate::condition::Test;
use crate::model::{Action, Policy, Source, text};
use crate::operand::{Arg, Value};

/// How many service accounts Istio takes in one source.
const MAX_ACCOUNTS: usize = 16;

impl<'t, 'a> Checker<'t, 'a> {
    /// The callers; false where some could not be resolved.
    pub(super) fn sources(&mut self, found: Vec<Vec<Test<'t, 'a>>>, policy: &mut Policy<'a>, span: Span) -> bool {
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
                    self.push(problem.label("is everybody meant?").help("write `anyone` if so"));
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
                if args.list("names").iter().any(|arg| !self.star_at_an_end(arg)) {
                    return false;
                }
                if let Some(empty) =
                    args.list("names").iter().find(|arg| matches!(text(arg).0.as_ref(), "" | "spiffe://"))
                {
                    self.push(Diagnostic::new(code::E0310, empty.span, "a principal has a name").label("empty"));
                    return false;
                }
                let strip = |name: String| name.strip_prefix("spiffe://").map_or(name.clone(), str::to_owned);
                ("principals", names("names").into_iter().map(strip).collect(), true)
            }
            "trust-domain" => ("trustDomains", names("names"), true),
            "token" => {
                source.http = Some(test.span);
                if args.list("names").iter().any(|arg| !self.star_at_an_end(arg)) {
                    return false;
                }
                let values: Vec<String> =
                    args.list("names").iter().map(|arg| self.request_principal(&text(arg).0)).collect();
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
                Diagnostic::new(code::E0507, test.span, format!("Istio {release} knows no trust domains in policies"))
                    .label("needs Istio 1.30")
                    .help("write `principal \"DOMAIN/*\"`"),
            );
            return false;
        }
        if identity && source.identity.is_none_or(|(negated, _)| !negated) {
            source.identity = Some((not, test.span));
        }
        let field = if not { negated(field) } else { field };
        if let Some((_, old, _)) = source.fields.iter_mut().find(|(old, ..)| not && *old == field) {
            // Neither of two is none of both.
            old.extend(values);
            return true;
        }
        if let Some((.., first)) = source.fields.iter().find(|(old, ..)| *old == field) {
            let problem = Diagnostic::new(code::E0319, test.span, "two tests of one kind joined by `and`")
                .label("no caller is both")
                .also(*first, "the other one")
                .help("a list, as in `from orders, checkout`, holds alternatives");
            self.push(problem);
            return false;
        }
        source.fields.push((field, values, test.span));
        if let Some((.., span)) = source
            .fields
            .iter()
            .find(|(field, values, _)| field.ends_with("erviceAccounts") && values.len() > MAX_ACCOUNTS)
        {
            let problem = Diagnostic::new(
                code::E0310,
                *span,
                format!("more than {MAX_ACCOUNTS} callers whose namespace is not known"),
            )
            .label("Istio refuses so many accounts")
            .help("write `in NS` at the top of the file: full identities have no such limit");
            self.push(problem);
            return false;
        }
        // Istio takes accounts of the policy's own namespace only by themselves.
        let short = source.fields.iter().find(|(field, ..)| matches!(*field, "serviceAccounts" | "notServiceAccounts"));
        let long = source
            .fields
            .iter()
            .find(|(field, ..)| matches!(*field, "principals" | "notPrincipals" | "namespaces" | "notNamespaces"));
        if let (Some((.., short)), Some((.., long))) = (short, long) {
            let problem = Diagnostic::new(
                code::E0215,
                *short,
                "beside another test of identity, the namespace of a caller must be known",
            )
            .label("in which namespace?")
            .also(*long, "the other test")
            .help("write `in NS` at the top of the file, or the caller as `NAME.NS`");
            self.push(problem);
            return false;
        }
        true
    }

    /// Istio reads a `*` at one end of a value, and takes any other for itself.
    pub(super) fn star_at_an_end(&mut self, arg: &Arg<'a>) -> bool {
        let (value, span) = text(arg);
        let inner = value.strip_prefix('*').or(value.strip_suffix('*')).unwrap_or(&value);
        if !inner.contains('*') {
            return true;
        }
        self.push(
            Diagnostic::new(code::E0313, span, "a `*` stands at one end of a value")
                .label("Istio would look for a star as such here")
                .help("write the values out, or end in `*`"),
        );
        false
    }

    /// `ISSUER` means every subject of it; `ISSUER/SUBJECT` stands for itself. Issuers have paths, so that those that
    /// the program names decide which it is.
    fn request_principal(&self, token: &str) -> String {
        if self.issuers.contains(token) {
            return format!("{token}/*");
        }
        let subject_of = |(at, _): (usize, &str)| self.issuers.contains(&token[..at]);
        if token.contains('*') || token.match_indices('/').any(subject_of) {
            return token.to_owned();
        }
        let authority = token.split_once("://").map_or(token, |(_, rest)| rest);
        if authority.trim_end_matches('/').contains('/') { token.to_owned() } else { format!("{token}/*") }
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
        let known = self.diagnostics.len();
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
        // Who may call is for people to say: a name that is near is offered, and never put in.
        for problem in &mut self.diagnostics[known..] {
            if let Some(fix) = problem.fix.take() {
                problem.help = Some(format!("{}, if that caller is meant", fix.title));
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
            namespace.map(|namespace| format!("{domain}/ns/{namespace}/sa/{account}"))
        };
        let Some(principals) = ids.iter().map(full).collect() else {
            let span = args.first().zip(args.last()).map_or(Span::default(), |(first, last)| first.span.to(last.span));
            self.push(
                Diagnostic::new(code::E0215, span, "some of these callers have a namespace, and some have none")
                    .label("whose namespace is known?")
                    .note(
                        "a caller without one lives where the policy is applied, and Istio takes that for all or none",
                    )
                    .help("write `in NS` at the top of the file"),
            );
            return None;
        };
        Some(("principals", principals))
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
