//! Traffic: DestinationRule, with layers folded field by field, because Istio replaces sections whole.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Object, Rank, Resource, Text};

use super::external::port_tls;
use super::layers::{fold, merge, only_said};
use super::policy::{Ports, clauses_object, policy_object, port_object};
use super::{Lower, label_object, texts};
use crate::check_names::subset_name;
use crate::model::{Common, EjectKind, ExternalId, FieldSet, Head, Layer, Service, ServiceId, Subject, Traffic};

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn traffic(&mut self) {
        let mesh = self.mesh;
        for traffic in &mesh.traffic {
            let layers = traffic.versions.iter().map(|(_, layer, _)| layer);
            let layers = layers.chain(traffic.ports.iter().map(|(_, layer, _)| layer)).chain([&traffic.layer]);
            for layer in layers.filter(|layer| !layer.fields.is_empty()) {
                self.set_fields(&layer.fields, Kind::DestinationRule, &mut clauses_object(layer));
            }
        }
        let mut by_service: HashMap<ServiceId, Vec<&'m Traffic<'a>>> = HashMap::default();
        let mut by_external: HashMap<ExternalId, Vec<&'m Traffic<'a>>> = HashMap::default();
        let mut namespaces: HashMap<&'a str, &'m Traffic<'a>> = HashMap::default();
        let whole = mesh.traffic.iter().find(|traffic| traffic.subject == Subject::Mesh);
        for traffic in &mesh.traffic {
            match traffic.subject {
                Subject::Service(id) => by_service.entry(id).or_default().push(traffic),
                Subject::External(id) => by_external.entry(id).or_default().push(traffic),
                Subject::Host(host) => self.plain(traffic, &traffic.layer, host, mesh_istio::host::slug(host)),
                Subject::Namespace(namespace) => {
                    namespaces.insert(namespace, traffic);
                    // The rule of a namespace hides that of the mesh.
                    let layer = whole.map(|whole| fold(&whole.layer, &traffic.layer));
                    let layer = layer.as_ref().unwrap_or(&traffic.layer);
                    self.plain(traffic, layer, &format!("*.{namespace}.svc.cluster.local"), namespace.to_owned());
                }
                Subject::Mesh => self.plain(traffic, &traffic.layer, "*.local", "mesh".to_owned()),
                Subject::ThisNamespace | Subject::Gateway(_) => {}
            }
        }
        for (at, service) in mesh.services.iter().enumerate() {
            let id = ServiceId(at);
            let said = by_service.remove(&id).unwrap_or_default();
            let mut below = Layer::default();
            // Wildcard rules are for hosts of Kubernetes, and any rule of a service hides them.
            if service.vm.is_none() {
                let of_namespace = service.namespace.and_then(|namespace| namespaces.get(namespace));
                for traffic in whole.iter().chain(of_namespace.iter().copied()) {
                    below = fold(&below, &traffic.layer);
                }
            }
            let owner = said.iter().copied().find(|traffic| !traffic.foreign && traffic.caller.is_none());
            if let Some(set) = self.policy_by_path(&service.common, owner) {
                below = fold(&below, &set);
            }
            let says = !service.versions.is_empty() || service.common.sets(Kind::DestinationRule);
            if owner.is_some() || (says && service.emits && owned(service, mesh)) {
                let made = self.destination_rule(id, &below, owner, owner);
                self.out.push(made);
            }
            let base = owner.map_or_else(|| below.clone(), |owner| fold(&below, &owner.layer));
            for traffic in said.iter().copied().filter(|traffic| traffic.foreign || traffic.caller.is_some()) {
                let made = self.destination_rule(id, &base, Some(traffic), owner);
                self.out.push(made);
            }
        }
        for (at, external) in mesh.externals.iter().enumerate() {
            let said = by_external.remove(&ExternalId(at)).unwrap_or_default();
            let encrypted = external.ports.iter().any(|port| port.tls.is_some());
            let says = external.emits && (encrypted || external.common.sets(Kind::DestinationRule));
            let owner = said.iter().copied().find(|traffic| !traffic.foreign && traffic.caller.is_none());
            let below = self.policy_by_path(&external.common, owner).unwrap_or_default();
            if owner.is_none() && says {
                self.external_rules(ExternalId(at), &below, None, None);
            }
            for traffic in said {
                let owner = owner.filter(|owner| !std::ptr::eq(*owner, traffic));
                self.external_rules(ExternalId(at), &below, Some(traffic), owner);
            }
        }
    }

    /// A rule for a host that is no declared service.
    fn plain(&mut self, traffic: &Traffic<'a>, layer: &Layer<'a>, host: &str, name: String) {
        // The rule of a namespace lies in it: anywhere else it would hide the versions of its services from the callers
        // there.
        let namespace = match traffic.subject {
            Subject::Mesh => Some(self.mesh.settings.root_namespace),
            Subject::Namespace(namespace) => Some(namespace),
            _ => traffic.head.namespace,
        };
        let name = self.named_for(traffic, name);
        let mut resource = self.resource(Kind::DestinationRule, namespace, name, &traffic.head);
        resource.spec.set("host", host);
        self.put_caller(traffic, &mut resource.spec);
        let ports = Ports { http: true, tcp: false };
        let mut policy = policy_object(layer, traffic.head.span, ports);
        self.port_settings(layer, &traffic.ports, ports, &mut policy);
        resource.spec.put_object("trafficPolicy", policy);
        self.export(&traffic.head.common, namespace, traffic.caller.is_some(), traffic.head.span, &mut resource.spec);
        self.finish(resource, &traffic.head.common.fields);
    }

    /// What the declaration of a service or host sets of its policy by path; its traffic must not say the same.
    fn policy_by_path(&self, common: &Common<'a>, owner: Option<&Traffic<'a>>) -> Option<Layer<'a>> {
        let fields: Vec<FieldSet> =
            common.of_kind(Kind::DestinationRule).filter_map(|field| field.below("trafficPolicy")).flatten().collect();
        if fields.is_empty() {
            return None;
        }
        let mut clauses = owner.map_or_else(
            || Object::new(Span::default()),
            |owner| policy_object(&owner.layer, owner.head.span, Ports { http: true, tcp: true }),
        );
        self.set_fields(&fields, Kind::DestinationRule, &mut clauses);
        Some(Layer { fields, ..Layer::default() })
    }

    /// The name of a rule for one caller.
    fn named_for(&self, traffic: &Traffic<'a>, name: String) -> String {
        match traffic.caller {
            Some((caller, _)) => format!("{name}-from-{}", self.service(caller).name),
            None => name,
        }
    }

    /// `workloadSelector`: the proxies of one caller.
    fn put_caller(&self, traffic: &Traffic<'a>, spec: &mut Object) {
        if let Some((caller, span)) = traffic.caller {
            let mut workloads = Object::new(span);
            workloads.put_object("matchLabels", label_object(&super::selector(self.service(caller)), span));
            spec.put_object("workloadSelector", workloads);
        }
    }

    /// The rules of an external's hosts; those of callers repeat what the `owner` says.
    fn external_rules(
        &mut self,
        id: ExternalId,
        below: &Layer<'a>,
        traffic: Option<&Traffic<'a>>,
        owner: Option<&Traffic<'a>>,
    ) {
        let external = &self.mesh.externals[id.0];
        let ports = Ports {
            http: external.ports.iter().any(|port| port.port.protocol.rank() == Rank::Http),
            tcp: external.ports.iter().any(|port| port.port.protocol.rank() != Rank::Http),
        };
        for (i, (host, span)) in external.hosts.iter().enumerate() {
            let head = match traffic {
                Some(traffic) => traffic.head.clone(),
                None => Head { namespace: external.namespace, span: external.span, common: external.common.clone() },
            };
            let mut head = head;
            at_home(&mut head);
            if traffic.is_some_and(|traffic| !traffic.foreign && traffic.caller.is_none()) {
                head.common.fields.extend(external.common.fields.iter().cloned());
            }
            let own = head.common.object.map_or(external.name, |(name, _)| name);
            let name = if i == 0 { own.to_owned() } else { format!("{own}-{}", i + 1) };
            let mut resource = self.resource(Kind::DestinationRule, head.namespace, own, &head);
            resource.name = Text::from(match traffic {
                Some(traffic) if head.common.object.is_none() => self.named_for(traffic, name),
                _ => name,
            });
            resource.spec.set_at("host", host.as_ref(), *span);
            if let Some(traffic) = traffic {
                self.put_caller(traffic, &mut resource.spec);
            }
            let base = owner.map_or_else(|| below.clone(), |owner| fold(below, &owner.layer));
            let layer = traffic.map_or_else(|| base.clone(), |traffic| fold(&base, &traffic.layer));
            let verified = verified(&layer, host, ports, &mut resource.reasons);
            let layer = &verified;
            let mut policy = policy_object(layer, head.span, ports);
            let mut settings: Vec<(u16, Layer<'a>, Span)> = owner.map(|owner| owner.ports.clone()).unwrap_or_default();
            merge(&mut settings, traffic.map(|traffic| traffic.ports.as_slice()).unwrap_or_default());
            for port in &external.ports {
                if let Some((_, span)) = port.tls
                    && !settings.iter().any(|(number, ..)| *number == port.port.number)
                {
                    settings.push((port.port.number, Layer::default(), span));
                }
            }
            let mut list = Vec::new();
            for (number, own, span) in &settings {
                let mut object = port_object(*number, &fold(layer, own), *span, ports);
                let said = external.ports.iter().find(|port| port.port.number == *number).and_then(|port| port.tls);
                if let (Some((mode, span)), true) = (said, own.tls.is_none() && layer.tls.is_none()) {
                    let mut tls = port_tls(mode, span);
                    // HTTP gets server name and verification from its host by Istio itself; TCP does not.
                    let plain = external
                        .ports
                        .iter()
                        .any(|port| port.port.number == *number && port.port.protocol.rank() == Rank::Tcp);
                    if plain && mode == "simple" && !host.starts_with('*') {
                        tls.set("sni", host.as_ref());
                        tls.put_list("subjectAltNames", texts(&[host], span));
                        resource.reasons.push(format!(
                            "server name and certificate name of port {number} are derived from the host"
                        ));
                    }
                    object.put_object("tls", tls);
                }
                list.push(object.node());
            }
            policy.put_list("portLevelSettings", list);
            let by_path =
                head.common.of_kind(Kind::DestinationRule).filter(|field| field.below("trafficPolicy").is_none());
            let by_path: Vec<FieldSet> = by_path.cloned().collect();
            if policy.is_empty() && by_path.is_empty() {
                continue;
            }
            self.lost_beside_ports(&policy);
            if !policy.is_empty() {
                resource.spec.put_object("trafficPolicy", policy);
            }
            let of_caller = traffic.is_some_and(|traffic| traffic.foreign || traffic.caller.is_some());
            self.export(&head.common, head.namespace, of_caller, head.span, &mut resource.spec);
            self.finish(resource, &by_path);
        }
    }

    /// The rule of a service: the folded policy, its subsets, and settings of ports. `traffic` is the statement
    /// that makes it; the `owner`'s versions are repeated in a caller's rule.
    fn destination_rule(
        &self,
        id: ServiceId,
        below: &Layer<'a>,
        traffic: Option<&Traffic<'a>>,
        owner: Option<&Traffic<'a>>,
    ) -> Resource {
        let service = self.service(id);
        let ports = Ports {
            http: service.ports.is_empty() || service.ports.iter().any(|port| port.protocol.rank() == Rank::Http),
            tcp: service.ports.iter().any(|port| port.protocol.rank() != Rank::Http),
        };
        let owns = |traffic: &Traffic<'a>| !traffic.foreign && traffic.caller.is_none() && service.vm.is_none();
        let head = match traffic {
            Some(traffic) if owns(traffic) => {
                // The service and the traffic to it are one object: it carries the labels of both.
                let mut head = traffic.head.clone();
                head.common.labels.extend(service.common.labels.iter().cloned());
                head.common.annotations.extend(service.common.annotations.iter().cloned());
                head.common.export = head.common.export.or_else(|| service.common.export.clone());
                head.common.object = head.common.object.or(service.common.object);
                head.common.fields.extend(service.common.fields.iter().cloned());
                head
            }
            Some(traffic) => traffic.head.clone(),
            None => {
                let mut common = service.common.clone();
                if service.vm.is_some() {
                    common.object = None;
                }
                let mut head = Head { namespace: service.namespace, span: service.span, common };
                at_home(&mut head);
                head
            }
        };
        let name = service.name.to_owned();
        let name = traffic.map_or_else(|| name.clone(), |traffic| self.named_for(traffic, name.clone()));
        let mut resource = self.resource(Kind::DestinationRule, head.namespace, name, &head);
        let own = traffic.map(|traffic| &traffic.layer);
        let layer = own.map_or_else(|| below.clone(), |own| fold(below, own));
        resource.spec.set_at("host", self.host(id), traffic.map_or(service.span, |traffic| traffic.head.span));
        if let Some(traffic) = traffic {
            self.put_caller(traffic, &mut resource.spec);
        }
        if layer.eject.as_ref().is_some_and(|eject| {
            !eject.counts.iter().any(|(kind, ..)| matches!(kind, EjectKind::ServerErrors | EjectKind::Codes(_)))
        }) {
            resource
                .reasons
                .push("Envoy also ejects by itself after 5 errors 5xx in a row, beside what `eject` says".to_owned());
        }
        let none = Vec::new();
        let mut port_layers: Vec<(u16, Layer<'a>, Span)> = owner
            .filter(|owner| !traffic.is_some_and(|traffic| std::ptr::eq(*owner, traffic)))
            .map_or(none, |owner| owner.ports.clone());
        merge(&mut port_layers, traffic.map(|traffic| traffic.ports.as_slice()).unwrap_or_default());
        let mut version_layers: Vec<(&'a str, Layer<'a>, Span)> = owner
            .filter(|owner| !traffic.is_some_and(|traffic| std::ptr::eq(*owner, traffic)))
            .map_or(Vec::new(), |owner| owner.versions.clone());
        merge(&mut version_layers, traffic.map(|traffic| traffic.versions.as_slice()).unwrap_or_default());
        // What the service says of a version's policy is a layer as well.
        for version in service.versions.iter().filter(|version| !version.fields.is_empty()) {
            let fields: Vec<FieldSet> =
                version.fields.iter().filter_map(|field| field.below("trafficPolicy")).flatten().collect();
            if !fields.is_empty() {
                let said = Layer { fields, ..Layer::default() };
                match version_layers.iter_mut().find(|(name, ..)| *name == version.name) {
                    Some((_, layer, _)) => *layer = fold(&said, layer),
                    None => version_layers.push((version.name, said, version.span)),
                }
            }
        }

        let mut policy = policy_object(&layer, head.span, ports);
        self.port_settings(&layer, &port_layers, ports, &mut policy);
        self.lost_beside_ports(&policy);
        let tunnel = policy.get("tunnel").cloned();
        resource.spec.put_object("trafficPolicy", policy);
        let mut subset_fields: Vec<(&str, FieldSet)> = owner.map_or(Vec::new(), |owner| owner.subset_fields.clone());
        if let Some(traffic) = traffic.filter(|traffic| !owner.is_some_and(|owner| std::ptr::eq(owner, *traffic))) {
            subset_fields.extend(traffic.subset_fields.iter().cloned());
        }
        let subsets = service.versions.iter().map(|version| {
            let mut subset = Object::new(version.span);
            subset.set("name", subset_name(version.name));
            let mut labels = Object::new(version.span);
            if version.select.is_empty() {
                labels.set("version", version.name);
            }
            for (key, value, span) in &version.select {
                labels.set_at(key.to_string(), value.as_ref(), *span);
            }
            subset.put_object("labels", labels);
            if let Some((_, own, span)) = version_layers.iter().find(|(name, ..)| *name == version.name) {
                let full = fold(&layer, own);
                let mut policy = policy_object(&only_said(&full, own), *span, ports);
                let of_version: Vec<(u16, Layer<'a>, Span)> =
                    port_layers.iter().map(|(number, port, span)| (*number, fold(own, port), *span)).collect();
                self.port_settings(&layer, &of_version, ports, &mut policy);
                subset.put_object("trafficPolicy", policy);
            }
            // Istio reads the tunnel of a version from its own policy only.
            if let Some(tunnel) = &tunnel {
                subset.set_path(&["trafficPolicy", "tunnel"], tunnel.clone());
            }
            for field in version.fields.iter().filter(|field| field.below("trafficPolicy").is_none()) {
                self.set_fields(std::slice::from_ref(field), Kind::DestinationRule, &mut subset);
            }
            for (_, field) in subset_fields.iter().filter(|(name, _)| *name == version.name) {
                self.set_fields(std::slice::from_ref(field), Kind::DestinationRule, &mut subset);
            }
            subset.node()
        });
        let subsets = subsets.collect();
        resource.spec.put_list("subsets", subsets);
        self.export(
            &head.common,
            head.namespace,
            traffic.is_some_and(|traffic| traffic.foreign || traffic.caller.is_some()),
            head.span,
            &mut resource.spec,
        );
        if service.open && !service.versions.is_empty() {
            resource.reasons.push(format!(
                "{} is declared nowhere: its versions are those that routes name, by the label `version`",
                service.name
            ));
        }
        for field in head.common.of_kind(Kind::DestinationRule).filter(|field| field.below("trafficPolicy").is_none()) {
            self.set_fields(std::slice::from_ref(field), Kind::DestinationRule, &mut resource.spec);
        }
        resource
    }

    /// What holds for the whole target, and is lost on a port that has settings of its own.
    fn lost_beside_ports(&self, policy: &Object) {
        let Some(ports) = policy.get("portLevelSettings") else { return };
        let lost = [("retryBudget", "retry-budget"), ("proxyProtocol", "proxy-protocol")];
        for (node, word) in lost.iter().filter_map(|(field, word)| Some((policy.get(field)?, *word))) {
            let port = ports.list().first().map_or(ports.span, |port| port.span);
            self.problems.borrow_mut().push(
                Diagnostic::new(
                    code::E0319,
                    node.span,
                    format!("`{word}` does not hold on a port with settings of its own"),
                )
                .label("would be lost there")
                .also(port, "settings of a port")
                .note(
                    "Istio takes the settings of a port in place of those of the target, and a port has no such field",
                )
                .help("keep one of them"),
            );
        }
    }

    fn port_settings(&self, layer: &Layer<'a>, ports: &[(u16, Layer<'a>, Span)], kinds: Ports, policy: &mut Object) {
        let list = ports.iter().map(|(number, own, span)| port_object(*number, &fold(layer, own), *span, kinds).node());
        policy.put_list("portLevelSettings", list.collect());
    }
}

/// A DestinationRule cannot be exported nowhere; at home is as near as it gets.
fn at_home(head: &mut Head<'_>) {
    for place in head.common.export.iter_mut().flat_map(|(places, _)| places) {
        *place = if *place == "nowhere" { "here" } else { place };
    }
}

/// A service whose versions nobody else writes: declared here, or taken as it is used in its own namespace.
fn owned(service: &Service<'_>, mesh: &crate::model::Mesh<'_>) -> bool {
    !service.open
        || service.namespace.is_none()
        || mesh.routes.iter().any(|route| !route.foreign && route.head.namespace == service.namespace)
}

/// TLS towards an external checks the name of its host. For HTTP Istio sees to that, unless a server name is said;
/// for TCP, and beside a said server name, the names are written.
fn verified<'a>(layer: &Layer<'a>, host: &str, ports: Ports, reasons: &mut Vec<String>) -> Layer<'a> {
    let mut out = layer.clone();
    let Some(tls) = out.tls.as_mut().filter(|tls| matches!(tls.mode, "simple" | "mutual") && tls.san.is_empty()) else {
        return out;
    };
    let name = match &tls.sni {
        Some(said) => said.to_string(),
        None if ports.tcp && !host.starts_with('*') => host.to_owned(),
        None => {
            reasons.push("Istio asks for the host as server name, and checks the certificate against it".to_owned());
            return out;
        }
    };
    reasons.push(format!("the certificate is checked for {name}, which is derived from the server name or the host"));
    tls.sni = Some(name.clone().into());
    tls.san = vec![name.into()];
    out
}
