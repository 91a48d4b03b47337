//! What is known of a mesh beside its Istio resources: services, ports, versions, namespaces.

use mesh_diagnostics::Span;

use crate::value::Text;

/// The facts that findings need.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The services that are declared, here or elsewhere.
    pub services: Vec<ServiceFact>,
    /// The namespaces of which something is known.
    pub namespaces: Vec<NamespaceFact>,
    /// The namespace of mesh-wide objects.
    pub root_namespace: Text,
}

/// What is known of a service.
#[derive(Debug, Clone)]
pub struct ServiceFact {
    /// Its name.
    pub name: Text,
    /// Its namespace, where that is known.
    pub namespace: Option<Text>,
    /// Its host as callers' rules write it: full where the namespace is known.
    pub host: Text,
    /// Its ports; empty where they are not known.
    pub ports: Vec<PortFact>,
    /// The labels of its pods.
    pub selector: Vec<(Text, Text)>,
    /// Its versions.
    pub versions: Vec<VersionFact>,
    /// The service account of its pods, where that is said.
    pub account: Option<(Text, Span)>,
    /// How many pods it has, and where that is said.
    pub replicas: Option<(u32, Span)>,
    /// The services that it calls, by host, and where that is said.
    pub calls: Vec<(Text, Span)>,
    /// A load balancer in front of it has ended TLS already.
    pub behind_tls_balancer: bool,
    /// It runs on virtual machines.
    pub on_vm: bool,
    /// Others own it: this is a fact about it.
    pub elsewhere: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFact {
    /// Its name.
    pub name: Text,
    /// The labels that tell its pods from the others of the service.
    pub labels: Vec<(Text, Text)>,
    /// Where it is said.
    pub span: Span,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortFact {
    /// The service port.
    pub number: u16,
    /// The port of the workload.
    pub target: u16,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// Where it is said.
    pub span: Span,
}

/// What is known of a namespace.
#[derive(Debug, Clone)]
pub struct NamespaceFact {
    /// Its name.
    pub name: Text,
    /// True when it is declared and nothing puts its pods into the mesh.
    pub outside: bool,
    /// Its pods are in the mesh without sidecars.
    pub ambient: bool,
    /// A waypoint handles HTTP for it.
    pub waypoint: bool,
    /// The mode of mutual TLS that others set for it, as PeerAuthentication has it.
    pub mode: Option<&'static str>,
    /// Where it is declared.
    pub span: Span,
}

/// The protocols of ports that Istio tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1, and HTTP/2 by upgrade
    Http,
    /// HTTP/2
    Http2,
    /// gRPC
    Grpc,
    /// gRPC-Web
    GrpcWeb,
    /// HTTP in TLS that the proxy does not open, unless a gateway has its certificate
    Https,
    /// TLS that the proxy does not open
    Tls,
    /// TCP
    Tcp,
    /// MongoDB, which is TCP to routes
    Mongo,
    /// MySQL, which is TCP to routes
    Mysql,
    /// Redis, which is TCP to routes
    Redis,
}

/// The kind of route that a protocol takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// `spec.http`
    Http,
    /// `spec.tls`
    Tls,
    /// `spec.tcp`
    Tcp,
}

impl Protocol {
    /// All protocols with the word that declares them.
    pub const ALL: [(&'static str, Protocol); 10] = [
        ("http", Protocol::Http),
        ("http2", Protocol::Http2),
        ("grpc", Protocol::Grpc),
        ("grpc-web", Protocol::GrpcWeb),
        ("https", Protocol::Https),
        ("tls", Protocol::Tls),
        ("tcp", Protocol::Tcp),
        ("mongo", Protocol::Mongo),
        ("mysql", Protocol::Mysql),
        ("redis", Protocol::Redis),
    ];

    /// The protocol that a word declares.
    #[must_use]
    pub fn named(word: &str) -> Option<Protocol> {
        Protocol::ALL.iter().find(|(name, _)| *name == word).map(|(_, protocol)| *protocol)
    }

    /// The word that declares it; also the first part of port names.
    #[must_use]
    pub fn word(self) -> &'static str {
        Protocol::ALL.iter().find(|(_, protocol)| *protocol == self).map_or("", |(name, _)| name)
    }

    /// The protocol as Istio's `port.protocol` has it.
    #[must_use]
    pub fn istio(self) -> &'static str {
        match self {
            Protocol::Http => "HTTP",
            Protocol::Http2 => "HTTP2",
            Protocol::Grpc => "GRPC",
            Protocol::GrpcWeb => "GRPC-WEB",
            Protocol::Https => "HTTPS",
            Protocol::Tls => "TLS",
            Protocol::Tcp => "TCP",
            Protocol::Mongo => "MONGO",
            Protocol::Mysql => "MYSQL",
            Protocol::Redis => "REDIS",
        }
    }

    /// Which section of a VirtualService routes it, where nothing ends its TLS.
    #[must_use]
    pub fn rank(self) -> Rank {
        match self {
            Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::GrpcWeb => Rank::Http,
            Protocol::Https | Protocol::Tls => Rank::Tls,
            Protocol::Tcp | Protocol::Mongo | Protocol::Mysql | Protocol::Redis => Rank::Tcp,
        }
    }
}
