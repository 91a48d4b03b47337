//! Headers: names and values that Istio and Envoy take.

/// What is wrong with a header value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It has a control character.
    Control,
    /// It has a `%` that starts no variable of Envoy.
    Variable,
}

/// What is wrong with a header value: Envoy reads `%` as the start of a variable.
#[must_use]
pub fn problem(value: &str) -> Option<Problem> {
    if value.bytes().any(|b| b.is_ascii_control()) {
        return Some(Problem::Control);
    }
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('%') {
            rest = after;
            continue;
        }
        let name = tail.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
        let mut behind = &tail[name..];
        if let Some(inner) = behind.strip_prefix('(') {
            let close = inner.find(')').filter(|close| is_argument(&inner[..*close]));
            behind = close.map_or("", |close| &inner[close + 1..]);
        }
        match behind.strip_prefix('%') {
            Some(after) if name > 0 => rest = after,
            _ => return Some(Problem::Variable),
        }
    }
    None
}

/// True for the argument of a variable that Istio takes: a plain word such as `x-request-id` or `%d/%b:10`.
fn is_argument(text: &str) -> bool {
    !text.is_empty() && !text.contains(['"', '[', ']', ',', '\\', '('])
}

/// True for a value that Envoy can write.
#[must_use]
pub fn is_value(value: &str) -> bool {
    problem(value).is_none()
}

/// True for what HTTP takes as the name of a header.
#[must_use]
pub fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// True for the two names of the host that a request is for.
#[must_use]
pub fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host")
}

/// True for the name of a header that a route may set, add or remove.
#[must_use]
pub fn may_change(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(':') && !name.eq_ignore_ascii_case("host")
}

/// True for what a route may match by: a header, a pseudo header, or a claim of a token.
#[must_use]
pub fn is_matched(name: &str) -> bool {
    is_token(name) || matches!(name, ":method" | ":scheme" | ":authority" | ":path" | ":status") || is_claim(name)
}

/// True for a claim as routes at gateways match it.
#[must_use]
pub fn is_claim(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_prefix("@request.auth.claims");
    rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with(['.', '[']))
}
