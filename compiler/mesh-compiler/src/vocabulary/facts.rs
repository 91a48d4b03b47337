//! `mesh`, `elsewhere`, `in`, `namespace`, `service`, `external`, `use`, and what every statement takes.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "mesh",
        &[File],
        &[""],
        "facts about the whole mesh",
        "mesh < istio 1.31; declared-only >",
        "nothing by itself",
    )
    .must(Mesh)
    .many(),
    clause(
        "istio",
        &[Mesh],
        &["release:RELEASE"],
        "the Istio release to write for",
        "istio 1.31",
        "the fields and API versions used",
    ),
    clause(
        "declared-only",
        &[Mesh],
        &[""],
        "every service and every namespace must be declared",
        "declared-only",
        "nothing by itself",
    ),
    clause(
        "trust-domain",
        &[Mesh],
        &["name:DOMAIN"],
        "the trust domain of identities; default `cluster.local`",
        "trust-domain cluster.local",
        "AuthorizationPolicy `principals`",
    ),
    clause(
        "root-namespace",
        &[Mesh],
        &["namespace:NAMESPACE"],
        "where mesh-wide objects live; default `istio-system`",
        "root-namespace istio-system",
        "metadata.namespace of mesh-wide objects",
    ),
    clause(
        "provider",
        &[Mesh],
        &[
            "names:NAME, [ is kind:{opentelemetry|zipkin|skywalking|datadog|otel-log|grpc-log|file-log|prometheus|ext-authz-http|ext-authz-grpc} ] [ on service:SERVICE ]",
            "names:NAME, local",
        ],
        "the extension providers that the mesh configuration has; `is` their kind, `on` the service behind them, or `local` to the proxy",
        "provider otel is opentelemetry on collector.ops",
        "with `is`, `extensionProviders` in `mesh-config.yaml`",
    )
    .many(),
    clause(
        "prometheus",
        &[Mesh],
        &["how:{operator|plain} [ label labels:PAIR, ]"],
        "who reads rules and where metrics come from: the Prometheus operator (default), whose objects may need a label, or plain files",
        "prometheus operator label release: monitoring",
        "PodMonitor, ServiceMonitor, PrometheusRule; or `prometheus-rules.yaml`, `prometheus-scrape.yaml`",
    ),
    clause(
        "grafana",
        &[Mesh],
        &["how:{sidecar|files} [ at address:STRING ]", "at address:STRING"],
        "how dashboards reach Grafana: as ConfigMaps that its sidecar loads (default), or as files; and where it is",
        "grafana sidecar at \"https://grafana.example.com\"",
        "ConfigMap with the label `grafana_dashboard`, or JSON files; links in alerts",
    ),
    clause(
        "kiali",
        &[Mesh],
        &["at address:STRING"],
        "where Kiali is",
        "kiali at \"https://kiali.example.com\"",
        "links in dashboards",
    ),
    clause(
        "region",
        &[Mesh],
        &["name:NAME"],
        "the region that the mesh runs in",
        "region eu-west",
        "nothing by itself",
    ),
    clause(
        "api",
        &[Mesh],
        &["version:{v1|v1beta1}"],
        "the API version of the objects; default `v1`",
        "api v1beta1",
        "apiVersion",
    ),
    clause(
        "elsewhere",
        &[File],
        &[""],
        "facts about what others own: names resolve and nothing is emitted",
        "elsewhere < service payments.shop < http 80 >; namespace ops >",
        "nothing",
    )
    .must(File)
    .many(),
    clause(
        "in",
        &[File],
        &["namespace:NAMESPACE"],
        "the rest of this file lives in a namespace",
        "in shop",
        "metadata.namespace, and full host names",
    ),
    clause(
        "use",
        &[File],
        &["modules:MODULE,"],
        "takes in the facts and profiles of modules",
        "use std/istioctl",
        "nothing by itself",
    )
    .many(),
    clause(
        "namespace",
        &[File],
        &["names:NAMESPACE,"],
        "a namespace and its membership in the mesh",
        "namespace shop < inject; mtls strict >",
        "Namespace, if it says something of it",
    )
    .may(Namespace)
    .many(),
    clause(
        "inject",
        &[Namespace],
        &[""],
        "new pods get a sidecar",
        "inject",
        "Namespace label `istio-injection: enabled`",
    ),
    clause(
        "revision",
        &[Namespace],
        &["name:NAME"],
        "new pods get the sidecar of a revision",
        "revision canary",
        "Namespace label `istio.io/rev`",
    ),
    clause(
        "ambient",
        &[Namespace],
        &[""],
        "the pods are in the mesh without sidecars",
        "ambient",
        "Namespace label `istio.io/dataplane-mode: ambient`",
    ),
    clause(
        "waypoint",
        &[Namespace],
        &["name:NAME [ existing ]"],
        "the waypoint that handles HTTP for the namespace; `existing` where somebody else makes it",
        "waypoint wp",
        "Gateway of the Gateway API, and the Namespace label `istio.io/use-waypoint`",
    ),
    clause(
        "service",
        &[File],
        &["name:SERVICE [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "a service: ports, versions, identity, callees",
        "service orders < http 80 to 8080; versions v1, v2; account orders >",
        "DestinationRule subsets, if it has versions",
    )
    .may(Service)
    .many(),
    port("http", "an HTTP/1.1 port", "http 80 to 8080 as web"),
    port("http2", "an HTTP/2 port", "http2 80 to 8080"),
    port("grpc", "a gRPC port", "grpc 9090 as api"),
    port("grpc-web", "a gRPC-Web port", "grpc-web 8081"),
    port("https", "a port where the application itself speaks HTTPS", "https 443 to 8443"),
    port("tls", "a port where the application itself speaks TLS", "tls 8443"),
    port("tcp", "a TCP port", "tcp 9000 to 9001 as admin"),
    port("mongo", "a MongoDB port", "mongo 27017"),
    port("mysql", "a MySQL port", "mysql 3306"),
    port("redis", "a Redis port", "redis 6379"),
    clause(
        "versions",
        &[Service],
        &["names:VERSION,"],
        "its versions, selected by the label `version`",
        "versions v1, v2",
        "DestinationRule `subsets`",
    )
    .many(),
    clause(
        "version",
        &[Service],
        &["name:VERSION"],
        "a version with labels or an identity of its own",
        "version v3 < select track: canary >",
        "DestinationRule `subsets`",
    )
    .may(Version)
    .many(),
    clause(
        "select",
        &[Service, Version, Gateway, Workload],
        &["labels:PAIR,"],
        "the pods, by label, instead of `app: NAME` and `version: V`",
        "select app.kubernetes.io/name: orders",
        "`selector`, `subsets[].labels`",
    )
    .many(),
    clause(
        "account",
        &[Service, Version, Workload],
        &["name:ACCOUNT"],
        "the Kubernetes service account that its pods run as",
        "account orders",
        "AuthorizationPolicy `principals`",
    ),
    clause(
        "replicas",
        &[Service],
        &["count:COUNT"],
        "how many pods it has at least",
        "replicas 3",
        "nothing by itself: ejection is checked against it",
    ),
    clause(
        "calls",
        &[Service],
        &["services:SERVICE,"],
        "the services that it calls",
        "calls catalog, cart",
        "nothing by itself: a checked fact",
    )
    .many(),
    clause(
        "on",
        &[Service],
        &["vm"],
        "the service runs on virtual machines; it needs `host`",
        "on vm",
        "ServiceEntry with `location: MESH_INTERNAL`",
    ),
    clause(
        "host",
        &[Service],
        &["name:HOST"],
        "the host under which a service on virtual machines is called",
        "host \"ratings.vm.internal\"",
        "ServiceEntry `hosts`",
    ),
    clause(
        "behind",
        &[Service],
        &["tls-lb"],
        "a load balancer in front of it has ended TLS already",
        "behind tls-lb",
        "nothing by itself: redirects are checked against it",
    ),
    clause(
        "external",
        &[File],
        &["name:SERVICE hosts:HOST, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "something outside the mesh",
        "external stripe \"api.stripe.com\" < https 443 >",
        "ServiceEntry",
    )
    .must(External)
    .many(),
    external_port(
        "http",
        "plain HTTP from the application; with `tls` the proxy encrypts",
        "http 80 to 443 tls simple",
    ),
    external_port("http2", "plain HTTP/2 from the application", "http2 80 to 443 tls simple"),
    external_port("grpc", "plain gRPC from the application", "grpc 80 to 443 tls simple"),
    external_port("grpc-web", "plain gRPC-Web from the application", "grpc-web 80"),
    external_port("https", "the application encrypts; the proxy sees the server name only", "https 443"),
    external_port("tls", "the application encrypts; the proxy sees the server name only", "tls 8883"),
    external_port("tcp", "TCP, which needs `address`", "tcp 22 as ssh"),
    external_port("mongo", "MongoDB, which needs `address`", "mongo 27017 tls simple"),
    external_port("mysql", "MySQL, which needs `address`", "mysql 3306"),
    external_port("redis", "Redis, which needs `address`", "redis 6379 tls simple"),
    clause(
        "address",
        &[External],
        &["addresses:ADDRESS,"],
        "the addresses that callers connect to",
        "address 140.82.112.0/20",
        "ServiceEntry `addresses`",
    )
    .many(),
    clause(
        "endpoint",
        &[External],
        &["address:ENDPOINT [ locality place:LOCALITY ] [ weight weight:COUNT ] [ port ports:PAIR, ]"],
        "one place that serves it",
        "endpoint 10.0.0.7 locality eu-west/a weight 8",
        "ServiceEntry `endpoints`",
    )
    .many(),
    clause(
        "resolve",
        &[External],
        &["how:{dns|dns-round-robin|static|off|dynamic}"],
        "how its address is found; derived where left out",
        "resolve dns",
        "ServiceEntry `resolution`",
    ),
    clause(
        "via",
        &[External],
        &["gateway:GATEWAY"],
        "callers reach it through an egress gateway, which needs port 443",
        "via egress",
        "Gateway, VirtualService, and a DestinationRule where the proxies see HTTP",
    ),
    clause(
        "label",
        &[Any],
        &["labels:PAIR,"],
        "labels of the objects that the statement makes",
        "label team: payments",
        "metadata.labels",
    )
    .many(),
    clause(
        "annotation",
        &[Any],
        &["labels:PAIR,"],
        "annotations of the objects that the statement makes",
        "annotation example.com/owner: \"payments team\"",
        "metadata.annotations",
    )
    .many(),
    clause(
        "export",
        &[Any],
        &["places:EXPORT,"],
        "which namespaces see it: `here`, `everywhere`, `nowhere` or names",
        "export here, ops",
        "`exportTo`",
    ),
    clause(
        "ignore",
        &[Any],
        &["finding:FINDING reason:STRING"],
        "silences one finding in this statement, and says why",
        "ignore retry-never-fires \"the tutorial has it so\"",
        "nothing by itself",
    )
    .many(),
];

const fn port(word: &'static str, help: &'static str, example: &'static str) -> Entry {
    clause(
        word,
        &[Service],
        &["port:PORTNUM [ to target:PORTNUM ] [ as alias:ALIAS ]"],
        help,
        example,
        "the kind of route, and the ports of policies",
    )
    .many()
}

const fn external_port(word: &'static str, help: &'static str, example: &'static str) -> Entry {
    clause(
        word,
        &[External],
        &["port:PORTNUM [ to target:PORTNUM ] [ tls mode:{simple|mesh|off} ] [ as alias:ALIAS ]"],
        help,
        example,
        "ServiceEntry `ports`; with `tls`, a DestinationRule",
    )
    .many()
}
