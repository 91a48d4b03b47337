//! The kinds of objects: their names, groups and versions.

use crate::release::{Api, Release};

/// The kinds that Mesh knows, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the kind of that name, and its group stands in the table below")]
pub enum Kind {
    AuthorizationPolicy,
    BackendTLSPolicy,
    ConfigMap,
    DestinationRule,
    EnvoyFilter,
    /// Istio's own
    Gateway,
    /// Of the Gateway API
    ApiGateway,
    GatewayClass,
    GRPCRoute,
    HTTPRoute,
    ListenerSet,
    Namespace,
    PeerAuthentication,
    PodMonitor,
    PrometheusRule,
    ProxyConfig,
    ReferenceGrant,
    RequestAuthentication,
    Service,
    ServiceAccount,
    ServiceEntry,
    ServiceMonitor,
    Sidecar,
    TCPRoute,
    Telemetry,
    TLSRoute,
    TrafficExtension,
    UDPRoute,
    VirtualService,
    WasmPlugin,
    WorkloadEntry,
    WorkloadGroup,
}

/// A kind, its group, the version that is written, and the one of `api v1beta1` where that is another.
struct Row(Kind, &'static str, &'static str, &'static str, &'static str);

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
const MONITORING: &str = "monitoring.coreos.com";
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// All supported releases serve the same versions.
static TABLE: [Row; Kind::COUNT] = [
    Row(Kind::AuthorizationPolicy, "AuthorizationPolicy", SECURITY, "v1", "v1beta1"),
    Row(Kind::BackendTLSPolicy, "BackendTLSPolicy", GATEWAY_API, "v1", "v1"),
    Row(Kind::ConfigMap, "ConfigMap", "", "v1", "v1"),
    Row(Kind::DestinationRule, "DestinationRule", NETWORKING, "v1", "v1beta1"),
    Row(Kind::EnvoyFilter, "EnvoyFilter", NETWORKING, "v1alpha3", "v1alpha3"),
    Row(Kind::Gateway, "Gateway", NETWORKING, "v1", "v1beta1"),
    Row(Kind::ApiGateway, "Gateway", GATEWAY_API, "v1", "v1"),
    Row(Kind::GatewayClass, "GatewayClass", GATEWAY_API, "v1", "v1"),
    Row(Kind::GRPCRoute, "GRPCRoute", GATEWAY_API, "v1", "v1"),
    Row(Kind::HTTPRoute, "HTTPRoute", GATEWAY_API, "v1", "v1"),
    Row(Kind::ListenerSet, "ListenerSet", GATEWAY_API, "v1", "v1"),
    Row(Kind::Namespace, "Namespace", "", "v1", "v1"),
    Row(Kind::PeerAuthentication, "PeerAuthentication", SECURITY, "v1", "v1beta1"),
    Row(Kind::PodMonitor, "PodMonitor", MONITORING, "v1", "v1"),
    Row(Kind::PrometheusRule, "PrometheusRule", MONITORING, "v1", "v1"),
    Row(Kind::ProxyConfig, "ProxyConfig", NETWORKING, "v1beta1", "v1beta1"),
    Row(Kind::ReferenceGrant, "ReferenceGrant", GATEWAY_API, "v1beta1", "v1beta1"),
    Row(Kind::RequestAuthentication, "RequestAuthentication", SECURITY, "v1", "v1beta1"),
    Row(Kind::Service, "Service", "", "v1", "v1"),
    Row(Kind::ServiceAccount, "ServiceAccount", "", "v1", "v1"),
    Row(Kind::ServiceEntry, "ServiceEntry", NETWORKING, "v1", "v1beta1"),
    Row(Kind::ServiceMonitor, "ServiceMonitor", MONITORING, "v1", "v1"),
    Row(Kind::Sidecar, "Sidecar", NETWORKING, "v1", "v1beta1"),
    Row(Kind::TCPRoute, "TCPRoute", GATEWAY_API, "v1alpha2", "v1alpha2"),
    Row(Kind::Telemetry, "Telemetry", "telemetry.istio.io", "v1", "v1"),
    Row(Kind::TLSRoute, "TLSRoute", GATEWAY_API, "v1", "v1"),
    Row(Kind::TrafficExtension, "TrafficExtension", "extensions.istio.io", "v1alpha1", "v1alpha1"),
    Row(Kind::UDPRoute, "UDPRoute", GATEWAY_API, "v1alpha2", "v1alpha2"),
    Row(Kind::VirtualService, "VirtualService", NETWORKING, "v1", "v1beta1"),
    Row(Kind::WasmPlugin, "WasmPlugin", "extensions.istio.io", "v1alpha1", "v1alpha1"),
    Row(Kind::WorkloadEntry, "WorkloadEntry", NETWORKING, "v1", "v1beta1"),
    Row(Kind::WorkloadGroup, "WorkloadGroup", NETWORKING, "v1", "v1beta1"),
];

impl Kind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Kind::WorkloadGroup as usize + 1;

    /// All kinds, in order.
    pub fn all() -> impl Iterator<Item = Kind> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The name of the kind, as in `kind:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The group of the kind; empty for Kubernetes' own.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.row().2
    }

    /// The kind that a text names: `Gateway`, or `gateway.networking.k8s.io/Gateway` where two have one name.
    #[must_use]
    pub fn named(text: &str) -> Option<Kind> {
        match text.rsplit_once('/') {
            Some((group, name)) => Kind::all().find(|kind| kind.name() == name && kind.group() == group),
            None => Kind::all().find(|kind| kind.name() == text),
        }
    }

    /// The shortest text that [`Kind::named`] takes for the kind.
    #[must_use]
    pub fn reference(self) -> String {
        match Kind::named(self.name()) {
            Some(first) if first != self => format!("{}/{}", self.group(), self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// The `apiVersion` of the kind.
    #[must_use]
    pub fn api_version(self, api: Api) -> String {
        let Row(.., group, stable, beta) = self.row();
        let version = if api == Api::Beta { beta } else { stable };
        if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") }
    }

    /// True for the kinds of Istio.
    #[must_use]
    pub fn is_istio(self) -> bool {
        self.group().ends_with(".istio.io")
    }

    /// True for the kinds whose objects choose who sees them by `exportTo`.
    #[must_use]
    pub fn has_export(self) -> bool {
        matches!(self, Kind::DestinationRule | Kind::ServiceEntry | Kind::VirtualService)
    }

    /// True for the kinds that belong to no namespace.
    #[must_use]
    pub fn is_cluster_wide(self) -> bool {
        matches!(self, Kind::Namespace | Kind::GatewayClass)
    }

    /// True where the fields of an object stand under `spec`.
    #[must_use]
    pub fn has_spec(self) -> bool {
        !matches!(self, Kind::ConfigMap | Kind::ServiceAccount | Kind::Namespace)
    }

    /// The first release that has the kind.
    #[must_use]
    pub fn since(self) -> Option<Release> {
        (self == Kind::TrafficExtension).then_some(Release(1, 30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds() {
        assert!(Kind::all().enumerate().all(|(at, kind)| kind as usize == at));
        assert!(Kind::all().all(|kind| Kind::named(&kind.reference()) == Some(kind)));
    }

    #[test]
    fn two_kinds_of_one_name_are_told_apart_by_group() {
        assert_eq!(Kind::named("Gateway"), Some(Kind::Gateway));
        assert_eq!(Kind::ApiGateway.reference(), "gateway.networking.k8s.io/Gateway");
        assert_eq!(Kind::ApiGateway.api_version(Api::Beta), "gateway.networking.k8s.io/v1");
        assert_eq!(Kind::Namespace.api_version(Api::Stable), "v1");
    }
}
