//! `slo`: recording rules and alerts, with the names and windows that Sloth gave them and dashboards know.
//!
//! Two windows have to burn at once, a long one that shows it matters and a short one that ends the alert soon: "Alerting
//! on SLOs" of the Site Reliability Workbook.

use std::fmt::Write;

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Protocol};

use super::Lower;
use super::dashboard::{board_of, metric_name, version_label};
use crate::model::{Objective, Seen, Service, Slo, Subject, Target};
use crate::operand::{WHOLE, duration, percent};

/// The windows of the recording rules; the longest is that of the objective, which is taken from the shortest.
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// The pairs of windows of an alert, the hours of the longer, and the per cent of the budget that burn in it.
const PAGE: [(&str, &str, u32, u32); 2] = [("5m", "1h", 1, 2), ("30m", "6h", 6, 5)];
const TICKET: [(&str, &str, u32, u32); 2] = [("2h", "1d", 24, 10), ("6h", "3d", 72, 10)];

/// gRPC's statuses that are errors of the server, as OpenTelemetry's conventions have it: UNKNOWN, DEADLINE_EXCEEDED,
/// UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
pub(super) const GRPC_ERRORS: &str = "2|4|12|13|14|15";

impl<'a> Lower<'_, 'a> {
    pub(super) fn slos(&mut self) {
        let mesh = self.mesh;
        let all = |slo: &Slo<'a>| -> Vec<Node> {
            let service = &mesh.services[slo.service.0];
            let board = mesh.settings.watching.grafana.as_ref().and_then(|grafana| {
                let shown = mesh.dashboards.iter().any(|shown| shown.subject == Subject::Service(slo.service));
                shown.then(|| format!("{grafana}/d/{}", board_of(service)))
            });
            slo.objectives.iter().flat_map(|objective| groups(slo, objective, service, board.as_deref())).collect()
        };
        if let (Some(span), false) = (mesh.settings.watching.plain, mesh.slos.is_empty()) {
            let mut file = Object::new(span);
            file.put_list("groups", mesh.slos.iter().flat_map(all).collect());
            self.file("prometheus-rules.yaml", &file, "Prometheus reads this file where `rule_files` names it.");
            return;
        }
        for slo in &mesh.slos {
            let service = self.service(slo.service);
            let name = format!("{}-slo", service.name);
            let mut resource = self.resource(Kind::PrometheusRule, slo.head.namespace, name, &slo.head);
            self.selected(&mut resource);
            let groups = all(slo);
            resource.spec.put_list("groups", groups);
            let side = match slo.objectives[0].seen {
                Seen::Client => {
                    "requests are counted by the proxies of the callers: those of callers without one are not"
                }
                Seen::Server => "requests are counted by the service's own proxy: those that do not reach it are not",
                Seen::Waypoint => "requests are counted by the waypoint",
            };
            resource.reasons.push(side.to_owned());
            self.finish(resource, &slo.head.common.fields);
        }
    }
}

/// A rule, and where it was said.
struct Rules {
    list: Vec<Node>,
    span: Span,
    /// The labels by which a rule is known.
    id: Vec<(&'static str, String)>,
}

impl Rules {
    fn record(&mut self, record: &str, expr: String, more: &[(&str, &str)]) {
        let mut rule = Object::new(self.span);
        rule.set("record", record);
        rule.set("expr", expr);
        rule.put_object("labels", self.labels(more));
        self.list.push(rule.node());
    }

    fn labels(&self, more: &[(&str, &str)]) -> Object {
        let mut labels = Object::new(self.span);
        for (key, value) in &self.id {
            labels.set(*key, value.as_str());
        }
        for (key, value) in more {
            labels.set((*key).to_owned(), *value);
        }
        labels
    }

    fn group(&mut self, name: String) -> Node {
        let mut group = Object::new(self.span);
        group.set("name", name);
        group.put_list("rules", std::mem::take(&mut self.list));
        group.node()
    }
}

/// The groups of one objective: what is measured, what follows from it, and the alerts.
fn groups(slo: &Slo<'_>, objective: &Objective<'_>, service: &Service<'_>, board: Option<&str>) -> Vec<Node> {
    let place = service.namespace.unwrap_or_default();
    let name = match objective.target {
        Target::Available => "available".to_owned(),
        Target::Fast(millis) => format!("fast-{}", duration(millis)),
    };
    let name = objective.parts_named().into_iter().fold(name, |name, part| format!("{name}-{part}"));
    // A dot is in no name of a service, so that no two objectives have one identifier.
    let full = format!("{}.{place}", service.name);
    let id = format!("{full}-{name}");
    let mut rules = Rules {
        list: Vec::new(),
        span: objective.span,
        id: vec![("sloth_id", id.clone()), ("sloth_service", full.clone()), ("sloth_slo", name.clone())],
    };
    let chosen = format!("sloth_id=\"{id}\", sloth_service=\"{full}\", sloth_slo=\"{name}\"");
    for window in WINDOWS {
        let expr = error_ratio(objective, service, window);
        rules.record(&format!("slo:sli_error:ratio_rate{window}"), expr, &[("sloth_window", window)]);
    }
    let days = format!("{}d", slo.days);
    let short = format!("slo:sli_error:ratio_rate5m{{{chosen}}}[{days}]");
    rules.record(
        &format!("slo:sli_error:ratio_rate{days}"),
        format!("sum_over_time({short}) / ignoring (sloth_window) count_over_time({short})"),
        &[("sloth_window", &days)],
    );
    let measured = rules.group(format!("sloth-slo-sli-recordings-{id}"));
    let budget = decimal(u64::from(WHOLE - objective.parts), 6);
    rules.record("slo:objective:ratio", format!("vector({})", decimal(objective.parts.into(), 6)), &[]);
    rules.record("slo:error_budget:ratio", format!("vector({budget})"), &[]);
    rules.record("slo:time_period:days", format!("vector({})", slo.days), &[]);
    let per_budget = |window: &str| {
        format!(
            "slo:sli_error:ratio_rate{window}{{{chosen}}} / on (sloth_id, sloth_slo, sloth_service) group_left () slo:error_budget:ratio{{{chosen}}}"
        )
    };
    rules.record("slo:current_burn_rate:ratio", per_budget("5m"), &[]);
    rules.record("slo:period_burn_rate:ratio", per_budget(&days), &[]);
    rules.record("slo:period_error_budget_remaining:ratio", format!("1 - slo:period_burn_rate:ratio{{{chosen}}}"), &[]);
    let share = decimal(objective.parts.into(), 4);
    rules.record("sloth_slo_info", "vector(1)".to_owned(), &[("sloth_mode", "meshc"), ("sloth_objective", &share)]);
    let meta = rules.group(format!("sloth-slo-meta-recordings-{id}"));
    for (alert, severity, pairs) in [("ErrorBudgetBurnsFast", "page", PAGE), ("ErrorBudgetBurns", "ticket", TICKET)] {
        let expr = pairs.map(|pair| burning(slo, objective, service, &chosen, &budget, pair)).join(" or ");
        let mut rule = Object::new(objective.span);
        rule.set("alert", alert);
        rule.set("expr", expr);
        let mut labels = rules.labels(&[("sloth_severity", severity)]);
        for (key, value, span) in &slo.labels {
            labels.set_at(key.to_string(), value.as_ref(), *span);
        }
        rule.put_object("labels", labels);
        let mut annotations = Object::new(objective.span);
        let speed = if severity == "page" { "fast" } else { "for long" };
        let share = percent(objective.parts.into());
        let of = of_part(objective);
        let promise = match objective.target {
            Target::Available => format!("{share}{of} without an error of the server over {days}"),
            Target::Fast(millis) => format!("{share}{of} under {} over {days}", duration(millis)),
        };
        annotations.set("summary", format!("{full} burns its error budget {speed}: {promise}"));
        if let Some((address, span)) = &slo.runbook {
            annotations.set_at("runbook_url", address.as_ref(), *span);
        }
        annotations.set_some("dashboard_url", board);
        rule.put_object("annotations", annotations);
        rules.list.push(rule.node());
    }
    let alerts = rules.group(format!("sloth-slo-alerts-{id}"));
    vec![measured, meta, alerts]
}

/// Which requests an objective is for, where not for all, behind its share.
pub(super) fn of_part(objective: &Objective<'_>) -> String {
    if objective.is_whole() { String::new() } else { format!(" of {}", objective.parts_named().join(", ")) }
}

/// The labels of the requests that count.
fn requests(objective: &Objective<'_>, service: &Service<'_>) -> String {
    let reporter = match objective.seen {
        Seen::Client => "source",
        Seen::Server => "destination",
        Seen::Waypoint => "waypoint",
    };
    let version = objective.version.and_then(|(version, _)| version_label(service, version));
    let version = version.map(|label| format!(", destination_version=\"{label}\"")).unwrap_or_default();
    let tags: String = objective.tags.iter().map(|(key, value, _)| format!(", {key}=\"{}\"", quoted(value))).collect();
    format!(
        "reporter=\"{reporter}\", destination_service_name=\"{}\", destination_service_namespace=\"{}\"{version}{tags}",
        metric_name(service),
        service.namespace.unwrap_or_default()
    )
}

/// The share of the requests of a window that are bad; nothing where there are none.
fn error_ratio(objective: &Objective<'_>, service: &Service<'_>, window: &str) -> String {
    let requests = requests(objective, service);
    let sum = |metric: &str, more: &str| format!("sum(rate({metric}{{{requests}{more}}}[{window}]))");
    match objective.target {
        Target::Available => {
            let metric = "istio_requests_total";
            let mut bad = format!("({} or vector(0))", sum(metric, ", response_code=~\"5..\""));
            let speaks_grpc =
                service.ports.iter().any(|port| matches!(port.protocol, Protocol::Grpc | Protocol::GrpcWeb));
            if speaks_grpc {
                // gRPC's errors come with the status 200.
                let more = format!(", response_code!~\"5..\", grpc_response_status=~\"{GRPC_ERRORS}\"");
                let _ = write!(bad, " + ({} or vector(0))", sum(metric, &more));
                bad = format!("({bad})");
            }
            format!("{bad} / ({} > 0)", sum(metric, ""))
        }
        Target::Fast(millis) => {
            let all = sum("istio_request_duration_milliseconds_count", "");
            // Newer releases of Prometheus write the bounds of buckets with a fraction.
            let good = sum("istio_request_duration_milliseconds_bucket", &format!(", le=~\"{millis}(\\\\.0)?\""));
            format!("1 - ({good} / ({all} > 0))")
        }
    }
}

/// Both windows of a pair burn faster than the budget allows.
fn burning(
    slo: &Slo<'_>,
    objective: &Objective<'_>,
    service: &Service<'_>,
    chosen: &str,
    budget: &str,
    (short, long, hours, share): (&str, &str, u32, u32),
) -> String {
    // What burns slower than evenly leaves budget over, and is no alert.
    let rate = rate((slo.days * 24 * share).max(100 * hours), 100 * hours);
    let above = |window: &str| {
        format!("max(slo:sli_error:ratio_rate{window}{{{chosen}}} > ({rate} * {budget})) without (sloth_window)")
    };
    let mut out = format!("({} and {}", above(short), above(long));
    if let Some((count, _)) = slo.at_least {
        let metric = match objective.target {
            Target::Available => "istio_requests_total",
            Target::Fast(_) => "istio_request_duration_milliseconds_count",
        };
        let requests = requests(objective, service);
        let _ = write!(out, " and on () sum(increase({metric}{{{requests}}}[{long}])) >= {count}");
    }
    out.push(')');
    out
}

/// A text in quotes of PromQL.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// How many times faster than evenly a budget burns, exactly: a decimal where it is one.
fn rate(numerator: u32, denominator: u32) -> String {
    let scaled = u64::from(numerator) * 10_000;
    if scaled.is_multiple_of(u64::from(denominator)) {
        decimal(scaled / u64::from(denominator), 4)
    } else {
        format!("({numerator} / {denominator})")
    }
}

/// A number of so many digits behind the point, without those that say nothing.
pub(super) fn decimal(number: u64, digits: u32) -> String {
    let scale = 10_u64.pow(digits);
    let text = format!("{}.{:0width$}", number / scale, number % scale, width = digits as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(decimal(1_000, 6), "0.001");
        assert_eq!(decimal(999_500, 6), "0.9995");
        assert_eq!(rate(30 * 24 * 2, 100), "14.4");
        assert_eq!(rate(28 * 24 * 2, 100), "13.44");
        assert_eq!(rate(30 * 24 * 5, 600), "6");
        assert_eq!(rate(28 * 24 * 10, 7200), "(6720 / 7200)");
    }
}
