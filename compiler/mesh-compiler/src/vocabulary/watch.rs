//! `scrape` and `dashboard`: how metrics reach Prometheus, and what to look at.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "scrape",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "the metrics of proxies reach Prometheus: those of a service, a gateway, a namespace, or of the mesh and its control plane",
        "scrape namespace shop",
        "PodMonitor, and for the mesh ServiceMonitor; with `prometheus plain`, a scrape configuration",
    )
    .may(Scrape)
    .many(),
    clause(
        "every",
        &[Scrape],
        &["interval:DURATION"],
        "how often; default what Prometheus is set to",
        "every 15s",
        "PodMonitor `podMetricsEndpoints[].interval`",
    ),
    clause(
        "merged",
        &[Scrape],
        &[""],
        "the metrics of the application with those of its proxy, from the agent, which strict mutual TLS does not stop",
        "merged",
        "the port 15020 in place of the proxy's 15090",
    ),
    clause(
        "keep",
        &[Scrape],
        &["metrics:PATTERN,"],
        "the metrics that are kept; all others are dropped before they are stored",
        "keep \"istio_*\"",
        "PodMonitor `podMetricsEndpoints[].metricRelabelings`",
    )
    .many(),
    clause(
        "drop-label",
        &[Scrape],
        &["names:TAG,"],
        "labels that are taken off before metrics are stored; what differed in them alone is lost",
        "drop-label source_principal, destination_principal",
        "PodMonitor `podMetricsEndpoints[].metricRelabelings`",
    )
    .many(),
    clause(
        "dashboard",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "a Grafana dashboard of a service, or of all services of a namespace",
        "dashboard payments",
        "a ConfigMap for Grafana's sidecar; with `grafana files`, a JSON file",
    )
    .may(Dashboard)
    .many(),
    clause(
        "link",
        &[Dashboard],
        &["title:STRING to address:STRING"],
        "a link at the top of the dashboard",
        "link \"Runbook\" to \"https://runbooks.example.com/payments\"",
        "`links` of the dashboard",
    )
    .many(),
];
