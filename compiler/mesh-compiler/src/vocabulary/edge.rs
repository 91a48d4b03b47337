//! `gateway` and its listeners.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "gateway",
        &[File],
        &["name:GATEWAY [ on service:SERVICE ] [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "listeners at an edge of the mesh",
        "gateway public on istio-ingressgateway.istio-system < http 80 \"*\" >",
        "Gateway",
    )
    .may(Gateway)
    .many(),
    listener("http", "a plain HTTP listener", "http 80 \"*\" < redirect >"),
    listener("http2", "a plain HTTP/2 listener", "http2 80 \"*\""),
    listener("grpc", "a plain gRPC listener", "grpc 9000 \"*\""),
    listener("https", "an HTTPS listener", "https 443 \"shop.example.pk\" < cert \"shop-cert\" >"),
    listener("tls", "a TLS listener, routed by server name", "tls 15443 \"*.local\" < passthrough auto >"),
    listener("tcp", "a TCP listener", "tcp 31400 \"*\""),
    listener("mongo", "a MongoDB listener", "mongo 27017 \"*\""),
    listener("mysql", "a MySQL listener", "mysql 3306 \"*\""),
    listener("redis", "a Redis listener", "redis 6379 \"*\""),
    clause(
        "redirect",
        &[Listener],
        &[""],
        "answers plain HTTP with a redirect to HTTPS",
        "redirect",
        "servers[].tls.httpsRedirect",
    ),
    clause(
        "cert",
        &[Listener],
        &["names:STRING,", "file file:STRING key key:STRING"],
        "the server's certificates, by secret or by file",
        "cert \"shop-cert\"",
        "servers[].tls.credentialName",
    ),
    clause(
        "mutual",
        &[Listener],
        &["[ optional ]"],
        "clients must show a certificate; `optional` lets them",
        "mutual",
        "servers[].tls.mode",
    ),
    clause(
        "ca",
        &[Listener, Tls],
        &["file:STRING"],
        "the file with the certificates to verify the peer by",
        "ca \"/etc/certs/ca.pem\"",
        "tls.caCertificates",
    ),
    clause(
        "san",
        &[Listener, Tls],
        &["names:STRING,"],
        "the names that the peer's certificate must have",
        "san \"spiffe://cluster.local/ns/a/sa/b\"",
        "tls.subjectAltNames",
    ),
    clause("mesh", &[Listener], &[""], "ends Istio's own mutual TLS", "mesh", "servers[].tls.mode: ISTIO_MUTUAL"),
    clause(
        "passthrough",
        &[Listener],
        &["[ auto ]"],
        "hands TLS on unopened; `auto` routes by the server name alone",
        "passthrough",
        "servers[].tls.mode",
    ),
    clause(
        "min-tls",
        &[Listener],
        &["version:{1.0|1.1|1.2|1.3}"],
        "the oldest TLS version taken",
        "min-tls 1.2",
        "servers[].tls.minProtocolVersion",
    ),
    clause(
        "max-tls",
        &[Listener],
        &["version:{1.0|1.1|1.2|1.3}"],
        "the newest TLS version taken",
        "max-tls 1.3",
        "servers[].tls.maxProtocolVersion",
    ),
    clause(
        "ciphers",
        &[Listener],
        &["names:CIPHER,"],
        "the cipher suites taken",
        "ciphers ECDHE-RSA-AES256-GCM-SHA384",
        "servers[].tls.cipherSuites",
    ),
    clause(
        "bind",
        &[Listener],
        &["address:ADDRESS"],
        "the address that the listener is bound to",
        "bind 10.0.0.1",
        "servers[].bind",
    ),
    clause(
        "routes-from",
        &[Listener],
        &["namespaces:NAMESPACE,"],
        "only routes of these namespaces are taken",
        "routes-from prod",
        "servers[].hosts",
    ),
];

const fn listener(word: &'static str, help: &'static str, example: &'static str) -> Entry {
    clause(word, &[Gateway], &["port:PORTNUM hosts:HOST,"], help, example, "Gateway `servers`").may(Listener).many()
}
