//! The tests of a route's rules: names resolved, lists made alternatives, and what Istio cannot express refused.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::Rank;

use super::Checker;
use super::names::Named;
use crate::condition::{MAX_ALTERNATIVES, Test};
use crate::model::{RequestTest, Route, RouteTarget, TestKind, text};
use crate::operand::{Arg, Pattern, Value};

impl<'t, 'a> Checker<'t, 'a> {
    /// The alternatives of a rule, with lists multiplied out.
    pub(super) fn request_tests(
        &mut self,
        found: Vec<Vec<Test<'t, 'a>>>,
        route: &Route<'a>,
    ) -> Option<Vec<Vec<RequestTest<'a>>>> {
        let mut out: Vec<Vec<RequestTest<'a>>> = Vec::new();
        let mut readable = true;
        for all in found {
            let whole = all.first().zip(all.last()).map(|(first, last)| first.span.to(last.span));
            let mut alternatives: Vec<Vec<RequestTest<'a>>> = vec![Vec::new()];
            for test in &all {
                let Some(kinds) = self.request_test(test, route) else {
                    readable = false;
                    continue;
                };
                let not = test.not.is_some();
                alternatives = alternatives
                    .iter()
                    .flat_map(|left| {
                        kinds.iter().map(move |kind| {
                            let mut left = left.clone();
                            left.push(RequestTest { kind: kind.clone(), not, span: test.span });
                            left
                        })
                    })
                    .take(MAX_ALTERNATIVES + 1)
                    .collect();
            }
            if let Some(first) = alternatives.first().filter(|_| readable) {
                readable = self.compatible(first, route) && readable;
            }
            out.append(&mut alternatives);
            if let (true, Some(span)) = (out.len() > MAX_ALTERNATIVES, whole) {
                self.push(
                    Diagnostic::new(
                        code::E0315,
                        span,
                        format!("a condition with more than {MAX_ALTERNATIVES} alternatives"),
                    )
                    .label("lists beside each other multiply")
                    .help("write several rules, or a regular expression"),
                );
                return None;
            }
        }
        readable.then_some(out)
    }

    /// What one test tests; several where it has a list.
    fn request_test(&mut self, test: &Test<'t, 'a>, route: &Route<'a>) -> Option<Vec<TestKind<'a>>> {
        let args = &test.args;
        let name = args.get("name").map_or("", |arg| arg.word());
        if test.word.entry.http && !route.ranks.contains(&Rank::Http) {
            self.push(self.no_http(test.name(), test.span, route));
            return None;
        }
        if let (Some(not), false) = (test.not, matches!(test.name(), "header" | "cookie")) {
            self.push(
                Diagnostic::new(code::E0312, not.to(test.span), format!("`not` cannot stand before `{}`", test.name()))
                    .label("Istio has no such negation")
                    .note("a route can negate tests of headers and cookies only")
                    .help(format!(
                        "put a rule above this one for what is meant to be left out: `when {} …`",
                        test.name()
                    )),
            );
            return None;
        }
        let patterns = self.patterns(args.list("patterns"), args.get("exact"), test);
        Some(match test.name() {
            "path" => {
                let nocase = args.word("nocase").is_some();
                let paths = args.list("patterns").iter().filter_map(|arg| match &arg.value {
                    Value::Path(path) => Some(TestKind::Path(path.clone(), nocase)),
                    _ => None,
                });
                paths.collect()
            }
            "method" => args.list("patterns").iter().map(|arg| TestKind::Method(arg.word())).collect(),
            "header" => patterns.into_iter().map(|pattern| TestKind::Header(name, pattern)).collect(),
            "cookie" => patterns.into_iter().map(|pattern| TestKind::Cookie(name, pattern)).collect(),
            "query" => patterns.into_iter().map(|pattern| TestKind::Query(name, pattern)).collect(),
            "claim" => {
                if !self.claim_possible(test, route) {
                    return None;
                }
                if patterns.contains(&Pattern::Present) {
                    self.push(
                        Diagnostic::new(code::E0313, test.span, "a route cannot test whether a claim is there")
                            .label("with which value?")
                            .note("Istio would send Envoy a test without a value, and Envoy would refuse the routes of the whole listener")
                            .help("write the values, or `~\".+\"` for any text"),
                    );
                    return None;
                }
                patterns.into_iter().map(|pattern| TestKind::Claim(name, pattern)).collect()
            }
            "host" => patterns.into_iter().map(TestKind::Host).collect(),
            "scheme" => patterns.into_iter().map(TestKind::Scheme).collect(),
            "port" => {
                let mut ports = Vec::new();
                for arg in args.list("ports") {
                    ports.push(TestKind::Port(self.called_port(arg, route)?));
                }
                ports
            }
            "sni" => {
                if !route.ranks.contains(&Rank::Tls) {
                    self.push(
                        Diagnostic::new(code::E0311, test.span, "`sni` is a test of TLS that is handed on unopened")
                            .label("no such connection here")
                            .help("test `host` instead"),
                    );
                    return None;
                }
                let hosts = self.hosts_of(route);
                if hosts.len() > 1 {
                    self.push(
                        Diagnostic::new(code::E0423, test.span, "each host of the target has rules of its own")
                            .label("holds for one of them at most")
                            .help("declare an external for each host, and a route for each"),
                    );
                    return None;
                }
                for arg in args.list("hosts") {
                    let (name, span) = text(arg);
                    if !hosts.is_empty() && !hosts.iter().any(|host| mesh_istio::host::covers(host, &name)) {
                        self.push(
                            Diagnostic::new(
                                code::E0423,
                                span,
                                format!("`{name}` is not among the hosts of this route"),
                            )
                            .label("never tested here")
                            .also(route.target_span, "the route is for this host")
                            .note("Istio refuses a server name outside of the route's hosts"),
                        );
                        return None;
                    }
                }
                args.list("hosts").iter().map(|arg| TestKind::Sni(text(arg).0)).collect()
            }
            "from" => self.proxies(test, route)?,
            _ => {
                let mut gateways = Vec::new();
                for arg in args.list("gateways") {
                    if arg.name().name == "mesh" {
                        if route.mesh.is_none() {
                            let problem =
                                Diagnostic::new(code::E0423, arg.span, "the route does not hold inside the mesh")
                                    .label("never tested there")
                                    .also(route.head.span, "where it holds is said here")
                                    .help("write `via …, mesh` in the head");
                            self.push(problem);
                            return None;
                        }
                        gateways.push(TestKind::Via(None));
                        continue;
                    }
                    let id = self.gateway_named(arg.name(), route.head.namespace, arg.span)?;
                    if !route.gateways.iter().any(|(known, _)| *known == id) {
                        let problem = Diagnostic::new(code::E0423, arg.span, "the route does not hold at this gateway")
                            .label("never tested there")
                            .also(route.head.span, "where it holds is said here");
                        self.push(problem);
                        return None;
                    }
                    gateways.push(TestKind::Via(Some(id)));
                }
                gateways
            }
        })
    }

    /// The patterns of a test: a list is alternatives, but under `not` all of them must fail, in one expression.
    fn patterns(&self, args: &[Arg<'a>], exact: Option<&Arg<'a>>, test: &Test<'t, 'a>) -> Vec<Pattern<'a>> {
        if let Some(exact) = exact {
            return vec![Pattern::Exact(text(exact).0)];
        }
        let mut patterns: Vec<Pattern<'a>> = args
            .iter()
            .filter_map(|arg| match &arg.value {
                Value::Pattern(pattern) => Some(pattern.clone()),
                _ => None,
            })
            .collect();
        if patterns.is_empty() {
            patterns.push(Pattern::Present);
        }
        if test.not.is_some() && patterns.len() > 1 {
            let any = patterns.iter().map(Pattern::regex).collect::<Vec<_>>().join("|");
            return vec![Pattern::Regex(any.into())];
        }
        patterns
    }

    fn claim_possible(&mut self, test: &Test<'t, 'a>, route: &Route<'a>) -> bool {
        if let (Some(mesh), false) = (route.mesh, matches!(route.target, RouteTarget::Delegate(_))) {
            self.push(
                Diagnostic::new(code::E0311, test.span, "`claim` is a test of routes at gateways")
                    .label("not inside the mesh")
                    .also(mesh, "the route holds inside the mesh")
                    .help("write `via GATEWAY` in the head of the route"),
            );
            return false;
        }
        true
    }

    /// The port that the client called: of the target's service inside the mesh, of a listener at a gateway.
    fn called_port(&mut self, arg: &Arg<'a>, route: &Route<'a>) -> Option<u16> {
        if route.mesh.is_some()
            && let RouteTarget::Service(id) = route.target
        {
            return self.port(id, arg).map(|port| port.number);
        }
        let Value::Number(number) = arg.value else {
            if let RouteTarget::Service(id) = route.target {
                return self.port(id, arg).map(|port| port.number);
            }
            self.push(
                Diagnostic::new(code::E0203, arg.span, format!("`{}` names a port of no service", arg.str()))
                    .label("the target is a host")
                    .help("write the number of the port"),
            );
            return None;
        };
        let number = u16::try_from(number).ok()?;
        let mut known: Vec<u16> = route
            .gateways
            .iter()
            .flat_map(|(id, _)| &self.mesh.gateways[id.0].listeners)
            .map(|listener| listener.port)
            .collect();
        if let RouteTarget::External(id) = route.target {
            known.extend(self.mesh.externals[id.0].ports.iter().map(|port| port.port.number));
        }
        if !known.is_empty() && !known.contains(&number) && !route.poisoned && route.mesh.is_none() {
            let known: Vec<String> = known.iter().map(u16::to_string).collect();
            self.push(
                Diagnostic::new(code::E0203, arg.span, format!("the gateway has no listener on port {number}"))
                    .label("nobody can call it there")
                    .help(format!("it listens on {}", crate::suggest::all_of(known.iter().map(String::as_str)))),
            );
            return None;
        }
        Some(number)
    }

    fn proxies(&mut self, test: &Test<'t, 'a>, route: &Route<'a>) -> Option<Vec<TestKind<'a>>> {
        if route.mesh.is_none() {
            self.push(
                Diagnostic::new(
                    code::E0423,
                    test.span,
                    "`from` picks proxies of the mesh, and this route holds at gateways only",
                )
                .label("no gateway has these labels")
                .help("test what the request carries, such as a `header`"),
            );
            return None;
        }
        let mut out = Vec::new();
        for arg in test.args.list("namespaces") {
            self.known_namespace(arg.word(), arg.span);
            out.push(TestKind::FromNamespace(arg.word()));
        }
        for arg in test.args.list("services") {
            match self.named(arg.name(), route.head.namespace, arg.span)? {
                Named::Service(id) => out.push(TestKind::FromService(id)),
                Named::External(_) => {
                    self.push(
                        Diagnostic::new(code::E0321, arg.span, "an external calls nobody through a sidecar")
                            .label("outside the mesh"),
                    );
                    return None;
                }
            }
        }
        Some(out)
    }

    /// What stands twice in one `and`, and what excludes each other there.
    fn compatible(&mut self, all: &[RequestTest<'a>], route: &Route<'a>) -> bool {
        for (i, test) in all.iter().enumerate() {
            let same = all[..i].iter().find(|old| old.not == test.not && same_field(&old.kind, &test.kind));
            if let Some(first) = same {
                let problem = Diagnostic::new(code::E0419, test.span, "two tests of one thing joined by `and`")
                    .label("the second test")
                    .also(first.span, "the first test")
                    .note("Istio holds one test for each header, parameter and the like");
                let problem = match (test.not, &test.kind) {
                    (true, _) => problem.help("write both into one list, as in `not header x \"a\", \"b\"`"),
                    (_, TestKind::Method(_) | TestKind::Port(_)) => {
                        problem.help("no request is both; a list, as in `method GET, HEAD`, holds alternatives")
                    }
                    _ => problem.help("write one regular expression for both; or an `or`, if either may hold"),
                };
                self.push(problem);
                return false;
            }
        }
        let from = all.iter().find(|test| matches!(test.kind, TestKind::FromService(_) | TestKind::FromNamespace(_)));
        let via = all.iter().find(|test| matches!(test.kind, TestKind::Via(_)));
        if let (Some(from), Some(via)) = (from, via) {
            let problem = Diagnostic::new(code::E0423, from.span, "`from` is not read beside `via`")
                .label("would be ignored")
                .also(via.span, "joined to this");
            self.push(problem);
            return false;
        }
        let http = all.iter().find(|test| test.kind.needs_http());
        let sni = all.iter().find(|test| matches!(test.kind, TestKind::Sni(_)));
        if let (Some(http), Some(sni)) = (http, sni) {
            let problem =
                Diagnostic::new(code::E0320, http.span, "no connection is both: opened HTTP and unopened TLS")
                    .label("needs HTTP")
                    .also(sni.span, "needs TLS that is not opened");
            self.push(problem);
            return false;
        }
        let _ = route;
        true
    }
}

fn same_field(a: &TestKind<'_>, b: &TestKind<'_>) -> bool {
    match (a, b) {
        (TestKind::Header(a, _), TestKind::Header(b, _)) => a.eq_ignore_ascii_case(b),
        (TestKind::Header(name, _), TestKind::Cookie(..)) | (TestKind::Cookie(..), TestKind::Header(name, _)) => {
            name.eq_ignore_ascii_case("cookie")
        }
        (TestKind::Query(a, _), TestKind::Query(b, _)) | (TestKind::Claim(a, _), TestKind::Claim(b, _)) => a == b,
        (
            TestKind::FromService(_) | TestKind::FromNamespace(_),
            TestKind::FromService(_) | TestKind::FromNamespace(_),
        ) => true,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
