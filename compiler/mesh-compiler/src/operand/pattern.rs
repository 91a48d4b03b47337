//! Patterns over text and over paths, and the form that each Istio field takes.

use std::borrow::Cow;

/// A pattern over text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern<'a> {
    /// `"jason"`
    Exact(Cow<'a, str>),
    /// `"jas*"`
    Prefix(Cow<'a, str>),
    /// `"*son"`
    Suffix(Cow<'a, str>),
    /// `*`: there, with any value
    Present,
    /// `~"…"`
    Regex(Cow<'a, str>),
}

/// A pattern over paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path<'a> {
    /// `/healthz`
    Exact(Cow<'a, str>),
    /// `/api/*`: what stands before the star
    Prefix(Cow<'a, str>),
    /// `*.css`: what stands behind the star
    Suffix(Cow<'a, str>),
    /// `/users/{id}/orders`: one segment a hole; `rest` where it ends in `/*`
    Template {
        /// As written, without a final `*`.
        text: Cow<'a, str>,
        /// Anything may follow.
        rest: bool,
    },
    /// `~"…"`
    Regex(Cow<'a, str>),
}

impl<'a> Pattern<'a> {
    /// Reads the text of a string: a star at one end is a wildcard.
    #[must_use]
    pub fn of(text: Cow<'a, str>) -> Option<Pattern<'a>> {
        let stars = text.matches('*').count();
        match stars {
            0 => Some(Pattern::Exact(text)),
            1 if text == "*" => Some(Pattern::Present),
            1 if text.ends_with('*') => Some(Pattern::Prefix(cut(text, 0, 1))),
            1 if text.starts_with('*') => Some(Pattern::Suffix(cut(text, 1, 0))),
            _ => None,
        }
    }

    /// The pattern as a regular expression over the whole text.
    #[must_use]
    pub fn regex(&self) -> String {
        match self {
            Pattern::Exact(text) => escape(text),
            Pattern::Prefix(text) => format!("{}.*", escape(text)),
            Pattern::Suffix(text) => format!(".*{}", escape(text)),
            Pattern::Present => ".*".to_owned(),
            Pattern::Regex(text) => text.to_string(),
        }
    }
}

impl<'a> Path<'a> {
    /// Reads a path: a star at an end is a wildcard, `{name}` is one segment.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn of(text: Cow<'a, str>) -> Result<Path<'a>, &'static str> {
        let (body, rest) = match text.strip_suffix('*') {
            Some(body) => (body, true),
            None => (text.as_ref(), false),
        };
        if body.contains(['{', '}']) {
            let whole = |segment: &str| {
                let hole = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
                hole.is_some_and(|name| !name.contains(['{', '}', '*'])) || !segment.contains(['{', '}', '*'])
            };
            if !body.split('/').all(whole) {
                return Err("a hole such as `{id}` stands for one whole segment");
            }
            if rest && !body.ends_with('/') {
                return Err("behind a hole, a `*` stands for whole segments: write `/*`");
            }
            let length = body.len();
            return Ok(Path::Template { text: truncate(text, length), rest });
        }
        if body.contains('*') {
            let tail = body.strip_prefix('*').filter(|tail| !tail.contains('*') && !rest);
            return match tail {
                Some(_) => Ok(Path::Suffix(cut(text, 1, 0))),
                None => Err("a `*` stands at the end of a path, or at its start"),
            };
        }
        let length = body.len();
        Ok(if rest { Path::Prefix(truncate(text, length)) } else { Path::Exact(text) })
    }

    /// The path as a regular expression over the whole path.
    #[must_use]
    pub fn regex(&self) -> String {
        match self {
            Path::Exact(text) => escape(text),
            Path::Prefix(text) => format!("{}.*", escape(text)),
            Path::Suffix(text) => format!(".*{}", escape(text)),
            Path::Template { text, rest } => {
                let holes = text
                    .split('/')
                    .map(|segment| if segment.starts_with('{') { "[^/]+".to_owned() } else { escape(segment) });
                let body = holes.collect::<Vec<_>>().join("/");
                if *rest { format!("{body}.*") } else { body }
            }
            Path::Regex(text) => text.to_string(),
        }
    }
}

/// Text as a regular expression that matches only itself, in RE2's syntax.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    regex_syntax::escape(text).replace("\\-", "-").replace("\\&", "&").replace("\\~", "~").replace("\\#", "#")
}

fn cut(text: Cow<'_, str>, front: usize, back: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[front..text.len() - back]),
        Cow::Owned(text) => Cow::Owned(text[front..text.len() - back].to_owned()),
    }
}

fn truncate(text: Cow<'_, str>, length: usize) -> Cow<'_, str> {
    let back = text.len() - length;
    cut(text, 0, back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_at_an_end() {
        assert_eq!(Pattern::of("jas*".into()), Some(Pattern::Prefix("jas".into())));
        assert_eq!(Pattern::of("*son".into()), Some(Pattern::Suffix("son".into())));
        assert_eq!(Pattern::of("*".into()), Some(Pattern::Present));
        assert_eq!(Pattern::of("a*b".into()), None);
    }

    #[test]
    fn paths_have_holes_and_a_rest() {
        assert_eq!(Path::of("/api/*".into()), Ok(Path::Prefix("/api/".into())));
        assert_eq!(Path::of("/u/{id}/x".into()).map(|p| p.regex()), Ok("/u/[^/]+/x".to_owned()));
        assert_eq!(Path::of("/u/{id}/*".into()).map(|p| p.regex()), Ok("/u/[^/]+/.*".to_owned()));
        assert!(Path::of("/u/x{id}".into()).is_err() && Path::of("/a*b/".into()).is_err());
        assert_eq!(Path::of("/a.b".into()).map(|p| p.regex()), Ok("/a\\.b".to_owned()));
    }
}
