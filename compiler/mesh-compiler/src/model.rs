//! The typed model: what a program says, with every name resolved.

use std::borrow::Cow;

use mesh_diagnostics::Span;
use mesh_istio::{Api, Protocol, Rank, Release};

use crate::operand::{Arg, Path, Pattern};

/// Text of the source, its escapes resolved.
pub type Str<'a> = Cow<'a, str>;

/// A label or annotation, and where it is said.
pub type Pair<'a> = (Str<'a>, Str<'a>, Span);

/// A place in [`Mesh::services`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(pub usize);

/// A place in [`Mesh::externals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExternalId(pub usize);

/// A place in [`Mesh::gateways`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GatewayId(pub usize);

/// All that a program says.
#[derive(Debug, Default)]
pub struct Mesh<'a> {
    /// Facts about the mesh.
    pub settings: Settings<'a>,
    /// Namespaces.
    pub namespaces: Vec<Namespace<'a>>,
    /// Services, declared ones first, then those taken as they are used.
    pub services: Vec<Service<'a>>,
    /// Externals.
    pub externals: Vec<External<'a>>,
    /// Gateways.
    pub gateways: Vec<Gateway<'a>>,
    /// Routes; those of one object are united.
    pub routes: Vec<Route<'a>>,
    /// Traffic statements, one a target.
    pub traffic: Vec<Traffic<'a>>,
    /// Modes of mutual TLS, one a target.
    pub mtls: Vec<Mtls<'a>>,
    /// Modes that others set for their namespaces.
    pub foreign_mtls: Vec<Mtls<'a>>,
    /// Policies, one a statement and target.
    pub policies: Vec<Policy<'a>>,
    /// Tokens, one a statement and target.
    pub jwts: Vec<Jwt<'a>>,
    /// Findings that statements silence.
    pub ignores: Vec<Ignore<'a>>,
}

/// Facts about the mesh.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// The Istio release to write for.
    pub release: Release,
    /// The API version to write.
    pub api: Api,
    /// Everything must be declared.
    pub declared_only: bool,
    /// The trust domain of identities.
    pub trust_domain: &'a str,
    /// Where mesh-wide objects live.
    pub root_namespace: &'a str,
    /// The extension providers; none where none are declared.
    pub providers: Vec<(&'a str, Span)>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            release: Release::NEWEST,
            api: Api::Stable,
            declared_only: false,
            trust_domain: "cluster.local",
            root_namespace: "istio-system",
            providers: Vec::new(),
        }
    }
}

/// What every object may say of itself.
#[derive(Debug, Clone, Default)]
pub struct Common<'a> {
    /// The name of the object, where it is not the target's.
    pub object: Option<(&'a str, Span)>,
    /// `label`
    pub labels: Vec<Pair<'a>>,
    /// `annotation`
    pub annotations: Vec<Pair<'a>>,
    /// `export`
    pub export: Option<(Vec<&'a str>, Span)>,
}

/// An `ignore`: which finding, in which statement.
#[derive(Debug, Clone, Copy)]
pub struct Ignore<'a> {
    /// The name of the finding.
    pub finding: &'a str,
    /// The statement in which it is silenced.
    pub statement: Span,
    /// The clause.
    pub span: Span,
}

/// A namespace.
#[derive(Debug, Clone)]
pub struct Namespace<'a> {
    /// Its name.
    pub name: &'a str,
    /// False where it is a fact about what others own.
    pub emits: bool,
    /// `inject`
    pub inject: Option<Span>,
    /// `revision`
    pub revision: Option<(&'a str, Span)>,
    /// `ambient`
    pub ambient: Option<Span>,
    /// `waypoint`
    pub waypoint: Option<(&'a str, Span)>,
    /// Labels, annotations.
    pub common: Common<'a>,
    /// It has a block, so that what it does not say is known.
    pub described: bool,
    /// Its name, and the bracket that opens its block.
    pub head: Span,
    /// Its name.
    pub span: Span,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace, where known.
    pub namespace: Option<&'a str>,
    /// False where it is a fact about what others own.
    pub emits: bool,
    /// Nobody declares it: its versions are those that are used.
    pub open: bool,
    /// Something in its declaration could not be read: what it lacks is in doubt.
    pub incomplete: bool,
    /// Its ports.
    pub ports: Vec<Port<'a>>,
    /// Its versions.
    pub versions: Vec<Version<'a>>,
    /// The labels of its pods; empty for the default, `app: NAME`.
    pub select: Vec<Pair<'a>>,
    /// The account of its pods.
    pub account: Option<(&'a str, Span)>,
    /// How many pods it has.
    pub replicas: Option<(u32, Span)>,
    /// Whom it calls.
    pub calls: Vec<(ServiceId, Span)>,
    /// On virtual machines: the host it is called by.
    pub vm: Option<(Str<'a>, Span)>,
    /// `behind tls-lb`
    pub behind_tls_balancer: bool,
    /// Labels, annotations, export.
    pub common: Common<'a>,
    /// Where it is declared, or first used.
    pub span: Span,
}

/// A port of a service.
#[derive(Debug, Clone, Copy)]
pub struct Port<'a> {
    /// The service port.
    pub number: u16,
    /// The port of the workload.
    pub target: u16,
    /// Its name in Mesh.
    pub alias: Option<&'a str>,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// Where it is said.
    pub span: Span,
}

/// A version of a service.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    /// Its name.
    pub name: &'a str,
    /// The labels of its pods; empty for the default, `version: NAME`.
    pub select: Vec<Pair<'a>>,
    /// An account of its own.
    pub account: Option<(&'a str, Span)>,
    /// Where it is said.
    pub span: Span,
}

/// Something outside the mesh.
#[derive(Debug, Clone)]
pub struct External<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace, where known.
    pub namespace: Option<&'a str>,
    /// False where it is a fact about what others own.
    pub emits: bool,
    /// Something in its declaration could not be read.
    pub incomplete: bool,
    /// Its hosts.
    pub hosts: Vec<(Str<'a>, Span)>,
    /// Its ports.
    pub ports: Vec<ExternalPort<'a>>,
    /// Its addresses.
    pub addresses: Vec<(String, Span)>,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint<'a>>,
    /// How it is resolved, where that is said.
    pub resolve: Option<(&'a str, Span)>,
    /// Labels, annotations, export.
    pub common: Common<'a>,
    /// Its head.
    pub span: Span,
}

/// A port of an external.
#[derive(Debug, Clone, Copy)]
pub struct ExternalPort<'a> {
    /// The port as a port of a service.
    pub port: Port<'a>,
    /// `tls MODE`
    pub tls: Option<(&'a str, Span)>,
}

/// One place that serves an external.
#[derive(Debug, Clone)]
pub struct Endpoint<'a> {
    /// Its address.
    pub address: Str<'a>,
    /// Its locality.
    pub locality: Option<(&'a str, Span)>,
    /// Its weight.
    pub weight: Option<(u32, Span)>,
    /// Its ports, by the name of the external's port.
    pub ports: Vec<(String, u16, Span)>,
    /// Where it is said.
    pub span: Span,
}

/// A gateway.
#[derive(Debug, Clone)]
pub struct Gateway<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace, where known.
    pub namespace: Option<&'a str>,
    /// False where it is a fact about what others own.
    pub emits: bool,
    /// Something in its declaration could not be read.
    pub incomplete: bool,
    /// The service that it runs on.
    pub workload: Option<ServiceId>,
    /// The labels of its pods, where it runs on no declared service.
    pub select: Vec<Pair<'a>>,
    /// Its listeners.
    pub listeners: Vec<Listener<'a>>,
    /// Labels, annotations.
    pub common: Common<'a>,
    /// Its head.
    pub span: Span,
}

/// A listener of a gateway.
#[derive(Debug, Clone)]
pub struct Listener<'a> {
    /// Its port.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its hosts.
    pub hosts: Vec<(Str<'a>, Span)>,
    /// `redirect`
    pub redirect: Option<Span>,
    /// How TLS is handled, where the listener has any.
    pub tls: Option<ListenerTls<'a>>,
    /// `bind`
    pub bind: Option<(String, Span)>,
    /// `routes-from`
    pub routes_from: Vec<(&'a str, Span)>,
    /// Its head.
    pub span: Span,
}

/// TLS at a listener.
#[derive(Debug, Clone)]
pub struct ListenerTls<'a> {
    /// `SIMPLE`, `MUTUAL`, `OPTIONAL_MUTUAL`, `ISTIO_MUTUAL`, `PASSTHROUGH`, `AUTO_PASSTHROUGH`
    pub mode: &'static str,
    /// Where the mode is said.
    pub span: Span,
    /// Secrets.
    pub certs: Vec<(Str<'a>, Span)>,
    /// Certificate and key files.
    pub files: Option<(Str<'a>, Str<'a>, Span)>,
    /// The file to verify clients by.
    pub ca: Option<(Str<'a>, Span)>,
    /// The names that clients must have.
    pub san: Vec<(Str<'a>, Span)>,
    /// `min-tls`, `max-tls`
    pub min: Option<(&'a str, Span)>,
    /// `max-tls`
    pub max: Option<(&'a str, Span)>,
    /// `ciphers`
    pub ciphers: Vec<(&'a str, Span)>,
}

impl Listener<'_> {
    /// The section of a VirtualService that routes its connections.
    #[must_use]
    pub fn rank(&self) -> Rank {
        let passes = self.tls.as_ref().is_some_and(|tls| tls.mode.ends_with("PASSTHROUGH"));
        match self.protocol {
            Protocol::Https | Protocol::Tls if passes => Rank::Tls,
            Protocol::Https => Rank::Http,
            Protocol::Tls => Rank::Tcp,
            other => other.rank(),
        }
    }
}

/// What makes the object of a statement: its place and its name.
#[derive(Debug, Clone, Default)]
pub struct Head<'a> {
    /// The namespace of the object.
    pub namespace: Option<&'a str>,
    /// Where the statement stands.
    pub span: Span,
    /// Name, labels, annotations, export.
    pub common: Common<'a>,
}

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
    /// Something in it could not be read.
    pub poisoned: bool,
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
            TestKind::Port(_) | TestKind::Sni(_) | TestKind::FromService(_) | TestKind::FromNamespace(_) | TestKind::Via(_)
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
    /// Where it is said.
    pub span: Span,
}

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

/// `mtls`
#[derive(Debug, Clone)]
pub struct Mtls<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The target.
    pub subject: Subject<'a>,
    /// The mode.
    pub mode: (&'a str, Span),
    /// Modes of workload ports.
    pub ports: Vec<(u16, &'a str, Span)>,
}

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action<'a> {
    /// `allow`
    Allow,
    /// `deny`
    Deny,
    /// `audit`
    Audit,
    /// `authorize … by PROVIDER`
    Custom(&'a str),
}

/// `allow`, `deny`, `audit`, `authorize`
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The target.
    pub subject: Subject<'a>,
    /// What it does.
    pub action: Action<'a>,
    /// Alternatives of callers; empty for anyone.
    pub from: Vec<Source<'a>>,
    /// `from nobody`
    pub nobody: Option<Span>,
    /// Alternatives of operations; empty for any.
    pub to: Vec<PolicyOperation<'a>>,
    /// Alternatives of conditions; empty for none.
    pub when: Vec<Vec<PolicyTest<'a>>>,
    /// `dry-run`
    pub dry_run: Option<Span>,
    /// The workload ports that speak HTTP, where it also has others.
    pub http_ports: Vec<u16>,
}

/// Callers of a rule: what is said of them holds together.
#[derive(Debug, Clone, Default)]
pub struct Source<'a> {
    /// Field of Istio's `source`, values, and where it is said.
    pub fields: Vec<(&'static str, Vec<String>, Span)>,
    /// It needs an identity that mutual TLS proves, and whether it is negated.
    pub identity: Option<(bool, Span)>,
    /// It needs HTTP.
    pub http: Option<Span>,
    /// Where it is said.
    pub span: Span,
    pub(crate) _source: std::marker::PhantomData<&'a ()>,
}

/// One operation of a policy, its ports resolved to workload ports.
#[derive(Debug, Clone, Default)]
pub struct PolicyOperation<'a> {
    /// Methods.
    pub methods: Vec<&'a str>,
    /// Methods that it is not for.
    pub not_methods: Vec<&'a str>,
    /// Paths.
    pub paths: Vec<(String, Span)>,
    /// Paths that it is not for.
    pub not_paths: Vec<(String, Span)>,
    /// Hosts.
    pub hosts: Vec<String>,
    /// Hosts that it is not for.
    pub not_hosts: Vec<String>,
    /// Workload ports.
    pub ports: Vec<u16>,
    /// Workload ports that it is not for.
    pub not_ports: Vec<u16>,
    /// Where it is said.
    pub span: Span,
}

impl PolicyOperation<'_> {
    /// True where it tests anything of HTTP.
    #[must_use]
    pub fn needs_http(&self) -> bool {
        !(self.methods.is_empty()
            && self.not_methods.is_empty()
            && self.paths.is_empty()
            && self.not_paths.is_empty()
            && self.hosts.is_empty()
            && self.not_hosts.is_empty())
    }
}

/// A condition of a policy.
#[derive(Debug, Clone)]
pub struct PolicyTest<'a> {
    /// Istio's key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
    /// They must not hold.
    pub not: bool,
    /// It needs HTTP.
    pub http: bool,
    /// Where it is said.
    pub span: Span,
    pub(crate) _source: std::marker::PhantomData<&'a ()>,
}

/// `jwt`
#[derive(Debug, Clone)]
pub struct Jwt<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The target.
    pub subject: Subject<'a>,
    /// The issuers.
    pub issuers: Vec<Issuer<'a>>,
    /// `require`, and the operations it does not hold for.
    pub require: Option<(Vec<PolicyOperation<'a>>, Span)>,
    /// The workload ports that speak HTTP, where it also has others.
    pub http_ports: Vec<u16>,
}

/// An issuer of tokens.
#[derive(Debug, Clone, Default)]
pub struct Issuer<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// Where its keys are, or the key set itself.
    pub jwks: Option<Str<'a>>,
    /// The audiences.
    pub audiences: Vec<Str<'a>>,
    /// Headers that hold the token, and the prefix before it.
    pub headers: Vec<(&'a str, Option<Str<'a>>)>,
    /// Query parameters that hold the token.
    pub params: Vec<&'a str>,
    /// Cookies that hold the token.
    pub cookies: Vec<&'a str>,
    /// Claims handed on as headers.
    pub claims: Vec<(&'a str, &'a str)>,
    /// The token is handed on.
    pub forward: bool,
    /// How long fetching the keys may take.
    pub timeout: Option<&'a str>,
    /// Where it is said.
    pub span: Span,
}

/// The text of an argument with its place.
pub(crate) fn text<'a>(arg: &Arg<'a>) -> (Str<'a>, Span) {
    let text = match &arg.value {
        crate::operand::Value::Text(text) => text.clone(),
        _ => Cow::Borrowed(arg.word()),
    };
    (text, arg.span)
}
