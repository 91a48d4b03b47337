//! `dashboard`: what the program declares, beside what is seen.

mod board;
mod guarded;
mod namespace;
mod promised;
mod query;
mod service;
mod volume;
mod words;

use mesh_istio::{Kind, Object, Protocol, Rank};

use self::board::{About, uid};
use self::query::Requests;
use super::{File, Lower, selector};
use crate::model::{
    Dashboard, Objective, Place, Policy, Route, RouteTarget, Rule, Seen, Service, ServiceId, Share, Slo, Subject,
    Traffic,
};

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn dashboards(&mut self) {
        let mesh = self.mesh;
        for dashboard in &mesh.dashboards {
            let (place, name) =
                (self.subject_namespace(&dashboard.subject, &dashboard.head), self.subject_name(&dashboard.subject));
            let id = match dashboard.subject {
                Subject::Service(service) => board_of(self.service(service)),
                _ => uid(&format!("mesh-{name}")),
            };
            let text = match dashboard.subject {
                Subject::Service(service) => self.service_board(dashboard, service, &id),
                _ => self.namespace_board(dashboard, place.unwrap_or_default(), &id),
            };
            let file = format!("{id}.json");
            if mesh.settings.watching.files.is_some() {
                self.files.push(File { name: file, text });
                continue;
            }
            let own = format!("{name}-dashboard");
            let mut resource = self.resource(Kind::ConfigMap, dashboard.place.or(place), own, &dashboard.head);
            resource.labels.insert(0, ("grafana_dashboard".into(), "1".into()));
            let mut data = Object::new(dashboard.head.span);
            data.set(file, text);
            resource.spec.put_object("data", data);
            resource.reasons.push(
                "Grafana's sidecar loads ConfigMaps with this label, from its own namespace unless `searchNamespace` names others"
                    .to_owned(),
            );
            self.out.push(resource);
        }
    }

    /// The links of a dashboard: those that it says, and Kiali's pages.
    fn links(&self, dashboard: &Dashboard<'a>, page: &str) -> Vec<(String, String)> {
        let said = dashboard.links.iter().map(|(title, address)| (title.to_string(), address.to_string()));
        let kiali = self.mesh.settings.watching.kiali.as_ref();
        let pages = kiali.into_iter().flat_map(|(kiali, _)| {
            let page = format!("{kiali}/console/{page}");
            let traces = page.contains("/services/").then(|| ("Traces".to_owned(), format!("{page}?tab=traces")));
            [("Kiali".to_owned(), page)].into_iter().chain(traces)
        });
        said.chain(pages).collect()
    }

    /// All that a program says of a service and that a dashboard shows.
    fn said_of(&self, id: ServiceId) -> Said<'m, 'a> {
        let mesh = self.mesh;
        let service = self.service(id);
        let to = |rule: &Rule<'a>| rule.shares.iter().any(|share| service_of(share) == Some(id));
        let routes: Vec<&Route<'a>> = mesh
            .routes
            .iter()
            .filter(|route| route.target == RouteTarget::Service(id) || to(&route.last) || route.rules.iter().any(to))
            .collect();
        let place = service.namespace;
        let about = |subject: &Subject<'a>| match *subject {
            Subject::Service(other) => other == id,
            Subject::Namespace(namespace) => Some(namespace) == place,
            Subject::Mesh => true,
            _ => false,
        };
        let waypoint = mesh.waypoint_of(place).is_some();
        Said {
            id,
            service,
            routes,
            traffic: mesh.traffic.iter().filter(|traffic| traffic.subject == Subject::Service(id)).collect(),
            policies: mesh.policies.iter().filter(|policy| about(&policy.subject)).collect(),
            slo: mesh.slos.iter().find(|slo| slo.service == id),
            waypoint,
            ambient: mesh
                .namespaces
                .iter()
                .any(|namespace| Some(namespace.name) == place && namespace.ambient.is_some()),
        }
    }
}

/// The version that a share names.
fn version_of<'a>(share: &Share<'a>) -> Option<&'a str> {
    match share.place {
        Place::Service(_, version) => version,
        Place::External(_) => None,
    }
}

/// The service that a share goes to.
fn service_of(share: &Share<'_>) -> Option<ServiceId> {
    match share.place {
        Place::Service(id, _) => Some(id),
        Place::External(_) => None,
    }
}

/// What a program says of one service.
struct Said<'m, 'a> {
    id: ServiceId,
    service: &'m Service<'a>,
    /// Routes for it, or to it.
    routes: Vec<&'m Route<'a>>,
    traffic: Vec<&'m Traffic<'a>>,
    policies: Vec<&'m Policy<'a>>,
    slo: Option<&'m Slo<'a>>,
    /// A waypoint counts its requests.
    waypoint: bool,
    /// Its pods have no proxy of their own.
    ambient: bool,
}

impl<'m, 'a> Said<'m, 'a> {
    /// The rules that a request to it may take.
    fn rules(&self) -> impl Iterator<Item = &'m Rule<'a>> {
        self.routes.iter().flat_map(|route| route.rules.iter().chain([&route.last]))
    }

    /// Who counts, unless the reader chooses.
    fn reporter(&self) -> &'static str {
        if self.waypoint { "waypoint" } else { "$reporter" }
    }

    fn requests(&self) -> Requests {
        Requests::to(&metric_name(self.service), self.reporter())
    }

    /// True where requests may be counted: some port speaks HTTP, or none is known, and some proxy reads them.
    fn is_http(&self) -> bool {
        if self.ambient && !self.waypoint {
            return false;
        }
        self.service.ports.is_empty() || self.service.ports.iter().any(|port| port.protocol.rank() == Rank::Http)
    }

    /// True where some port speaks what proxies do not read, or ztunnel alone sees it.
    fn is_tcp(&self) -> bool {
        (self.ambient && !self.waypoint) || self.service.ports.iter().any(|port| port.protocol.rank() != Rank::Http)
    }

    fn is_grpc(&self) -> bool {
        self.service.ports.iter().any(|port| matches!(port.protocol, Protocol::Grpc | Protocol::GrpcWeb))
    }

    fn objectives(&self) -> &'m [Objective<'a>] {
        self.slo.map_or(&[], |slo| &slo.objectives)
    }
}

/// The identifier of the dashboard of a service.
pub(super) fn board_of(service: &Service<'_>) -> String {
    // An underscore is in no name of Kubernetes, so that no two dashboards have one identifier.
    uid(&format!("mesh-{}_{}", service.namespace.unwrap_or("any"), service.name))
}

/// The name of a service in metrics: that of the Service, or the host of one on virtual machines.
pub(super) fn metric_name(service: &Service<'_>) -> String {
    service.vm.as_ref().map_or_else(|| service.name.to_owned(), |(host, _)| host.to_string())
}

/// The value of the label `destination_version` of a version's requests; none where its pods have no such label.
pub(super) fn version_label<'s>(service: &'s Service<'_>, version: &'s str) -> Option<&'s str> {
    let Some(known) = service.versions.iter().find(|known| known.name == version) else { return Some(version) };
    if known.select.is_empty() {
        return Some(version);
    }
    known.select.iter().find(|(key, ..)| key == "version").map(|(_, value, _)| value.as_ref())
}

/// The name by which the proxies of a service report as callers: the canonical one, by the label `app` of its pods.
fn caller_name<'s>(service: &'s Service<'_>) -> &'s str {
    let labels = selector(service);
    let label = |key: &str| labels.iter().find(|(known, ..)| *known == key).map(|(_, value, _)| *value);
    label("service.istio.io/canonical-name")
        .or(label("app.kubernetes.io/name"))
        .or(label("app"))
        .unwrap_or(service.name)
}

/// A share as a number of queries.
fn fraction(parts: u32) -> String {
    super::slo::decimal(parts.into(), 6)
}

/// The bound of an objective as a number of thresholds.
fn bound(objective: &Objective<'_>) -> f64 {
    f64::from(objective.parts) / f64::from(crate::operand::WHOLE)
}

/// Who counts for an objective, as the label `reporter` has it.
fn seen_word(seen: Seen) -> &'static str {
    match seen {
        Seen::Client => "its callers count",
        Seen::Server => "the service itself counts",
        Seen::Waypoint => "its waypoint counts",
    }
}
