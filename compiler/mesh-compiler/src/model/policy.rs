//! Who may call whom: modes of mutual TLS, policies, tokens.

use mesh_diagnostics::Span;

use super::{FieldSet, Head, Str, Subject};

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
    /// Which ports its HTTP tests are for.
    pub http_ports: HttpPorts,
}

/// Which workload ports of a target speak HTTP: Istio skips an allow rule with HTTP tests on all others, and a deny rule
/// with them closes all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpPorts {
    /// Every one.
    All,
    /// These and no others.
    These(Vec<u16>),
    /// All but these, as far as the program knows.
    Not(Vec<u16>),
}

impl HttpPorts {
    /// True where a port may speak HTTP.
    #[must_use]
    pub fn may_be(&self, port: u16) -> bool {
        match self {
            HttpPorts::All => true,
            HttpPorts::These(ports) => ports.contains(&port),
            HttpPorts::Not(ports) => !ports.contains(&port),
        }
    }
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
    /// Any request of HTTP, and nothing that is not HTTP.
    pub any_request: bool,
    /// Where it is said.
    pub span: Span,
}

impl PolicyOperation<'_> {
    /// True where both test the same, wherever they are said.
    #[must_use]
    pub fn is_same_test(&self, other: &PolicyOperation<'_>) -> bool {
        let paths = |paths: &[(String, Span)]| paths.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        self.methods == other.methods
            && self.not_methods == other.not_methods
            && paths(&self.paths) == paths(&other.paths)
            && paths(&self.not_paths) == paths(&other.not_paths)
            && self.hosts == other.hosts
            && self.not_hosts == other.not_hosts
            && self.ports == other.ports
            && self.not_ports == other.not_ports
            && self.any_request == other.any_request
    }

    /// True where it tests anything of HTTP.
    #[must_use]
    pub fn needs_http(&self) -> bool {
        self.any_request
            || [&self.methods, &self.not_methods].iter().any(|list| !list.is_empty())
            || [&self.paths, &self.not_paths].iter().any(|list| !list.is_empty())
            || [&self.hosts, &self.not_hosts].iter().any(|list| !list.is_empty())
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
    /// `require`, and the operations that it holds for; none for all.
    pub require: Option<(Vec<PolicyOperation<'a>>, Span)>,
    /// `optional`
    pub optional: Option<Span>,
    /// Which ports `require` is for.
    pub http_ports: HttpPorts,
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
    /// `field`
    pub fields: Vec<FieldSet>,
    /// Where it is said.
    pub span: Span,
}
