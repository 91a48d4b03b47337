//! What an operand may be: the types of the vocabulary, and the values that their texts stand for.

mod names;
mod numbers;
mod parse;
mod pattern;
mod text;

pub(crate) use text::block_text;
mod words;

use std::borrow::Cow;
use std::fmt;

use mesh_diagnostics::{Diagnostic, Span};

use crate::vocabulary::Block;

pub use mesh_istio::Address;
pub(crate) use numbers::time_unit;
pub(crate) use parse::Reader;
pub(crate) use pattern::escape as escape_regex;
pub use pattern::{Path, Pattern};

/// What a place expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described by its Display")]
pub enum Type {
    Abort,
    Account,
    Address,
    Alias,
    Anything,
    Cipher,
    Claim,
    Condition,
    Cookie,
    Count,
    Delegate,
    Destination,
    Domain,
    Duration,
    Eject,
    Endpoint,
    Export,
    Field,
    Finding,
    Gateway,
    Group,
    Header,
    Host,
    Integer,
    Kind,
    LabelKey,
    Locality,
    Method,
    Metric,
    Mode,
    Module,
    Name,
    Namespace,
    Object,
    Operation,
    OperationWord,
    Pair,
    Param,
    Path,
    Paths,
    Pattern,
    Percent,
    Port,
    PortNumber,
    Provider,
    Query,
    Redirect,
    Regex,
    Release,
    Request,
    Retry,
    Service,
    Share,
    Source,
    Status,
    String,
    Tag,
    Target,
    Text,
    Variable,
    Version,
    /// One of some words, as the notation writes them: `a|b`.
    OneOf(&'static str),
}

impl Type {
    /// Reads a type of the notation.
    ///
    /// # Panics
    ///
    /// When there is no such type: the notation is our own and every shape is read by a test.
    #[must_use]
    pub fn read(text: &'static str) -> Type {
        if let Some(words) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            return Type::OneOf(words);
        }
        let found = NOTATION.iter().find(|(name, _)| *name == text);
        found.map(|(_, of)| *of).unwrap_or_else(|| panic!("the notation has no type `{text}`"))
    }

    /// True when the word could stand for a value of this type, so that an option word of that name would be
    /// ambiguous. Names are open; what decides there is that the operand is required and comes first.
    #[cfg(test)]
    pub(crate) fn takes_word(self, word: &str) -> bool {
        match self {
            Type::OneOf(words) => words.split('|').any(|w| w == word),
            Type::Method => words::METHODS.contains(&word),
            Type::Metric => words::METRICS.contains(&word),
            Type::Retry => words::retry_on(word).is_some(),
            Type::Eject => matches!(word, "5xx" | "gateway" | "local"),
            Type::Mode => words::MODES.contains(&word),
            Type::Export => matches!(word, "here" | "everywhere" | "nowhere"),
            _ => false,
        }
    }

    /// The words that it takes, where they are few enough to be listed.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Type::OneOf(words) => words.split('|').collect(),
            Type::Method => words::METHODS.to_vec(),
            Type::Metric => words::METRICS.to_vec(),
            Type::Retry => words::RETRY_ON.to_vec(),
            Type::Eject => vec!["5xx", "gateway", "local"],
            Type::Mode => words::MODES.to_vec(),
            Type::Export => vec!["here", "everywhere", "nowhere"],
            Type::Cipher => words::CIPHERS.to_vec(),
            Type::Abort => words::GRPC.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The tests of a condition of this type.
    #[must_use]
    pub fn tests(self) -> Option<Block> {
        Some(match self {
            Type::Request => Block::RequestTests,
            Type::Source => Block::SourceTests,
            Type::Operation => Block::OperationTests,
            Type::Condition => Block::ConditionTests,
            _ => return None,
        })
    }

    /// The type in one word, as shapes are shown: `PORT`, `a|b`.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Type::OneOf(words) => words,
            of => NOTATION.iter().find(|(_, known)| *known == of).map_or("VALUE", |(name, _)| name),
        }
    }

    /// True for what takes all the rest of a statement.
    pub(crate) fn is_condition(self) -> bool {
        matches!(self, Type::Request | Type::Source | Type::Operation | Type::Condition)
    }
}

const NOTATION: &[(&str, Type)] = &[
    ("ABORT", Type::Abort),
    ("ACCOUNT", Type::Account),
    ("ADDRESS", Type::Address),
    ("ALIAS", Type::Alias),
    ("ANYTHING", Type::Anything),
    ("CIPHER", Type::Cipher),
    ("CLAIM", Type::Claim),
    ("CONDITION", Type::Condition),
    ("COOKIE", Type::Cookie),
    ("COUNT", Type::Count),
    ("DELEGATE", Type::Delegate),
    ("DESTINATION", Type::Destination),
    ("DOMAIN", Type::Domain),
    ("DURATION", Type::Duration),
    ("EJECT", Type::Eject),
    ("ENDPOINT", Type::Endpoint),
    ("EXPORT", Type::Export),
    ("FIELD", Type::Field),
    ("FINDING", Type::Finding),
    ("GATEWAY", Type::Gateway),
    ("GROUP", Type::Group),
    ("HEADER", Type::Header),
    ("HOST", Type::Host),
    ("INTEGER", Type::Integer),
    ("KIND", Type::Kind),
    ("LABEL", Type::LabelKey),
    ("LOCALITY", Type::Locality),
    ("METHOD", Type::Method),
    ("METRIC", Type::Metric),
    ("MODE", Type::Mode),
    ("MODULE", Type::Module),
    ("NAME", Type::Name),
    ("NAMESPACE", Type::Namespace),
    ("OBJECT", Type::Object),
    ("OPERATION", Type::Operation),
    ("OPERATION_WORD", Type::OperationWord),
    ("PAIR", Type::Pair),
    ("PARAM", Type::Param),
    ("PATH", Type::Path),
    ("PATHS", Type::Paths),
    ("PATTERN", Type::Pattern),
    ("PERCENT", Type::Percent),
    ("PORT", Type::Port),
    ("PORTNUM", Type::PortNumber),
    ("PROVIDER", Type::Provider),
    ("QUERY", Type::Query),
    ("REDIRECT", Type::Redirect),
    ("REGEX", Type::Regex),
    ("RELEASE", Type::Release),
    ("REQUEST", Type::Request),
    ("RETRY", Type::Retry),
    ("SERVICE", Type::Service),
    ("SHARE", Type::Share),
    ("SOURCE", Type::Source),
    ("STATUS", Type::Status),
    ("STRING", Type::String),
    ("TAG", Type::Tag),
    ("TARGET", Type::Target),
    ("TEXT", Type::Text),
    ("VARIABLE", Type::Variable),
    ("VERSION", Type::Version),
];

/// A type as people call it, with its article: "a duration such as `2s`".
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Type::Abort => "an HTTP status such as `503`, or a gRPC status such as `UNAVAILABLE`",
            Type::Account => "the name of a service account",
            Type::Address => "an address such as `10.0.0.7` or `10.0.0.0/8`",
            Type::Alias => "the name of a port",
            Type::Anything => "a value",
            Type::Cipher => "a cipher suite such as `ECDHE-RSA-AES256-GCM-SHA384`",
            Type::Claim => "the name of a claim",
            Type::Condition => "tests such as `claim groups \"admin\"`",
            Type::Cookie => "the name of a cookie",
            Type::Count => "a whole number",
            Type::Delegate => "the name of a route that has no target",
            Type::Destination => "a destination such as `v2` or `reviews@v2`",
            Type::Domain => "a trust domain such as `cluster.local`",
            Type::Duration => "a duration such as `2s` or `500ms`",
            Type::Eject => "`5xx`, `gateway`, `local`, or a status code such as `503`",
            Type::Endpoint => "an address or a host name",
            Type::Export => "`here`, `everywhere`, `nowhere`, or a namespace",
            Type::Field => "a field such as `retries.attempts`",
            Type::Finding => "the name of a warning",
            Type::Gateway => "the name of a gateway",
            Type::Group => "a group such as `(total: 5s)`",
            Type::Header => "the name of a header",
            Type::Host => "a host in quotes such as `\"shop.example.pk\"`",
            Type::Integer => "a whole number, which may be negative",
            Type::LabelKey => "the key of a label",
            Type::Kind => "a kind such as `Telemetry`",
            Type::Locality => "a locality such as `eu-west/zone-1`",
            Type::Method => "an HTTP method such as `GET`",
            Type::Metric => "a metric such as `request_count`, or the name of one's own in quotes",
            Type::Mode => "`strict`, `permissive`, `off` or `inherit`",
            Type::Module => "a module such as `std/istioctl`",
            Type::Name => "a name",
            Type::Namespace => "the name of a namespace",
            Type::Object => "the name of an object",
            Type::Operation => "methods and paths such as `POST /pay/*`",
            Type::OperationWord => "a method or a path",
            Type::Pair => "a pair such as `app: orders`",
            Type::Param => "a parameter such as `$env`",
            Type::Path => "a path such as `/orders/`",
            Type::Paths => "a path such as `/api/*`",
            Type::Pattern => "a text in quotes such as `\"jas*\"`, `*`, or `~\"regular expression\"`",
            Type::Percent => "a percentage such as `80%`",
            Type::Port => "a port such as `8080`, or its name",
            Type::PortNumber => "a port number such as `8080`",
            Type::Provider => "the name of a provider",
            Type::Query => "the name of a query parameter",
            Type::Redirect => "a status from 300 to 399",
            Type::Regex => "a regular expression such as `~\"/v[0-9]+/.*\"`",
            Type::Release => "an Istio release such as `1.31`",
            Type::Request => "tests such as `path /api/* and method GET`",
            Type::Retry => "a reason to retry such as `5xx` or `reset`",
            Type::Service => "the name of a service",
            Type::Share => "a destination such as `v1: 80%`",
            Type::Source => "callers such as `orders` or `namespace ops`",
            Type::Status => "an HTTP status such as `404`",
            Type::String | Type::Text => "a text in quotes",
            Type::Tag => "the name of a tag",
            Type::Target => "a target: a service, a `\"host\"`, `namespace NS`, `gateway GW` or `mesh`",
            Type::Variable => "the name of an environment variable",
            Type::Version => "a version such as `v1`",
            Type::OneOf(words) => {
                let text = crate::suggest::any_of(words.split('|'));
                return f.write_str(&text);
            }
        };
        f.write_str(text)
    }
}

/// A name and the namespace that is written behind it: `payments.shop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name<'a> {
    /// The name itself.
    pub name: &'a str,
    /// The namespace, where one is written.
    pub namespace: Option<&'a str>,
}

/// A destination as it is written: what the word means depends on the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination<'a> {
    /// Before the `@`, or all of it: a service, or a version of the target.
    pub word: Name<'a>,
    /// Behind the `@`.
    pub version: Option<&'a str>,
}

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target<'a> {
    /// A service, or an external.
    Named(Name<'a>),
    /// A host in quotes.
    Host(&'a str),
    /// A namespace; none is the statement's own.
    Namespace(Option<&'a str>),
    /// A gateway.
    Gateway(Name<'a>),
    /// The whole mesh.
    Mesh,
}

/// What an operand stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A word or a name without a namespace.
    Word(&'a str),
    /// A name that may have a namespace.
    Name(Name<'a>),
    /// Text, its escapes resolved.
    Text(Cow<'a, str>),
    /// A whole number: a count, a status, a port.
    Number(u32),
    /// A duration: its text and its milliseconds.
    Duration(&'a str, u64),
    /// A percentage in ten-thousandths of a per cent: 80% is 800,000.
    Percent(u32),
    /// A pair of texts, such as a label.
    Pair(Cow<'a, str>, Cow<'a, str>),
    /// A pattern over text.
    Pattern(Pattern<'a>),
    /// A pattern over paths.
    Path(Path<'a>),
    /// A destination and its share in ten-thousandths of a per cent.
    Share(Destination<'a>, Option<u32>),
    /// A target.
    Target(Target<'a>),
    /// An address or a block of addresses.
    Address(Address),
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Where it stands.
    pub span: Span,
}

impl<'a> Arg<'a> {
    /// The word, the bare name or the text; empty for anything else.
    #[must_use]
    pub fn str(&self) -> &str {
        match &self.value {
            Value::Word(word) => word,
            Value::Name(name) => name.name,
            Value::Text(text) => text,
            Value::Duration(text, _) => text,
            _ => "",
        }
    }

    /// The text of the source, where no escape had to be resolved.
    #[must_use]
    pub fn word(&self) -> &'a str {
        match &self.value {
            Value::Word(word) => word,
            Value::Name(name) => name.name,
            Value::Text(Cow::Borrowed(text)) | Value::Duration(text, _) => text,
            _ => "",
        }
    }

    /// The number; zero for anything else.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self.value {
            Value::Number(number) => number,
            _ => 0,
        }
    }

    /// The milliseconds of a duration; zero for anything else.
    #[must_use]
    pub fn millis(&self) -> u64 {
        match self.value {
            Value::Duration(_, millis) => millis,
            _ => 0,
        }
    }

    /// The percentage in ten-thousandths of a per cent; zero for anything else.
    #[must_use]
    pub fn parts(&self) -> u32 {
        match self.value {
            Value::Percent(parts) => parts,
            _ => 0,
        }
    }

    /// The name and its namespace; empty for anything else.
    #[must_use]
    pub fn name(&self) -> Name<'a> {
        match &self.value {
            Value::Name(name) => *name,
            Value::Word(name) => Name { name, namespace: None },
            _ => Name { name: "", namespace: None },
        }
    }
}

/// Why there is no value.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has been reported already, or is reported elsewhere.
    Quiet,
    /// To be reported.
    Problem(Box<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Failure {
        Failure::Problem(Box::new(problem))
    }
}

/// All of it: 100% in ten-thousandths of a per cent.
pub const WHOLE: u32 = 1_000_000;

/// A percentage as people write it: `99.5%`.
#[must_use]
pub fn percent(parts: u64) -> String {
    let (whole, rest) = (parts / 10_000, parts % 10_000);
    if rest == 0 {
        return format!("{whole}%");
    }
    let digits = format!("{rest:04}");
    format!("{whole}.{}%", digits.trim_end_matches('0'))
}

/// A time in milliseconds as people write it: `1.5s`, `500ms`.
#[must_use]
pub fn duration(millis: u64) -> String {
    match millis {
        0 => "0s".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms if ms > 1000 && ms % 100 == 0 => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
        ms => format!("{ms}ms"),
    }
}
