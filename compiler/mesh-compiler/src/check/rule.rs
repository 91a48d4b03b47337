//! The rules of a route: destinations, limits, faults, answers, headers.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Rank;

use super::names::{Named, port_is, unknown_port};
use super::{Checker, Site};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{
    Abort, Cors, Headers, Mirror, Place, Port, Redirect, Retry, Rewrite, Route, RouteTarget, Rule, Share, text,
};
use crate::operand::{Arg, Destination, Pattern, Value, WHOLE, percent};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    /// Reads the body of a route: `when` blocks and the last rule.
    pub(super) fn rules(&mut self, site: Site<'t, 'a>, clauses: &Clauses<'t, 'a>, route: &mut Route<'a>) {
        for clause in clauses.all("when") {
            let found = self.walk(site.tree).condition(clause.args.rest(), Block::RequestTests, clause.span());
            let inner = self.inner(site, clause, Block::Rule);
            let mut rule = Rule { span: clause.span(), poisoned: inner.poisoned, ..Rule::default() };
            match found.and_then(|found| self.request_tests(found, route)) {
                Some(when) => rule.when = when,
                None => rule.poisoned = true,
            }
            self.rule(site, &inner, route, &mut rule);
            let block = clause.statement.block_span();
            let short = !site.tree.text()[block.range()].contains('\n');
            self.check_rule(route, &rule, Some(if short { clause.statement.span() } else { clause.span() }));
            route.rules.push(rule);
        }
        let mut last = std::mem::take(&mut route.last);
        last.poisoned = clauses.poisoned;
        self.rule(site, clauses, route, &mut last);
        route.last = last;
    }

    fn rule(&mut self, site: Site<'t, 'a>, clauses: &Clauses<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        for clause in &clauses.list {
            if clause.word.entry.http && !route.ranks.contains(&Rank::Http) {
                self.push(no_http(clause.name(), clause.span(), route.target_span));
                rule.poisoned = true;
                continue;
            }
            self.rule_clause(site, clause, route, rule);
        }
    }

    fn rule_clause(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        let args = &clause.args;
        let span = clause.span();
        let percent = |slot: &str| args.get(slot).map(Arg::parts);
        match clause.name() {
            "" => self.shares(site, clause, route, rule),
            "timeout" => {
                let limit = args.get("limit").map(|arg| (arg.word(), arg.millis()));
                rule.timeout = Some((limit, span));
            }
            "retry" => rule.retry = self.retry(clause),
            "mirror" => {
                let Some(arg) = args.get("to") else { return };
                match self.destination(arg, route) {
                    Some(place) => {
                        let port = args.get("port").and_then(|arg| self.place_port(place, arg)).map(|port| (port.number, span));
                        rule.mirrors.push(Mirror { place, port, parts: percent("share"), span });
                    }
                    None => rule.poisoned = true,
                }
            }
            "delay" => {
                rule.delay = args.get("time").zip(args.get("share")).map(|(time, share)| (time.word(), share.parts(), span));
                self.some_share(args.get("share"), "a delay");
            }
            "abort" => {
                self.some_share(args.get("share"), "an abort");
                rule.abort = args.get("status").zip(args.get("share")).map(|(status, share)| {
                    let status = match status.value {
                        Value::Number(code) => Abort::Http(code),
                        _ => Abort::Grpc(status.word()),
                    };
                    (status, share.parts(), span)
                });
            }
            "respond" => {
                let body = args.get("body").map(|arg| text(arg).0);
                if body.as_ref().is_some_and(|body| body.len() > 1 << 20) {
                    self.push(Diagnostic::new(code::E0310, span, "a fixed answer has 1 MiB at most").label("longer"));
                }
                rule.respond = args.get("status").map(|status| (status.number(), body, span));
            }
            "redirect" => {
                rule.redirect = self.redirect(clause, rule);
                rule.poisoned |= rule.redirect.is_none();
            }
            "rewrite" => self.rewrite(clause, rule),
            "delegate" => self.delegation(clause, route, rule),
            "request-headers" => rule.request_headers = Some(self.headers(site, clause, true)),
            "response-headers" => rule.response_headers = Some(self.headers(site, clause, false)),
            "cors" => rule.cors = Some(self.cors(site, clause)),
            _ => {}
        }
    }

    fn some_share(&mut self, share: Option<&Arg<'a>>, what: &str) {
        if let Some(share) = share.filter(|share| share.parts() == 0) {
            let span = share.span;
            self.push(Diagnostic::new(code::E0310, span, format!("{what} for nobody")).label("0% does nothing").help("leave the clause out"));
        }
    }

    fn shares(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        let inner = self.inner(site, clause, Block::Destination);
        let mut request_headers = None;
        let mut response_headers = None;
        for inner in &inner.list {
            if !route.ranks.contains(&Rank::Http) {
                self.push(no_http(inner.name(), inner.span(), route.target_span));
                continue;
            }
            match inner.name() {
                "request-headers" => request_headers = Some(self.headers(site, inner, true)),
                _ => response_headers = Some(self.headers(site, inner, false)),
            }
        }
        let list = clause.args.list("shares");
        if let (Some(port), true) = (clause.args.get("port"), list.len() > 1) {
            self.push(
                Diagnostic::new(code::E0303, port.span, "a destination with a port is a statement of its own")
                    .label("of which destination?")
                    .help("write each destination on a line of its own, as in `reviews: 30% port 9080`"),
            );
            rule.poisoned = true;
            return;
        }
        if let (true, true) = (request_headers.is_some() || response_headers.is_some(), list.len() > 1) {
            self.push(
                Diagnostic::new(code::E0303, clause.span(), "a destination with headers is a statement of its own")
                    .label("of which destination?")
                    .help("write each destination on a line of its own"),
            );
        }
        for arg in list {
            let Value::Share(_, parts) = arg.value else { continue };
            let Some(place) = self.destination(arg, route) else {
                rule.poisoned = true;
                continue;
            };
            let port = match clause.args.get("port") {
                Some(port) => match self.place_port(place, port) {
                    Some(found) => Some((found.number, port.span)),
                    None => {
                        rule.poisoned = true;
                        continue;
                    }
                },
                None => None,
            };
            rule.shares.push(Share {
                place,
                parts,
                port,
                request_headers: request_headers.clone(),
                response_headers: response_headers.clone(),
                span: arg.span,
            });
        }
    }

    /// What a destination means in this route: a version of the target, or a service.
    pub(super) fn destination(&mut self, arg: &Arg<'a>, route: &Route<'a>) -> Option<Place<'a>> {
        let Value::Share(Destination { word, version }, _) = &arg.value else { return None };
        let here = route.head.namespace;
        let span = Span::new(arg.span.file, arg.span.start, arg.span.start + written(word.name, word.namespace, *version));
        // Where the target is unknown, so are its versions.
        if route.target == RouteTarget::Delegate("") && version.is_none() && word.namespace.is_none() {
            return None;
        }
        if let Some(version) = version {
            return match self.named(*word, here, span)? {
                Named::Service(id) => self.version(id, version, span).then_some(Place::Service(id, Some(version))),
                Named::External(_) => {
                    self.push(Diagnostic::new(code::E0202, span, "an external has no versions").label("outside the mesh"));
                    None
                }
            };
        }
        if let (RouteTarget::Service(target), None) = (&route.target, word.namespace) {
            let target = *target;
            let service = &self.mesh.services[target.0];
            if service.name == word.name && service.namespace == here {
                return Some(Place::Service(target, None));
            }
            let is_version = service.versions.iter().any(|known| known.name == word.name);
            let is_other = self.known_as_service(word.name, here);
            if is_version || (service.open && !is_other) || (!service.versions.is_empty() && !is_other) || !is_other {
                return self.version_or_name(target, word.name, span).then_some(Place::Service(target, Some(word.name)));
            }
        }
        match self.named(*word, here, span)? {
            Named::Service(id) => Some(Place::Service(id, None)),
            Named::External(id) => Some(Place::External(id)),
        }
    }

    /// A lone word that is no declared service: a version of the target, or a slip of either.
    fn version_or_name(&mut self, target: crate::model::ServiceId, word: &'a str, span: Span) -> bool {
        let service = &self.mesh.services[target.0];
        let unknown = !service.open && !service.incomplete && !service.versions.iter().any(|known| known.name == word);
        if unknown {
            let clauses = crate::vocabulary::words_in(Block::Route).map(|word| word.entry.word).filter(|word| !word.is_empty());
            if let Some(near) = crate::suggest::nearest(word, clauses).filter(|near| near.len() > 3) {
                self.push(
                    Diagnostic::new(code::E0304, span, format!("`{word}` is not a clause of `route`"))
                        .label("not known")
                        .help(format!("did you mean `{near}`? `meshc explain {near}` shows how it is written")),
                );
                return false;
            }
        }
        self.version(target, word, span)
    }

    fn known_as_service(&self, name: &'a str, here: Option<&'a str>) -> bool {
        self.services.contains_key(&(name, here)) || self.externals.contains_key(&(name, here)) || self.doubtful.contains(name)
    }

    fn place_port(&mut self, place: Place<'a>, arg: &Arg<'a>) -> Option<Port<'a>> {
        match place {
            Place::Service(id, _) => self.port(id, arg),
            Place::External(id) => {
                let external = &self.mesh.externals[id.0];
                let ports: Vec<Port<'a>> = external.ports.iter().map(|port| port.port).collect();
                if let Some(port) = ports.iter().find(|port| port_is(port, arg)) {
                    return Some(*port);
                }
                let shown = if let Value::Number(number) = arg.value { number.to_string() } else { arg.str().to_owned() };
                let problem = unknown_port(external.name, &shown, &ports, external.span, arg);
                self.push(problem);
                None
            }
        }
    }

    fn retry(&mut self, clause: &Clause<'t, 'a>) -> Option<Retry<'a>> {
        let args = &clause.args;
        let each = args.get("each").map(|arg| (arg.word(), arg.millis()));
        let count = args.get("count").map(|arg| arg.number());
        let retry = Retry {
            count: count.filter(|count| *count > 0).map(|count| (count, each)),
            on: args.list("conditions").iter().map(Arg::word).collect(),
            backoff: args.get("backoff").map(|arg| (arg.word(), arg.millis())),
            remote: args.word("remote").is_some(),
            same_host: args.word("same-host").is_some(),
            span: clause.span(),
        };
        if count == Some(0) && (each.is_some() || !retry.on.is_empty() || retry.remote || retry.backoff.is_some()) {
            self.push(
                Diagnostic::new(code::E0319, clause.span(), "no retries, and yet something about them")
                    .label("0 retries")
                    .help("write `retry off`"),
            );
            return None;
        }
        Some(retry)
    }

    fn redirect(&mut self, clause: &Clause<'t, 'a>, rule: &Rule<'a>) -> Option<Redirect<'a>> {
        let args = &clause.args;
        let word = |slot: &str| args.get(slot).map(|arg| text(arg).0);
        let redirect = Redirect {
            code: args.get("code").map(|arg| arg.number()),
            scheme: args.get("scheme").map(|arg| arg.word()),
            host: word("host"),
            port: args.get("port").map(|arg| arg.number()),
            path: word("path"),
            prefix: word("prefix"),
            span: clause.span(),
        };
        let span = clause.span();
        if redirect.path.is_some() && redirect.prefix.is_some() {
            self.push(Diagnostic::new(code::E0319, span, "a redirect replaces the path or its prefix, not both").label("both"));
            return None;
        }
        if redirect.prefix.is_some() && self.mesh.settings.release < mesh_istio::Release(1, 31) {
            let release = self.mesh.settings.release;
            self.push(Diagnostic::new(code::E0310, span, format!("Istio {release} cannot redirect a prefix")).label("needs Istio 1.31").help("write `redirect path PATH`"));
            return None;
        }
        let prefixes = rule.when.iter().flatten().all(|test| !matches!(&test.kind, crate::model::TestKind::Path(path, _) if !matches!(path, crate::operand::Path::Prefix(_))));
        if redirect.prefix.is_some() && (!prefixes || rule.when.is_empty()) {
            self.push(
                Diagnostic::new(code::E0319, span, "there is no prefix to replace")
                    .label("`prefix` replaces what `path /x/*` matched")
                    .help("test `path /x/*` in this rule, or write `redirect path PATH`"),
            );
            return None;
        }
        let nothing = redirect.scheme.is_none() && redirect.host.is_none() && redirect.port.is_none() && redirect.path.is_none() && redirect.prefix.is_none();
        if nothing {
            self.push(
                Diagnostic::new(code::E0302, span.after(), "`redirect` lacks an operand: where to?")
                    .label("something is missing here")
                    .help("write `scheme https`, `host \"H\"`, `port N`, `path /P` or `prefix /P`"),
            );
            return None;
        }
        Some(redirect)
    }

    fn rewrite(&mut self, clause: &Clause<'t, 'a>, rule: &mut Rule<'a>) {
        let args = &clause.args;
        let span = clause.span();
        if let Some(host) = args.get("host") {
            match &rule.rewrite_host {
                Some((_, first)) => {
                    let problem = twice("rewrite host", span, *first);
                    self.push(problem);
                }
                None => rule.rewrite_host = Some((text(host).0, span)),
            }
            return;
        }
        let rewrite = match (args.get("path"), args.get("match"), args.get("with")) {
            (Some(path), ..) => Rewrite::Path(text(path).0),
            (_, Some(pattern), Some(with)) => Rewrite::Regex(text(pattern).0, text(with).0),
            _ => return,
        };
        match &rule.rewrite_path {
            Some((_, first)) => {
                let problem = twice("rewrite path", span, *first);
                self.push(problem);
            }
            None => rule.rewrite_path = Some((rewrite, span)),
        }
    }

    fn delegation(&mut self, clause: &Clause<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        let Some(arg) = clause.args.get("name") else { return };
        let name = arg.name();
        if let Some(namespace) = name.namespace {
            if !self.known_namespace(namespace, super::names::namespace_span(name, arg.span)) {
                rule.poisoned = true;
                return;
            }
        }
        let namespace = name.namespace.or(route.head.namespace);
        rule.delegate = Some((name.name, namespace, clause.span()));
        if matches!(route.target, RouteTarget::Delegate(_)) && !route.poisoned {
            self.push(
                Diagnostic::new(code::E0210, clause.span(), "a delegate cannot delegate again")
                    .label("the second step")
                    .note("Istio follows one step only")
                    .help("delegate to this route from the first one"),
            );
            rule.delegate = None;
            rule.poisoned = true;
            return;
        }
        if self.delegate((name.name, namespace)).is_none() && !self.doubtful.contains(name.name) {
            let problem = Diagnostic::new(code::E0210, arg.span, format!("no route `{}` without a target is declared", name.name)).label("not known");
            let near = crate::suggest::nearest(name.name, self.delegate_names());
            let place = Span::new(arg.span.file, arg.span.start, arg.span.start + name.name.len() as u32);
            let problem = match near {
                Some(near) => problem.fix(format!("write `{near}`"), place, near),
                None => problem.help(format!("declare it: `route as {} < … >`", name.name)),
            };
            self.push(problem);
            rule.delegate = None;
            rule.poisoned = true;
        }
    }

    pub(super) fn headers(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, request: bool) -> Headers<'a> {
        let clauses = self.inner(site, clause, Block::Headers);
        let mut headers = Headers { span: clause.span(), ..Headers::default() };
        for inner in &clauses.list {
            for arg in inner.args.list("names") {
                self.header_place(arg, false);
                headers.remove.push((arg.word(), arg.span));
            }
            let (Some(name), Some(value)) = (inner.args.get("name"), inner.args.get("value")) else { continue };
            self.header_place(name, request);
            let (value, at) = text(value);
            if let Some(problem) = bad_header_value(&value, at) {
                self.push(problem);
                continue;
            }
            let list = if inner.name() == "set" { &mut headers.set } else { &mut headers.add };
            match list.iter().find(|(old, ..)| old.eq_ignore_ascii_case(name.word())) {
                Some((.., first)) => {
                    let problem = twice(&format!("{} {}", inner.name(), name.word()), inner.span(), *first);
                    self.diagnostics.push(problem);
                }
                None => list.push((name.word().into(), value, inner.span())),
            }
        }
        headers
    }

    /// Reports header names that Envoy does not let be changed.
    fn header_place(&mut self, arg: &Arg<'a>, may_be_host: bool) {
        if arg.word().eq_ignore_ascii_case("host") && !may_be_host {
            self.push(
                Diagnostic::new(code::E0319, arg.span, "the header `host` cannot be changed here")
                    .label("Istio refuses it")
                    .help("write `rewrite host \"H\"`"),
            );
        }
    }

    fn cors(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>) -> Cors<'a> {
        let clauses = self.inner(site, clause, Block::Cors);
        let words = |word: &str, slot: &str| clauses.get(word).map(|clause| clause.args.list(slot).iter().map(Arg::word).collect()).unwrap_or_default();
        let mut cors = Cors {
            methods: words("methods", "methods"),
            headers: words("headers", "names"),
            expose: words("expose", "names"),
            credentials: clauses.get("credentials").map(Clause::span),
            unmatched: clauses.get("unmatched").and_then(|clause| clause.args.get("how")).map(|arg| arg.word()),
            span: clause.span(),
            ..Cors::default()
        };
        if let Some(age) = clauses.get("max-age").and_then(|clause| clause.args.get("age")) {
            if age.millis() % 1000 == 0 {
                cors.max_age = Some(age.word());
            } else {
                self.push(Diagnostic::new(code::E0310, age.span, "`max-age` counts whole seconds").label("a fraction of a second"));
            }
        }
        if let Some(origins) = clauses.get("origins") {
            for arg in origins.args.list("origins") {
                match &arg.value {
                    Value::Pattern(Pattern::Exact(text)) if text.is_empty() => {
                        self.push(Diagnostic::new(code::E0310, arg.span, "an origin has a name").label("empty"));
                    }
                    Value::Pattern(pattern) => cors.origins.push((pattern.clone(), arg.span)),
                    _ => {}
                }
            }
        } else if !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), "which sites does `cors` speak of?")
                    .label("no `origins` are said")
                    .help("write `origins \"https://shop.example.pk\"`"),
            );
        }
        if let (Some(credentials), Some((_, any))) = (cors.credentials, cors.origins.iter().find(|(pattern, _)| *pattern == Pattern::Present)) {
            self.push(
                Diagnostic::new(code::E0413, *any, "every site may act with the visitor's cookies")
                    .label("any origin")
                    .also(credentials, "with credentials")
                    .note("Envoy answers with the origin that asked, so that the browsers' own guard does not help")
                    .help("name the origins"),
            );
        }
        cors
    }

    /// What one rule must have and must not combine; `when` is its head, none for the last rule.
    pub(super) fn check_rule(&mut self, route: &Route<'a>, rule: &Rule<'a>, when: Option<Span>) {
        let mut ends: Vec<(&str, Span)> = Vec::new();
        ends.extend(rule.shares.first().map(|share| ("a destination", share.span)));
        ends.extend(rule.respond.as_ref().map(|(.., span)| ("`respond`", *span)));
        ends.extend(rule.redirect.as_ref().map(|redirect| ("`redirect`", redirect.span)));
        ends.extend(rule.delegate.as_ref().map(|(.., span)| ("`delegate`", *span)));
        ends.sort_by_key(|(_, span)| *span);
        if let [(first, at), (second, span), ..] = ends.as_slice() {
            self.push(
                Diagnostic::new(code::E0319, *span, format!("a rule has one end: {first} or {second}"))
                    .label("the second end")
                    .also(*at, "the first end"),
            );
            return;
        }
        if let (true, Some(span)) = (ends.is_empty() && !rule.poisoned, when) {
            self.push(
                Diagnostic::new(code::E0409, span, "this rule sends requests nowhere")
                    .label("no destination, `respond`, `redirect` or `delegate`")
                    .note("what stands in the body of the route is for the requests that no rule takes")
                    .help("write a destination into the rule"),
            );
        }
        let answers = rule.respond.as_ref().map(|_| "`respond`").or(rule.redirect.as_ref().map(|_| "`redirect`"));
        if let (Some(answer), Some((_, at))) = (answers, ends.first()) {
            let mut useless: Vec<(&str, Span)> = Vec::new();
            useless.extend(rule.delay.map(|(.., span)| ("delay", span)));
            useless.extend(rule.abort.map(|(.., span)| ("abort", span)));
            useless.extend(rule.rewrite_path.as_ref().map(|(_, span)| ("rewrite", *span)));
            useless.extend(rule.rewrite_host.as_ref().map(|(_, span)| ("rewrite", *span)));
            useless.extend(rule.mirrors.first().map(|mirror| ("mirror", mirror.span)));
            if when.is_some() {
                useless.extend(rule.timeout.as_ref().map(|(_, span)| ("timeout", *span)));
                useless.extend(rule.retry.as_ref().map(|retry| ("retry", retry.span)));
                useless.extend(rule.request_headers.as_ref().map(|headers| ("request-headers", headers.span)));
            }
            if let Some((word, span)) = useless.first() {
                self.push(
                    Diagnostic::new(code::E0319, *span, format!("`{word}` has nothing to work on"))
                        .label("no request goes on from here")
                        .also(*at, format!("{answer} ends the request")),
                );
            }
        }
        if let (Some((_, rewrite)), Some((.., headers))) = (
            &rule.rewrite_host,
            rule.request_headers.as_ref().and_then(|headers| headers.set.iter().chain(&headers.add).find(|(name, ..)| name.eq_ignore_ascii_case("host"))),
        ) {
            self.push(Diagnostic::new(code::E0319, *rewrite, "the host is changed in two places").label("here").also(*headers, "and here"));
        }
        self.check_shares(rule);
        self.check_ports(route, rule);
    }

    /// The last rule is checked when all statements of its object are united.
    pub(super) fn finish_route(&mut self, at: usize) {
        let mut route = std::mem::replace(&mut self.mesh.routes[at], empty_route());
        let is_host = matches!(route.target, RouteTarget::Host(_));
        let last = &route.last;
        let ends = !last.shares.is_empty() || last.respond.is_some() || last.redirect.is_some() || last.delegate.is_some();
        self.check_rule(&route, &route.last, None);
        if !ends && is_host && !route.poisoned {
            let span = route.target_span;
            if route.rules.is_empty() {
                self.push(
                    Diagnostic::new(code::E0409, span, "this route sends requests nowhere").label("no rule and no destination").help("write a destination, such as a service"),
                );
            } else {
                self.push(
                    Diagnostic::new(code::UNMATCHED_404, span, "what no rule takes is answered with 404")
                        .label("this route has no last rule")
                        .help("write a destination into its body, if another answer is meant"),
                );
            }
        }
        if matches!(route.target, RouteTarget::Delegate(_)) && !ends && route.rules.is_empty() && !route.poisoned {
            self.push(Diagnostic::new(code::E0409, route.target_span, "this route sends requests nowhere").label("no rule and no destination"));
        }
        for rule in route.rules.iter_mut().chain([&mut route.last]) {
            fill_shares(rule);
        }
        self.mesh.routes[at] = route;
    }

    fn check_shares(&mut self, rule: &Rule<'a>) {
        let shares = &rule.shares;
        if shares.is_empty() || rule.poisoned {
            return;
        }
        let open: Vec<&Share<'a>> = shares.iter().filter(|share| share.parts.is_none()).collect();
        if let [first, second, ..] = open.as_slice() {
            self.push(
                Diagnostic::new(code::E0401, second.span, "two destinations without a share")
                    .label("which part does it get?")
                    .also(first.span, "this one has none either")
                    .note("one destination may leave its share out and takes the rest"),
            );
            return;
        }
        let sum: u64 = shares.iter().filter_map(|share| share.parts).map(u64::from).sum();
        let whole = u64::from(WHOLE);
        let all = shares[0].span.to(shares[shares.len() - 1].span);
        match open.first() {
            Some(rest) if sum >= whole => self.push(
                Diagnostic::new(code::E0401, rest.span, format!("nothing is left: the other shares come to {}", percent(sum)))
                    .label("takes the rest")
                    .help("make the other shares smaller, or leave this destination out"),
            ),
            None if sum != whole => {
                let problem = Diagnostic::new(code::E0401, all, format!("the shares come to {}, not 100%", percent(sum)))
                    .label(format!("{} in all", percent(sum)));
                let last = shares[shares.len() - 1].parts.map_or(0, u64::from);
                let others = sum - last;
                let problem = if others < whole && shares.len() > 1 {
                    problem.help(format!("with {} for the last one they would come to 100%; or leave its share out", percent(whole - others)))
                } else if shares.len() == 1 {
                    problem.help("write the other destinations, or leave the share out")
                } else {
                    problem.help("Mesh does not scale shares: write what is meant")
                };
                self.push(problem);
            }
            _ => {}
        }
        for (i, share) in shares.iter().enumerate() {
            let same = shares[..i].iter().find(|old| old.place == share.place && old.port.map(|p| p.0) == share.port.map(|p| p.0));
            if let Some(first) = same {
                let problem = twice("destination", share.span, first.span);
                self.push(problem);
                return;
            }
        }
    }

    /// A destination whose port Istio could not find by itself.
    fn check_ports(&mut self, route: &Route<'a>, rule: &Rule<'a>) {
        for share in rule.shares.iter().filter(|share| share.port.is_none()) {
            let Place::Service(id, _) = share.place else { continue };
            let service = &self.mesh.services[id.0];
            if service.ports.len() < 2 || service.incomplete {
                continue;
            }
            let own = matches!(route.target, RouteTarget::Service(target) if target == id);
            let numbers: Vec<u16> = service.ports.iter().map(|port| port.number).collect();
            let shown: Vec<String> = numbers.iter().map(u16::to_string).collect();
            let shown = crate::suggest::any_of(shown.iter().map(String::as_str));
            let problem = |title: String| {
                Diagnostic::new(code::E0414, share.span, title)
                    .label("which port?")
                    .help(format!("write `port P` behind it, with {shown}"))
            };
            if !route.gateways.is_empty() {
                let name = service.name;
                let problem = problem(format!("`{name}` has several ports, and a gateway does not know which one to call"))
                    .note("Istio would take the listener's own port, and answer 503 where the service has no such port");
                self.push(problem);
                return;
            }
            if own {
                continue;
            }
            let RouteTarget::Service(target) = route.target else { continue };
            let caller = &self.mesh.services[target.0];
            let lacking = caller.ports.iter().find(|port| !numbers.contains(&port.number));
            if let Some(lacking) = lacking {
                let (name, number, span) = (service.name, lacking.number, lacking.span);
                let problem = problem(format!("`{name}` has several ports, and none of them is {number}")).also(span, "callers use this port");
                self.push(problem);
                return;
            }
        }
    }
}

/// Gives the destination without a share what the others leave.
fn fill_shares(rule: &mut Rule<'_>) {
    if rule.shares.len() < 2 {
        return;
    }
    let sum: u64 = rule.shares.iter().filter_map(|share| share.parts).map(u64::from).sum();
    let rest = u64::from(WHOLE).saturating_sub(sum) as u32;
    for share in &mut rule.shares {
        share.parts.get_or_insert(rest);
    }
}

fn written(name: &str, namespace: Option<&str>, version: Option<&str>) -> u32 {
    let extra = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
    (name.len() + extra(namespace) + extra(version)) as u32
}

fn empty_route<'a>() -> Route<'a> {
    Route {
        head: crate::model::Head::default(),
        target: RouteTarget::Delegate(""),
        target_span: Span::default(),
        gateways: Vec::new(),
        mesh: None,
        foreign: false,
        ranks: Vec::new(),
        rules: Vec::new(),
        last: Rule::default(),
        poisoned: true,
    }
}

pub(super) fn no_http(word: &str, span: Span, target: Span) -> Diagnostic {
    Diagnostic::new(code::E0320, span, format!("`{word}` needs HTTP, and this target speaks none"))
        .label("needs an HTTP port")
        .also(target, "no HTTP here")
        .help("declare the port as `http` or `grpc` if that is what is spoken; encrypted by the application, the proxy cannot look inside")
}

/// Envoy reads `%` in header values as the start of a variable.
fn bad_header_value(value: &str, span: Span) -> Option<Diagnostic> {
    if value.bytes().any(|b| b.is_ascii_control()) {
        return Some(Diagnostic::new(code::E0310, span, "a header value has no control characters").label("one is in here"));
    }
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('%') {
            rest = after;
            continue;
        }
        let name = tail.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
        let mut behind = &tail[name..];
        if let Some(inner) = behind.strip_prefix('(') {
            behind = inner.find(')').map_or("", |close| &inner[close + 1..]);
        }
        match behind.strip_prefix('%') {
            Some(after) if name > 0 => rest = after,
            _ => {
                return Some(
                    Diagnostic::new(code::E0310, span, "a lone `%` in a header value")
                        .label("Envoy reads `%` as the start of a variable such as `%START_TIME%`")
                        .help("write `%%` for the sign itself"),
                );
            }
        }
    }
    None
}
