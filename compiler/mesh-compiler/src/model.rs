//! The typed model: what a program says, with every name resolved.

mod about;
mod field;
mod gateway;
mod objective;
mod policy;
mod provider;
mod route;
mod traffic;
mod watch;

use std::borrow::Cow;

use mesh_diagnostics::Span;
use mesh_istio::{Api, Kind, Protocol, Rank, Release, host};

use crate::operand::Arg;

pub use about::{About, Reach, Scope};
pub use field::{FieldSet, Written};
pub use gateway::{Gateway, Listener, ListenerTls};
pub use objective::{Objective, Seen, Slo, Target};
pub use policy::{Action, HttpPorts, Issuer, Jwt, Mtls, Policy, PolicyOperation, PolicyTest, Source};
pub use provider::{Provider, ProviderKind, Purpose};
pub use route::{
    Abort, Cors, Headers, Mirror, Place, Redirect, RequestTest, Retry, Rewrite, Route, RouteTarget, Rule, Share,
    TestKind,
};
pub use traffic::{Balance, Eject, EjectKind, HashKey, Layer, PoolValue, Subject, Tls, Traffic};
pub use watch::{Dashboard, Scrape, Watching};

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
    /// Objectives.
    pub slos: Vec<Slo<'a>>,
    /// Where metrics come from.
    pub scrapes: Vec<Scrape<'a>>,
    /// What there is to look at.
    pub dashboards: Vec<Dashboard<'a>>,
    /// Objects about a subject: what is watched, extended and tuned.
    pub about: Vec<About<'a>>,
    /// What workloads see, one a workload.
    pub scopes: Vec<Scope<'a>>,
    /// Resources that are written field by field.
    pub written: Vec<Written<'a>>,
    /// Findings that statements silence.
    pub ignores: Vec<Ignore<'a>>,
    /// The routes without a target: name, namespace, and where the name stands.
    pub delegates: Vec<(&'a str, Option<&'a str>, Span)>,
    /// Where names are used, and what they name.
    pub uses: Vec<(Span, Entity<'a>)>,
}

/// Something that a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity<'a> {
    /// A service.
    Service(ServiceId),
    /// An external.
    External(ExternalId),
    /// A gateway.
    Gateway(GatewayId),
    /// A version of a service.
    Version(ServiceId, &'a str),
    /// A port of a service that has a name, by its number.
    Port(ServiceId, u16),
    /// A port of an external that has a name, by its number.
    ExternalPort(ExternalId, u16),
    /// A route without a target, by its name and namespace.
    Delegate(&'a str, Option<&'a str>),
    /// A namespace.
    Namespace(&'a str),
    /// A provider.
    Provider(&'a str),
}

impl<'a> Mesh<'a> {
    /// The waypoint of a namespace.
    #[must_use]
    pub fn waypoint_of(&self, namespace: Option<&str>) -> Option<&'a str> {
        let found = self.namespaces.iter().find(|known| Some(known.name) == namespace && known.waypoint.is_some());
        found.and_then(|known| known.waypoint).map(|(name, _)| name)
    }

    /// The ports that callers of a route use, and the section that each belongs to.
    #[must_use]
    pub fn port_ranks(&self, route: &Route<'a>) -> Vec<(u16, Rank)> {
        let mut out: Vec<(u16, Rank)> = Vec::new();
        let mut hosts: Vec<&str> = Vec::new();
        let inside = route.mesh.is_some();
        match &route.target {
            RouteTarget::Service(id) => out.extend(
                self.services[id.0].ports.iter().filter(|_| inside).map(|port| (port.number, port.protocol.rank())),
            ),
            RouteTarget::External(id) => {
                let external = &self.externals[id.0];
                hosts.extend(external.hosts.iter().map(|(host, _)| host.as_ref()));
                out.extend(
                    external.ports.iter().filter(|_| inside).map(|port| (port.port.number, port.port.protocol.rank())),
                );
            }
            RouteTarget::Host(host) => {
                hosts.push(host);
                let known = self
                    .externals
                    .iter()
                    .filter(|external| external.hosts.iter().any(|(known, _)| host::overlap(known, host)));
                out.extend(
                    known
                        .flat_map(|external| &external.ports)
                        .filter(|_| inside)
                        .map(|port| (port.port.number, port.port.protocol.rank())),
                );
            }
            RouteTarget::Delegate(_) => {}
        }
        for (id, _) in &route.gateways {
            for listener in &self.gateways[id.0].listeners {
                let serves = hosts.is_empty()
                    || listener.hosts.iter().any(|(known, _)| hosts.iter().any(|host| host::overlap(known, host)));
                if serves {
                    out.push((listener.port, listener.rank()));
                }
            }
        }
        out
    }
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
    /// The services behind providers, where that is said.
    pub provider_services: Vec<(&'a str, ServiceId)>,
    /// The providers whose kind is said: the mesh configuration of these can be written.
    pub known_providers: Vec<Provider<'a>>,
    /// The providers that the proxy serves itself, such as a file.
    pub local_providers: Vec<&'a str>,
    /// How Prometheus, Grafana and Kiali are set up.
    pub watching: Watching<'a>,
    /// Something in a `mesh` statement could not be read.
    pub incomplete: bool,
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
            provider_services: Vec::new(),
            known_providers: Vec::new(),
            local_providers: Vec::new(),
            watching: Watching::default(),
            incomplete: false,
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
    /// `field`
    pub fields: Vec<FieldSet>,
}

impl Common<'_> {
    /// The fields of an object of this kind that are set by path.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &FieldSet> {
        self.fields.iter().filter(move |field| field.kind == kind)
    }

    /// True when there is one.
    pub(crate) fn sets(&self, kind: Kind) -> bool {
        self.of_kind(kind).next().is_some()
    }
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
    /// The waypoint is made here.
    pub own_waypoint: bool,
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
    /// Its declaration as a whole could not be read, or that of its module: it stands where it is named.
    pub assumed: bool,
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
    /// What it calls outside the mesh.
    pub external_calls: Vec<(ExternalId, Span)>,
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
    /// Where its name stands; where it has none, where it is said.
    pub name: Span,
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
    /// `field`, of the subset.
    pub fields: Vec<FieldSet>,
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
    /// The egress gateways that callers go through.
    pub via: Vec<(GatewayId, Span)>,
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

/// The text of an argument with its place.
pub(crate) fn text<'a>(arg: &Arg<'a>) -> (Str<'a>, Span) {
    let text = match &arg.value {
        crate::operand::Value::Text(text) => text.clone(),
        _ => Cow::Borrowed(arg.word()),
    };
    (text, arg.span)
}
