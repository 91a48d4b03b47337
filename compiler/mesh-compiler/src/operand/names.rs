//! Names: what Kubernetes and Istio take for them, and what was probably meant.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::host;

use super::parse::wrong;
use super::{Destination, Failure, Name, Type, Value};

pub(super) fn bad_name(of: Type, text: &str, span: Span) -> Diagnostic {
    let dots = matches!(of, Type::Account | Type::Name | Type::Provider | Type::Domain);
    let label = match of {
        _ if dots => "lower-case letters, digits, inner dashes and dots, 253 at most",
        Type::Service => "lower-case letters, digits and inner dashes, 63 at most, with a letter first",
        Type::Alias => "lower-case letters, digits and inner dashes, 62 at most",
        _ => "lower-case letters, digits and inner dashes, 63 at most",
    };
    let problem = Diagnostic::new(code::E0211, span, format!("`{text}` cannot be {of}")).label(label);
    let better: String = text.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    if better != text && host::is_label(&better) {
        return problem.fix(format!("write `{better}`"), span, better);
    }
    problem
}

pub(super) fn label(of: Type, text: &str, span: Span) -> Result<&str, Failure> {
    let fits = match of {
        Type::Account | Type::Name | Type::Provider => host::is_subdomain(text),
        // Kubernetes takes a digit first for most names, but not for services.
        Type::Service => host::is_label(text) && !text.starts_with(|c: char| c.is_ascii_digit()),
        // Istio takes names of 62 letters at most where endpoints name their ports.
        Type::Alias => host::is_label(text) && text.len() < 63,
        _ => host::is_label(text),
    };
    if !fits {
        return Err(bad_name(of, text, span).into());
    }
    if matches!(text, "and" | "or" | "not") {
        return Err(Diagnostic::new(code::E0211, span, format!("`{text}` names nothing"))
            .label("this word joins tests")
            .into());
    }
    Ok(text)
}

/// `NAME` or `NAME.NS`.
pub(super) fn qualified<'a>(of: Type, text: &'a str, span: Span) -> Result<Name<'a>, Failure> {
    let (name, namespace) = match text.split_once('.') {
        Some((name, namespace)) => (name, Some(namespace)),
        None => (text, None),
    };
    if namespace.is_some_and(|namespace| namespace.contains('.')) {
        let problem = Diagnostic::new(code::E0211, span, format!("`{text}` is a host, not a name"))
            .label("a name is `NAME` or `NAME.NAMESPACE`");
        let local = text
            .strip_suffix(".svc.cluster.local")
            .or(text.strip_suffix(".svc"))
            .filter(|short| short.matches('.').count() == 1);
        return Err(match local {
            Some(short) => problem.fix(format!("write `{short}`"), span, short),
            None => problem.help(format!("a host stands in quotes: `\"{text}\"`")),
        }
        .into());
    }
    label(of, name, span)?;
    namespace.map_or(Ok(""), |namespace| label(Type::Namespace, namespace, span))?;
    Ok(Name { name, namespace })
}

pub(super) fn version(text: &str, span: Span) -> Result<&str, Failure> {
    let bytes = text.as_bytes();
    let inner = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let ends =
        bytes.first().is_some_and(u8::is_ascii_alphanumeric) && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
    if inner && ends && bytes.len() <= 63 && !matches!(text, "and" | "or" | "not") {
        return Ok(text);
    }
    Err(Diagnostic::new(code::E0211, span, format!("`{text}` cannot be a version"))
        .label("letters, digits and inner `-`, `.`, `_`, 63 at most")
        .note("a version is the value of a label of its pods")
        .into())
}

pub(super) fn destination<'a>(text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
    let (head, behind) = match text.split_once('@') {
        Some((head, behind)) => (head, Some(version(behind, span)?)),
        None => (text, None),
    };
    let word = match behind {
        Some(_) => qualified(Type::Service, head, span)?,
        // A lone word may be a version, and versions may have dots: `1.0`.
        None => match qualified(Type::Service, head, span) {
            Ok(name) => name,
            Err(problem) => match version(head, span) {
                Ok(name) => Name { name, namespace: None },
                Err(_) => return Err(problem),
            },
        },
    };
    Ok(Value::Share(Destination { word, version: behind }, None))
}

pub(super) fn host_name<'a>(text: Cow<'a, str>, span: Span) -> Result<Cow<'a, str>, Failure> {
    if host::is_host(&text) {
        return Ok(text);
    }
    let problem = Diagnostic::new(code::E0211, span, format!("`\"{text}\"` is not a host that Istio takes"));
    let bare = text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let problem = if bare.parse::<std::net::IpAddr>().is_ok() {
        problem.label("an address, not a name")
    } else {
        problem.label("labels joined by dots; a `*` only at the start")
    };
    // A short name is none where a namespace may stand before it.
    if bare != text && bare.contains('.') && host::is_host(bare) {
        let quoted = format!("\"{bare}\"");
        return Err(problem.fix(format!("write `{quoted}`"), span, quoted).into());
    }
    Err(problem.into())
}

/// A header name: a token of HTTP, in any case.
pub(super) fn header(text: &str, span: Span) -> Result<&str, Failure> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !text.is_empty() && text.bytes().all(token) {
        return Ok(text);
    }
    Err(Diagnostic::new(code::E0211, span, format!("`{text}` cannot be the name of a header"))
        .label("letters, digits, and signs such as `-`")
        .into())
}

pub(super) fn token(of: Type, text: &str, span: Span) -> Result<&str, Failure> {
    let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if fits { Ok(text) } else { Err(wrong(of, text, span).into()) }
}

/// `region[/zone[/subzone]]`, with a `*` only at the end.
pub(super) fn locality<'a>(text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
    let parts: Vec<&str> = text.split('/').collect();
    let fits = parts.len() <= 3 && parts.iter().all(|part| !part.is_empty());
    if fits { Ok(Value::Word(text)) } else { Err(wrong(Type::Locality, text, span).into()) }
}
