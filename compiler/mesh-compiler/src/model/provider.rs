//! Extension providers: where traces, logs and metrics go, and who authorizes.

use mesh_diagnostics::Span;

use super::ServiceId;

/// What a provider is, as a word of `provider … is KIND`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderKind {
    /// The word.
    pub word: &'static str,
    /// The field of `extensionProviders` in MeshConfig.
    pub field: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// It is a service of the mesh; else something of the proxy itself.
    pub remote: bool,
    /// It speaks gRPC, where it is a service.
    pub grpc: bool,
}

/// What a provider is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `trace to`
    Traces,
    /// `access-log to`
    Logs,
    /// `metrics to`
    Metrics,
    /// `authorize … by`
    Authorization,
}

impl Purpose {
    /// What a provider does, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Purpose::Traces => "takes traces",
            Purpose::Logs => "takes access logs",
            Purpose::Metrics => "takes metrics",
            Purpose::Authorization => "authorizes requests",
        }
    }
}

const fn kind(word: &'static str, field: &'static str, purpose: Purpose, remote: bool, grpc: bool) -> ProviderKind {
    ProviderKind { word, field, purpose, remote, grpc }
}

/// The kinds of MeshConfig that need no more than a name and a service.
const KINDS: [ProviderKind; 10] = [
    kind("opentelemetry", "opentelemetry", Purpose::Traces, true, true),
    kind("zipkin", "zipkin", Purpose::Traces, true, false),
    kind("skywalking", "skywalking", Purpose::Traces, true, true),
    kind("datadog", "datadog", Purpose::Traces, true, false),
    kind("otel-log", "envoyOtelAls", Purpose::Logs, true, true),
    kind("grpc-log", "envoyHttpAls", Purpose::Logs, true, true),
    kind("file-log", "envoyFileAccessLog", Purpose::Logs, false, false),
    kind("prometheus", "prometheus", Purpose::Metrics, false, false),
    kind("ext-authz-http", "envoyExtAuthzHttp", Purpose::Authorization, true, false),
    kind("ext-authz-grpc", "envoyExtAuthzGrpc", Purpose::Authorization, true, true),
];

impl ProviderKind {
    /// The kind of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<ProviderKind> {
        KINDS.into_iter().find(|kind| kind.word == word)
    }
}

/// A provider whose kind is said.
#[derive(Debug, Clone)]
pub struct Provider<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its kind.
    pub kind: ProviderKind,
    /// The service and its port, for one that is a service.
    pub service: Option<(ServiceId, u16)>,
    /// Where it is said.
    pub span: Span,
}
