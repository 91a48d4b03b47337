//! What Istio's webhook asks of single texts and numbers, each with the sentence that says what is valid.

use std::net::IpAddr;

use crate::duration::millis;
use crate::{address, header, host, jwks, regex};

/// What Istio's webhook asks of a text or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(&'static Row);

#[derive(Debug)]
struct Row {
    name: &'static str,
    valid: &'static str,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Text(fn(&str) -> bool),
    Number(fn(f64) -> bool),
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

const fn text(name: &'static str, valid: &'static str, test: fn(&str) -> bool) -> Row {
    Row { name, valid, test: Test::Text(test) }
}

const fn number(name: &'static str, valid: &'static str, test: fn(f64) -> bool) -> Row {
    Row { name, valid, test: Test::Number(test) }
}

static ROWS: &[Row] = &[
    text("any", "a text", |_| true),
    text("filled", "a text that is not empty", |text| !text.is_empty()),
    text("empty", "left out: only objects of the own namespace can be meant", str::is_empty),
    text("duration", "a time of whole milliseconds, at least `1ms`", |text| {
        millis(text).is_some_and(|time| (1.0..=LONGEST).contains(&time) && time.fract() == 0.0)
    }),
    text("duration-or-zero", "a time of whole milliseconds, or `0s`", |text| {
        millis(text).is_some_and(|time| time.fract() == 0.0)
    }),
    text("whole-seconds", "a time of whole seconds", |text| {
        millis(text).is_some_and(|time| time >= 1.0 && time % 1000.0 == 0.0)
    }),
    number("port", "a port from 1 to 65535", |number| (1.0..=65535.0).contains(&number)),
    number("port-or-zero", "a port from 1 to 65535, or 0 beside a Unix socket", |number| {
        (0.0..=65535.0).contains(&number)
    }),
    text("port-text", "a port from 0 to 65535", |text| text.parse::<u32>().is_ok_and(|port| port <= 65535)),
    number("share", "0, or a percentage from 0.0001 to 100", |number| {
        number == 0.0 || (0.0001..=100.0).contains(&number)
    }),
    number("positive", "greater than 0", |number| number > 0.0),
    number("prime", "a prime number", is_prime),
    text("host", "a host such as `orders`, `*.example.com` or `*`", host::is_host),
    text("host-not-any", "a host such as `orders` or `*.example.com`", |text| text != "*" && host::is_host(text)),
    text("host-or-address", "a host such as `*.example.com`, or an IP address", |text| {
        host::is_host(text) || is_address(text)
    }),
    text("name", "a host name without a wildcard", host::is_name),
    text("name-or-address", "a host name without a wildcard, or an IP address", is_name_or_address),
    text("address", "an IP address", is_address),
    text("address-or-block", "an IP address or a block such as `10.0.0.0/8`", address::is_address_or_block),
    text("socket-or-address", "an IP address, or a socket such as `unix:///run/a.sock`", |text| {
        is_socket(text).unwrap_or_else(|| is_address(text))
    }),
    text("socket-or-name", "an IP address, a host name, or a socket such as `unix:///run/a.sock`", |text| {
        is_socket(text).unwrap_or_else(|| is_name_or_address(text))
    }),
    text(
        "endpoint",
        "`127.0.0.1:PORT`, `0.0.0.0:PORT`, the same for IPv6, or a socket such as `unix:///run/a.sock`",
        |text| is_socket(text).unwrap_or_else(|| is_endpoint(text)),
    ),
    text("label", "letters, digits and inner dashes, 63 at most", is_dns_label),
    text("port-key", "the name of a port: letters, digits and inner dashes, 62 at most", |text| {
        text.len() < 63 && is_dns_label(text)
    }),
    text("label-key", "the key of a label", host::is_label_key),
    text("label-value", "the value of a label: letters, digits and inner `-`, `_`, `.`", host::is_label_value),
    text("selector-key", "the key of a label, without `*`", |text| !text.is_empty() && !text.contains('*')),
    text("selector-value", "the value of a label, without `*`", |text| !text.contains('*')),
    text("regex", "a regular expression that RE2 reads, of 1024 characters at most", is_regex),
    text("regex-or-any", "a regular expression that RE2 reads, of 1024 characters at most, or `*`", |text| {
        text == "*" || is_regex(text)
    }),
    text("token-or-any", "the name of a header, or `*`", |text| text == "*" || header::is_token(text)),
    text("method", "an HTTP method such as `GET`, or `*`", |text| {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"].contains(&text)
    }),
    text(
        "match-header",
        "the name of a header, a pseudo header such as `:path`, or a claim such as `@request.auth.claims.groups`",
        header::is_matched,
    ),
    text("request-header", "the name of a header that may be changed", |name| {
        header::is_authority(name) || header::may_change(name)
    }),
    text(
        "response-header",
        "the name of a header that may be changed, which `host` and pseudo headers may not",
        header::may_change,
    ),
    text(
        "header-value",
        "a header value: no control characters, and Envoy's variables between two `%`",
        header::is_value,
    ),
    text("gateway", "`mesh`, a gateway's name, or `NAMESPACE/NAME`", |text| match text.split_once('/') {
        Some((namespace, name)) => is_dns_label(namespace) && is_dns_label(name),
        None => host::is_name(text),
    }),
    text("export", "`.`, `*`, `~`, or a namespace", |text| matches!(text, "." | "*" | "~") || is_dns_label(text)),
    text("protocol", "HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, UDP, MONGO, REDIS or MYSQL", |text| {
        let known = [
            "tcp",
            "udp",
            "grpc",
            "grpc-web",
            "http",
            "http_proxy",
            "http2",
            "https",
            "tls",
            "mongo",
            "redis",
            "mysql",
        ];
        known.contains(&text.to_ascii_lowercase().as_str())
    }),
    text("grpc-status", "a gRPC status such as `UNAVAILABLE`", |text| GRPC.contains(&text)),
    text(
        "retry-on",
        "reasons to retry such as `5xx,reset`, or status codes, joined by commas without spaces",
        |text| text.split(',').all(|word| RETRY_ON.contains(&word) || is_known_status(word)),
    ),
    text("scheme", "`http` or `https`", |text| matches!(text, "http" | "https")),
    text("probe-scheme", "`HTTP` or `HTTPS`", |text| matches!(text, "HTTP" | "HTTPS")),
    text("url", "an address that starts with `https://` or `http://`", jwks::is_address),
    text("wasm-url", "an address such as `oci://…`, `https://…`, `http://…` or `file://…`", is_module_address),
    text("base64", "base64, with its padding", jwks::is_base64),
    text("jwks", "a set of keys as RFC 7517 has it", |text| jwks::problem(text).is_none()),
    text("claim-header", "letters, digits, `-` and `_`", |text| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    }),
    text("probe-header", "letters, digits and `-`", |text| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }),
    text("tunnel-protocol", "`CONNECT` or `POST`", |text| matches!(text, "" | "CONNECT" | "POST")),
    text("locality", "`REGION/ZONE/SUBZONE`, no part empty, a `*` at the end only", is_locality),
    text("region", "the name of a region, without `/` and `*`", |text| !text.is_empty() && !text.contains(['/', '*'])),
    text("listener-host", "`HOST` or `NAMESPACE/HOST`, where the host has a dot or is `*`", |text| {
        is_listener_host(text, false)
    }),
    text("sidecar-host", "`NAMESPACE/HOST`, where the namespace is one, `.`, `*` or `~`", |text| {
        is_listener_host(text, true)
    }),
    text("service-account", "`ACCOUNT` or `NAMESPACE/ACCOUNT`, without `*`", is_service_account),
    text("trust-domain", "a trust domain, with one `*` at its start or end at most", |text| {
        let inner = text.strip_prefix('*').or_else(|| text.strip_suffix('*')).unwrap_or(text);
        !text.is_empty() && !inner.contains(['*', '/'])
    }),
    text("path-template", "a path, where `{*}` and a last `{**}` stand for whole segments", is_path_template),
    text("condition-key", "an attribute such as `request.headers[x-token]` or `source.ip`", is_condition_key),
];

impl Format {
    /// The format that the tables call by a name.
    pub(super) fn named(name: &str) -> Option<Format> {
        ROWS.iter().find(|row| row.name == name).map(Format)
    }

    /// What is valid, as the end of a sentence.
    #[must_use]
    pub fn valid(self) -> &'static str {
        self.0.valid
    }

    /// True for a text that is valid, and for every text where the format is one of numbers.
    #[must_use]
    pub fn takes(self, text: &str) -> bool {
        match self.0.test {
            Test::Text(test) => test(text),
            Test::Number(_) => true,
        }
    }

    /// True for a number that is valid, and for every number where the format is one of texts.
    #[must_use]
    pub fn takes_number(self, number: f64) -> bool {
        match self.0.test {
            Test::Text(_) => true,
            Test::Number(test) => test(number),
        }
    }
}

/// The longest duration in milliseconds: Istio counts nanoseconds in 64 bits.
const LONGEST: f64 = 2_562_047.0 * 3_600_000.0;

const GRPC: [&str; 17] = [
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

const RETRY_ON: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// True for a status code that has a name in Go's library, which is what the webhook asks.
#[must_use]
pub fn is_known_status(text: &str) -> bool {
    let Ok(code) = text.parse::<u16>() else { return false };
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 451)
        || matches!(code, 500..=508 | 510 | 511)
}

fn is_prime(number: f64) -> bool {
    if number < 2.0 || number.fract() != 0.0 || number > 5_000_011.0 {
        return number == 1.0;
    }
    let number = number as u64;
    (2..).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_name_or_address(text: &str) -> bool {
    is_address(text) || host::is_name(text)
}

/// Whether a text that names a Unix socket names a good one; nothing where it names none.
fn is_socket(text: &str) -> Option<bool> {
    let path = text.strip_prefix("unix://")?;
    Some((path.starts_with('@') && path.len() > 1 || path.starts_with('/')) && !path.ends_with('/'))
}

fn is_endpoint(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    matches!(host, "" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "[::]") && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// What Istio takes as a DNS label: capital letters too.
fn is_dns_label(text: &str) -> bool {
    host::is_label(&text.to_ascii_lowercase())
}

fn is_regex(text: &str) -> bool {
    !text.is_empty() && text.len() <= 1024 && regex::problem(text).is_none()
}

fn is_module_address(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    // Without `//` a colon in the first part of a path would end a scheme too.
    let path = scheme.is_empty().then(|| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    matches!(scheme, "" | "file" | "http" | "https" | "oci")
        && !rest.is_empty()
        && path.is_none_or(|path| !path.contains([':', '[', ']']))
        && rest.bytes().all(|b| {
            b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        })
        && jwks::has_whole_escapes(rest)
}

fn is_locality(text: &str) -> bool {
    let inner = text.strip_suffix('*').unwrap_or(text);
    let parts = text.split('/').count();
    text == "*" || (!inner.contains('*') && parts <= 3 && text.split('/').all(|part| !part.is_empty()))
}

/// Hosts of listeners; those of a sidecar have a namespace always.
fn is_listener_host(text: &str, sidecar: bool) -> bool {
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, text),
    };
    let place = |namespace: &str| {
        let bare = if sidecar { namespace.strip_prefix('~').unwrap_or(namespace) } else { namespace };
        matches!(bare, "." | "*") || is_dns_label(bare) || (sidecar && namespace == "~")
    };
    let partial = name.starts_with('*') && name != "*" && !name.starts_with("*.");
    let named =
        name == "*" || (name.contains('.') && host::is_host(name) && !partial) || (!sidecar && is_address(name));
    named && namespace.map_or(!sidecar, place)
}

fn is_service_account(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() <= 2 && parts.iter().all(|part| !part.is_empty()) && !text.contains('*') && text.len() <= 320
}

fn is_path_template(text: &str) -> bool {
    let template = text.contains("{*}") || text.contains("{**}");
    let mut last = false;
    !text.is_empty()
        && text.trim_matches('/').split('/').all(|segment| match segment {
            "{*}" | "{**}" if last => false,
            "{*}" => true,
            "{**}" => {
                last = true;
                true
            }
            other => !other.contains(['{', '}']) && (!template || is_literal(other)),
        })
}

fn is_literal(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b))
}

fn is_condition_key(key: &str) -> bool {
    let keyed = |prefix: &str| {
        key.starts_with(prefix) && key.ends_with(']') && key.find('[').is_some_and(|at| at > 0 && at + 2 < key.len())
    };
    let exact = [
        "source.ip",
        "remote.ip",
        "source.namespace",
        "source.serviceAccount",
        "source.principal",
        "source.trustDomain",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
        "destination.ip",
        "destination.port",
        "connection.sni",
    ];
    exact.contains(&key)
        || ["request.headers", "request.auth.claims", "experimental.envoy.filters."].into_iter().any(keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_take_what_istio_takes() {
        let takes = |name: &str, text: &str| Format::named(name).is_some_and(|format| format.takes(text));
        for (name, good, bad) in [
            ("duration", "1h30m", "0s"),
            ("gateway", "istio-ingress/public", "a/"),
            ("sidecar-host", "./*", "orders"),
            ("sidecar-host", "*/*.svc.cluster.local", "shop/orders"),
            ("listener-host", "*.example.com", "orders"),
            ("locality", "eu/west/*", "eu//a"),
            ("service-account", "shop/orders", "shop/*"),
            ("path-template", "/a/{*}/b", "/a/{**}/{*}"),
            ("condition-key", "request.headers[x]", "request.headers[]"),
            ("retry-on", "5xx,503,reset", "5xx, reset"),
            ("wasm-url", "oci://example.pk/a:1", "ftp://example.pk"),
            ("endpoint", "unix:///run/a.sock", "10.0.0.1:80"),
            ("regex", "a+", "a("),
            ("trust-domain", "td*", "a*b"),
        ] {
            assert!(takes(name, good) && !takes(name, bad), "{name}");
        }
        let prime = Format::named("prime").expect("in the table");
        assert!(prime.takes_number(65537.0) && !prime.takes_number(65536.0));
    }
}
