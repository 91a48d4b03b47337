//! Hosts: what Kubernetes and Istio accept, and which names one covers.

/// True for what Kubernetes calls a DNS label: lower-case letters, digits and inner dashes, 63 at most.
#[must_use]
pub fn is_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    (1..=63).contains(&bytes.len()) && bytes.iter().all(inner) && bytes[0] != b'-' && bytes[bytes.len() - 1] != b'-'
}

/// True for what Kubernetes calls a DNS subdomain: labels joined by dots, 253 at most.
#[must_use]
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

/// True for a host that Istio takes: `*`, a name, or a name whose first label starts with `*`.
#[must_use]
pub fn is_host(host: &str) -> bool {
    if host == "*" {
        return true;
    }
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let inner = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        (1..=63).contains(&bytes.len()) && bytes.iter().all(inner) && bytes[0] != b'-' && bytes[bytes.len() - 1] != b'-'
    };
    let (first, rest) = match host.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (host, None),
    };
    let first_fits = match first.strip_prefix('*') {
        Some("") => rest.is_some(),
        Some(tail) => label(tail.strip_prefix('-').unwrap_or(tail)),
        None => label(first),
    };
    let last_is_number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    host.len() <= 255 && first_fits && !last_is_number && rest.is_none_or(|rest| rest.split('.').all(label))
}

/// True for a host that is one name, without a wildcard.
#[must_use]
pub fn is_name(host: &str) -> bool {
    !host.starts_with('*') && is_host(host)
}

/// True for the value of a label: letters, digits and inner `-`, `_`, `.`. Kubernetes takes 63 at most.
#[must_use]
pub fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    inner && [bytes.first(), bytes.last()].into_iter().flatten().all(u8::is_ascii_alphanumeric)
}

/// True for the key of a label or an annotation: an optional domain and `/`, then what a value may be.
#[must_use]
pub fn is_label_key(text: &str) -> bool {
    let name = |name: &str| !name.is_empty() && name.len() <= 63 && is_label_value(name);
    match text.split_once('/') {
        Some((domain, rest)) => is_subdomain(domain) && name(rest),
        None => name(text),
    }
}

/// True when every name that `inner` stands for is one that `outer` stands for.
#[must_use]
pub fn covers(outer: &str, inner: &str) -> bool {
    match outer.strip_prefix('*') {
        Some(tail) => inner.strip_prefix('*').unwrap_or(inner).ends_with(tail) && inner.len() >= outer.len(),
        None => outer == inner,
    }
}

/// True when some name belongs to both.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    covers(a, b) || covers(b, a)
}

/// A host as the name of an object: dots become dashes, a leading `*` becomes `wildcard`.
#[must_use]
pub fn slug(host: &str) -> String {
    if host == "*" {
        return "any-host".to_owned();
    }
    let name = host.strip_prefix("*.").map_or_else(|| host.replace('*', "wildcard"), |rest| format!("wildcard-{rest}"));
    let mut slug = name.replace(['.', '_'], "-").to_ascii_lowercase();
    slug.truncate(63);
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_istio() {
        for host in ["*", "a", "a.b", "*.a.b", "*-x.b", "A.b"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a..b", "-a", "a.*.b", "1.2.3.4", "a b", "*.", "a_b.c", "*--x.b"] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn a_wildcard_covers_what_ends_like_it() {
        assert!(covers("*", "a.b") && covers("*.a.b", "x.a.b") && covers("*.b", "*.a.b"));
        assert!(!covers("*.a.b", "a.b") && !covers("a.b", "*.a.b") && overlap("a.x.b", "*.b"));
    }

    #[test]
    fn slugs_are_labels() {
        assert_eq!(slug("*.shop.example.pk"), "wildcard-shop-example-pk");
        assert_eq!(slug("*"), "any-host");
    }
}
