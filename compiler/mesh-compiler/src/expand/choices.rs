//! Parameters of a program, and what is chosen for them from outside.

use std::collections::BTreeMap;

use mesh_diagnostics::{Sources, Span};
use mesh_istio::Release;
use mesh_syntax::{Item, OperandKind, Statement, Tree};

use crate::memory::Memories;
use crate::suggest::{all_of, any_of, nearest};

/// What is chosen for a program from outside, by `--set env=prod`, by a file, by an editor: values of its parameters, and the
/// release of Istio.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    values: BTreeMap<String, String>,
    release: Option<Release>,
}

/// A parameter that a program declares with `param`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, without the `$`.
    pub name: String,
    /// What it may be.
    pub kind: ParameterKind,
    /// What it is where nothing is chosen.
    pub default: Option<String>,
    /// Where the name is declared.
    pub span: Span,
}

/// What a parameter may be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// One of some words: `of dev, staging, prod`.
    Choice(Vec<String>),
    /// A whole number: `of count`.
    Count,
    /// `of duration`, such as `2s`.
    Duration,
    /// `of percent`, such as `20%`.
    Percent,
    /// `of string`: any text.
    String,
    /// `of name`: a name such as that of a namespace or a service.
    Name,
}

impl ParameterKind {
    /// The words behind `of` that name a type rather than a choice.
    pub const TYPES: [&'static str; 5] = ["count", "duration", "percent", "string", "name"];

    fn of_word(word: &str) -> Option<ParameterKind> {
        Some(match word {
            "count" => ParameterKind::Count,
            "duration" => ParameterKind::Duration,
            "percent" => ParameterKind::Percent,
            "string" => ParameterKind::String,
            "name" => ParameterKind::Name,
            _ => return None,
        })
    }

    /// The kind that the items behind `of` say.
    pub(super) fn of_items(tree: &Tree<'_>, items: &[Item]) -> ParameterKind {
        let words: Vec<&str> = items.iter().map(|item| unquoted(tree.slice(item.key))).collect();
        match words.as_slice() {
            [one] => ParameterKind::of_word(one),
            _ => None,
        }
        .unwrap_or_else(|| ParameterKind::Choice(words.into_iter().map(str::to_owned).collect()))
    }

    /// What is valid, as a message names it.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            ParameterKind::Choice(words) => any_of(words.iter().map(String::as_str)),
            ParameterKind::Count => "a whole number".to_owned(),
            ParameterKind::Duration => "a duration such as `2s`".to_owned(),
            ParameterKind::Percent => "a share such as `20%`".to_owned(),
            ParameterKind::String => "a text".to_owned(),
            ParameterKind::Name => "a name of letters, digits, `-` and `.`".to_owned(),
        }
    }

    /// True where a value fits.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        let number = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        match self {
            ParameterKind::Choice(words) => words.iter().any(|word| word == value),
            ParameterKind::Count => !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()),
            ParameterKind::Duration => is_duration(value),
            ParameterKind::Percent => value.strip_suffix('%').is_some_and(number),
            ParameterKind::String => !value.contains(['\n', '\r']),
            ParameterKind::Name => {
                let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
                value.starts_with(|c: char| c.is_ascii_alphanumeric()) && value.chars().all(inner)
            }
        }
    }

    /// A value as the language writes it.
    pub(super) fn written(&self, value: &str) -> String {
        match self {
            ParameterKind::String => serde_json::to_string(value).unwrap_or_default().replace("${", "$${"),
            _ => value.to_owned(),
        }
    }
}

impl Choices {
    /// Chooses a value; what was chosen before is forgotten.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// The value that is chosen for a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Chooses the release of Istio, in place of the one that the program says with `mesh < istio … >`.
    pub fn set_release(&mut self, release: Release) {
        self.release = Some(release);
    }

    /// The release that is chosen, if one is.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// What of the choices does not fit the parameters of a program, a sentence each.
    #[must_use]
    pub fn problems(&self, parameters: &[Parameter]) -> Vec<String> {
        let names = || parameters.iter().map(|parameter| parameter.name.as_str());
        let problem = |(name, value): (&String, &String)| {
            let Some(parameter) = parameters.iter().find(|parameter| parameter.name == *name) else {
                let hint = match nearest(name, names()) {
                    Some(near) => format!("; is `{near}` meant?"),
                    None if parameters.is_empty() => "; it has no parameters".to_owned(),
                    None => format!("; there are {}", all_of(names())),
                };
                return Some(format!("the program has no parameter `{name}`{hint}"));
            };
            let fits = parameter.kind.takes(value);
            (!fits).then(|| format!("`{name}` cannot be `{value}`; expected {}", parameter.kind.expected()))
        };
        self.values.iter().filter_map(problem).collect()
    }
}

/// The parameters that a program declares, in the order of its files.
#[must_use]
pub fn parameters(sources: &Sources) -> Vec<Parameter> {
    let mut out = Vec::new();
    for (file, source) in sources.iter().filter(|(_, source)| source.text.contains("param")) {
        let tree = mesh_syntax::parse(file, &source.text).tree;
        out.extend(tree.statements().filter_map(parameter));
    }
    out
}

/// As [`parameters`], after a change: only the statements that changed are parsed again.
#[must_use]
pub fn parameters_again(sources: &Sources, memories: &mut Memories) -> Vec<Parameter> {
    let mut out = Vec::new();
    for (file, source) in sources.iter().filter(|(_, source)| source.text.contains("param")) {
        out.extend(memories.parse(file, source).tree.statements().filter_map(parameter));
    }
    out
}

/// The parts of a `param`: the items of its choices, and that of its default.
pub(super) fn parts<'t>(statement: Statement<'t, '_>) -> Option<(&'t [Item], Option<&'t Item>)> {
    let items = statement.items();
    let tree = statement.tree();
    let word = |at: usize, word: &str| {
        items.get(at).is_some_and(|item| !item.after_comma && item.value.is_none() && tree.slice(item.key) == word)
    };
    if !word(2, "of") || items.len() < 4 {
        return None;
    }
    let more = items[4..].iter().take_while(|item| item.after_comma).count();
    let default = word(4 + more, "default").then(|| items.get(5 + more)).flatten();
    Some((&items[3..4 + more], default))
}

fn parameter(statement: Statement<'_, '_>) -> Option<Parameter> {
    if statement.keyword() != Some("param") || statement.is_broken() {
        return None;
    }
    let tree = statement.tree();
    let name = statement.items().get(1)?;
    let (choices, default) = parts(statement)?;
    Some(Parameter {
        name: tree.slice(name.key).to_owned(),
        kind: ParameterKind::of_items(tree, choices),
        default: default.map(|item| unquoted(tree.slice(item.key)).to_owned()),
        span: tree.span(name.key),
    })
}

/// True for `2s`, `1m30s`.
fn is_duration(value: &str) -> bool {
    let mut rest = value;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let unit = ["ms", "s", "m", "h"].into_iter().find(|unit| digits.starts_with(unit));
        let Some(unit) = unit.filter(|_| digits.len() < rest.len()) else { return false };
        rest = &digits[unit.len()..];
    }
    !value.is_empty()
}

/// A word, or the inside of a text in quotes.
pub(super) fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// True for what is one operand of its own, so that it can stand wherever an operand can.
pub(super) fn is_single(items: &[Item]) -> bool {
    matches!(items, [one] if one.value.is_none() && !matches!(one.key.kind, OperandKind::Group(_)))
}
