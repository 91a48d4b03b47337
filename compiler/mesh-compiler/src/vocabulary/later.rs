//! What is of the language and not lowered yet: shapes are checked, building is refused.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "let",
        &[File],
        &["name:NAME = value:ANYTHING,"],
        "a name for a value",
        "let canary = 20%",
        "nothing by itself",
    )
    .planned()
    .many(),
    clause(
        "param",
        &[File],
        &["name:NAME of choices:ANYTHING, [ default default:ANYTHING ]"],
        "a choice made when building",
        "param env of dev, prod default dev",
        "nothing by itself",
    )
    .planned()
    .many(),
    clause(
        "profile",
        &[File],
        &["name:NAME [ params:GROUP ]"],
        "clauses under a name",
        "profile patient (total: 15s) < timeout $total >",
        "nothing by itself",
    )
    .must(Any)
    .planned()
    .many(),
    clause(
        "with",
        &[Any, Rule, Layer, Listener],
        &["name:NAME [ params:GROUP ]"],
        "takes in the clauses of a profile",
        "with patient (total: 5s)",
        "what the profile's clauses become",
    )
    .planned()
    .many(),
    clause(
        "if",
        &[File, Any],
        &["name:PARAM is choices:ANYTHING,"],
        "statements for some choices of a parameter",
        "if $env is prod < mtls namespace shop strict >",
        "nothing by itself",
    )
    .must(Any)
    .planned()
    .many(),
    clause(
        "else",
        &[File, Any],
        &[""],
        "statements for all other choices",
        "else < mtls namespace shop permissive >",
        "nothing by itself",
    )
    .must(Any)
    .planned()
    .many(),
    clause("test", &[File], &["what:ANYTHING,"], "what must hold", "test", "nothing").may(Any).planned().many(),
    clause("assert", &[File], &["what:ANYTHING,"], "what must hold", "assert", "nothing").may(Any).planned().many(),
    clause(
        "workload",
        &[File],
        &["name:NAME [ in namespace:NAMESPACE ]"],
        "a virtual machine of the mesh",
        "workload ratings-vm < address 10.1.2.3; account ratings >",
        "WorkloadEntry, WorkloadGroup",
    )
    .must(Workload)
    .planned()
    .many(),
    clause("address", &[Workload], &["address:ENDPOINT"], "where it is", "address 10.1.2.3", "WorkloadEntry `address`")
        .planned(),
    clause(
        "locality",
        &[Workload],
        &["place:LOCALITY"],
        "its region and zone",
        "locality eu-west/a",
        "WorkloadEntry `locality`",
    )
    .planned(),
    clause(
        "network",
        &[Workload],
        &["name:NAME"],
        "the network that it is in",
        "network vm-network",
        "WorkloadEntry `network`",
    )
    .planned(),
    clause(
        "weight",
        &[Workload],
        &["count:COUNT"],
        "its share among the endpoints",
        "weight 2",
        "WorkloadEntry `weight`",
    )
    .planned(),
    clause("group", &[Workload], &[""], "a template for many machines", "group", "WorkloadGroup").planned(),
    clause(
        "probe",
        &[Workload],
        &["http path:PATH port:PORT", "tcp port:PORT"],
        "how its health is seen",
        "probe http /healthz 8080",
        "WorkloadGroup `probe`",
    )
    .planned(),
    workload_port("http", "http 8080"),
    workload_port("http2", "http2 8080"),
    workload_port("grpc", "grpc 9090"),
    workload_port("https", "https 8443"),
    workload_port("tls", "tls 8443"),
    workload_port("tcp", "tcp 9000"),
    clause(
        "scope",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ]"],
        "what a workload sees of the mesh",
        "scope frontend < reaches calls >",
        "Sidecar",
    )
    .must(Scope)
    .planned()
    .many(),
    clause(
        "reaches",
        &[Scope],
        &["namespace namespaces:NAMESPACE,", "services:SERVICE,"],
        "what it calls; `calls` stands for the declared calls",
        "reaches catalog, cart",
        "Sidecar `egress`",
    )
    .planned()
    .many(),
    clause(
        "others",
        &[Scope],
        &["how:{refuse|pass}"],
        "what becomes of other traffic",
        "others refuse",
        "Sidecar `outboundTrafficPolicy`",
    )
    .planned(),
    clause(
        "listen",
        &[Scope],
        &["protocol:NAME port:PORT to endpoint:STRING"],
        "an inbound listener",
        "listen http 7071 to \"127.0.0.1:17071\"",
        "Sidecar `ingress`",
    )
    .planned()
    .many(),
    clause(
        "inbound",
        &[Scope],
        &["pool"],
        "limits of inbound connections",
        "inbound pool < max-connections 100 >",
        "Sidecar `inboundConnectionPool`",
    )
    .must(Pool)
    .planned(),
    clause(
        "observe",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ]"],
        "access logs, traces and metrics",
        "observe namespace shop < trace 5% to otel >",
        "Telemetry",
    )
    .must(Observe)
    .planned()
    .many(),
    clause(
        "trace",
        &[Observe],
        &["share:PERCENT [ to provider:NAME ]"],
        "the share of requests that is traced",
        "trace 5% to otel",
        "Telemetry `tracing`",
    )
    .planned(),
    clause(
        "access-log",
        &[Observe],
        &["[ to provider:NAME ] [ when filter:STRING ]", "off"],
        "which requests are logged",
        "access-log when \"response.code >= 500\"",
        "Telemetry `accessLogging`",
    )
    .planned(),
    clause(
        "metrics",
        &[Observe],
        &["to provider:NAME"],
        "where metrics go",
        "metrics to prometheus",
        "Telemetry `metrics`",
    )
    .planned(),
    clause(
        "tag",
        &[Observe],
        &["name:ANYTHING header header:HEADER [ default:STRING ]", "name:ANYTHING value:STRING"],
        "a tag of traces",
        "tag env \"prod\"",
        "Telemetry `customTags`",
    )
    .planned()
    .many(),
    clause(
        "drop-tag",
        &[Observe],
        &["name:ANYTHING [ on metric:ANYTHING ]"],
        "removes a tag of metrics",
        "drop-tag request_protocol",
        "Telemetry `tagOverrides`",
    )
    .planned()
    .many(),
    clause(
        "set-tag",
        &[Observe],
        &["name:ANYTHING value:STRING [ on metric:ANYTHING ]"],
        "sets a tag of metrics",
        "set-tag dest \"upstream.name\"",
        "Telemetry `tagOverrides`",
    )
    .planned()
    .many(),
    clause(
        "off",
        &[Observe],
        &["metric:ANYTHING [ at side:{client|server} ]"],
        "switches a metric off",
        "off response_size at client",
        "Telemetry `overrides`",
    )
    .planned()
    .many(),
    clause(
        "slo",
        &[File],
        &["services:SERVICE,"],
        "objectives of a service",
        "slo payments < available 99.9%; over 30d >",
        "Prometheus rules",
    )
    .must(Slo)
    .planned()
    .many(),
    clause(
        "available",
        &[Slo],
        &["share:PERCENT"],
        "the share of requests without a server error",
        "available 99.9%",
        "recording rules and alerts",
    )
    .planned(),
    clause(
        "fast",
        &[Slo],
        &["share:PERCENT under limit:DURATION"],
        "the share of requests below a time",
        "fast 99% under 250ms",
        "recording rules and alerts",
    )
    .planned(),
    clause(
        "over",
        &[Slo],
        &["time:ANYTHING"],
        "the window of the objectives",
        "over 30d",
        "recording rules and alerts",
    )
    .planned(),
    clause(
        "dashboard",
        &[File],
        &["targets:TARGET,"],
        "a Grafana dashboard",
        "dashboard payments",
        "Grafana dashboard",
    )
    .planned()
    .many(),
    clause(
        "scrape",
        &[File],
        &["targets:TARGET,"],
        "where Prometheus finds the metrics",
        "scrape namespace shop",
        "PodMonitor or a scrape configuration",
    )
    .planned()
    .many(),
    clause(
        "plugin",
        &[File],
        &["targets:TARGET, as object:NAME [ in namespace:NAMESPACE ]"],
        "a Wasm or Lua extension of the proxies",
        "plugin httpbin as basic-auth < url \"oci://example.pk/basic_auth:1\" >",
        "WasmPlugin, TrafficExtension",
    )
    .must(Plugin)
    .planned()
    .many(),
    clause(
        "url",
        &[Plugin],
        &["url:STRING"],
        "where its module is",
        "url \"oci://example.pk/basic_auth:1\"",
        "WasmPlugin `url`",
    )
    .planned(),
    clause("phase", &[Plugin], &["name:NAME"], "where in the chain it runs", "phase authn", "WasmPlugin `phase`")
        .planned(),
    clause("priority", &[Plugin, Envoy], &["count:ANYTHING"], "its order among others", "priority 10", "`priority`")
        .planned(),
    clause(
        "config",
        &[Plugin],
        &["text:STRING"],
        "its configuration, as YAML",
        "config \"{}\"",
        "WasmPlugin `pluginConfig`",
    )
    .planned(),
    clause(
        "proxy",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ]"],
        "settings of the proxies",
        "proxy payments < concurrency 2 >",
        "ProxyConfig",
    )
    .must(Proxy)
    .planned()
    .many(),
    clause("concurrency", &[Proxy], &["count:COUNT"], "worker threads", "concurrency 2", "ProxyConfig `concurrency`")
        .planned(),
    clause(
        "env",
        &[Proxy],
        &["name:NAME value:STRING"],
        "an environment variable",
        "env K \"v\"",
        "ProxyConfig `environmentVariables`",
    )
    .planned()
    .many(),
    clause("image", &[Proxy], &["name:NAME"], "the image", "image distroless", "ProxyConfig `image`").planned(),
    clause(
        "envoy",
        &[File],
        &["targets:TARGET, as object:NAME [ in namespace:NAMESPACE ]"],
        "patches of Envoy's own configuration",
        "envoy productpage as ratelimit < priority 10 >",
        "EnvoyFilter",
    )
    .must(Envoy)
    .planned()
    .many(),
    clause(
        "patch",
        &[Envoy],
        &["apply:NAME operation:NAME"],
        "one patch",
        "patch HTTP_FILTER insert-before",
        "EnvoyFilter `configPatches`",
    )
    .must(Resource)
    .planned()
    .many(),
];

const fn workload_port(word: &'static str, example: &'static str) -> Entry {
    clause(
        word,
        &[Workload],
        &["port:PORTNUM [ to target:PORTNUM ]"],
        "a port of the machine",
        example,
        "WorkloadEntry `ports`",
    )
    .planned()
    .many()
}
