//! The rules of an HTTP route, and destinations.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Rank};

use super::matching::text_match;
use super::{Lower, texts};
use crate::check_names::subset_name;
use crate::model::{Abort, Cors, Headers, Place, Redirect, Retry, Rewrite, Route, RouteTarget, Rule, Share};
use crate::operand::WHOLE;

impl<'a> Lower<'_, 'a> {
    /// The fields of `http[]` behind its matches; nothing where the rule ends nowhere.
    pub(super) fn http_rule(
        &self,
        route: &Route<'a>,
        rule: &Rule<'a>,
        is_last: bool,
        mut object: Object,
    ) -> Option<Object> {
        let body = &route.last;
        let goes_on = rule.respond.is_none() && rule.redirect.is_none();
        if let Some((name, namespace, span)) = &rule.delegate {
            let mut delegate = Object::new(*span);
            delegate.set("name", *name);
            delegate.set_some("namespace", *namespace);
            object.put_object("delegate", delegate);
        } else if let Some(redirect) = &rule.redirect {
            object.put_object("redirect", redirect_object(redirect));
        } else if let Some((status, text, span)) = &rule.respond {
            let mut respond = Object::new(*span);
            respond.set("status", *status);
            if let Some(text) = text {
                let mut body = Object::new(*span);
                body.set("string", text.as_ref());
                respond.put_object("body", body);
            }
            object.put_object("directResponse", respond);
        } else if !rule.ends_by_field() {
            object.put_list("route", self.destinations(route, rule, is_last, Rank::Http)?);
        }
        if let Some(rewrite) = rewrite_object(rule) {
            object.put_object("rewrite", rewrite);
        }
        if goes_on {
            let timeout = rule.timeout.as_ref().or(body.timeout.as_ref());
            if let Some((Some((text, _)), span)) = timeout {
                object.set_at("timeout", *text, *span);
            }
            if let Some(retry) = rule.retry.as_ref().or(body.retry.as_ref()) {
                object.put_object("retries", retry_object(retry));
            }
            object.put_object("fault", fault_object(rule));
            self.mirrors(rule, &mut object);
        }
        let mut headers = Object::new(rule.span);
        if goes_on && let Some(request) = rule.request_headers.as_ref().or(body.request_headers.as_ref()) {
            headers.put_object("request", headers_object(request));
        }
        if let Some(response) = rule.response_headers.as_ref().or(body.response_headers.as_ref()) {
            headers.put_object("response", headers_object(response));
        }
        object.put_object("headers", headers);
        if let Some(cors) = rule.cors.as_ref().or(body.cors.as_ref()) {
            let mut policy = cors_object(cors);
            self.set_fields(&cors.fields, Kind::VirtualService, &mut policy);
            object.put_object("corsPolicy", policy);
        }
        Some(object)
    }

    fn mirrors(&self, rule: &Rule<'a>, object: &mut Object) {
        let mirrors = rule.mirrors.iter().map(|mirror| {
            let mut entry = Object::new(mirror.span);
            entry.put_object("destination", self.destination(mirror.place, mirror.port, mirror.span));
            if let Some(parts) = mirror.parts {
                entry.put_object("percentage", percentage(parts, mirror.span));
            }
            entry.node()
        });
        object.put_list("mirrors", mirrors.collect());
    }

    /// The weighted destinations of a rule. The last rule of a service without any ends in the whole service.
    pub(super) fn destinations(
        &self,
        route: &Route<'a>,
        rule: &Rule<'a>,
        is_last: bool,
        rank: Rank,
    ) -> Option<Vec<Node>> {
        if rule.shares.is_empty() {
            let ends_otherwise = rule.respond.is_some() || rule.redirect.is_some() || rule.delegate.is_some();
            let whole = match route.target {
                RouteTarget::Service(id) => Place::Service(id, None),
                RouteTarget::External(id) => Place::External(id),
                _ => return None,
            };
            if !is_last || ends_otherwise || rule.poisoned {
                return None;
            }
            let mut entry = Object::new(route.target_span);
            entry.put_object("destination", self.destination(whole, None, route.target_span));
            return Some(vec![entry.node()]);
        }
        let weights = weights(&rule.shares);
        let entries = rule.shares.iter().zip(weights).map(|(share, weight)| {
            let mut entry = Object::new(share.span);
            entry.put_object("destination", self.destination(share.place, share.port, share.span));
            entry.set_some("weight", weight);
            if rank == Rank::Http {
                let mut headers = Object::new(share.span);
                if let Some(request) = &share.request_headers {
                    headers.put_object("request", headers_object(request));
                }
                if let Some(response) = &share.response_headers {
                    headers.put_object("response", headers_object(response));
                }
                entry.put_object("headers", headers);
            }
            self.set_fields(&share.fields, Kind::VirtualService, &mut entry);
            entry.node()
        });
        Some(entries.collect())
    }

    fn destination(&self, place: Place<'a>, port: Option<(u16, Span)>, span: Span) -> Object {
        let mut destination = Object::new(span);
        destination.set("host", self.place_host(place));
        if let Place::Service(_, Some(version)) = place {
            destination.set("subset", subset_name(version));
        }
        if let Some((number, span)) = port {
            let mut port = Object::new(span);
            port.set("number", number);
            destination.put_object("port", port);
        }
        destination
    }
}

/// Whole weights: percentages, or, where there are fractions, the same times the smallest power of ten that
/// makes all of them whole. A lone destination needs none.
fn weights(shares: &[Share<'_>]) -> Vec<Option<u32>> {
    if shares.len() < 2 {
        return vec![None; shares.len()];
    }
    let mut unit = WHOLE / 100;
    while unit > 1 && shares.iter().any(|share| share.parts.unwrap_or(0) % unit != 0) {
        unit /= 10;
    }
    shares.iter().map(|share| Some(share.parts.unwrap_or(0) / unit)).collect()
}

fn percentage(parts: u32, span: Span) -> Object {
    let mut object = Object::new(span);
    object.set("value", f64::from(parts) / 10_000.0);
    object
}

fn fault_object(rule: &Rule<'_>) -> Object {
    let mut fault = Object::new(rule.span);
    if let Some((time, parts, span)) = rule.delay {
        let mut delay = Object::new(span);
        delay.put_object("percentage", percentage(parts, span));
        delay.set("fixedDelay", time);
        fault.put_object("delay", delay);
    }
    if let Some((status, parts, span)) = rule.abort {
        let mut abort = Object::new(span);
        match status {
            Abort::Http(code) => abort.set("httpStatus", code),
            Abort::Grpc(word) => abort.set("grpcStatus", word),
        }
        abort.put_object("percentage", percentage(parts, span));
        fault.put_object("abort", abort);
    }
    fault
}

fn retry_object(retry: &Retry<'_>) -> Object {
    let mut object = Object::new(retry.span);
    let Some((count, each)) = retry.count else {
        object.set("attempts", 0u32);
        return object;
    };
    object.set("attempts", count);
    object.set_some("perTryTimeout", each.map(|(text, _)| text));
    if !retry.on.is_empty() {
        object.set("retryOn", retry.on.join(","));
    }
    object.set_some("backoff", retry.backoff.map(|(text, _)| text));
    if retry.remote {
        object.set("retryRemoteLocalities", true);
    }
    if retry.same_host {
        object.set("retryIgnorePreviousHosts", false);
    }
    object
}

fn redirect_object(redirect: &Redirect<'_>) -> Object {
    let mut object = Object::new(redirect.span);
    object.set_some("uri", redirect.path.as_deref());
    object.set_some("prefixRewrite", redirect.prefix.as_deref());
    object.set_some("authority", redirect.host.as_deref());
    object.set_some("scheme", redirect.scheme);
    object.set_some("port", redirect.port);
    object.set_some("redirectCode", redirect.code);
    object
}

fn rewrite_object(rule: &Rule<'_>) -> Option<Object> {
    let span =
        rule.rewrite_path.as_ref().map(|(_, span)| *span).or(rule.rewrite_host.as_ref().map(|(_, span)| *span))?;
    let mut object = Object::new(span);
    match &rule.rewrite_path {
        Some((Rewrite::Path(path), span)) => object.set_at("uri", path.as_ref(), *span),
        Some((Rewrite::Regex(pattern, with), span)) => {
            let mut regex = Object::new(*span);
            regex.set("match", pattern.as_ref());
            regex.set("rewrite", with.as_ref());
            object.put_object("uriRegexRewrite", regex);
        }
        None => {}
    }
    if let Some((host, span)) = &rule.rewrite_host {
        object.set_at("authority", host.as_ref(), *span);
    }
    Some(object)
}

pub(super) fn headers_object(headers: &Headers<'_>) -> Object {
    let mut object = Object::new(headers.span);
    for (field, pairs) in [("set", &headers.set), ("add", &headers.add)] {
        let mut map = Object::new(headers.span);
        for (name, value, span) in pairs {
            map.set_at(name.to_string(), value.as_ref(), *span);
        }
        object.put_object(field, map);
    }
    object.put_list("remove", headers.remove.iter().map(|(name, span)| Node::new(*name, *span)).collect());
    object
}

fn cors_object(cors: &Cors<'_>) -> Object {
    let mut object = Object::new(cors.span);
    let origins = cors.origins.iter().map(|(pattern, span)| {
        let mut origin = text_match(pattern, *span);
        if origin.is_empty() {
            origin.set("regex", ".*");
        }
        origin.node()
    });
    object.put_list("allowOrigins", origins.collect());
    object.put_list("allowMethods", texts(&cors.methods, cors.span));
    object.put_list("allowHeaders", texts(&cors.headers, cors.span));
    object.put_list("exposeHeaders", texts(&cors.expose, cors.span));
    object.set_some("maxAge", cors.max_age);
    if let Some(span) = cors.credentials {
        object.set_at("allowCredentials", true, span);
    }
    object.set_some("unmatchedPreflights", cors.unmatched.map(str::to_ascii_uppercase));
    object
}
