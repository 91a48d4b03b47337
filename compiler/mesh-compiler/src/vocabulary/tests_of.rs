//! The tests of conditions: of routes, sources, operations and policies.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "path",
        &[RequestTests],
        &["patterns:PATHS, [ nocase ]"],
        "the path: exact, `/x/*` a prefix, `{id}` one segment, or a regular expression",
        "path /api/*",
        "match[].uri",
    )
    .http(),
    clause("method", &[RequestTests], &["patterns:METHOD,"], "the method", "method GET, HEAD", "match[].method").http(),
    clause(
        "header",
        &[RequestTests, ConditionTests],
        &["name:HEADER [ patterns:PATTERN, ]", "name:HEADER = exact:TEXT"],
        "a header is there, or has a value",
        "header end-user \"jason\"",
        "match[].headers",
    )
    .http(),
    clause(
        "cookie",
        &[RequestTests],
        &["name:COOKIE [ patterns:PATTERN, ]", "name:COOKIE = exact:TEXT"],
        "a cookie is there, or has a value",
        "cookie user \"dev-123\"",
        "match[].headers.cookie",
    )
    .http(),
    clause(
        "query",
        &[RequestTests],
        &["name:QUERY [ patterns:PATTERN, ]", "name:QUERY = exact:TEXT"],
        "a query parameter is there, or has a value",
        "query debug \"1\"",
        "match[].queryParams",
    )
    .http(),
    clause(
        "host",
        &[RequestTests],
        &["patterns:PATTERN,"],
        "the host that was asked for",
        "host \"a.example.pk\"",
        "match[].authority",
    )
    .http(),
    clause("scheme", &[RequestTests], &["patterns:PATTERN,"], "the scheme", "scheme \"https\"", "match[].scheme")
        .http(),
    clause("port", &[RequestTests], &["ports:PORT,"], "the port that the client called", "port 8080", "match[].port"),
    clause(
        "sni",
        &[RequestTests],
        &["hosts:HOST,"],
        "the server name of a TLS connection",
        "sni \"a.example.pk\"",
        "tls[].match[].sniHosts",
    ),
    clause(
        "from",
        &[RequestTests],
        &["namespace namespaces:NAMESPACE,", "services:SERVICE,"],
        "the proxies that get the rule: those of a service or a namespace",
        "from web",
        "match[].sourceLabels, match[].sourceNamespace",
    ),
    clause(
        "via",
        &[RequestTests],
        &["gateways:GATEWAY,"],
        "the gateways that get the rule",
        "via public",
        "match[].gateways",
    ),
    clause(
        "claim",
        &[RequestTests, ConditionTests],
        &["name:CLAIM [ patterns:PATTERN, ]", "name:CLAIM = exact:TEXT"],
        "a claim of the verified token",
        "claim groups \"admin\"",
        "match[].headers[@request.auth.claims.…], rules[].when",
    )
    .http(),
    clause(
        "",
        &[SourceTests],
        &["services:SERVICE,"],
        "services, by the accounts of their pods",
        "orders, checkout",
        "source.principals",
    ),
    clause(
        "namespace",
        &[SourceTests],
        &["names:NAMESPACE,"],
        "everything in a namespace",
        "namespace ops",
        "source.namespaces",
    ),
    clause(
        "gateway",
        &[SourceTests],
        &["gateways:GATEWAY,"],
        "gateways, by the account of their workload",
        "gateway public",
        "source.principals",
    ),
    clause(
        "principal",
        &[SourceTests],
        &["names:STRING,"],
        "identities as they stand in certificates",
        "principal \"cluster.local/ns/a/sa/b\"",
        "source.principals",
    ),
    clause(
        "token",
        &[SourceTests],
        &["[ names:STRING, ]"],
        "a valid token, of any issuer or of `ISSUER` or `ISSUER/SUBJECT`",
        "token \"https://i\"",
        "source.requestPrincipals",
    )
    .http(),
    clause(
        "ip",
        &[SourceTests],
        &["addresses:ADDRESS,"],
        "the address of the peer",
        "ip 10.0.0.0/8",
        "source.ipBlocks",
    ),
    clause(
        "client-ip",
        &[SourceTests],
        &["addresses:ADDRESS,"],
        "the address of the client behind proxies",
        "client-ip 203.0.113.0/24",
        "source.remoteIpBlocks",
    ),
    clause(
        "trust-domain",
        &[SourceTests],
        &["names:DOMAIN,"],
        "identities of a trust domain",
        "trust-domain td2",
        "source.trustDomains",
    ),
    clause("anyone", &[SourceTests], &[""], "every caller, known or not", "anyone", "no `from`"),
    clause("nobody", &[SourceTests], &[""], "no caller: in `allow`, the default deny", "nobody", "no `rules`"),
    clause(
        "",
        &[OperationTests],
        &["words:OPERATION_WORD,"],
        "methods or paths",
        "POST /pay/*",
        "operation.methods, operation.paths",
    )
    .http(),
    clause(
        "host",
        &[OperationTests],
        &["hosts:STRING,"],
        "the host that was asked for, with any port",
        "host \"internal.example.pk\"",
        "operation.hosts",
    )
    .http(),
    clause("port", &[OperationTests], &["ports:PORT,"], "the port of the service", "port 27017", "operation.ports"),
    clause(
        "audience",
        &[ConditionTests],
        &["patterns:PATTERN,"],
        "the audience of the token",
        "audience \"shop\"",
        "when `request.auth.audiences`",
    )
    .http(),
    clause(
        "presenter",
        &[ConditionTests],
        &["patterns:PATTERN,"],
        "the authorized presenter of the token",
        "presenter \"app\"",
        "when `request.auth.presenter`",
    )
    .http(),
    clause(
        "sni",
        &[ConditionTests],
        &["patterns:PATTERN,"],
        "the server name of the connection",
        "sni \"a.example.pk\"",
        "when `connection.sni`",
    ),
    clause(
        "dest-ip",
        &[ConditionTests],
        &["addresses:ADDRESS,"],
        "the address that was called",
        "dest-ip 10.0.0.0/8",
        "when `destination.ip`",
    ),
];
