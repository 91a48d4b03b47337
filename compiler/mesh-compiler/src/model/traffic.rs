//! Traffic: layers of settings towards a target.

use mesh_diagnostics::Span;

use super::{ExternalId, FieldSet, GatewayId, Head, ServiceId, Str};

/// What traffic, policies and their like are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject<'a> {
    /// A service.
    Service(ServiceId),
    /// An external.
    External(ExternalId),
    /// A host.
    Host(&'a str),
    /// A namespace.
    Namespace(&'a str),
    /// The namespace that the bundle is applied to.
    ThisNamespace,
    /// A gateway's workload.
    Gateway(GatewayId),
    /// The whole mesh.
    Mesh,
}

/// How callers talk to a target.
#[derive(Debug, Clone)]
pub struct Traffic<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The target.
    pub subject: Subject<'a>,
    /// For the proxies of one service only.
    pub caller: Option<(ServiceId, Span)>,
    /// It is a caller's rule for a target of another namespace.
    pub foreign: bool,
    /// Settings of the target.
    pub layer: Layer<'a>,
    /// Settings of versions.
    pub versions: Vec<(&'a str, Layer<'a>, Span)>,
    /// `field` of the subsets of versions.
    pub subset_fields: Vec<(&'a str, FieldSet)>,
    /// Settings of ports.
    pub ports: Vec<(u16, Layer<'a>, Span)>,
}

/// Settings of traffic at one level; what is not said comes from the level above.
#[derive(Debug, Clone, Default)]
pub struct Layer<'a> {
    /// `balance`
    pub balance: Option<(Balance<'a>, Span)>,
    /// `warmup`
    pub warmup: Option<(&'a str, Option<u32>, Span)>,
    /// `pool`, clause by clause.
    pub pool: Vec<(&'static str, PoolValue<'a>, Span)>,
    /// `eject`
    pub eject: Option<Eject<'a>>,
    /// `tls`
    pub tls: Option<Tls<'a>>,
    /// `field`, from the policy down.
    pub fields: Vec<FieldSet>,
}

/// A value of a pool clause.
#[derive(Debug, Clone)]
pub enum PoolValue<'a> {
    /// A count.
    Count(u32),
    /// A duration.
    Time(&'a str),
    /// `keepalive`: time, interval, probes.
    Keepalive(&'a str, Option<&'a str>, Option<u32>),
}

/// `balance`
#[derive(Debug, Clone)]
pub enum Balance<'a> {
    /// An algorithm by name.
    Simple(&'a str),
    /// A consistent hash.
    Hash {
        /// Of what.
        key: HashKey<'a>,
        /// `ring N` or `maglev N`
        table: Option<(&'static str, u32)>,
    },
}

/// What is hashed.
#[derive(Debug, Clone)]
pub enum HashKey<'a> {
    /// A header.
    Header(&'a str),
    /// A cookie, its time to live and its path.
    Cookie(&'a str, Option<&'a str>, Option<Str<'a>>),
    /// A query parameter.
    Query(&'a str),
    /// The caller's address.
    SourceIp,
}

/// `eject`
#[derive(Debug, Clone, Default)]
pub struct Eject<'a> {
    /// Errors in a row: the count of each kind.
    pub counts: Vec<(EjectKind, u32, Span)>,
    /// `every`
    pub every: Option<&'a str>,
    /// `for`
    pub time: Option<&'a str>,
    /// `at-most`
    pub at_most: Option<(u32, Span)>,
    /// `healthy-at-least`
    pub healthy: Option<u32>,
    /// Where it is said.
    pub span: Span,
}

/// What counts as an error for ejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EjectKind {
    /// Any server error.
    ServerErrors,
    /// 502, 503, 504.
    Gateway,
    /// Connections that fail on this side.
    Local,
    /// Some status codes.
    Codes(Vec<u32>),
}

/// `tls` of traffic.
#[derive(Debug, Clone)]
pub struct Tls<'a> {
    /// `mesh`, `off`, `simple`, `mutual`
    pub mode: &'a str,
    /// The server name to ask for.
    pub sni: Option<Str<'a>>,
    /// The names that the server must have.
    pub san: Vec<Str<'a>>,
    /// The file to verify it by.
    pub ca: Option<Str<'a>>,
    /// The client's secret.
    pub cert: Option<Str<'a>>,
    /// The client's certificate and key files.
    pub files: Option<(Str<'a>, Str<'a>)>,
    /// Where it is said.
    pub span: Span,
}
