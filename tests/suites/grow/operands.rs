//! The operands of what is grown: texts that fit their type, and mostly the declarations around them.

use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Element, lookup};
use mesh_istio::Kind;

use super::blocks::candidates;
use super::{About, Grower};

impl Grower<'_> {
    pub(super) fn elements(&mut self, elements: &'static [Element], block: Block, word: &'static str) {
        for element in elements {
            match element {
                Element::Word(text) => self.push(text),
                Element::Slot(slot) if slot.of == Type::Share => self.shares(),
                Element::Slot(slot) => match slot.of {
                    Type::Request => self.condition(Block::RequestTests),
                    Type::Source => self.condition(Block::SourceTests),
                    Type::Operation => self.condition(Block::OperationTests),
                    Type::Condition => self.condition(Block::ConditionTests),
                    of => {
                        let lone = slot.of == Type::OperationWord || slot.of == Type::Export;
                        let count = if slot.list && !lone { 1 + usize::from(self.one_in(3)) } else { 1 };
                        let values: Vec<String> = (0..count).map(|_| self.operand(of, block, word)).collect();
                        let mut seen = std::collections::HashSet::new();
                        let values: Vec<&String> = values.iter().filter(|value| seen.insert(*value)).collect();
                        let text = values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
                        self.push(&text);
                    }
                },
                Element::Options(options) => {
                    for option in options {
                        let first = match option.first() {
                            Some(Element::Word(first)) => *first,
                            _ => "",
                        };
                        let odd = match (word, first) {
                            ("https" | "tls" | "tcp" | "mongo" | "mysql" | "redis", "tls") => true,
                            ("redirect", "prefix" | "scheme") | ("gateway" | "external", "as") => true,
                            ("", "port") => self.several || self.about == About::Host,
                            ("mirror", "port") | ("endpoint", "port") => true,
                            _ => false,
                        };
                        let must = word == "redirect" && first == "host";
                        if (self.one_in(3) || must) && !odd {
                            self.elements(option, block, word);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if !self.out.ends_with(['\n', ' ', '(']) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    pub(super) fn shares(&mut self) {
        let alone = self.focus.is_some_and(|focus| matches!(focus.block, Block::Destination | Block::Headers));
        let text = match (self.about, self.below(5)) {
            (About::Host, _) if alone => "web@v1",
            (About::Http, _) if alone => "v1",
            (About::Sni, _) => "safe",
            (About::Host | About::Gateway, 0..=2) => "web",
            (About::Host | About::Gateway, 3) => "web@v1: 70%, web@v2",
            (About::Host | About::Gateway, _) => "far.ops: 10%, web",
            (_, 0) => "v1",
            (_, 1) => "v1: 80%, v2: 20%",
            (_, 2) => "v1: 99.5%, v2",
            (_, 3) => "v2",
            (About::Tcp, _) => "v1: 33%, v2",
            (_, _) => "v1: 50%, far.ops@v2",
        };
        self.several = text.contains(',') || text.starts_with('v');
        // A destination starts the statement: its word is empty.
        self.push(text);
    }

    /// Tests joined by `and` and `or`.
    pub(super) fn condition(&mut self, block: Block) {
        let asked = self.focus.filter(|focus| focus.block == block);
        let wanted: Vec<&'static str> = asked.into_iter().flat_map(|focus| focus.words).collect();
        let all = candidates(block);
        let wanted: Vec<&'static str> = wanted.into_iter().filter(|word| lookup(block, word).is_some()).collect();
        let count = if wanted.is_empty() { 1 + self.below(3) } else { wanted.len() };
        let mut first = true;
        for at in 0..count {
            let word = match wanted.get(at) {
                Some(word) => lookup(block, word),
                None => Some(self.of(&all)),
            };
            let Some(word) = word else { continue };
            let identity =
                matches!(word.entry.word, "" | "gateway" | "namespace" | "principal" | "trust-domain" | "token");
            if self.custom
                && ((block == Block::SourceTests && identity)
                    || matches!(word.entry.word, "claim" | "audience" | "presenter"))
            {
                continue;
            }
            let http = self.about == About::Tcp
                && match block {
                    Block::OperationTests => word.entry.word != "port",
                    Block::SourceTests => word.entry.word == "token",
                    Block::ConditionTests => !matches!(word.entry.word, "sni" | "dest-ip"),
                    _ => false,
                };
            if http {
                continue;
            }
            let edge_only = matches!(word.entry.word, "claim" | "via" | "scheme") && self.about != About::Host;
            let inside_only = word.entry.word == "from" && self.about != About::Http;
            let sni = word.entry.word == "sni" && self.about != About::Sni;
            if block == Block::RequestTests && wanted.is_empty() && (edge_only || inside_only || sni) {
                continue;
            }
            if matches!(word.entry.word, "anyone" | "nobody") && wanted.is_empty() && at > 0 {
                continue;
            }
            if !first {
                let alone = asked.is_some() || matches!(block, Block::OperationTests | Block::SourceTests);
                let join = if alone { "or" } else { self.of(&["or", "or", "and"]) };
                self.push(join);
            }
            first = false;
            if matches!(word.entry.word, "anyone" | "nobody") {
                self.push(if wanted.first() == Some(&"nobody") { "nobody" } else { "anyone" });
                if wanted.is_empty() {
                    return;
                }
                continue;
            }
            if block == Block::RequestTests && matches!(word.entry.word, "header" | "cookie") && self.one_in(4) {
                self.push("not");
            }
            if !word.entry.word.is_empty() {
                self.push(word.entry.word);
            }
            let shape = &word.shapes[self.below(word.shapes.len())];
            self.elements(&shape.elements, block, word.entry.word);
        }
        if first {
            self.push(match block {
                Block::RequestTests => "path /grown",
                Block::SourceTests => "ip 10.7.7.7",
                Block::OperationTests if self.about == About::Tcp => "port 5432",
                Block::OperationTests => "GET",
                Block::ConditionTests if self.about == About::Tcp => "dest-ip 10.7.7.7",
                _ => "header x-grown \"yes\"",
            });
        }
    }

    pub(super) fn operand(&mut self, of: Type, block: Block, word: &'static str) -> String {
        let n = self.number();
        let text = match of {
            Type::Field => return self.field(block).0.to_owned(),
            Type::Anything if word == "field" => return self.field(block).1.to_owned(),
            Type::Kind => return kind(block).name().to_owned(),
            Type::Alias => return format!("p{n}"),
            Type::Anything if word == "split" && self.grown.iter().filter(|word| **word == "split").count() > 1 => {
                "us/a/*: (us/a/*: 60%, us/b/*: 40%)"
            }
            Type::Anything if word == "split" => "eu/a/*: (eu/a/*: 70%, eu/b/*: 30%)",
            Type::Integer => self.of(&["-7", "0", "12"]),
            Type::LabelKey => self.of(&["app", "topology.istio.io/network"]),
            Type::Metric => self.of(&["request_count", "all_metrics", "tcp_sent_bytes", "\"own\""]),
            Type::Tag => return format!("tag_{n}"),
            Type::Variable => return format!("V{n}"),
            Type::Pair if word == "failover" => return format!("eu-{n}: us-{n}"),
            Type::Percent if word == "trace" => self.of(&["5%", "0.5%", "100%"]),
            Type::PortNumber if block == Block::Scope => return format!("{}", 20_000 + n),
            Type::OneOf(words) if word == "patch" && words.contains("CLUSTER") => {
                let asked = |words: &[&str]| self.asks(words);
                self.applied = match () {
                    () if asked(&["filter", "listener"]) => "HTTP_FILTER",
                    () if asked(&["vhost"]) => "HTTP_ROUTE",
                    () if asked(&["cluster"]) => "CLUSTER",
                    () => self.of(&["CLUSTER", "HTTP_FILTER", "HTTP_ROUTE"]),
                };
                self.applied
            }
            Type::OneOf(_) if word == "patch" => "merge",
            Type::OneOf(_) if word == "context" => self.of(&["any", "inbound", "outbound", "gateway"]),
            Type::OneOf(_) if word == "retry-budget" => "3",
            Type::String if matches!(word, "value" | "config") => "\"{}\"",
            Type::String if word == "access-log" => "\"response.code >= 500\"",
            Type::String if word == "set-tag" => "\"request.host\"",
            Type::String if word == "url" => "\"oci://example.com/a:1\"",
            Type::String if word == "sha256" => "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
            Type::String if word == "listen" => "\"127.0.0.1:17071\"",
            Type::String if word == "filter" => "\"envoy.filters.network.http_connection_manager\"",
            Type::Abort => self.of(&["503", "UNAVAILABLE", "404"]),
            Type::Account => return format!("account-{n}"),
            Type::Address if word == "bind" => "10.0.0.1",
            Type::Address => return format!("10.{}.{}.0/24", n % 250, self.below(250)),
            Type::Cipher => self.of(&["ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA", "ECDHE-ECDSA-AES128-GCM-SHA256"]),
            Type::Claim => self.of(&["groups", "sub", "realm.roles"]),
            Type::Cookie => self.of(&["session", "user"]),
            Type::Count if word == "replicas" => "40",
            Type::Count if word == "balance" => self.of(&["1024", "5003"]),
            Type::Count => self.of(&["1", "2", "3"]),
            Type::Delegate => "handed-on",
            Type::Destination => match self.about {
                About::Host | About::Gateway | About::External => "web@v1",
                _ => self.of(&["v2", "web", "far.ops@v1"]),
            },
            Type::Domain => self.of(&["cluster.local", "td2"]),
            Type::Duration if word == "max-age" && block == Block::Cors => "1h",
            Type::Duration => self.of(&["1s", "250ms", "2s", "1m"]),
            Type::Eject => self.of(&["5xx", "gateway"]),
            Type::Endpoint => return format!("10.9.{}.{}", n % 200, 1 + self.below(200)),
            Type::Export => self.of(&["here", "ops"]),
            Type::Finding => self.of(&["retry-never-fires", "shadowed-rule", "sticky-split"]),
            Type::Gateway => "edge",
            Type::Header => return format!("x-h{n}"),
            Type::Host if block == Block::RequestTests => return self.host.clone(),
            Type::Host => return format!("\"host{n}.example.com\""),
            Type::Locality => self.of(&["eu-west/a", "eu-west", "us-east/b/c"]),
            Type::Method => self.of(&["GET", "POST", "HEAD"]),
            Type::Mode if block == Block::Namespace => "strict",
            Type::Mode => self.of(&["strict", "permissive"]),
            Type::Module => "std/istioctl",
            Type::Name => return format!("n{n}"),
            Type::Namespace if block == Block::Mesh => "istio-system",
            Type::Namespace => self.of(&["ops", "shop"]),
            Type::OperationWord => self.of(&["GET", "/a/*", "/b", "/users/{id}", "POST"]),
            Type::Pair if word == "endpoint" => return format!("http-80: {}", 8000 + self.below(99)),
            Type::Pair => return format!("key-{n}: value"),
            Type::Path if word == "rewrite" => self.of(&["/", "/to/"]),
            Type::Path => self.of(&["/", "/to"]),
            Type::Paths => return format!("/p{}{}", self.below(30), self.of(&["", "/*", "/{id}", "/x"])),
            Type::Pattern if block == Block::Cors => return format!("\"https://o{}.example.com\"", self.below(9)),
            Type::Pattern => self.of(&["\"a\"", "\"b*\"", "\"*c\"", "\"d\""]),
            Type::Percent if word == "eject" => self.of(&["50%", "10%"]),
            Type::Percent => self.of(&["50%", "10%", "0.5%"]),
            Type::Port => match self.about {
                About::Tcp => "5432",
                _ => "80",
            },
            Type::PortNumber => return format!("{}", 1000 + n * 7 % 30_000 + self.below(7)),
            Type::Provider => self.of(&["opa"]),
            Type::Query => self.of(&["debug", "q"]),
            Type::Redirect => self.of(&["301", "308"]),
            Type::Regex => self.of(&["~\"/r[0-9]+\"", "~\"/a(b|c)\""]),
            Type::Release => self.of(&["1.31", "1.30", "1.29", "1.28"]),
            Type::Retry => self.of(&["5xx", "reset", "503", "connect-failure"]),
            Type::Service => self.of(&["web", "cart"]),
            Type::Status => self.of(&["404", "200"]),
            Type::String if matches!(word, "host") => return format!("\"{}.example.com\"", self.of(&["a", "b"])),
            Type::String if word == "principal" => "\"cluster.local/ns/ops/sa/far\"",
            Type::String if word == "token" && block == Block::SourceTests => "\"https://edge\"",
            Type::String if matches!(word, "issuer") => return format!("\"https://i{n}\""),
            Type::String if word == "jwks" => "\"https://i/jwks.json\"",
            Type::String if matches!(word, "ca" | "cert") => "\"/etc/certs/it.pem\"",
            Type::String | Type::Text => return format!("\"text {n}\""),
            Type::Target => "web",
            Type::Version => match self.about {
                About::Declared => return format!("v{n}"),
                _ => self.of(&["v1", "v2"]),
            },
            Type::OneOf(_) if word == "resolve" => "dns",
            Type::OneOf(_) if word == "tls" && block != Block::External => match self.about {
                About::External if self.asks(&["cert"]) => "mutual",
                About::External => "simple",
                _ => "mesh",
            },
            Type::OneOf("1.0|1.1|1.2|1.3") => {
                if word == "min-tls" {
                    "1.2"
                } else {
                    "1.3"
                }
            }
            Type::OneOf(_) if word == "balance" && self.asks(&["warmup"]) => "least-request",
            Type::OneOf(words) => {
                let words: Vec<&str> = words.split('|').collect();
                self.of(&words)
            }
            _ => "x",
        };
        text.to_owned()
    }
}

/// The kind that [`Grower::field`] is about.
fn kind(block: Block) -> Kind {
    match block {
        Block::Service | Block::Version | Block::Traffic | Block::Layer | Block::Pool | Block::Tls => {
            Kind::DestinationRule
        }
        Block::External => Kind::ServiceEntry,
        Block::Gateway | Block::Listener => Kind::Gateway,
        Block::Mtls => Kind::PeerAuthentication,
        Block::Policy | Block::Authorize => Kind::AuthorizationPolicy,
        Block::Jwt | Block::Issuer => Kind::RequestAuthentication,
        Block::Workload => Kind::WorkloadEntry,
        Block::Scope => Kind::Sidecar,
        Block::Observe => Kind::Telemetry,
        Block::Plugin => Kind::WasmPlugin,
        Block::Proxy => Kind::ProxyConfig,
        Block::Envoy | Block::Patch => Kind::EnvoyFilter,
        _ => Kind::VirtualService,
    }
}

impl Grower<'_> {
    /// A field of the object of a block, and a value for it, that no clause sets; another one for the second clause.
    fn field(&self, block: Block) -> (&'static str, &'static str) {
        let first = self.grown.iter().filter(|word| **word == "field").count() < 2;
        match block {
            Block::Service | Block::Traffic if first => ("trafficPolicy.retryBudget.minRetryConcurrency", "4"),
            Block::Service | Block::Traffic => ("trafficPolicy.loadBalancer.zoneAwareLbSetting.minClusterSize", "7"),
            Block::Version if first => ("trafficPolicy.loadBalancer.zoneAwareLbSetting.minClusterSize", "7"),
            Block::Version => ("trafficPolicy.outlierDetection.consecutiveLocalOriginFailures", "7"),
            Block::External => ("subjectAltNames", "(\"grown\")"),
            Block::Gateway if first => ("selector.grown", "\"yes\""),
            Block::Gateway => ("selector.twice", "\"yes\""),
            Block::Listener => ("name", "grown"),
            Block::Route | Block::Rule if first => ("name", "grown"),
            Block::Route | Block::Rule => ("headers.response.remove", "x-grown"),
            Block::Destination if first => ("headers.response.remove", "x-grown"),
            Block::Destination => ("headers.request.remove", "x-grown"),
            Block::Layer if first && !self.asks(&["locality"]) => {
                ("loadBalancer.zoneAwareLbSetting.minClusterSize", "7")
            }
            Block::Layer => ("outlierDetection.splitExternalLocalOriginErrors", "true"),
            Block::Pool if first => ("tcp.tcpKeepalive.probes", "7"),
            Block::Pool => ("http.useClientProtocol", "true"),
            Block::Tls if first => ("insecureSkipVerify", "false"),
            Block::Tls => ("caCrl", "\"/etc/certs/crl.pem\""),
            Block::Cors if self.asks(&["headers"]) => ("exposeHeaders", "x-grown"),
            Block::Cors => ("allowHeaders", "x-grown"),
            Block::Issuer => ("spaceDelimitedClaims", "(scope)"),
            Block::Workload if first => ("labels.grown", "\"yes\""),
            Block::Workload => ("labels.twice", "\"yes\""),
            Block::Scope | Block::Envoy if first => ("workloadSelector.labels.grown", "\"yes\""),
            Block::Scope | Block::Envoy => ("workloadSelector.labels.twice", "\"yes\""),
            Block::Patch => ("match.proxy.metadata", "(a: b)"),
            _ if first => ("selector.matchLabels.grown", "\"yes\""),
            _ => ("selector.matchLabels.twice", "\"yes\""),
        }
    }
}
