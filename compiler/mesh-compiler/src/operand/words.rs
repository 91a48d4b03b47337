//! The words of Istio and Envoy that operands may be.

use std::ops::RangeInclusive;

/// The HTTP methods that Istio knows.
pub(super) const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// The cipher suites that Istio knows.
pub(super) const CIPHERS: [&str; 15] = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

/// The modes of mutual TLS.
pub(super) const MODES: [&str; 4] = ["strict", "permissive", "off", "inherit"];

/// The reasons to retry that Envoy knows and Istio lets through.
pub(super) const RETRY_ON: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

pub(super) const GRPC: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The statuses that HTTP has a name for: Istio takes no others as a reason to retry.
const STATUSES: [RangeInclusive<u16>; 12] = [
    100..=103,
    200..=208,
    226..=226,
    300..=305,
    307..=308,
    400..=418,
    421..=426,
    428..=429,
    431..=431,
    451..=451,
    500..=508,
    510..=511,
];

/// The reason to retry that a word names: a policy or a status code.
pub(super) fn retry_on(word: &str) -> Option<&str> {
    let code = word.len() == 3 && word.parse().is_ok_and(|code| STATUSES.iter().any(|range| range.contains(&code)));
    (RETRY_ON.contains(&word) || code).then_some(word)
}

/// The metrics of Istio, as Prometheus has them without their prefix.
pub(super) const METRICS: [&str; 11] = [
    "all_metrics",
    "request_count",
    "request_duration",
    "request_size",
    "response_size",
    "tcp_opened_connections",
    "tcp_closed_connections",
    "tcp_sent_bytes",
    "tcp_received_bytes",
    "grpc_request_messages",
    "grpc_response_messages",
];
