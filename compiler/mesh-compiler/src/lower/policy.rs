//! The policy that a layer of traffic settings becomes.

use mesh_diagnostics::Span;
use mesh_istio::{Node, Object};

use super::field::replace;
use super::texts;
use crate::model::{Balance, Eject, EjectKind, FieldSet, HashKey, Layer, PoolValue, Tls};
use crate::vocabulary::{Block, lookup};

/// What the layers of one object are lowered by.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub http: bool,
    pub tcp: bool,
}

/// The sections of a policy that the settings of a port have too.
const OF_PORTS: [&str; 4] = ["connectionPool", "loadBalancer", "outlierDetection", "tls"];

/// The settings of one port.
pub(super) fn port_object(number: u16, layer: &Layer<'_>, span: Span, ports: Ports) -> Object {
    let mut object = Object::new(span);
    let mut port = Object::new(span);
    port.set("number", number);
    object.put_object("port", port);
    object.fill_from(&clauses(layer, span, ports));
    let of_port = |field: &&FieldSet| field.path.first().is_some_and(|name| OF_PORTS.contains(&name.as_str()));
    for field in layer.fields.iter().filter(of_port) {
        replace(field, &field.path, &mut object);
    }
    object
}

/// A policy: what clauses say, and the fields that are set by path.
pub(super) fn policy_object(layer: &Layer<'_>, span: Span, ports: Ports) -> Object {
    let mut policy = clauses(layer, span, ports);
    for field in &layer.fields {
        replace(field, &field.path, &mut policy);
    }
    policy
}

/// What the clauses of a layer say, wherever they hold.
pub(super) fn clauses_object(layer: &Layer<'_>) -> Object {
    clauses(layer, Span::default(), Ports { http: true, tcp: true })
}

fn clauses(layer: &Layer<'_>, span: Span, ports: Ports) -> Object {
    let mut policy = Object::new(span);
    let mut balancer = Object::new(span);
    if let Some((balance, span)) = &layer.balance {
        match balance {
            Balance::Simple(name) => balancer.set_at("simple", name.replace('-', "_").to_ascii_uppercase(), *span),
            Balance::Hash { key, table } => {
                balancer.set_at("consistentHash", hash_object(key, table.as_ref(), *span), *span)
            }
        }
    }
    if let Some((time, share, span)) = layer.warmup {
        let mut warmup = Object::new(span);
        warmup.set("duration", time);
        warmup.set_some("minimumPercent", share.map(|parts| f64::from(parts) / 10_000.0));
        balancer.set_at("warmup", warmup, span);
    }
    policy.put_object("loadBalancer", balancer);
    policy.put_object("connectionPool", pool_object(layer, span, ports));
    if let Some(eject) = &layer.eject {
        policy.put_object("outlierDetection", eject_object(eject));
    }
    if let Some(tls) = &layer.tls {
        policy.put_object("tls", tls_object(tls));
    }
    policy
}

fn hash_object(key: &HashKey<'_>, table: Option<&(&'static str, u32)>, span: Span) -> Object {
    let mut hash = Object::new(span);
    match key {
        HashKey::Header(name) => hash.set("httpHeaderName", *name),
        HashKey::Query(name) => hash.set("httpQueryParameterName", *name),
        HashKey::SourceIp => hash.set("useSourceIp", true),
        HashKey::Cookie(name, ttl, path) => {
            let mut cookie = Object::new(span);
            cookie.set("name", *name);
            cookie.set_some("path", path.as_deref());
            cookie.set_some("ttl", *ttl);
            hash.put_object("httpCookie", cookie);
        }
    }
    if let Some((field, size)) = table {
        let mut object = Object::new(span);
        object.set(if *field == "maglev" { "tableSize" } else { "minimumRingSize" }, *size);
        hash.put_object(*field, object);
    }
    hash
}

fn pool_object(layer: &Layer<'_>, span: Span, ports: Ports) -> Object {
    let (mut tcp, mut http) = (Object::new(span), Object::new(span));
    for (name, value, at) in &layer.pool {
        if *name == "idle-timeout" {
            let PoolValue::Time(time) = value else { continue };
            if ports.http {
                http.set_at("idleTimeout", *time, *at);
            }
            if ports.tcp {
                tcp.set_at("idleTimeout", *time, *at);
            }
            continue;
        }
        let values: [Option<Node>; 3] = match value {
            PoolValue::Count(count) => [Some(Node::new(*count, *at)), None, None],
            PoolValue::Time(time) => [Some(Node::new(*time, *at)), None, None],
            PoolValue::Keepalive(time, interval, probes) => [
                Some(Node::new(*time, *at)),
                interval.map(|interval| Node::new(interval, *at)),
                probes.map(|probes| Node::new(probes, *at)),
            ],
        };
        let sets = lookup(Block::Pool, name).map_or(&[][..], |word| word.entry.sets);
        for ((_, path), value) in sets.iter().zip(values) {
            let section = if path.starts_with("tcp.") { &mut tcp } else { &mut http };
            let path: Vec<&str> = path.split('.').skip(1).collect();
            if let Some(value) = value {
                section.set_path(&path, value);
            }
        }
    }
    let mut pool = Object::new(layer.pool.first().map_or(span, |(.., span)| *span));
    pool.put_object("tcp", tcp);
    pool.put_object("http", http);
    pool
}

fn eject_object(eject: &Eject<'_>) -> Object {
    let mut object = Object::new(eject.span);
    for (kind, count, span) in &eject.counts {
        match kind {
            EjectKind::ServerErrors => object.set_at("consecutive5xxErrors", *count, *span),
            EjectKind::Gateway => object.set_at("consecutiveGatewayErrors", *count, *span),
            EjectKind::Local => {
                object.set_at("splitExternalLocalOriginErrors", true, *span);
                object.set_at("consecutiveLocalOriginFailures", *count, *span);
            }
            EjectKind::Codes(codes) => {
                object.set_at("consecutive5xxErrors", *count, *span);
                let codes = codes.iter().map(|code| Node::new(*code, *span)).collect();
                object.put_list("outlierDetectionHttpErrorCodes", codes);
            }
        }
    }
    object.set_some("interval", eject.every);
    object.set_some("baseEjectionTime", eject.time);
    if let Some((share, span)) = eject.at_most {
        object.set_at("maxEjectionPercent", share, span);
    }
    object.set_some("minHealthPercent", eject.healthy);
    object
}

fn tls_object(tls: &Tls<'_>) -> Object {
    let mut object = Object::new(tls.span);
    object.set(
        "mode",
        match tls.mode {
            "mesh" => "ISTIO_MUTUAL",
            "simple" => "SIMPLE",
            "mutual" => "MUTUAL",
            _ => "DISABLE",
        },
    );
    object.set_some("credentialName", tls.cert.as_deref());
    if let Some((file, key)) = &tls.files {
        object.set("clientCertificate", file.as_ref());
        object.set("privateKey", key.as_ref());
    }
    object.set_some("caCertificates", tls.ca.as_deref());
    object.set_some("sni", tls.sni.as_deref());
    object.put_list("subjectAltNames", texts(&tls.san, tls.span));
    object
}
