//! Patterns as sets of texts: does one hold all of the other, do they share a text.

use std::sync::LazyLock;

use mesh_istio::Node;
use regexsolver::Term;
use regexsolver::execution_profile::{ExecutionProfile, ExecutionProfileBuilder};

/// Two expressions may need more states than memory holds: beyond this many it is not told how they compare. A number
/// of states, not a time, so that the same program is always told the same.
static BOUND: LazyLock<ExecutionProfile> =
    LazyLock::new(|| ExecutionProfileBuilder::new().max_number_of_states(1000).build());

/// A pattern of Istio's StringMatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language<'n> {
    /// One text.
    Exact(&'n str),
    /// All texts that start so.
    Prefix(&'n str),
    /// All texts that a regular expression matches whole.
    Regex(&'n str),
    /// Every text.
    All,
}

impl<'n> Language<'n> {
    /// The pattern of a StringMatch; one that only asks for presence is every text.
    pub fn of(node: &'n Node) -> Language<'n> {
        let found = node.fields().find_map(|(kind, value)| Some((kind, value.text()?)));
        match found {
            Some(("exact", text)) => Language::Exact(text),
            Some(("prefix", text)) => Language::Prefix(text),
            Some(("regex", text)) => Language::Regex(text),
            _ => Language::All,
        }
    }

    /// The pattern of a path: the prefix `/` is every path.
    pub fn of_path(node: &'n Node) -> Language<'n> {
        match Language::of(node) {
            Language::Prefix("/" | "") => Language::All,
            other => other,
        }
    }

    /// True when every text of `other` is one of these; false where that cannot be told.
    pub fn covers(self, other: Language<'_>) -> bool {
        match (self, other) {
            (Language::All, _) => true,
            (_, Language::All) | (Language::Exact(_), Language::Prefix(_)) => false,
            (Language::Exact(a), Language::Exact(b)) => a == b,
            (Language::Prefix(a), Language::Exact(b) | Language::Prefix(b)) => b.starts_with(a),
            (a, b) => {
                let subset = || a.term().zip(b.term()).and_then(|(a, b)| b.subset(&a).ok());
                a == b || BOUND.run(subset).unwrap_or(false)
            }
        }
    }

    /// True when some text belongs to both; true where that cannot be told.
    pub fn overlaps(self, other: Language<'_>) -> bool {
        match (self, other) {
            (Language::All, _) | (_, Language::All) => true,
            (Language::Exact(a), Language::Exact(b)) => a == b,
            (Language::Prefix(a), Language::Exact(b)) | (Language::Exact(b), Language::Prefix(a)) => b.starts_with(a),
            (Language::Prefix(a), Language::Prefix(b)) => a.starts_with(b) || b.starts_with(a),
            (a, b) => {
                let disjoint = || {
                    let both = a.term().zip(b.term()).and_then(|(a, b)| a.intersection([&b]).ok());
                    both.and_then(|both| both.is_empty().ok())
                };
                BOUND.run(disjoint).is_none_or(|empty| !empty)
            }
        }
    }

    /// A text of the pattern, for messages.
    pub fn sample(self) -> Option<String> {
        match self {
            Language::Exact(text) => Some(text.to_owned()),
            Language::Prefix(text) => Some(format!("{text}…")),
            Language::Regex(_) | Language::All => None,
        }
    }

    fn term(self) -> Option<Term> {
        let pattern = match self {
            Language::Exact(text) => escape(text),
            Language::Prefix(text) => format!("{}.*", escape(text)),
            Language::Regex(text) => text.to_owned(),
            Language::All => ".*".to_owned(),
        };
        Term::from_pattern(&pattern).ok()
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$#&-~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_texts_compare() {
        let regex = Language::Regex("/users/.*");
        assert!(regex.covers(Language::Regex("/users/[^/]+/avatar")));
        assert!(regex.covers(Language::Exact("/users/7")) && !regex.covers(Language::Exact("/users")));
        assert!(!Language::Regex("/users/[^/]+").covers(Language::Prefix("/users/")));
        assert!(
            Language::Prefix("/a").covers(Language::Prefix("/a/b"))
                && !Language::Prefix("/a/b").covers(Language::Prefix("/a"))
        );
        assert!(!Language::Regex("/v[0-9]+/.*").overlaps(Language::Prefix("/vx/")));
        assert!(Language::Regex("/v[0-9]+/.*").overlaps(Language::Prefix("/v1/")));
    }

    #[test]
    fn expressions_that_explode_are_not_compared() {
        let (a, b) = (Language::Regex("/.*foo.{40}"), Language::Regex("/.*bar.{40}x"));
        assert!(!a.covers(b) && a.overlaps(b));
        let (a, b) = (Language::Regex(".*/(foo|bar)/.{0,64}"), Language::Regex(".*/baz/.{0,64}"));
        assert!(!a.covers(b));
    }
}
