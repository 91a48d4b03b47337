//! What is of the language and not lowered yet: shapes are checked, building is refused.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause("test", &[File], &["what:ANYTHING,"], "what must hold", "test", "nothing").may(Any).planned().many(),
    clause("assert", &[File], &["what:ANYTHING,"], "what must hold", "assert", "nothing").may(Any).planned().many(),
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
];
