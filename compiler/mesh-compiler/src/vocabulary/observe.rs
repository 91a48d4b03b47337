//! `observe`: access logs, traces and metrics.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "observe",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "access logs, traces and metrics of a workload, a namespace or the mesh",
        "observe namespace shop < trace 5%; access-log >",
        "Telemetry",
    )
    .must(Observe)
    .many(),
    clause(
        "trace",
        &[Observe],
        &[
            "share:PERCENT [ to provider:PROVIDER ] [ at side:{client|server} ]",
            "to provider:PROVIDER [ at side:{client|server} ]",
            "off",
        ],
        "the share of requests that is traced, and where the traces go; `off` reports none",
        "trace 5%",
        "Telemetry `tracing`",
    ),
    clause(
        "tag",
        &[Observe],
        &[
            "name:TAG header header:HEADER [ default default:TEXT ]",
            "name:TAG env variable:VARIABLE [ default default:TEXT ]",
            "name:TAG value:STRING",
        ],
        "a tag of traces: from a header, from the proxy's environment, or fixed",
        "tag tenant header x-tenant default \"none\"",
        "Telemetry `tracing[].customTags`",
    )
    .many(),
    clause(
        "access-log",
        &[Observe],
        &["[ to providers:PROVIDER, ] [ when filter:STRING ] [ at side:{client|server} ]", "off"],
        "which requests are logged, and where",
        "access-log to json when \"response.code >= 500\"",
        "Telemetry `accessLogging`",
    ),
    clause(
        "metrics",
        &[Observe],
        &["to providers:PROVIDER, [ every interval:DURATION ]", "every interval:DURATION"],
        "where metrics go, and how often TCP reports",
        "metrics every 5s",
        "Telemetry `metrics`",
    ),
    clause(
        "drop-tag",
        &[Observe],
        &["names:TAG, [ on metric:METRIC ] [ at side:{client|server} ]"],
        "removes tags of metrics",
        "drop-tag request_protocol on request_count",
        "Telemetry `metrics[].overrides[].tagOverrides`",
    )
    .many(),
    clause(
        "set-tag",
        &[Observe],
        &["name:TAG value:STRING [ on metric:METRIC ] [ at side:{client|server} ]"],
        "sets a tag of metrics to an expression",
        "set-tag destination_port \"string(destination.port)\"",
        "Telemetry `metrics[].overrides[].tagOverrides`",
    )
    .many(),
    clause(
        "off",
        &[Observe],
        &["metric:METRIC [ at side:{client|server} ]"],
        "switches a metric off",
        "off response_size at client",
        "Telemetry `metrics[].overrides[].disabled`",
    )
    .many(),
];
