//! Meshes of any size, for benchmarks: the same text for the same size.

use std::fmt::Write;

/// A mesh of `count` services, each with a canary split, a header rule, retries, a timeout, a pool, ejection,
/// mutual TLS and two callers that are allowed.
#[must_use]
pub fn mesh(count: usize) -> String {
    let mut out = String::from("in shop\nnamespace shop < inject >\n");
    for i in 0..count {
        let (a, b) = ((i + 1) % count, (i + 7) % count);
        let _ = write!(
            out,
            "
service svc-{i} < http 8080; versions v1, v2; account svc-{i}; replicas 4; calls svc-{a} >
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
allow svc-{i} < from svc-{a}, svc-{b}; to GET, POST /api/* >
"
        );
    }
    out
}
