//! Operations and conditions of policies, in the terms of Istio.

use std::marker::PhantomData;

use mesh_diagnostics::{Diagnostic, Span, code};

use super::Checker;
use crate::condition::{Operation, Test};
use crate::model::{PolicyOperation, PolicyTest, Subject, text};
use crate::operand::{Arg, Path, Pattern, Value};

impl<'t, 'a> Checker<'t, 'a> {
    /// Operations with their ports resolved to what the subject's side sees.
    pub(super) fn policy_operations(
        &mut self,
        subject: &Subject<'a>,
        found: Vec<Operation<'a>>,
    ) -> Option<Vec<PolicyOperation<'a>>> {
        let mut out = Vec::new();
        let mut readable = true;
        for operation in found {
            let words = |args: &[Arg<'a>]| args.iter().map(Arg::word).collect::<Vec<_>>();
            let mut ports = |args: &[Arg<'a>]| {
                let found: Vec<Option<u16>> = args.iter().map(|arg| self.subject_port(subject, arg, "to")).collect();
                readable &= found.iter().all(Option::is_some);
                found.into_iter().flatten().collect::<Vec<_>>()
            };
            let (ports, not_ports) = (ports(&operation.ports), ports(&operation.not_ports));
            let mut paths = |args: &[Arg<'a>]| {
                let found: Vec<Option<(String, Span)>> = args.iter().map(|arg| self.policy_path(arg)).collect();
                readable &= found.iter().all(Option::is_some);
                found.into_iter().flatten().collect::<Vec<_>>()
            };
            let (path, not_path) = (paths(&operation.paths), paths(&operation.not_paths));
            let mut hosts = |args: &[Arg<'a>]| {
                let found: Vec<Option<Vec<String>>> = args.iter().map(|arg| self.host_and_port(arg)).collect();
                readable &= found.iter().all(Option::is_some);
                found.into_iter().flatten().flatten().collect::<Vec<_>>()
            };
            let operation = PolicyOperation {
                methods: words(&operation.methods),
                not_methods: words(&operation.not_methods),
                paths: path,
                not_paths: not_path,
                hosts: hosts(&operation.hosts),
                not_hosts: hosts(&operation.not_hosts),
                ports,
                not_ports,
                any_request: operation.any_request,
                span: operation.span,
            };
            if operation.needs_http() && self.lacks_http(subject) {
                self.push(
                    Diagnostic::new(
                        code::E0320,
                        operation.span,
                        "methods, paths and hosts need HTTP, and this target has no HTTP port",
                    )
                    .label("tests HTTP")
                    .note("an allow rule with such a test is skipped on TCP ports, and a deny rule closes them")
                    .help("test the port, as in `port 27017`"),
                );
                return None;
            }
            out.push(operation);
        }
        readable.then_some(out)
    }

    fn policy_path(&mut self, arg: &Arg<'a>) -> Option<(String, Span)> {
        let Value::Path(path) = &arg.value else { return None };
        let text = match path {
            Path::Exact(text) => text.to_string(),
            Path::Prefix(text) => format!("{text}*"),
            Path::Suffix(text) => format!("*{text}"),
            Path::Template { text, rest } => {
                let literal = |segment: &str| {
                    segment.starts_with('{')
                        || (!segment.is_empty()
                            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b)))
                };
                if let Some(odd) = text.trim_matches('/').split('/').find(|segment| !literal(segment)) {
                    let odd = if odd.is_empty() { "an empty segment".to_owned() } else { format!("`{odd}`") };
                    self.push(
                        Diagnostic::new(code::E0313, arg.span, format!("a template of a policy cannot hold {odd}"))
                            .label("not possible beside a hole")
                            .help("segments hold letters, digits and - . _ ~ % ! $ & ' ( ) + , ; : @ ="),
                    );
                    return None;
                }
                let holes = text.split('/').map(|segment| if segment.starts_with('{') { "{*}" } else { segment });
                let body = holes.collect::<Vec<_>>().join("/");
                if *rest { format!("{body}{{**}}") } else { body }
            }
            Path::Regex(_) => {
                self.push(
                    Diagnostic::new(code::E0313, arg.span, "a policy takes no regular expression for a path")
                        .label("not possible here")
                        .help("write a prefix such as `/api/*`, or a template such as `/users/{id}/orders`"),
                );
                return None;
            }
        };
        Some((text, arg.span))
    }

    pub(super) fn policy_tests(&mut self, found: Vec<Vec<Test<'t, 'a>>>) -> Option<Vec<Vec<PolicyTest<'a>>>> {
        let mut readable = true;
        let mut out = Vec::new();
        for all in found {
            let mut tests = Vec::new();
            for test in all {
                match self.policy_test(&test) {
                    Some(test) => tests.push(test),
                    None => readable = false,
                }
            }
            out.push(tests);
        }
        readable.then_some(out)
    }

    fn policy_test(&mut self, test: &Test<'t, 'a>) -> Option<PolicyTest<'a>> {
        let args = &test.args;
        let name = args.get("name").map_or("", |arg| arg.word());
        let key = match test.name() {
            "header" => format!("request.headers[{name}]"),
            "claim" => {
                format!("request.auth.claims{}", name.split('.').map(|part| format!("[{part}]")).collect::<String>())
            }
            "audience" => "request.auth.audiences".to_owned(),
            "presenter" => "request.auth.presenter".to_owned(),
            "sni" => "connection.sni".to_owned(),
            _ => "destination.ip".to_owned(),
        };
        let mut values = Vec::new();
        if let Some(exact) = args.get("exact") {
            let (value, span) = text(exact);
            if value.starts_with('*') || value.ends_with('*') {
                self.push(
                    Diagnostic::new(code::E0313, span, "a policy cannot test for a star as such")
                        .label("Istio reads a `*` at an end as a wildcard")
                        .help("test for a text without it"),
                );
                return None;
            }
            values.push(value.into_owned());
        }
        for arg in args.list("patterns") {
            let Value::Pattern(pattern) = &arg.value else { continue };
            match pattern {
                Pattern::Exact(text) => values.push(text.to_string()),
                Pattern::Prefix(text) => values.push(format!("{text}*")),
                Pattern::Suffix(text) => values.push(format!("*{text}")),
                Pattern::Present => values.push("*".to_owned()),
                Pattern::Regex(_) => {
                    self.push(
                        Diagnostic::new(code::E0313, arg.span, "a policy takes no regular expression")
                            .label("not possible here")
                            .help("write a text, with a `*` at one end if need be"),
                    );
                    return None;
                }
            }
        }
        for arg in args.list("addresses") {
            if let Value::Address(address) = arg.value {
                values.push(address.to_string());
            }
        }
        if values.is_empty() {
            values.push("*".to_owned());
        }
        if values.iter().any(String::is_empty) {
            self.push(Diagnostic::new(code::E0310, test.span, "Istio refuses an empty value").label("empty"));
            return None;
        }
        Some(PolicyTest {
            key,
            values,
            not: test.not.is_some(),
            http: test.word.entry.http,
            span: test.span,
            _source: PhantomData,
        })
    }

    /// A host as requests carry it: alone, and with any port.
    fn host_and_port(&mut self, arg: &Arg<'a>) -> Option<Vec<String>> {
        let (host, span) = text(arg);
        if !self.star_at_an_end(arg) {
            return None;
        }
        if host.contains(':') || host.ends_with('*') {
            return Some(vec![host.to_string()]);
        }
        if host.starts_with('*') {
            self.push(
                Diagnostic::new(
                    code::E0313,
                    span,
                    "a host that starts with `*` cannot be told from one with a port behind it",
                )
                .label("`HOST:PORT` would not match")
                .note("clients may write a port behind a host, and Istio takes a `*` at one end only")
                .help("write the hosts out, as in `host \"a.example.com\", \"b.example.com\"`"),
            );
            return None;
        }
        Some(vec![host.to_string(), format!("{host}:*")])
    }
}
