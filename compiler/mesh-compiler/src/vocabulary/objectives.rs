//! `slo`: what a service promises.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "slo",
        &[File],
        &["targets:TARGET, [ in namespace:NAMESPACE ] [ as object:NAME ]"],
        "objectives of a service, and the alerts when their error budget burns",
        "slo payments < available 99.9%; fast 99% under 250ms; over 30d >",
        "PrometheusRule",
    )
    .must(Slo)
    .many(),
    clause(
        "available",
        &[Slo],
        &["share:PERCENT [ of version:VERSION ] [ where tags:PAIR, ] [ at side:{client|server} ]"],
        "the share of requests without an error of the server, as callers see it, or the server; of a version, or of requests with a tag",
        "available 99.9%",
        "recording rules and alerts",
    )
    .many(),
    clause(
        "fast",
        &[Slo],
        &["share:PERCENT under limit:DURATION [ of version:VERSION ] [ where tags:PAIR, ] [ at side:{client|server} ]"],
        "the share of requests that are answered in a time, which is a bucket of Istio's histogram; of a version, or of requests with a tag",
        "fast 99% under 250ms",
        "recording rules and alerts",
    )
    .many(),
    clause(
        "over",
        &[Slo],
        &["time:{7d|28d|30d|90d}"],
        "the window of the objectives; default `30d`",
        "over 30d",
        "recording rules and alerts",
    ),
    clause(
        "at-least",
        &[Slo],
        &["requests:COUNT"],
        "alerts need as many requests in their longer window",
        "at-least 100",
        "the condition of the alerts",
    ),
    clause(
        "runbook",
        &[Slo],
        &["address:STRING"],
        "where to read what to do",
        "runbook \"https://runbooks.example.com/payments\"",
        "annotation `runbook_url` of the alerts",
    ),
    clause(
        "alert",
        &[Slo],
        &["labels:PAIR,"],
        "labels of the alerts, by which they are routed",
        "alert team: payments",
        "`labels` of the alerts",
    )
    .many(),
];
