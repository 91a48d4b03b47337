//! The union of statements about one object, and what they say twice.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Span, code};

use super::Checker;
use crate::clause::twice;
use crate::model::{GatewayId, Jwt, Layer, Route, RouteTarget, Subject, Traffic};

type RouteKey<'a> = (RouteTarget<'a>, Vec<GatewayId>, bool, Option<&'a str>, Option<&'a str>);

impl<'t, 'a> Checker<'t, 'a> {
    /// Unites the statements of one object, and reports what they say twice.
    pub(super) fn unite(&mut self) {
        let routes = std::mem::take(&mut self.mesh.routes);
        let mut places: HashMap<RouteKey<'a>, usize> = HashMap::default();
        let mut united: Vec<Route<'a>> = Vec::with_capacity(routes.len());
        for route in routes {
            let mut gateways: Vec<GatewayId> = route.gateways.iter().map(|(id, _)| *id).collect();
            gateways.sort_unstable();
            let object = route.head.common.object.map(|(name, _)| name);
            let key = (route.target.clone(), gateways, route.mesh.is_some(), route.head.namespace, object);
            match places.get(&key) {
                Some(at) => self.unite_routes(&mut united[*at], route),
                None => {
                    places.insert(key, united.len());
                    united.push(route);
                }
            }
        }
        self.mesh.routes = united;
        for at in 0..self.mesh.routes.len() {
            self.finish_route(at);
        }
        self.unite_traffic();
        self.unite_jwts();
    }

    fn unite_routes(&mut self, into: &mut Route<'a>, mut from: Route<'a>) {
        into.rules.append(&mut from.rules);
        into.poisoned |= from.poisoned;
        into.head.common.labels.append(&mut from.head.common.labels);
        into.head.common.annotations.append(&mut from.head.common.annotations);
        into.head.common.fields.append(&mut from.head.common.fields);
        match (&into.head.common.export, &from.head.common.export) {
            (Some((_, first)), Some((_, again))) => {
                let problem = twice("export", *again, *first);
                self.push(problem);
            }
            (None, Some(export)) => into.head.common.export = Some(export.clone()),
            _ => {}
        }
        let last = &mut into.last;
        let other = from.last;
        let mut problems = Vec::new();
        macro_rules! take {
            ($field:ident, $word:literal, $span:expr) => {
                match (&last.$field, other.$field) {
                    (Some(old), Some(new)) => problems.push(twice($word, $span(&new), $span(old))),
                    (None, new) => last.$field = new,
                    _ => {}
                }
            };
        }
        take!(timeout, "timeout", |value: &(_, Span)| value.1);
        take!(retry, "retry", |value: &crate::model::Retry<'a>| value.span);
        take!(delay, "delay", |value: &(_, _, Span)| value.2);
        take!(abort, "abort", |value: &(_, _, Span)| value.2);
        take!(respond, "respond", |value: &(_, _, Span)| value.2);
        take!(redirect, "redirect", |value: &crate::model::Redirect<'a>| value.span);
        take!(rewrite_path, "rewrite path", |value: &(_, Span)| value.1);
        take!(rewrite_host, "rewrite host", |value: &(_, Span)| value.1);
        take!(delegate, "delegate", |value: &(_, _, Span)| value.2);
        take!(request_headers, "request-headers", |value: &crate::model::Headers<'a>| value.span);
        take!(response_headers, "response-headers", |value: &crate::model::Headers<'a>| value.span);
        take!(cors, "cors", |value: &crate::model::Cors<'a>| value.span);
        last.shares.extend(other.shares);
        last.mirrors.extend(other.mirrors);
        last.fields.extend(other.fields);
        last.poisoned |= other.poisoned;
        self.diagnostics.extend(problems);
    }

    /// Unites the traffic statements of one object.
    pub(super) fn unite_traffic(&mut self) {
        let mut united: Vec<Traffic<'a>> = Vec::new();
        let mut places = HashMap::default();
        for mut new in std::mem::take(&mut self.mesh.traffic) {
            let key = (new.subject, new.caller.map(|(id, _)| id), new.head.namespace);
            let Some(at) = places.get(&key) else {
                places.insert(key, united.len());
                united.push(new);
                continue;
            };
            let old: &mut Traffic<'a> = &mut united[*at];
            if let (Some((first, at)), Some((second, span))) = (old.head.common.object, new.head.common.object)
                && first != second
            {
                let problem =
                    Diagnostic::new(code::E0407, span, "one target has one DestinationRule, and it has one name")
                        .label("another name")
                        .also(at, "the first name");
                self.diagnostics.push(problem);
            }
            old.head.common.object = old.head.common.object.or(new.head.common.object);
            old.head.common.labels.append(&mut new.head.common.labels);
            old.head.common.annotations.append(&mut new.head.common.annotations);
            old.head.common.fields.append(&mut new.head.common.fields);
            old.subset_fields.append(&mut new.subset_fields);
            match (&old.head.common.export, &new.head.common.export) {
                (Some((_, first)), Some((_, again))) => self.diagnostics.push(twice("export", *again, *first)),
                (None, Some(export)) => old.head.common.export = Some(export.clone()),
                _ => {}
            }
            unite_layers(&mut old.layer, new.layer, &mut self.diagnostics);
            for (name, layer, span) in new.versions {
                match old.versions.iter_mut().find(|(known, ..)| *known == name) {
                    Some((_, known, _)) => unite_layers(known, layer, &mut self.diagnostics),
                    None => old.versions.push((name, layer, span)),
                }
            }
            for (number, layer, span) in new.ports {
                match old.ports.iter_mut().find(|(known, ..)| *known == number) {
                    Some((_, known, _)) => unite_layers(known, layer, &mut self.diagnostics),
                    None => old.ports.push((number, layer, span)),
                }
            }
        }
        self.mesh.traffic = united;
        // A service that has versions and the traffic to it are one object.
        for traffic in self.mesh.traffic.iter().filter(|traffic| !traffic.foreign && traffic.caller.is_none()) {
            let Subject::Service(id) = traffic.subject else { continue };
            let service = &self.mesh.services[id.0];
            if let (Some((_, first)), Some((_, again)), None) =
                (&service.common.export, &traffic.head.common.export, &service.vm)
            {
                self.diagnostics.push(twice("export", *again, *first));
            }
        }
    }

    /// All `jwt` of a target are one: an issuer and `require` stand once.
    fn unite_jwts(&mut self) {
        let mut places: HashMap<Subject<'a>, usize> = HashMap::default();
        let mut united: Vec<Jwt<'a>> = Vec::new();
        for new in std::mem::take(&mut self.mesh.jwts) {
            let at = *places.entry(self.workload_of(new.subject)).or_insert(united.len());
            let Some(old) = united.get_mut(at) else {
                united.push(new);
                continue;
            };
            let required = |jwt: &Jwt<'_>| jwt.require.as_ref().map(|(_, span)| *span);
            if let (Some(first), Some(again)) = (required(old), required(&new)) {
                self.diagnostics.push(twice("require", again, first));
            }
            let disagree = required(old).zip(new.optional).or(old.optional.zip(required(&new)));
            if let Some((first, again)) = disagree {
                self.diagnostics.push(
                    Diagnostic::new(
                        code::E0407,
                        again,
                        "a token is required in one statement and optional in the other",
                    )
                    .label("the second statement")
                    .also(first, "the first statement")
                    .help("keep one of them"),
                );
            }
            for issuer in new.issuers {
                match old.issuers.iter().find(|known| known.name == issuer.name) {
                    Some(first) => {
                        let problem = twice(&format!("issuer {}", issuer.name), issuer.span, first.span);
                        self.diagnostics.push(problem);
                    }
                    None => old.issuers.push(issuer),
                }
            }
            old.require = old.require.take().or(new.require);
            old.optional = old.optional.or(new.optional);
            old.head.common.labels.extend(new.head.common.labels);
            old.head.common.annotations.extend(new.head.common.annotations);
            old.head.common.fields.extend(new.head.common.fields);
            old.head.common.object = old.head.common.object.or(new.head.common.object);
        }
        self.mesh.jwts = united;
        self.requires_agree();
    }

    /// A token must satisfy every `require` that holds for a workload: those of its namespace and of the mesh too.
    fn requires_agree(&mut self) {
        let names = |jwt: &Jwt<'a>| {
            let mut names: Vec<&str> = jwt.issuers.iter().map(|issuer| issuer.name.as_ref()).collect();
            names.sort_unstable();
            names.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let required = |jwt: &&Jwt<'a>| jwt.require.is_some();
        let wide: Vec<&Jwt<'a>> = self.mesh.jwts.iter().filter(required).collect();
        let wide: Vec<&Jwt<'a>> = wide
            .into_iter()
            .filter(|jwt| matches!(jwt.subject, Subject::Namespace(_) | Subject::ThisNamespace | Subject::Mesh))
            .collect();
        let mut problems = Vec::new();
        for jwt in self.mesh.jwts.iter().filter(required) {
            let place = match self.workload_of(jwt.subject) {
                Subject::Service(id) => self.mesh.services[id.0].namespace,
                Subject::Namespace(namespace) => Some(namespace),
                _ => continue,
            };
            let above = wide.iter().find(|above| {
                let holds = match above.subject {
                    Subject::Namespace(namespace) => place == Some(namespace),
                    Subject::ThisNamespace => place.is_none(),
                    _ => true,
                };
                holds && above.subject != jwt.subject && names(above) != names(jwt)
            });
            let (Some(above), Some((_, span))) = (above, &jwt.require) else { continue };
            let Some((_, first)) = &above.require else { continue };
            problems.push(
                Diagnostic::new(code::E0407, *span, "no token can satisfy two `require`s with different issuers")
                    .label("tokens of these issuers")
                    .also(*first, "tokens of other issuers, for this workload too")
                    .note("each `require` denies a request without a token of its own issuers")
                    .help("name the same issuers in both, or keep one `require`"),
            );
        }
        self.diagnostics.extend(problems);
    }
}

fn unite_layers<'a>(into: &mut Layer<'a>, from: Layer<'a>, diagnostics: &mut Vec<Diagnostic>) {
    match (&into.balance, from.balance) {
        (Some((_, first)), Some((_, again))) => diagnostics.push(twice("balance", again, *first)),
        (None, new) => into.balance = new,
        _ => {}
    }
    match (&into.warmup, from.warmup) {
        (Some((.., first)), Some((.., again))) => diagnostics.push(twice("warmup", again, *first)),
        (None, new) => into.warmup = new,
        _ => {}
    }
    for (name, value, span) in from.pool {
        match into.pool.iter().find(|(old, ..)| *old == name) {
            Some((.., first)) => diagnostics.push(twice(name, span, *first)),
            None => into.pool.push((name, value, span)),
        }
    }
    match (&into.eject, from.eject) {
        (Some(old), Some(new)) => diagnostics.push(twice("eject", new.span, old.span)),
        (None, new) => into.eject = new,
        _ => {}
    }
    match (&into.tls, from.tls) {
        (Some(old), Some(new)) => diagnostics.push(twice("tls", new.span, old.span)),
        (None, new) => into.tls = new,
        _ => {}
    }
    into.fields.extend(from.fields);
}
