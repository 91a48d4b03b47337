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
