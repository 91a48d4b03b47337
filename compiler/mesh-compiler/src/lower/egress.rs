//! The chain behind `external … < via EGRESS >`: callers to the gateway, the gateway to the host.
//!
//! What the application encrypts passes through by its server name. What the proxies see goes to the gateway under
//! Istio's mutual TLS, in a subset of its own, so that the server name tells the gateway which host is meant.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Object, Rank, Resource, Text, Value};

use super::{Lower, texts};
use crate::model::{External, ExternalId, GatewayId, Head, Place, Route, RouteTarget, Rule, ServiceId};

/// The port of the gateway's service that all chains use.
pub(crate) const GATEWAY_PORT: u16 = 443;

/// The parts of a chain that its objects share.
struct Chain<'m, 'a> {
    external: &'m External<'a>,
    gateway: GatewayId,
    workload: ServiceId,
    /// The port that callers use.
    port: u16,
    rank: Rank,
    span: Span,
}

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn egress(&mut self) {
        let mesh = self.mesh;
        for at in 0..mesh.externals.len() {
            let id = ExternalId(at);
            let Some(chain) = self.chain(id).filter(|chain| chain.external.emits) else { continue };
            let external = chain.external;
            for (i, (host, _)) in external.hosts.iter().enumerate() {
                let name = chain_name(external, i);
                self.out.push(self.egress_gateway(&chain, &name, host));
                if chain.rank == Rank::Http {
                    self.out.push(self.egress_rule(&chain, &name, host));
                }
            }
            let routed = mesh
                .routes
                .iter()
                .any(|route| route.target == RouteTarget::External(id) && route.mesh.is_some() && !route.foreign);
            if !routed {
                let route = Route {
                    head: Head { namespace: external.namespace, span: chain.span, common: external.common.clone() },
                    target: RouteTarget::External(id),
                    target_span: external.span,
                    gateways: Vec::new(),
                    mesh: Some(chain.span),
                    foreign: false,
                    ranks: vec![chain.rank],
                    rules: Vec::new(),
                    last: Rule { span: chain.span, ..Rule::default() },
                    poisoned: false,
                };
                self.route_of_external(&route);
            }
        }
    }

    /// Rules for a gateway's service that a caller would take in place of the chain's, and that lack its subset.
    pub(super) fn chains_hidden(&self) {
        let mesh = self.mesh;
        let chains = (0..mesh.externals.len()).filter_map(|at| self.chain(ExternalId(at)));
        let http = chains.filter(|chain| chain.external.emits && chain.rank == Rank::Http);
        let mut gateways: Vec<(ServiceId, Span)> = http.map(|chain| (chain.workload, chain.span)).collect();
        gateways.sort_unstable();
        gateways.dedup_by_key(|(id, _)| *id);
        if gateways.is_empty() {
            return;
        }
        for rule in self.out.iter().filter(|resource| resource.kind == Kind::DestinationRule) {
            let Some(host) = rule.spec.get("host").and_then(Node::text) else { continue };
            for (id, via) in &gateways {
                let own = self.service(*id).namespace;
                if rule.namespace.as_deref() == own || !mesh_istio::host::overlap(host, &self.host(*id)) {
                    continue;
                }
                self.problems.borrow_mut().push(
                    Diagnostic::new(code::E0319, rule.span(), "hides the way through the egress gateway")
                        .label("a rule for the gateway's service, in a namespace of callers")
                        .also(*via, "callers go this way, in a subset of the gateway's service")
                        .note("callers take the rule of their own namespace, which lacks that subset: every call would fail")
                        .help(match own {
                            Some(own) => format!("say it in the gateway's namespace: `in {own}`"),
                            None => "leave it out".to_owned(),
                        }),
                );
            }
        }
    }

    fn chain(&self, id: ExternalId) -> Option<Chain<'m, 'a>> {
        let external = &self.mesh.externals[id.0];
        let (gateway, span) = *external.via.first()?;
        let workload = self.mesh.gateways[gateway.0].workload?;
        let port = external.ports.first()?;
        Some(Chain { external, gateway, workload, port: port.port.number, rank: port.port.protocol.rank(), span })
    }

    /// The listener at the gateway.
    fn egress_gateway(&self, chain: &Chain<'_, 'a>, name: &str, host: &str) -> Resource {
        let mut resource = self.part(chain, Kind::Gateway, chain.external.namespace, name);
        let span = chain.span;
        resource.spec.put_object("selector", self.gateway_labels(chain.gateway, span));
        let mut port = Object::new(span);
        port.set("number", GATEWAY_PORT);
        let (word, protocol, mode) = match chain.rank {
            Rank::Http => ("https", "HTTPS", "ISTIO_MUTUAL"),
            _ => ("tls", "TLS", "PASSTHROUGH"),
        };
        port.set("name", format!("{word}-{GATEWAY_PORT}"));
        port.set("protocol", protocol);
        let mut tls = Object::new(span);
        tls.set("mode", mode);
        let mut server = Object::new(span);
        server.put_object("port", port);
        server.put_list("hosts", texts(&[host], span));
        server.put_object("tls", tls);
        resource.spec.put_list("servers", vec![server.node()]);
        resource
    }

    /// How callers reach the gateway: a subset of it whose mutual TLS asks for the host. It lives with the gateway.
    fn egress_rule(&self, chain: &Chain<'_, 'a>, name: &str, host: &str) -> Resource {
        let span = chain.span;
        let workload = self.service(chain.workload);
        let mut resource = self.part(chain, Kind::DestinationRule, workload.namespace, name);
        resource.spec.set("host", self.host(chain.workload));
        let mut port = Object::new(span);
        port.set("number", GATEWAY_PORT);
        let mut tls = Object::new(span);
        tls.set("mode", "ISTIO_MUTUAL");
        tls.set("sni", host);
        let mut setting = Object::new(span);
        setting.put_object("port", port);
        setting.put_object("tls", tls);
        let mut policy = Object::new(span);
        policy.put_list("portLevelSettings", vec![setting.node()]);
        let mut subset = Object::new(span);
        subset.set("name", name);
        subset.put_object("trafficPolicy", policy);
        resource.spec.put_list("subsets", vec![subset.node()]);
        resource
    }

    fn part(&self, chain: &Chain<'_, 'a>, kind: Kind, namespace: Option<&str>, name: &str) -> Resource {
        let mut resource = Resource::new(kind, namespace.map(Text::from), name, chain.external.span);
        super::metadata(&mut resource, &chain.external.common);
        resource.reasons.push(format!(
            "`via {}` of the external {}: callers go to the gateway, and the gateway to the host",
            self.mesh.gateways[chain.gateway.0].name, chain.external.name
        ));
        // The rule of the gateway is not that of the host: other externals go through it too.
        if kind != Kind::DestinationRule {
            self.set_fields(&chain.external.common.fields, kind, &mut resource.spec);
        }
        resource
    }

    /// Sends a route of an external through its gateway: callers' rules end there, and one more rule goes on.
    pub(super) fn through_gateway(&self, route: &Route<'a>, resource: &mut Resource) {
        let RouteTarget::External(id) = route.target else { return };
        let Some(chain) = self.chain(id).filter(|_| route.mesh.is_some()) else { return };
        let span = chain.span;
        let own = self.place_host(Place::External(id));
        let name = chain_name(chain.external, self.external_host);
        let reference = match chain.external.namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.clone(),
        };
        let spec = &mut resource.spec;
        let mut gateways: Vec<Node> = spec.get("gateways").map_or(&[][..], Node::list).to_vec();
        if gateways.is_empty() {
            gateways.push(Node::new("mesh", route.mesh.unwrap_or(span)));
        }
        let callers = gateways.clone();
        gateways.push(Node::new(reference.as_str(), span));
        // Hosts and gateways first, as people read it.
        let mut ordered = Object::new(spec.span());
        if let Some(hosts) = spec.get("hosts") {
            ordered.put("hosts", hosts.clone());
        }
        ordered.put_list("gateways", gateways);
        ordered.fill_from(spec);
        *spec = ordered;
        let section = if chain.rank == Rank::Http { "http" } else { "tls" };
        let Some(Node { value: Value::List(rules), .. }) = spec.get_mut(section) else { return };
        for rule in rules.iter_mut() {
            let Value::Object(rule) = &mut rule.value else { continue };
            self.to_gateway(rule, &chain, &callers, &own, &name);
        }
        let mut test = Object::new(span);
        test.put_list("gateways", texts(&[reference.as_str()], span));
        test.set("port", GATEWAY_PORT);
        if chain.rank != Rank::Http {
            test.put_list("sniHosts", texts(&[own.as_str()], span));
        }
        let mut port = Object::new(span);
        port.set("number", chain.port);
        let mut destination = Object::new(span);
        destination.set("host", own.as_str());
        destination.put_object("port", port);
        let mut entry = Object::new(span);
        entry.put_object("destination", destination);
        let mut onward = Object::new(span);
        onward.put_list("match", vec![test.node()]);
        onward.put_list("route", vec![entry.node()]);
        rules.push(onward.node());
        resource.reasons.push(format!(
            "callers go to the gateway {}, and the last rule is the gateway's own way to the host",
            self.mesh.gateways[chain.gateway.0].name
        ));
    }

    /// Lets a rule hold for callers only, and end at the gateway where it ended at the host.
    fn to_gateway(&self, rule: &mut Object, chain: &Chain<'_, 'a>, callers: &[Node], own: &str, name: &str) {
        let span = chain.span;
        if rule.get("match").is_none() {
            let mut first = Object::new(rule.span());
            first.put_list("match", vec![Object::new(span).node()]);
            first.fill_from(rule);
            *rule = first;
        }
        // Inside the mesh the host is called on its own port; a gateway is called on that of its listener.
        let (inside, edges): (Vec<Node>, Vec<Node>) =
            callers.iter().cloned().partition(|caller| caller.text() == Some("mesh"));
        if let Some(Node { value: Value::List(tests), .. }) = rule.get_mut("match") {
            let mut all = Vec::with_capacity(tests.len());
            for test in std::mem::take(tests) {
                let Value::Object(object) = &test.value else { continue };
                for (gateways, is_edge) in [(&inside, false), (&edges, true)] {
                    if gateways.is_empty() {
                        continue;
                    }
                    let mut object = object.clone();
                    object.put_list("gateways", gateways.clone());
                    if object.get("port").is_none() && !is_edge {
                        object.set("port", chain.port);
                    }
                    all.push(Node::new(object, test.span));
                }
            }
            *tests = all;
        }
        for section in ["route", "mirrors"] {
            let Some(Node { value: Value::List(entries), .. }) = rule.get_mut(section) else { continue };
            self.ends_at_gateway(entries, chain, own, name);
        }
    }

    /// Lets destinations end at the gateway where they ended at the host.
    fn ends_at_gateway(&self, entries: &mut [Node], chain: &Chain<'_, 'a>, own: &str, name: &str) {
        for entry in entries {
            let Value::Object(entry) = &mut entry.value else { continue };
            let Some(Node { value: Value::Object(destination), span: at }) = entry.get_mut("destination") else {
                continue;
            };
            if destination.get("host").and_then(Node::text) != Some(own) {
                continue;
            }
            let mut there = Object::new(*at);
            there.set("host", self.host(chain.workload));
            if chain.rank == Rank::Http {
                there.set("subset", name);
            }
            let mut port = Object::new(*at);
            port.set("number", GATEWAY_PORT);
            there.put_object("port", port);
            *destination = there;
        }
    }
}

/// The name of the objects of a chain, which is that of the subset too.
fn chain_name(external: &External<'_>, host: usize) -> String {
    let own = external.common.object.map_or(external.name, |(name, _)| name).replace('.', "-");
    if host == 0 { format!("{own}-egress") } else { format!("{own}-egress-{}", host + 1) }
}
