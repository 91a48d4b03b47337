//! Gateways and their listeners.

use mesh_diagnostics::Span;
use mesh_istio::{Protocol, Rank};

use super::{Common, FieldSet, Pair, ServiceId, Str};

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
    /// `field`
    pub fields: Vec<FieldSet>,
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
