//! `mtls`, `allow`, `deny`, `audit`, `authorize`, `jwt`.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "mtls",
        &[File],
        &["targets:TARGET, mode:MODE [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "whether a workload takes mutual TLS only, also plain text, or none",
        "mtls namespace shop strict",
        "PeerAuthentication",
    )
    .may(Mtls)
    .many(),
    clause("mtls", &[Namespace], &["mode:MODE"], "the mode of the namespace", "mtls strict", "PeerAuthentication"),
    clause(
        "port",
        &[Mtls],
        &["port:PORT mode:MODE"],
        "another mode on one port",
        "port 8080 permissive",
        "portLevelMtls",
    )
    .many(),
    policy(
        "allow",
        "who may call a target; the first `allow` closes it to everyone else",
        "allow payments < from orders; to POST /pay/* >",
        "AuthorizationPolicy, action ALLOW",
    ),
    policy(
        "deny",
        "who may not, whatever is allowed",
        "deny payments < from not namespace ops; to /internal/* >",
        "AuthorizationPolicy, action DENY",
    ),
    policy(
        "audit",
        "what is written to the audit log",
        "audit payments < from anyone >",
        "AuthorizationPolicy, action AUDIT",
    ),
    nested("allow", "who may call the namespace's workloads", "allow < from nobody >"),
    nested("deny", "who may not call the namespace's workloads", "deny < from not namespace ops >"),
    nested("audit", "what is written to the audit log", "audit < from anyone >"),
    clause(
        "authorize",
        &[File],
        &["targets:TARGET, by provider:PROVIDER [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "an external authorizer decides",
        "authorize frontend by opa < to /admin/* >",
        "AuthorizationPolicy, action CUSTOM",
    )
    .may(Authorize)
    .many(),
    clause("from", &[Policy, Authorize], &["tests:SOURCE"], "the callers", "from orders, checkout", "rules[].from"),
    clause(
        "to",
        &[Policy, Authorize],
        &["tests:OPERATION"],
        "the requests: methods, paths, host, port",
        "to POST /pay/* or GET /status",
        "rules[].to",
    ),
    clause(
        "when",
        &[Policy, Authorize],
        &["tests:CONDITION"],
        "what else must hold",
        "when claim groups \"admin\"",
        "rules[].when",
    ),
    clause("dry-run", &[Policy], &[""], "is logged and not enforced", "dry-run", "annotation `istio.io/dry-run`"),
    clause(
        "jwt",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "tokens: who issues them and whether one is required",
        "jwt checkout < issuer \"https://i\" < jwks \"https://i/jwks.json\" >; require >",
        "RequestAuthentication; with `require`, also AuthorizationPolicy",
    )
    .must(Jwt)
    .many(),
    clause(
        "issuer",
        &[Jwt],
        &["name:STRING"],
        "an issuer whose tokens are taken",
        "issuer \"https://i\" < jwks \"https://i/jwks.json\" >",
        "jwtRules[]",
    )
    .must(Issuer)
    .many(),
    clause(
        "require",
        &[Jwt],
        &["except tests:OPERATION", ""],
        "requests without a valid token are rejected, but for the exceptions",
        "require except OPTIONS or GET /healthz",
        "AuthorizationPolicy, action DENY",
    )
    .http(),
    clause(
        "optional",
        &[Jwt],
        &[""],
        "requests without a token pass; a token that is not valid is still rejected",
        "optional",
        "nothing more",
    ),
    clause(
        "jwks",
        &[Issuer],
        &["keys:STRING"],
        "the issuer's keys: an address, or the key set itself",
        "jwks \"https://i/jwks.json\"",
        "jwtRules[].jwksUri, jwtRules[].jwks",
    ),
    clause(
        "audiences",
        &[Issuer],
        &["names:STRING,"],
        "the audiences taken",
        "audiences \"shop\"",
        "jwtRules[].audiences",
    ),
    clause(
        "token",
        &[Issuer],
        &["header name:HEADER [ prefix:STRING ]", "query query:QUERY", "cookie cookie:COOKIE"],
        "where the token is, instead of the header `authorization`",
        "token header x-jwt \"Bearer \"",
        "jwtRules[].fromHeaders, fromParams, fromCookies",
    )
    .many(),
    clause(
        "claim",
        &[Issuer],
        &["name:CLAIM to header header:HEADER"],
        "hands a claim on as a header",
        "claim groups to header x-groups",
        "jwtRules[].outputClaimToHeaders",
    )
    .many(),
    clause(
        "forward",
        &[Issuer],
        &[""],
        "hands the token on to the workload",
        "forward",
        "jwtRules[].forwardOriginalToken",
    ),
    clause(
        "timeout",
        &[Issuer],
        &["limit:DURATION"],
        "how long fetching the keys may take",
        "timeout 5s",
        "jwtRules[].timeout",
    ),
];

const fn policy(word: &'static str, help: &'static str, example: &'static str, becomes: &'static str) -> Entry {
    clause(word, &[File], &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"], help, example, becomes)
        .must(Policy)
        .many()
}

const fn nested(word: &'static str, help: &'static str, example: &'static str) -> Entry {
    clause(word, &[Namespace], &[""], help, example, "AuthorizationPolicy").must(Policy).many()
}
