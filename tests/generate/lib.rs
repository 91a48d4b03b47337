//! Meshes of any size, for benchmarks: the same text for the same size.

use std::fmt::Write;

/// A mesh of `count` services, each with a canary split, a header rule, retries, a timeout, a pool, ejection,
/// mutual TLS, two callees and two callers that are allowed. Nothing is wrong with it.
#[must_use]
pub fn mesh(count: usize) -> String {
    let mut out = String::from("in shop\nnamespace shop < inject >\n");
    for i in 0..count {
        let (a, b) = ((i + 1) % count, (i + 7) % count);
        let (from, other) = ((i + count - 1) % count, (i + count - 7 % count) % count);
        let _ = write!(
            out,
            "
service svc-{i} < http 8080; versions v1, v2; account svc-{i}; replicas 4; calls svc-{a}, svc-{b} >
route svc-{i} <
  when header x-canary \"always\" < v2 >
  v1: 90%, v2
  timeout 10s
  retry 2 x 2s on 5xx, reset
>
traffic svc-{i} <
  pool < max-connections 100; max-pending 50 >
  eject 5 x 5xx every 5s for 30s at-most 50%
  tls mesh
>
mtls svc-{i} strict
allow svc-{i} < from svc-{from}, svc-{other}; to GET, POST /api/* >
"
        );
    }
    out
}

/// The same mesh as [`mesh`], each service of which takes profiles in where `mesh` spells their clauses out.
#[must_use]
pub fn profiles(count: usize) -> String {
    let mut out = String::from(
        "in shop
namespace shop < inject >
profile resilient (attempts: 2, each: 2s, total: 10s) < timeout $total; retry $attempts x $each on 5xx, reset >
profile canary (to, from, share: 90%) < when header x-canary \"always\" < $to >; $from: $share, $to >
profile guarded (connections: 100) <
  pool < max-connections $connections; max-pending 50 >
  eject 5 x 5xx every 5s for 30s at-most 50%
  tls mesh
>
profile closed (callers) < from $callers; to GET, POST /api/* >
",
    );
    for i in 0..count {
        let (a, b) = ((i + 1) % count, (i + 7) % count);
        let (from, other) = ((i + count - 1) % count, (i + count - 7 % count) % count);
        let _ = write!(
            out,
            "
service svc-{i} < http 8080; versions v1, v2; account svc-{i}; replicas 4; calls svc-{a}, svc-{b} >
route svc-{i} < with canary (to: v2, from: v1); with resilient >
traffic svc-{i} < with guarded >
mtls svc-{i} strict
allow svc-{i} < with closed (callers: (svc-{from}, svc-{other})) >
"
        );
    }
    out
}
