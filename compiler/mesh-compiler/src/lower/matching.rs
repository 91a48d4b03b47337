//! Tests of routes as Istio's match objects.

use mesh_diagnostics::Span;
use mesh_istio::{Node, Object};

use super::{Lower, label_object, selector};
use crate::model::{RequestTest, TestKind};
use crate::operand::{Path, Pattern, escape_regex};

impl<'a> Lower<'_, 'a> {
    /// One entry of `http[].match`.
    pub(super) fn http_match(&self, all: &[RequestTest<'a>], span: Span) -> Node {
        let mut object = Object::new(span);
        let mut headers = Object::new(span);
        let mut without = Object::new(span);
        let mut query = Object::new(span);
        for test in all {
            let at = test.span;
            match &test.kind {
                TestKind::Path(path, nocase) => {
                    object.set_at("uri", path_match(path, at), at);
                    if *nocase {
                        object.set_at("ignoreUriCase", true, at);
                    }
                }
                TestKind::Method(method) => object.set_at("method", string_match("exact", method, at), at),
                TestKind::Scheme(pattern) => object.set_at("scheme", text_match(pattern, at), at),
                TestKind::Host(pattern) => object.set_at("authority", text_match(pattern, at), at),
                TestKind::Header(name, pattern) => {
                    let into = if test.not { &mut without } else { &mut headers };
                    into.set_at(name.to_ascii_lowercase(), text_match(pattern, at), at);
                }
                TestKind::Cookie(name, pattern) => {
                    let into = if test.not { &mut without } else { &mut headers };
                    into.set_at("cookie", string_match("regex", &cookie_regex(name, pattern), at), at);
                }
                TestKind::Claim(name, pattern) => {
                    headers.set_at(format!("@request.auth.claims.{name}"), text_match(pattern, at), at);
                }
                TestKind::Query(name, pattern) => query.set_at((*name).to_owned(), text_match(pattern, at), at),
                other => self.connection_match(other, at, &mut object),
            }
        }
        object.put_object("headers", headers);
        object.put_object("withoutHeaders", without);
        object.put_object("queryParams", query);
        object.node()
    }

    /// What a match of any section can say: ports, callers, gateways.
    pub(super) fn connection_match(&self, kind: &TestKind<'a>, at: Span, object: &mut Object) {
        match kind {
            TestKind::Port(port) => object.set_at("port", *port, at),
            TestKind::FromService(id) => {
                let service = self.service(*id);
                object.set_at("sourceLabels", label_object(&selector(service), at), at);
                if let Some(namespace) = service.namespace {
                    object.set_at("sourceNamespace", namespace, at);
                }
            }
            TestKind::FromNamespace(namespace) => object.set_at("sourceNamespace", *namespace, at),
            TestKind::Via(gateway) => {
                let name = gateway.map_or("mesh".to_owned(), |id| self.gateway_reference(id));
                object.set_at("gateways", vec![Node::new(name, at)], at);
            }
            _ => {}
        }
    }
}

/// A match over text; one that only asks for presence is empty.
pub(super) fn text_match(pattern: &Pattern<'_>, span: Span) -> Object {
    match pattern {
        Pattern::Exact(text) => string_match("exact", text, span),
        Pattern::Prefix(text) => string_match("prefix", text, span),
        Pattern::Suffix(_) | Pattern::Regex(_) => string_match("regex", &pattern.regex(), span),
        Pattern::Present => Object::new(span),
    }
}

fn path_match(path: &Path<'_>, span: Span) -> Object {
    match path {
        Path::Exact(text) => string_match("exact", text, span),
        Path::Prefix(text) => string_match("prefix", text, span),
        Path::Suffix(_) | Path::Template { .. } | Path::Regex(_) => string_match("regex", &path.regex(), span),
    }
}

fn string_match(kind: &'static str, text: &str, span: Span) -> Object {
    let mut object = Object::new(span);
    object.set(kind, text);
    object
}

/// A cookie among others in the header `cookie`.
fn cookie_regex(name: &str, pattern: &Pattern<'_>) -> String {
    let name = escape_regex(name);
    let value = match pattern {
        Pattern::Exact(text) => escape_regex(text),
        Pattern::Prefix(text) => format!("{}[^;]*", escape_regex(text)),
        Pattern::Suffix(text) => format!("[^;]*{}", escape_regex(text)),
        Pattern::Present => "[^;]*".to_owned(),
        Pattern::Regex(text) => format!("(?:{text})"),
    };
    format!("^(.*?; ?)?{name}={value}(;.*)?$")
}
