//! Operand text to values, with the message and the fix for what is meant to be one.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, all_codes, code};
use mesh_istio::{Release, SUPPORTED, host, regex};
use mesh_syntax::{Item, Operand, OperandKind, Tree, unescape};

use super::names::{bad_name, destination, header, host_name, label, locality, qualified, token, version};
use super::numbers::{bounds, duration, number, port_number, share_parts, status};
use super::text::{bad_escape, block_text, is_variable};
use super::words::{CIPHERS, GRPC, METHODS, METRICS, MODES, RETRY_ON, retry_on};
use super::{Address, Arg, Failure, Path, Pattern, Type, Value};
use crate::suggest::{all_of, any_of, nearest};

/// Reads operands of one file.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'t, 'a> {
    pub tree: &'t Tree<'a>,
}

/// A text whose holes are filled: `$${` is `${` itself. A hole that is left stands for nothing, which is reported.
fn filled(text: Cow<'_, str>) -> Result<Cow<'_, str>, Failure> {
    if !text.contains("${") {
        return Ok(text);
    }
    let open = text.match_indices("${").any(|(at, _)| !text[..at].ends_with('$'));
    if open { Err(Failure::Quiet) } else { Ok(Cow::Owned(text.replace("$${", "${"))) }
}

impl<'a> Reader<'_, 'a> {
    /// The value of an item where a type is expected.
    pub fn read(&self, of: Type, item: Item) -> Result<Arg<'a>, Failure> {
        let span = self.item_span(item);
        let value = match (of, item.value) {
            (Type::Share, share) => self.share(item.key, share)?,
            (Type::Pair, Some(value)) => self.pair(item.key, value)?,
            (Type::Anything, _) => Value::Word(self.tree.slice(item.key)),
            (_, Some(_)) => return Err(self.unexpected_pair(of, item).into()),
            (_, None) => self.operand(of, item.key)?,
        };
        Ok(Arg { value, span })
    }

    pub fn item_span(&self, item: Item) -> Span {
        Span::new(self.tree.file(), item.key.start, item.end())
    }

    fn unexpected_pair(&self, of: Type, item: Item) -> Diagnostic {
        let span = self.item_span(item);
        let colon = Span::new(span.file, item.key.end, item.value.map_or(item.key.end, |value| value.start));
        let problem = Diagnostic::new(code::E0301, span, format!("expected {of}, found a pair"))
            .label("a pair")
            .also(colon, "this `:` makes it one");
        let (key, value) = (self.tree.slice(item.key), item.value.map_or("", |value| self.tree.slice(value)));
        if matches!(key, "http" | "https") && value.starts_with("//") {
            let whole = &self.tree.text()[span.range()];
            return problem.fix("write it in quotes", span, format!("\"{whole}\""));
        }
        if matches!(of, Type::Header | Type::Cookie | Type::Query | Type::Claim) {
            return problem.fix("write a space", colon, " ");
        }
        problem
    }

    fn operand(&self, of: Type, operand: Operand) -> Result<Value<'a>, Failure> {
        let text = self.tree.slice(operand);
        let span = self.tree.span(operand);
        // A name that is still there stands for nothing, and that has been reported.
        if operand.kind == OperandKind::Bare && text.starts_with('$') && !matches!(of, Type::Param | Type::Anything) {
            return Err(Failure::Quiet);
        }
        match operand.kind {
            OperandKind::Bare => self.bare(of, text, span),
            OperandKind::Path => self.path(of, text, span),
            OperandKind::String => {
                let inner = &text[1..text.len() - 1];
                let resolved = unescape(inner).map_err(|escape| bad_escape(span, inner, escape))?;
                self.string(of, filled(resolved)?, span)
            }
            OperandKind::Text => self.string(of, filled(block_text(&text[3..text.len() - 3]))?, span),
            OperandKind::Regex => self.regex(of, &text[2..text.len() - 1], span),
            OperandKind::Group(_) if of == Type::Group => Ok(Value::Word(text)),
            OperandKind::Group(_) => Err(expected(of, "a group", span).into()),
            OperandKind::Equals => Err(expected(of, "`=`", span).help("operands follow their word without `=`").into()),
        }
    }

    /// The text of an operand, its quotes and escapes resolved.
    pub fn text(&self, operand: Operand) -> Result<Cow<'a, str>, Failure> {
        let text = self.tree.slice(operand);
        let span = self.tree.span(operand);
        Ok(match operand.kind {
            OperandKind::Bare if text.starts_with('$') => return Err(Failure::Quiet),
            OperandKind::String => {
                let inner = &text[1..text.len() - 1];
                filled(unescape(inner).map_err(|escape| bad_escape(span, inner, escape))?)?
            }
            OperandKind::Text => filled(block_text(&text[3..text.len() - 3]))?,
            OperandKind::Regex => Cow::Owned(text[2..text.len() - 1].replace("\\\"", "\"")),
            OperandKind::Bare | OperandKind::Path | OperandKind::Group(_) | OperandKind::Equals => Cow::Borrowed(text),
        })
    }

    fn bare(&self, of: Type, text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
        let wrong = || Err(wrong(of, text, span).into());
        Ok(match of {
            Type::Duration => return duration(text, span),
            Type::Percent => Value::Percent(share_parts(text, span)?),
            Type::Count => match number(text) {
                Some(number) => Value::Number(number),
                None if text.bytes().all(|b| b.is_ascii_digit()) => {
                    return Err(bounds(span, format!("{text} is more than Istio counts"), "2147483647 at most"));
                }
                None => return wrong(),
            },
            Type::PortNumber => Value::Number(port_number(of, text, span)?),
            Type::Port if text.bytes().all(|b| b.is_ascii_digit()) => Value::Number(port_number(of, text, span)?),
            Type::Status => Value::Number(status(of, text, span, 200, 599)?),
            Type::Redirect => Value::Number(status(of, text, span, 300, 399)?),
            Type::Abort if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Value::Number(status(of, text, span, 200, 599)?)
            }
            Type::Abort => one_of(of, text, &GRPC, span)?,
            Type::Method => one_of(of, text, &METHODS, span)?,
            Type::Mode => one_of(of, text, &MODES, span)?,
            Type::Cipher => one_of(of, text, &CIPHERS, span)?,
            Type::Retry => match retry_on(text) {
                Some(word) => Value::Word(word),
                None => one_of(of, text, &RETRY_ON, span)?,
            },
            Type::Eject => match text {
                "5xx" | "gateway" | "local" => Value::Word(text),
                _ if text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()) => {
                    Value::Number(status(of, text, span, 100, 599)?)
                }
                _ => return wrong(),
            },
            Type::OneOf(words) => one_of(of, text, &words.split('|').collect::<Vec<_>>(), span)?,
            Type::Finding => Value::Word(finding(text, span)?),
            Type::Release => release(text, span)?,
            Type::Service | Type::Gateway | Type::Delegate => Value::Name(qualified(of, text, span)?),
            Type::Destination => destination(text, span)?,
            Type::Name | Type::Port | Type::Account | Type::Provider => Value::Word(label(of, text, span)?),
            Type::Namespace | Type::Alias => Value::Word(label(of, text, span)?),
            Type::Export => match text {
                "here" | "everywhere" | "nowhere" => Value::Word(text),
                _ => Value::Word(label(of, text, span)?),
            },
            Type::Version => Value::Word(version(text, span)?),
            Type::Domain => match host::is_subdomain(text) {
                true => Value::Word(text),
                false => return Err(bad_name(of, text, span).into()),
            },
            Type::Address => match Address::parse(text) {
                Some(address) => Value::Address(address),
                None => return wrong(),
            },
            Type::Endpoint => match Address::parse(text) {
                Some(Address::One(_)) => Value::Word(text),
                None if host::is_host(text) && !text.starts_with('*') => Value::Word(text),
                _ => return wrong(),
            },
            Type::Header => Value::Word(header(text, span)?),
            Type::Cookie | Type::Query | Type::Claim => Value::Word(token(of, text, span)?),
            Type::Locality => locality(text, span)?,
            Type::Pattern if text == "*" => Value::Pattern(Pattern::Present),
            Type::Paths if text == "*" => Value::Path(Path::Prefix(Cow::Borrowed("/"))),
            Type::OperationWord => return operation_word(text, span),
            Type::Integer => match text.parse::<i32>() {
                Ok(_) => Value::Word(text),
                Err(_) => return wrong(),
            },
            Type::Metric => one_of(of, text, &METRICS, span)?,
            Type::LabelKey if host::is_label_key(text) => Value::Word(text),
            Type::Tag => Value::Word(token(of, text, span)?),
            Type::Variable if is_variable(text) => Value::Word(text),
            Type::Module | Type::Kind | Type::Field => Value::Word(text),
            Type::Object => match host::is_subdomain(text) {
                true => Value::Word(text),
                false => return Err(bad_name(of, text, span).into()),
            },
            Type::Param if text.starts_with('$') => Value::Word(text),
            Type::Target => Value::Target(super::Target::Named(qualified(Type::Service, text, span)?)),
            _ => return wrong(),
        })
    }

    fn path(&self, of: Type, text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
        match of {
            Type::Path => Ok(Value::Text(Cow::Borrowed(text))),
            Type::Paths | Type::OperationWord => Ok(Value::Path(path(Cow::Borrowed(text), span)?)),
            _ => Err(expected(of, &format!("the path `{text}`"), span).into()),
        }
    }

    fn string(&self, of: Type, text: Cow<'a, str>, span: Span) -> Result<Value<'a>, Failure> {
        Ok(match of {
            Type::String if text.is_empty() => {
                return Err(bounds(span, "an empty text cannot stand here".to_owned(), "nothing between the quotes"));
            }
            Type::String | Type::Text | Type::Metric => Value::Text(text),
            Type::Host => Value::Text(host_name(text, span)?),
            Type::Pattern => match Pattern::of(text.clone()) {
                Some(pattern) => Value::Pattern(pattern),
                None => return Err(bad_star(&text, span).into()),
            },
            Type::Path if text.starts_with('/') => Value::Text(text),
            Type::Paths | Type::OperationWord if text.starts_with(['/', '*']) => Value::Path(path(text, span)?),
            Type::Address => match Address::parse(&text) {
                Some(address) => Value::Address(address),
                None => return Err(expected(of, &format!("`\"{text}\"`"), span).into()),
            },
            Type::Endpoint
                if matches!(Address::parse(&text), Some(Address::One(_)))
                    || (host::is_host(&text) && !text.starts_with('*')) =>
            {
                Value::Text(text)
            }
            Type::Target => match host_name(text, span)? {
                Cow::Borrowed(host) => Value::Target(super::Target::Host(host)),
                Cow::Owned(host) => {
                    return Err(expected(of, &format!("`\"{host}\"`, which has an escape"), span).into());
                }
            },
            _ => {
                let problem = expected(of, "a text in quotes", span);
                let plain = !text.is_empty()
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
                let nameable = matches!(
                    of,
                    Type::Service
                        | Type::Name
                        | Type::Version
                        | Type::Namespace
                        | Type::Gateway
                        | Type::Header
                        | Type::Account
                );
                if plain && nameable && self.bare(of, "x", span).is_ok() {
                    return Err(problem.fix(format!("write `{text}` without quotes"), span, text).into());
                }
                return Err(problem.into());
            }
        })
    }

    fn regex(&self, of: Type, inner: &'a str, span: Span) -> Result<Value<'a>, Failure> {
        let text: Cow<'a, str> =
            if inner.contains("\\\"") { Cow::Owned(inner.replace("\\\"", "\"")) } else { Cow::Borrowed(inner) };
        if !matches!(of, Type::Pattern | Type::Paths | Type::Regex | Type::OperationWord) {
            return Err(expected(of, "a regular expression", span).into());
        }
        match regex::problem(&text) {
            Some(regex::Problem::Syntax(reason)) => {
                return Err(Diagnostic::new(code::E0318, span, "a regular expression that Envoy cannot read")
                    .label(reason)
                    .note("Envoy reads regular expressions as RE2 does: without look-around and back references")
                    .into());
            }
            Some(regex::Problem::Foreign(reason)) => {
                return Err(Diagnostic::new(code::E0318, span, "a regular expression that Envoy reads in another way")
                    .label(reason)
                    .note("Envoy reads regular expressions as RE2 does")
                    .into());
            }
            None => {}
        }
        if text.is_empty() || text.chars().count() > 1024 {
            return Err(Diagnostic::new(code::E0318, span, "a regular expression that Istio refuses")
                .label("Istio takes 1 to 1024 characters")
                .into());
        }
        Ok(match of {
            Type::Pattern => Value::Pattern(Pattern::Regex(text)),
            Type::Paths | Type::OperationWord => Value::Path(Path::Regex(text)),
            _ => Value::Text(text),
        })
    }

    fn share(&self, key: Operand, share: Option<Operand>) -> Result<Value<'a>, Failure> {
        let span = self.tree.span(key);
        let word = self.tree.slice(key);
        if key.kind != OperandKind::Bare {
            return Err(expected(Type::Share, "something else", span).into());
        }
        if word.starts_with('$') {
            return Err(Failure::Quiet);
        }
        let Value::Share(destination, _) = destination(word, span)? else { return Err(Failure::Quiet) };
        let parts = match share {
            None => None,
            Some(operand) => match self.operand(Type::Percent, operand)? {
                Value::Percent(parts) => Some(parts),
                _ => None,
            },
        };
        Ok(Value::Share(destination, parts))
    }

    fn pair(&self, key: Operand, value: Operand) -> Result<Value<'a>, Failure> {
        let text = |operand: Operand| -> Result<Cow<'a, str>, Failure> {
            let slice = self.tree.slice(operand);
            let span = self.tree.span(operand);
            match operand.kind {
                OperandKind::Bare if slice.starts_with('$') => Err(Failure::Quiet),
                OperandKind::Bare => Ok(Cow::Borrowed(slice)),
                OperandKind::String => {
                    let inner = &slice[1..slice.len() - 1];
                    filled(unescape(inner).map_err(|escape| bad_escape(span, inner, escape))?)
                }
                _ => Err(expected(Type::Pair, "something else", span).into()),
            }
        };
        Ok(Value::Pair(text(key)?, text(value)?))
    }
}

/// "expected A, found B", where what was found is described.
pub(crate) fn expected(of: Type, found: &str, span: Span) -> Diagnostic {
    Diagnostic::new(code::E0301, span, format!("expected {of}, found {found}")).label(format!("expected {of}"))
}

/// "expected A, found `text`", with a fix where the text is nearly one.
pub(super) fn wrong(of: Type, text: &str, span: Span) -> Diagnostic {
    let problem = expected(of, &format!("`{text}`"), span);
    let quoted = format!("\"{text}\"");
    match of {
        Type::Pattern if matches!(text, "prefix" | "exact" | "regex") => {
            problem.help("write the pattern alone: `\"x*\"` is a prefix, `\"x\"` exact, `~\"…\"` a regular expression")
        }
        Type::String | Type::Text | Type::Pattern | Type::Host => {
            problem.fix(format!("write `{quoted}`"), span, quoted)
        }
        Type::Count => match text.split_once(['x', 'X', '×']) {
            Some((count, each)) if number(count).is_some() => {
                let better = format!("{count} x {each}").trim_end().to_owned();
                problem.fix(format!("write `{better}`"), span, better)
            }
            _ => problem,
        },
        Type::Paths if matches!(text, "prefix" | "exact" | "regex") => {
            problem.help("write the pattern alone: `/x/*` is a prefix, `/x` exact, `~\"…\"` a regular expression")
        }
        Type::Path | Type::Paths if host::is_label(text) => {
            problem.fix(format!("write `/{text}`"), span, format!("/{text}"))
        }
        _ => problem,
    }
}

fn one_of<'a>(of: Type, text: &'a str, words: &[&str], span: Span) -> Result<Value<'a>, Failure> {
    if words.contains(&text) {
        return Ok(Value::Word(text));
    }
    let problem = expected(of, &format!("`{text}`"), span);
    let same = words
        .iter()
        .copied()
        .find(|word| word.eq_ignore_ascii_case(text) || word.replace('_', "-").eq_ignore_ascii_case(text));
    let problem = match same.or_else(|| nearest(text, words.iter().copied())) {
        Some(word) => problem.fix(format!("write `{word}`"), span, word),
        None if matches!(of, Type::OneOf(_) | Type::Mode) => problem,
        None => problem.help(format!("there are {}", all_of(words.iter().copied()))),
    };
    Err(problem.into())
}

fn finding(text: &str, span: Span) -> Result<&str, Failure> {
    let names = || all_codes().filter(|code| !code.id.starts_with('E')).map(|code| code.id);
    if names().any(|name| name == text) {
        return Ok(text);
    }
    if all_codes().any(|code| code.id == text) {
        return Err(Diagnostic::new(code::E0217, span, format!("`{text}` is an error, and errors cannot be ignored"))
            .label("not a warning or a note")
            .into());
    }
    let problem = Diagnostic::new(code::E0217, span, format!("there is no finding `{text}`"))
        .label("not the name of a warning or a note");
    Err(match nearest(text, names()) {
        Some(name) => problem.fix(format!("write `{name}`"), span, name),
        None if text.starts_with('E') => problem.help("errors cannot be ignored"),
        None => problem.help(format!("there are {}", all_of(names()))),
    }
    .into())
}

fn release<'a>(text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
    match Release::parse(text) {
        Some(release) if SUPPORTED.contains(&release) => Ok(Value::Word(text)),
        Some(release) => {
            let known = SUPPORTED.map(|release| release.to_string());
            let known = any_of(known.iter().map(String::as_str));
            Err(bounds(span, format!("this meshc does not know Istio {release}"), format!("it knows {known}")))
        }
        None => Err(wrong(Type::Release, text, span).into()),
    }
}

/// A method, or `*` for any; a path has been seen before.
fn operation_word<'a>(text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
    if text == "*" || METHODS.contains(&text) {
        return Ok(Value::Word(text));
    }
    if text.starts_with('*') {
        return Ok(Value::Path(path(Cow::Borrowed(text), span)?));
    }
    one_of(Type::OperationWord, text, &METHODS, span).map_err(|failure| match failure {
        Failure::Problem(problem) if problem.fix.is_none() => Failure::Problem(Box::new(
            problem.help("a path starts with `/`; `host` and `port` come before their operand"),
        )),
        other => other,
    })
}

fn path<'a>(text: Cow<'a, str>, span: Span) -> Result<Path<'a>, Failure> {
    if let Some(at) = text.find('?') {
        let (before, query) = text.split_at(at);
        let problem = Diagnostic::new(code::E0316, span, "a path does not hold the query")
            .label("the `?` and what follows it are not part of the path")
            .note("Envoy matches the path without its query, so this would never hold");
        let pair = query[1..].split('&').next().and_then(|pair| pair.split_once('='));
        return Err(match pair {
            Some((name, value)) => problem.help(format!(
                "in a route write `path {before} and query {name} \"{value}\"`; a policy cannot test the query"
            )),
            None => problem.help("a route tests the query with `query NAME`; a policy cannot"),
        }
        .into());
    }
    if text.contains('#') {
        return Err(Diagnostic::new(code::E0316, span, "a path does not hold the fragment")
            .label("what follows the `#` never leaves the browser")
            .into());
    }
    if [".*", ".+", "[0-9]", "\\d", "(.", "^/", "$"].iter().any(|sign| text.contains(sign)) {
        let regex = format!("~\"{}\"", text.trim_start_matches('^').trim_end_matches('$'));
        return Err(Diagnostic::new(
            code::E0313,
            span,
            format!("`{text}` looks like a regular expression and is none here"),
        )
        .label("a path: only a `*` at an end and `{id}` stand for something else")
        .help(format!("write `{regex}`, or a prefix such as `/api/*`"))
        .into());
    }
    let shown = text.to_string();
    Path::of(text).map_err(|why| {
        let problem = Diagnostic::new(code::E0313, span, format!("`{shown}` is not a path pattern")).label(why);
        problem
            .help("one segment is written `{id}`, as in `/users/{id}/orders`; a route also takes a regular expression")
            .into()
    })
}

fn bad_star(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(code::E0313, span, format!("`\"{text}\"` is not a pattern"))
        .label("a `*` stands at the end, at the start, or alone")
        .help("write a regular expression, as in `~\"a.*b\"`; where the star is meant as such, put `=` before the text")
}
