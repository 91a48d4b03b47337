//! The rules of a route: destinations, limits, faults, answers, headers.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Protocol, Rank};

use super::names::Named;
use super::{Checker, Site};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{
    Abort, Entity, FieldSet, Mirror, Place, Port, Redirect, Retry, Rewrite, Route, RouteTarget, Rule, Share, text,
};
use crate::operand::{Arg, Destination, Value};
use crate::vocabulary::Block;

/// The largest body of `respond`, in bytes.
const MAX_BODY: usize = 100 << 10;

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
            rule.fields = self.fields(site, &inner, &[(Kind::VirtualService, &["http"])]);
            if let (Some(field), false) = (inner.get("field"), route.ranks.contains(&Rank::Http)) {
                self.push(self.no_http("field", field.span(), route));
            }
            self.rule(site, &inner, route, &mut rule);
            let block = clause.statement.block_span();
            let short = !site.tree.text()[block.range()].contains('\n');
            self.check_rule(route, &rule, Some(if short { clause.statement.span() } else { clause.span() }));
            route.rules.push(rule);
        }
        let mut last = std::mem::take(&mut route.last);
        last.poisoned = clauses.poisoned;
        // In the body stand the fields of the whole object, and those of the last rule.
        let own = |field: &FieldSet| field.base == ["http"];
        last.fields = route.head.common.fields.iter().filter(|field| own(field)).cloned().collect();
        route.head.common.fields.retain(|field| !own(field));
        self.rule(site, clauses, route, &mut last);
        route.last = last;
    }

    fn rule(&mut self, site: Site<'t, 'a>, clauses: &Clauses<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        for clause in &clauses.list {
            if clause.word.entry.http && !route.ranks.contains(&Rank::Http) {
                self.push(self.no_http(clause.name(), clause.span(), route));
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
                self.some_share(args.get("share"), "a mirror");
                match self.destination(arg, route) {
                    Some(place) => {
                        let port = args
                            .get("port")
                            .and_then(|arg| self.place_port(place, arg))
                            .map(|port| (port.number, span));
                        rule.mirrors.push(Mirror { place, port, parts: percent("share"), span });
                    }
                    None => rule.poisoned = true,
                }
            }
            "delay" => {
                rule.delay =
                    args.get("time").zip(args.get("share")).map(|(time, share)| (time.word(), share.parts(), span));
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
                if body.as_ref().is_some_and(|body| body.len() > MAX_BODY) {
                    self.push(
                        Diagnostic::new(code::E0310, span, "a fixed answer has 100 KiB at most")
                            .label("longer")
                            .note("every proxy of the mesh keeps it in memory, and Istio warns beyond this size"),
                    );
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
            self.push(
                Diagnostic::new(code::E0310, span, format!("{what} for nobody"))
                    .label("0% does nothing")
                    .help("leave the clause out"),
            );
        }
    }

    fn shares(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, route: &Route<'a>, rule: &mut Rule<'a>) {
        let inner = self.inner(site, clause, Block::Destination);
        let mut request_headers = None;
        let mut response_headers = None;
        for inner in &inner.list {
            if !route.ranks.contains(&Rank::Http) {
                self.push(self.no_http(inner.name(), inner.span(), route));
                continue;
            }
            match inner.name() {
                "field" => {}
                "request-headers" => request_headers = Some(self.headers(site, inner, true)),
                _ => response_headers = Some(self.headers(site, inner, false)),
            }
        }
        let fields = self.fields(site, &inner, &[(Kind::VirtualService, &["http", "route"])]);
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
                fields: fields.clone(),
                span: arg.span,
            });
        }
    }

    /// What a destination means in this route: a version of the target, or a service.
    pub(super) fn destination(&mut self, arg: &Arg<'a>, route: &Route<'a>) -> Option<Place<'a>> {
        let Value::Share(Destination { word, version }, _) = &arg.value else { return None };
        let here = route.head.namespace;
        let span =
            Span::new(arg.span.file, arg.span.start, arg.span.start + written(word.name, word.namespace, *version));
        // Where the target is unknown, so are its versions.
        if route.target == RouteTarget::Delegate("") && version.is_none() && word.namespace.is_none() {
            return None;
        }
        if let Some(version) = version {
            return match self.named(*word, here, span)? {
                Named::Service(id) => self.version(id, version, span).then_some(Place::Service(id, Some(version))),
                Named::External(_) => {
                    self.push(
                        Diagnostic::new(code::E0202, span, "an external has no versions").label("outside the mesh"),
                    );
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
            // All words of a target that could not be read are in doubt, and its versions are among them.
            let is_other = match service.assumed {
                true => self.is_declared(word.name, here),
                false => self.known_as_service(word.name, here),
            };
            if is_version || !is_other {
                return self
                    .version_or_name(target, word.name, span)
                    .then_some(Place::Service(target, Some(word.name)));
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
            let clauses =
                crate::vocabulary::words_in(Block::Route).map(|word| word.entry.word).filter(|word| !word.is_empty());
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

    pub(super) fn known_as_service(&self, name: &'a str, here: Option<&'a str>) -> bool {
        self.is_declared(name, here) || self.doubtful.contains(name)
    }

    fn is_declared(&self, name: &'a str, here: Option<&'a str>) -> bool {
        self.services.contains_key(&(name, here)) || self.externals.contains_key(&(name, here))
    }

    fn place_port(&mut self, place: Place<'a>, arg: &Arg<'a>) -> Option<Port<'a>> {
        match place {
            Place::Service(id, _) => self.port(id, arg),
            Place::External(id) => self.external_port(id, arg),
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
            self.push(
                Diagnostic::new(code::E0319, span, "a redirect replaces the path or its prefix, not both")
                    .label("both"),
            );
            return None;
        }
        if redirect.prefix.is_some() && self.mesh.settings.release < mesh_istio::Release(1, 31) {
            let release = self.mesh.settings.release;
            self.push(
                Diagnostic::new(code::E0507, span, format!("Istio {release} cannot redirect a prefix"))
                    .label("needs Istio 1.31")
                    .help("write `redirect path PATH`"),
            );
            return None;
        }
        let is_prefix = |test: &crate::model::RequestTest<'a>| {
            matches!(&test.kind, crate::model::TestKind::Path(crate::operand::Path::Prefix(_), _))
        };
        let prefixes = rule.when.iter().all(|all| all.iter().any(is_prefix));
        if redirect.prefix.is_some() && (!prefixes || rule.when.is_empty()) {
            self.push(
                Diagnostic::new(code::E0319, span, "there is no prefix to replace")
                    .label("`prefix` replaces what `path /x/*` matched")
                    .help("test `path /x/*` in this rule, or write `redirect path PATH`"),
            );
            return None;
        }
        let nothing = redirect.scheme.is_none()
            && redirect.host.is_none()
            && redirect.port.is_none()
            && redirect.path.is_none()
            && redirect.prefix.is_none();
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
        if let Some(namespace) = name.namespace
            && !self.known_namespace(namespace, super::names::namespace_span(name, arg.span))
        {
            rule.poisoned = true;
            return;
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
        if self.delegate((name.name, namespace)).is_some() {
            let place = Span::new(arg.span.file, arg.span.start, arg.span.start + name.name.len() as u32);
            self.mesh.uses.push((place, Entity::Delegate(name.name, namespace)));
        } else if !self.doubtful.contains(name.name) {
            let problem = Diagnostic::new(
                code::E0210,
                arg.span,
                format!("no route `{}` without a target is declared", name.name),
            )
            .label("not known");
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

    /// A clause of HTTP in a route whose target speaks none.
    pub(super) fn no_http(&self, word: &str, span: Span, route: &Route<'a>) -> Diagnostic {
        match route.target {
            RouteTarget::External(id)
                if self.mesh.externals[id.0].ports.iter().any(|port| port.port.protocol == Protocol::Https) =>
            {
                needs_http(word, span, route.target_span)
                    .note("the application encrypts, and the proxy cannot look into that")
                    .help("declare the port as `http 80 to 443 tls simple`: the application speaks HTTP to port 80, and the proxy encrypts")
            }
            _ => no_http(word, span, route.target_span),
        }
    }
}

fn written(name: &str, namespace: Option<&str>, version: Option<&str>) -> u32 {
    let extra = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
    (name.len() + extra(namespace) + extra(version)) as u32
}

fn needs_http(word: &str, span: Span, target: Span) -> Diagnostic {
    Diagnostic::new(code::E0320, span, format!("`{word}` needs HTTP, and this target speaks none"))
        .label("needs an HTTP port")
        .also(target, "no HTTP here")
}

pub(super) fn no_http(word: &str, span: Span, target: Span) -> Diagnostic {
    needs_http(word, span, target)
        .help("declare the port as `http` or `grpc` if that is what is spoken; what the application encrypts, the proxy cannot look into")
}
