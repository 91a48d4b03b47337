//! Routes: rules, tests, destinations, and what they do to requests.

use mesh_diagnostics::Span;
use mesh_istio::Rank;

use super::{ExternalId, FieldSet, GatewayId, Head, Pair, ServiceId, Str};
use crate::operand::{Path, Pattern};

/// What a route is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RouteTarget<'a> {
    /// A service.
    Service(ServiceId),
    /// An external.
    External(ExternalId),
    /// A host.
    Host(&'a str),
    /// The rules that another route delegates to.
    Delegate(&'a str),
}

/// Where requests to a target go.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// What it is for.
    pub target: RouteTarget<'a>,
    /// Where the target is written.
    pub target_span: Span,
    /// The gateways it holds at.
    pub gateways: Vec<(GatewayId, Span)>,
    /// It holds for callers inside the mesh.
    pub mesh: Option<Span>,
    /// It is a caller's rule for a target of another namespace.
    pub foreign: bool,
    /// The sections that it may write.
    pub ranks: Vec<Rank>,
    /// Rules, in the order in which they are tried.
    pub rules: Vec<Rule<'a>>,
    /// The rule for everything else.
    pub last: Rule<'a>,
    /// Something in it could not be read: nothing is concluded from what it lacks.
    pub poisoned: bool,
}

impl Route<'_> {
    /// The sections that a last rule is for: those with a port that no rule takes whole.
    #[must_use]
    pub fn open_ranks(&self, ports: &[(u16, Rank)]) -> Vec<Rank> {
        let only_port = |all: &Vec<RequestTest<'_>>| match all.as_slice() {
            [RequestTest { kind: TestKind::Port(port), not: false, .. }] => Some(*port),
            _ => None,
        };
        let taken: Vec<u16> = self.rules.iter().flat_map(|rule| rule.when.iter().filter_map(only_port)).collect();
        let open = |rank: &Rank| {
            let mut of_rank = ports.iter().filter(|(_, other)| other == rank).peekable();
            of_rank.peek().is_none() || of_rank.any(|(port, _)| !taken.contains(port))
        };
        self.ranks.iter().copied().filter(open).collect()
    }
}

/// One rule of a route.
#[derive(Debug, Clone, Default)]
pub struct Rule<'a> {
    /// Its head.
    pub span: Span,
    /// The alternatives of its tests; none for the last rule.
    pub when: Vec<Vec<RequestTest<'a>>>,
    /// Where requests go.
    pub shares: Vec<Share<'a>>,
    /// `timeout`; none is off.
    pub timeout: Option<(Option<(&'a str, u64)>, Span)>,
    /// `retry`
    pub retry: Option<Retry<'a>>,
    /// `mirror`
    pub mirrors: Vec<Mirror<'a>>,
    /// `delay`: the time and the share.
    pub delay: Option<(&'a str, u32, Span)>,
    /// `abort`: the status and the share.
    pub abort: Option<(Abort<'a>, u32, Span)>,
    /// `respond`
    pub respond: Option<(u32, Option<Str<'a>>, Span)>,
    /// `redirect`
    pub redirect: Option<Redirect<'a>>,
    /// `rewrite path`
    pub rewrite_path: Option<(Rewrite<'a>, Span)>,
    /// `rewrite host`
    pub rewrite_host: Option<(Str<'a>, Span)>,
    /// `delegate`: the object's name and namespace.
    pub delegate: Option<(&'a str, Option<&'a str>, Span)>,
    /// `request-headers`
    pub request_headers: Option<Headers<'a>>,
    /// `response-headers`
    pub response_headers: Option<Headers<'a>>,
    /// `cors`
    pub cors: Option<Cors<'a>>,
    /// `field`
    pub fields: Vec<FieldSet>,
    /// Something in it could not be read.
    pub poisoned: bool,
}

impl Rule<'_> {
    /// True where a `field` says how the rule ends.
    #[must_use]
    pub fn ends_by_field(&self) -> bool {
        self.fields.iter().any(FieldSet::ends_rule)
    }
}

/// A test of a route.
#[derive(Debug, Clone)]
pub struct RequestTest<'a> {
    /// What is tested.
    pub kind: TestKind<'a>,
    /// It must not hold.
    pub not: bool,
    /// Where it is said.
    pub span: Span,
}

/// What a test of a route tests. Lists have become alternatives.
#[derive(Debug, Clone)]
pub enum TestKind<'a> {
    /// The path, and whether its case is ignored.
    Path(Path<'a>, bool),
    /// The method.
    Method(&'a str),
    /// A header.
    Header(&'a str, Pattern<'a>),
    /// A cookie.
    Cookie(&'a str, Pattern<'a>),
    /// A query parameter.
    Query(&'a str, Pattern<'a>),
    /// The host that was asked for.
    Host(Pattern<'a>),
    /// The scheme.
    Scheme(Pattern<'a>),
    /// The port that was called.
    Port(u16),
    /// The server name.
    Sni(Str<'a>),
    /// The proxies of a service.
    FromService(ServiceId),
    /// The proxies of a namespace.
    FromNamespace(&'a str),
    /// A gateway, or the mesh.
    Via(Option<GatewayId>),
    /// A claim of a verified token.
    Claim(&'a str, Pattern<'a>),
}

impl TestKind<'_> {
    /// True where the test needs HTTP.
    #[must_use]
    pub fn needs_http(&self) -> bool {
        !matches!(
            self,
            TestKind::Port(_)
                | TestKind::Sni(_)
                | TestKind::FromService(_)
                | TestKind::FromNamespace(_)
                | TestKind::Via(_)
        )
    }
}

/// What a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A service, and one of its versions.
    Service(ServiceId, Option<&'a str>),
    /// An external.
    External(ExternalId),
}

/// A destination and its share.
#[derive(Debug, Clone)]
pub struct Share<'a> {
    /// Where to.
    pub place: Place<'a>,
    /// Its share in ten-thousandths of a per cent; the statement's rest is filled in.
    pub parts: Option<u32>,
    /// The port, where one is said.
    pub port: Option<(u16, Span)>,
    /// Headers of this destination alone.
    pub request_headers: Option<Headers<'a>>,
    /// Headers of this destination alone.
    pub response_headers: Option<Headers<'a>>,
    /// `field`
    pub fields: Vec<FieldSet>,
    /// Where it is said.
    pub span: Span,
}

/// `retry`; no count is off.
#[derive(Debug, Clone)]
pub struct Retry<'a> {
    /// How many retries, and how long each try may take.
    pub count: Option<(u32, Option<(&'a str, u64)>)>,
    /// When to retry.
    pub on: Vec<&'a str>,
    /// The wait between tries.
    pub backoff: Option<(&'a str, u64)>,
    /// Also in other localities.
    pub remote: bool,
    /// Also on the host that failed.
    pub same_host: bool,
    /// Where it is said.
    pub span: Span,
}

/// `mirror`
#[derive(Debug, Clone)]
pub struct Mirror<'a> {
    /// Where the copy goes.
    pub place: Place<'a>,
    /// The port.
    pub port: Option<(u16, Span)>,
    /// The share of requests that is copied.
    pub parts: Option<u32>,
    /// Where it is said.
    pub span: Span,
}

/// `abort`
#[derive(Debug, Clone, Copy)]
pub enum Abort<'a> {
    /// An HTTP status.
    Http(u32),
    /// A gRPC status.
    Grpc(&'a str),
}

/// `redirect`
#[derive(Debug, Clone, Default)]
pub struct Redirect<'a> {
    /// The status.
    pub code: Option<u32>,
    /// The scheme.
    pub scheme: Option<&'a str>,
    /// The host.
    pub host: Option<Str<'a>>,
    /// The port.
    pub port: Option<u32>,
    /// The whole path.
    pub path: Option<Str<'a>>,
    /// What replaces the prefix that matched.
    pub prefix: Option<Str<'a>>,
    /// Where it is said.
    pub span: Span,
}

/// `rewrite path`
#[derive(Debug, Clone)]
pub enum Rewrite<'a> {
    /// Replaces what matched.
    Path(Str<'a>),
    /// Replaces what a regular expression finds.
    Regex(Str<'a>, Str<'a>),
}

/// Changes of headers.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    /// `set`
    pub set: Vec<Pair<'a>>,
    /// `add`
    pub add: Vec<Pair<'a>>,
    /// `remove`
    pub remove: Vec<(&'a str, Span)>,
    /// Where they are said.
    pub span: Span,
}

/// `cors`
#[derive(Debug, Clone, Default)]
pub struct Cors<'a> {
    /// The origins.
    pub origins: Vec<(Pattern<'a>, Span)>,
    /// The methods.
    pub methods: Vec<&'a str>,
    /// The request headers.
    pub headers: Vec<&'a str>,
    /// The response headers.
    pub expose: Vec<&'a str>,
    /// How long a preflight answer holds.
    pub max_age: Option<&'a str>,
    /// Cookies may be sent.
    pub credentials: Option<Span>,
    /// `forward`, `ignore`
    pub unmatched: Option<&'a str>,
    /// `field`
    pub fields: Vec<FieldSet>,
    /// Where it is said.
    pub span: Span,
}
