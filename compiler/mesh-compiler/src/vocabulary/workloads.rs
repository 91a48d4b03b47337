//! `workload`, `scope` and `proxy`: machines, what a workload sees, settings of its proxy.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "workload",
        &[File],
        &["name:NAME [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "a machine outside Kubernetes that is part of the mesh; with `group`, a template for many",
        "workload ratings-vm < address 10.1.2.3; account ratings; select app: ratings; http 8080 >",
        "WorkloadEntry, WorkloadGroup",
    )
    .must(Workload)
    .many(),
    clause("address", &[Workload], &["address:ENDPOINT"], "where it is", "address 10.1.2.3", "WorkloadEntry `address`")
        .sets(&[("address", "address")]),
    clause(
        "locality",
        &[Workload],
        &["place:LOCALITY"],
        "its region, zone and subzone",
        "locality eu-west/a",
        "WorkloadEntry `locality`",
    )
    .sets(&[("place", "locality")]),
    clause(
        "network",
        &[Workload],
        &["name:NAME"],
        "the network that it is in",
        "network vm-network",
        "WorkloadEntry `network`",
    )
    .sets(&[("name", "network")]),
    clause(
        "weight",
        &[Workload],
        &["count:COUNT"],
        "its share among the endpoints",
        "weight 2",
        "WorkloadEntry `weight`",
    )
    .sets(&[("count", "weight")]),
    clause(
        "group",
        &[Workload],
        &[""],
        "machines join by themselves, and this is their template",
        "group",
        "WorkloadGroup",
    ),
    clause(
        "probe",
        &[Workload],
        &[
            "http path:PATH port:PORTNUM [ every time:DURATION ] [ timeout limit:DURATION ] [ after delay:DURATION ] [ failures failures:COUNT ] [ successes successes:COUNT ]",
            "tcp port:PORTNUM [ every time:DURATION ] [ timeout limit:DURATION ] [ after delay:DURATION ] [ failures failures:COUNT ] [ successes successes:COUNT ]",
            "exec command:STRING, [ every time:DURATION ] [ timeout limit:DURATION ] [ after delay:DURATION ] [ failures failures:COUNT ] [ successes successes:COUNT ]",
        ],
        "how the health of the machines of a group is seen",
        "probe http /healthz 8080 every 5s",
        "WorkloadGroup `probe`",
    ),
    workload_port("http", "http 8080"),
    workload_port("http2", "http2 8080"),
    workload_port("grpc", "grpc 9090"),
    workload_port("https", "https 8443"),
    workload_port("tls", "tls 8443"),
    workload_port("tcp", "tcp 9000"),
    clause(
        "scope",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "what a workload sees of the mesh; a narrow scope adds to the wider ones",
        "scope frontend < reaches catalog, cart >",
        "Sidecar",
    )
    .must(Scope)
    .many(),
    clause(
        "reaches",
        &[Scope],
        &["calls", "namespace namespaces:NAMESPACE,", "services:SERVICE,"],
        "what it calls; `calls` stands for the declared calls",
        "reaches catalog, cart",
        "Sidecar `egress`",
    )
    .many(),
    clause(
        "others",
        &[Scope],
        &["how:{refuse|pass}"],
        "what becomes of traffic to places that nobody declares",
        "others refuse",
        "Sidecar `outboundTrafficPolicy.mode`",
    )
    .sets(&[("how", "outboundTrafficPolicy.mode")]),
    clause(
        "listen",
        &[Scope],
        &["protocol:{http|http2|grpc|https|tls|tcp|mongo|mysql|redis} port:PORTNUM [ to endpoint:STRING ] [ bind address:ADDRESS ]"],
        "a listener for calls to the workload, instead of those of its services",
        "listen http 7071 to \"127.0.0.1:17071\"",
        "Sidecar `ingress`",
    )
    .many(),
    clause(
        "inbound",
        &[Scope],
        &[""],
        "limits of the connections that the workload takes",
        "inbound < max-connections 100 >",
        "Sidecar `inboundConnectionPool`",
    )
    .must(Pool),
    clause(
        "proxy",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "settings of the proxies, which new pods take over",
        "proxy payments < concurrency 2 >",
        "ProxyConfig",
    )
    .must(Proxy)
    .many(),
    clause(
        "concurrency",
        &[Proxy],
        &["count:COUNT"],
        "worker threads; 0 is one a core",
        "concurrency 2",
        "ProxyConfig `concurrency`",
    )
    .sets(&[("count", "concurrency")]),
    clause(
        "env",
        &[Proxy],
        &["name:VARIABLE value:TEXT"],
        "an environment variable of the proxy",
        "env ISTIO_META_DNS_CAPTURE \"true\"",
        "ProxyConfig `environmentVariables`",
    )
    .many(),
    clause(
        "image",
        &[Proxy],
        &["name:{default|debug|distroless}"],
        "the image of the proxy",
        "image distroless",
        "ProxyConfig `image`",
    )
    .sets(&[("name", "image.imageType")]),
];

const fn workload_port(word: &'static str, example: &'static str) -> Entry {
    clause(
        word,
        &[Workload],
        &["port:PORTNUM [ to target:PORTNUM ] [ as alias:ALIAS ]"],
        "a port of the service that the machine serves, and the port of the machine",
        example,
        "WorkloadEntry `ports`",
    )
    .many()
}
