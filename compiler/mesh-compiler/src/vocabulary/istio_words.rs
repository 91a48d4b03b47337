//! Words that people bring from Istio's YAML, and how Mesh says the same.

/// Istio's word and what is written in its place.
const WORDS: &[(&str, &str)] = &[
    ("VirtualService", "route orders < … >"),
    ("DestinationRule", "traffic orders < … >, and `versions` in `service`"),
    ("Gateway", "gateway public on SERVICE < … >"),
    ("ServiceEntry", "external stripe \"api.stripe.com\" < https 443 >"),
    ("PeerAuthentication", "mtls namespace shop strict"),
    ("AuthorizationPolicy", "allow orders < from frontend >"),
    ("RequestAuthentication", "jwt orders < issuer … >"),
    ("Namespace", "namespace shop < inject >"),
    ("Service", "service orders < http 80 >"),
    ("retries", "retry 3 x 2s on 5xx, reset"),
    ("attempts", "retry 3 x 2s on 5xx, reset"),
    ("perTryTimeout", "retry 3 x 2s on 5xx, reset"),
    ("retryOn", "retry 3 x 2s on 5xx, reset"),
    ("retry-on", "retry 3 x 2s on 5xx, reset"),
    ("subsets", "versions v1, v2"),
    ("subset", "version v3 < select track: canary >"),
    ("weight", "v1: 80%, v2: 20%"),
    ("ports", "http 80 to 8080"),
    ("port", "http 80 to 8080"),
    ("connectionPool", "pool < max-connections 100 >"),
    ("circuit-breaker", "eject 5 x 5xx every 10s for 30s at-most 50%"),
    ("outlierDetection", "eject 5 x 5xx every 10s for 30s at-most 50%"),
    ("loadBalancer", "balance least-request"),
    ("fault", "delay 5s for 1%, or abort 503 for 1%"),
    ("match", "when path /api/* < … >"),
    ("uri", "path /api/*"),
    ("prefix", "path /api/*"),
    ("exact", "path /healthz"),
    ("regex", "path ~\"/v[0-9]+/.*\""),
    ("headers", "header x-user \"jason\""),
    ("corsPolicy", "cors < origins … >"),
    ("allowOrigins", "origins \"https://shop.example.pk\""),
    ("jwksUri", "jwks \"https://i/jwks.json\""),
    ("rules", "from orders; to GET /api/*"),
    ("principals", "from orders, or from principal \"…\""),
    ("hosts", "route \"shop.example.pk\" via public < … >"),
    ("exportTo", "export here"),
    ("istio-injection", "inject"),
];

/// What Mesh writes for a word of Istio's.
#[must_use]
pub fn in_mesh(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, mesh)| *mesh)
}
