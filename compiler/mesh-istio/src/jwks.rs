//! Key sets of issuers: where they are, and whether one that is written out can be read.

use serde_json::{Map, Value};

/// True for an address that Istio can read: a host, a port if need be, a path and a query of plain characters.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let numbered = inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (named || numbered) && port && is_path(path)
}

/// True for what may stand behind a host, with every `%` before two hexadecimal digits.
fn is_path(text: &str) -> bool {
    has_whole_escapes(text) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&b))
}

/// True where every `%` stands before two hexadecimal digits.
pub(crate) fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|part| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

/// The members that a key may have whose values are texts.
const TEXTS: [&str; 13] = ["kty", "n", "e", "crv", "x", "y", "k", "kid", "use", "alg", "x5t", "x5u", "x5t#S256"];

/// The members of a private key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What is wrong with a key set that is written out, as Istio would find when it reads it.
#[must_use]
pub fn problem(text: &str) -> Option<(String, String)> {
    let set: Value = match serde_json::from_str(text) {
        Ok(set) => set,
        Err(error) => return Some(("this key set is not JSON".to_owned(), error.to_string())),
    };
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        return Some(("a key set has a list of `keys`".to_owned(), "it has none".to_owned()));
    };
    if keys.is_empty() {
        return Some(("this key set is empty".to_owned(), "no token could be verified".to_owned()));
    }
    keys.iter().enumerate().find_map(|(at, key)| match key.as_object() {
        Some(key) => of_key(at, key),
        None => Some((format!("key {at} is not an object"), "a key has members such as `kty`".to_owned())),
    })
}

fn of_key(at: usize, key: &Map<String, Value>) -> Option<(String, String)> {
    let known = TEXTS.iter().chain(&PRIVATE).chain(&["key_ops", "x5c"]);
    let odd = key.keys().find(|name| {
        let same = known.clone().find(|known| known.eq_ignore_ascii_case(name));
        same.is_some_and(|known| known != name)
    });
    if let Some(odd) = odd {
        return Some((
            format!("key {at} has a member `{odd}`"),
            "the names of members are told apart by case".to_owned(),
        ));
    }
    if let Some(wrong) = TEXTS.iter().find(|name| key.get(**name).is_some_and(|value| !value.is_string())) {
        return Some((format!("`{wrong}` of key {at} is not a text"), "Istio cannot read this".to_owned()));
    }
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    if let Some(wrong) = ["key_ops", "x5c"].iter().find(|name| key.get(**name).is_some_and(|value| !is_list(value))) {
        return Some((format!("`{wrong}` of key {at} is not a list of texts"), "Istio cannot read this".to_owned()));
    }
    let chain = key.get("x5c").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if chain.into_iter().any(|certificate| !is_base64(certificate)) {
        return Some((format!("`x5c` of key {at} is not base64"), "cannot be decoded".to_owned()));
    }
    let member = |name: &str| key.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let needed: &[&str] = match member("kty") {
        Some("RSA") => &["n", "e"],
        Some("EC") => &["crv", "x", "y"],
        Some("OKP") => &["crv", "x"],
        Some("oct") => &["k"],
        _ => return Some((format!("key {at} has no known type"), "`kty` is RSA, EC, OKP or oct".to_owned())),
    };
    if let Some(lacking) = needed.iter().find(|name| member(name).is_none()) {
        return Some((format!("key {at} lacks `{lacking}`"), "not a whole key".to_owned()));
    }
    let garbled = needed.iter().filter(|name| **name != "crv").find(|name| !member(name).is_some_and(is_base64url));
    garbled.map(|garbled| (format!("`{garbled}` of key {at} is not base64url"), "cannot be decoded".to_owned()))
}

/// A key of a set that holds its private half, which Istio only warns of.
#[must_use]
pub fn private_half(text: &str) -> Option<(String, String)> {
    let set: Value = serde_json::from_str(text).ok()?;
    set.get("keys")?.as_array()?.iter().enumerate().find_map(|(at, key)| {
        let secret = PRIVATE.iter().find(|name| key.get(**name).is_some())?;
        Some((format!("key {at} holds its private half"), format!("`{secret}` must not leave the issuer")))
    })
}

/// Without padding, as key sets write it.
fn is_base64url(text: &str) -> bool {
    text.len() % 4 != 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

pub(crate) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() < 3
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_istio_reads_them() {
        for good in ["https://a.example.com/jwks.json", "http://a:8080/x?y=%20z", "https://[::1]:443/x", "https://i/j"]
        {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "https://a:port/",
            "https://%zz",
            "https://a/%zz",
            "https://[::1",
            "https://a|b",
            "https://",
            "https://a b",
            "https://:443",
            "https://a#b",
            "https://a:99999/",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
