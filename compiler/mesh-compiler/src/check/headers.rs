//! Headers and CORS of a route's rules.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, header};

use super::{Checker, Site};
use crate::clause::{Clause, twice};
use crate::model::{Cors, Headers, text};
use crate::operand::{Arg, Pattern, Value};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn headers(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, request: bool) -> Headers<'a> {
        let clauses = self.inner(site, clause, Block::Headers);
        let mut headers = Headers { span: clause.span(), ..Headers::default() };
        for inner in &clauses.list {
            for arg in inner.args.list("names") {
                self.header_place(arg, false);
                headers.remove.push((arg.word(), arg.span));
            }
            let (Some(name), Some(value)) = (inner.args.get("name"), inner.args.get("value")) else { continue };
            self.header_place(name, request);
            let (value, at) = text(value);
            if let Some(problem) = bad_header_value(&value, at) {
                self.push(problem);
                continue;
            }
            let list = if inner.name() == "set" { &mut headers.set } else { &mut headers.add };
            match list.iter().find(|(old, ..)| old.eq_ignore_ascii_case(name.word())) {
                Some((.., first)) => {
                    let problem = twice(&format!("{} {}", inner.name(), name.word()), inner.span(), *first);
                    self.diagnostics.push(problem);
                }
                None => list.push((name.word().into(), value, inner.span())),
            }
        }
        let host = |list: &[(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>, Span)]| {
            list.iter().find(|(name, ..)| name.eq_ignore_ascii_case("host")).map(|(.., span)| *span)
        };
        if let (Some(set), Some(add)) = (host(&headers.set), host(&headers.add)) {
            self.push(
                Diagnostic::new(code::E0319, add, "the host is changed in two places")
                    .label("here")
                    .also(set, "and here"),
            );
        }
        headers
    }

    /// Reports header names that Envoy does not let be changed.
    fn header_place(&mut self, arg: &Arg<'a>, may_be_host: bool) {
        if arg.word().eq_ignore_ascii_case("host") && !may_be_host {
            self.push(
                Diagnostic::new(code::E0319, arg.span, "the header `host` cannot be changed here")
                    .label("Istio refuses it")
                    .help("write `rewrite host \"H\"`"),
            );
        }
    }

    pub(super) fn cors(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>) -> Cors<'a> {
        let clauses = self.inner(site, clause, Block::Cors);
        let words = |word: &str, slot: &str| {
            clauses.get(word).map(|clause| clause.args.list(slot).iter().map(Arg::word).collect()).unwrap_or_default()
        };
        let mut cors = Cors {
            methods: words("methods", "methods"),
            headers: words("headers", "names"),
            expose: words("expose", "names"),
            credentials: clauses.get("credentials").map(Clause::span),
            unmatched: clauses.get("unmatched").and_then(|clause| clause.args.get("how")).map(|arg| arg.word()),
            fields: self.fields(site, &clauses, &[(Kind::VirtualService, &["http", "corsPolicy"])]),
            span: clause.span(),
            ..Cors::default()
        };
        if let Some(age) = clauses.get("max-age").and_then(|clause| clause.args.get("age")) {
            if age.millis() % 1000 == 0 {
                cors.max_age = Some(age.word());
            } else {
                self.push(
                    Diagnostic::new(code::E0310, age.span, "`max-age` counts whole seconds")
                        .label("a fraction of a second"),
                );
            }
        }
        if let Some(origins) = clauses.get("origins") {
            for arg in origins.args.list("origins") {
                match &arg.value {
                    Value::Pattern(Pattern::Exact(text)) if text.is_empty() => {
                        self.push(Diagnostic::new(code::E0310, arg.span, "an origin has a name").label("empty"));
                    }
                    Value::Pattern(pattern) => cors.origins.push((pattern.clone(), arg.span)),
                    _ => {}
                }
            }
        } else if !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), "which sites does `cors` speak of?")
                    .label("no `origins` are said")
                    .help("write `origins \"https://shop.example.pk\"`"),
            );
        }
        let anything = |pattern: &Pattern<'_>| match pattern {
            Pattern::Present => true,
            Pattern::Prefix(text) => matches!(text.as_ref(), "http://" | "https://" | "http" | ""),
            Pattern::Regex(text) => matches!(
                text.as_ref(),
                ".*" | ".+" | "https?://.*" | "https?://.+" | "https://.*" | "https://.+" | "http.*"
            ),
            _ => false,
        };
        if let (Some(credentials), Some((_, any))) =
            (cors.credentials, cors.origins.iter().find(|(pattern, _)| anything(pattern)))
        {
            self.push(
                Diagnostic::new(code::E0413, *any, "every site may act with the visitor's cookies")
                    .label("any origin")
                    .also(credentials, "with credentials")
                    .note("Envoy answers with the origin that asked, so that the browsers' own guard does not help")
                    .help("name the origins"),
            );
        }
        cors
    }
}

/// What is wrong with a header value.
fn bad_header_value(value: &str, span: Span) -> Option<Diagnostic> {
    match header::problem(value)? {
        header::Problem::Control => {
            Some(Diagnostic::new(code::E0310, span, "a header value has no control characters").label("one is in here"))
        }
        header::Problem::Variable => Some(
            Diagnostic::new(code::E0310, span, "a lone `%` in a header value")
                .label("Envoy reads `%` as the start of a variable such as `%START_TIME%`")
                .help("write `%%` for the sign itself"),
        ),
    }
}
