//! `slo`: objectives that can be measured, and whose alerts can fire.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Protocol, Rank};

use super::{Checker, Placed};
use crate::clause::{Clause, twice};
use crate::model::{Objective, Seen, ServiceId, Slo, Subject, Target, Version, text};
use crate::operand::{Value, WHOLE, duration, percent};
use crate::suggest::nearest;
use crate::vocabulary::Block;

/// The upper bounds, in microseconds, of the buckets of `istio_request_duration_milliseconds`: Envoy's default ones.
const BUCKETS: [u64; 19] = [
    500,
    1_000,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
    600_000_000,
    1_800_000_000,
    3_600_000_000,
];

/// The labels of requests that the statement itself says.
const OWN: [&str; 5] = [
    "reporter",
    "destination_service",
    "destination_service_name",
    "destination_service_namespace",
    "destination_version",
];

/// True for a name that Prometheus takes for a label.
fn is_label_name(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(rest) && !name.starts_with("__")
}

/// The tags of `istio_requests_total` that requests are chosen by; the others are said by the statement itself.
const TAGS: [&str; 20] = [
    "connection_security_policy",
    "destination_app",
    "destination_canonical_revision",
    "destination_canonical_service",
    "destination_cluster",
    "destination_principal",
    "destination_workload",
    "destination_workload_namespace",
    "grpc_response_status",
    "request_protocol",
    "response_code",
    "response_flags",
    "source_app",
    "source_canonical_revision",
    "source_canonical_service",
    "source_cluster",
    "source_principal",
    "source_version",
    "source_workload",
    "source_workload_namespace",
];

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn slo(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Slo);
        let head = self.head(statement, &clauses);
        self.is_object(&head, self.mesh.settings.watching.plain, "a PrometheusRule");
        let mut objectives: Vec<Objective<'a>> = Vec::new();
        for clause in &clauses.list {
            let Some(objective) = self.objective(clause) else { continue };
            match objectives.iter().find(|known| known.is_same(&objective)).map(|known| known.span) {
                Some(first) => self.push(twice(clause.name(), objective.span, first)),
                None => objectives.push(objective),
            }
        }
        if objectives.is_empty() {
            let said = clauses.list.iter().any(|clause| matches!(clause.name(), "available" | "fast"));
            if !clauses.poisoned && !said {
                self.push(
                    Diagnostic::new(code::E0307, statement.clause.span(), "`slo` says nothing")
                        .label("no objective is said")
                        .help("write `available 99.9%`, or `fast 99% under 250ms`"),
                );
            }
            return;
        }
        let days = clauses.get("over").and_then(|clause| clause.args.get("time")).map(|arg| arg.word());
        let days = days.and_then(|word| word.trim_end_matches('d').parse().ok()).unwrap_or(30);
        for objective in &objectives {
            self.can_page(objective, days);
        }
        let mut labels = Vec::new();
        for clause in clauses.all("alert") {
            self.pairs(clause.args.list("labels"), &mut labels, false);
        }
        labels.retain(|(key, _, span)| {
            let own = key.starts_with("sloth_") || key == "alertname";
            if own || !is_label_name(key) {
                let problem = Diagnostic::new(code::E0310, *span, format!("an alert has no label `{key}`"));
                let label = if own { "set by the rules themselves" } else { "letters, digits and `_`" };
                self.diagnostics.push(
                    problem.label(label).note("Prometheus would refuse the file, or lose what the alert is about"),
                );
                return false;
            }
            true
        });
        let at_least =
            clauses.get("at-least").and_then(|clause| Some((clause.args.get("requests")?.number(), clause.span())));
        let runbook = clauses.get("runbook").and_then(|clause| Some(text(clause.args.get("address")?)));
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            let Subject::Service(service) = subject else {
                self.push(
                    Diagnostic::new(code::E0321, target.span, "objectives are those of a service")
                        .label("not a service")
                        .help("name a service of the mesh"),
                );
                continue;
            };
            let Some(waypoint) = self.counts_requests(service, target.span) else { continue };
            if !objectives.iter().all(|objective| self.tells_apart(service, objective)) {
                continue;
            }
            let seen = |objective: &Objective<'a>| Objective {
                seen: if waypoint { Seen::Waypoint } else { objective.seen },
                ..objective.clone()
            };
            let slo = Slo {
                head: head.clone(),
                service,
                objectives: objectives.iter().map(seen).collect(),
                days,
                at_least,
                runbook: runbook.clone(),
                labels: labels.clone(),
            };
            if statement.site.emits {
                self.add_objectives(slo);
            }
        }
    }

    /// All objectives of a service are one object.
    fn add_objectives(&mut self, new: Slo<'a>) {
        let old = self
            .mesh
            .slos
            .iter_mut()
            .find(|old| old.service == new.service && old.head.namespace == new.head.namespace);
        let Some(old) = old else {
            self.mesh.slos.push(new);
            return;
        };
        let span = new.head.span;
        let same = old.objectives.iter().find_map(|first| {
            let again = new.objectives.iter().find(|again| again.is_same(first))?;
            let word = if again.target == Target::Available { "available" } else { "fast" };
            Some(((word, again.span), first.span))
        });
        let problem = match same {
            Some((again, first)) => twice(again.0, again.1, first),
            None => {
                twice("slo", span, old.head.span).note("the objectives of a service are one object, with one window")
            }
        };
        self.push(problem);
    }

    fn objective(&mut self, clause: &Clause<'t, 'a>) -> Option<Objective<'a>> {
        let args = &clause.args;
        let target = match clause.name() {
            "available" => Target::Available,
            "fast" => {
                let limit = args.get("limit")?;
                let millis = limit.millis();
                if !BUCKETS.contains(&(millis * 1000)) {
                    self.push(between(millis, limit.span));
                    return None;
                }
                Target::Fast(millis)
            }
            _ => return None,
        };
        let share = args.get("share")?;
        let parts = share.parts();
        if parts == 0 || parts >= WHOLE {
            self.push(
                Diagnostic::new(
                    code::E0427,
                    share.span,
                    format!("an objective of {} says nothing", percent(parts.into())),
                )
                .label(if parts == 0 { "no request need be good" } else { "no request may fail" })
                .note("what is left of 100% is the error budget, which alerts watch burning")
                .help("write a share below 100%, such as `99.9%`"),
            );
            return None;
        }
        let version = args.get("version").map(|arg| (arg.word(), arg.span));
        let mut tags = Vec::new();
        for arg in args.list("tags") {
            let Value::Pair(key, value) = &arg.value else { continue };
            if OWN.contains(&key.as_ref()) || !is_label_name(key) {
                let problem = Diagnostic::new(code::E0427, arg.span, format!("requests are not chosen by `{key}`"));
                let label = if is_label_name(key) { "said by the statement itself" } else { "no name of a label" };
                self.push(problem.label(label).note("labels of Prometheus have letters, digits and `_`"));
                continue;
            }
            if !TAGS.contains(&key.as_ref())
                && let Some(near) = nearest(key, TAGS.iter().copied())
            {
                self.push(
                    Diagnostic::new(code::E0427, arg.span, format!("Istio's metrics have no tag `{key}`"))
                        .label(format!("is `{near}` meant?"))
                        .note("a tag of your own is added by `observe … < set-tag NAME \"…\" >`"),
                );
                continue;
            }
            tags.push((key.clone(), value.clone(), arg.span));
        }
        let side = args.get("side").map(|arg| (arg.word(), arg.span));
        if let (Some((version, span)), Some(("client", client))) = (version, side) {
            self.push(
                Diagnostic::new(
                    code::E0427,
                    client,
                    format!("callers do not know which requests were for `{version}`"),
                )
                .label("a request that reached no pod has no version")
                .also(span, "of this version")
                .help("leave `at client` out: the pods of the version count"),
            );
            return None;
        }
        let server = version.is_some() || side.is_some_and(|(side, _)| side == "server");
        let seen = if server { Seen::Server } else { Seen::Client };
        Some(Objective { version, tags, target, parts, seen, span: clause.span() })
    }

    /// Whether metrics tell the requests of an objective apart; what keeps them from it is reported.
    fn tells_apart(&mut self, service: ServiceId, objective: &Objective<'a>) -> bool {
        let Some((version, span)) = objective.version else { return true };
        if !self.version(service, version, span) {
            return false;
        }
        let known = self.mesh.services[service.0].versions.iter().find(|known| known.name == version);
        let labelled =
            |known: &Version<'a>| known.select.is_empty() || known.select.iter().any(|(key, ..)| key == "version");
        let Some(known) = known.filter(|known| !labelled(known)) else { return true };
        let problem = Diagnostic::new(code::E0427, span, format!("no label of metrics tells `{version}` apart"))
            .label("its pods have no label `version`")
            .also(known.span, "selected by other labels")
            .help("give its pods the label `version` too, and select by it");
        self.push(problem);
        false
    }

    /// Whether the budget is small enough for its alerts: at the rate that pages, more than all requests would be bad.
    fn can_page(&mut self, objective: &Objective, days: u32) {
        // Of the budget 2% burn within an hour, or 5% within six: in hundredths, so many times as fast as evenly.
        let at = |hundredths: u64| u64::from(WHOLE - objective.parts) * u64::from(days) * hundredths / 100;
        let (fast, slow) = (at(48), at(20));
        if fast < u64::from(WHOLE) {
            return;
        }
        let problem = if slow < u64::from(WHOLE) {
            Diagnostic::new(code::SLO_CANNOT_PAGE, objective.span, "only a slow alert of this objective can wake anybody")
                .label(format!("the fast one needs {} of the requests to be bad", percent(fast)))
                .note(format!(
                    "a page is sent when 2% of the budget of {days} days burn within an hour, which all requests cannot do, or 5% within six"
                ))
        } else {
            Diagnostic::new(code::SLO_CANNOT_PAGE, objective.span, "no alert of this objective can wake anybody")
                .label(format!("needs {} of the requests to be bad", percent(slow)))
                .note(format!(
                    "a page is sent when 5% of the budget of {days} days burn within six hours, and the budget is too large for that"
                ))
        };
        self.push(problem.help("ask for a larger share, or a shorter window"));
    }

    /// Whether requests to a service are counted, and by a waypoint; nothing where they are not, which is reported.
    fn counts_requests(&mut self, id: ServiceId, at: Span) -> Option<bool> {
        let service = &self.mesh.services[id.0];
        if !service.incomplete && !service.ports.is_empty() {
            let opaque = |protocol: Protocol| protocol.rank() != Rank::Http;
            if service.ports.iter().all(|port| opaque(port.protocol)) {
                let problem =
                    Diagnostic::new(code::E0320, at, "objectives count requests, and this service speaks no HTTP")
                        .label("no HTTP port")
                        .also(service.span, "declared here");
                self.push(problem);
                return None;
            }
        }
        if service.namespace.is_none() {
            let problem = Diagnostic::new(code::E0215, at, format!("the namespace of `{}` is not known", service.name))
                .label("in no namespace")
                .note("metrics are told apart by the namespace of the service")
                .help("write `in NS` at the top of the file");
            self.push(problem);
            return None;
        }
        let Some(ambient) = self.ambient_of(&Subject::Service(id)) else { return Some(false) };
        let place = service.namespace;
        let waypoint =
            self.mesh.namespaces.iter().any(|namespace| Some(namespace.name) == place && namespace.waypoint.is_some());
        if !waypoint {
            self.push(
                Diagnostic::new(code::E0425, at, "without a waypoint nobody counts requests")
                    .label("in an ambient namespace")
                    .also(ambient, "said here")
                    .help("write `waypoint NAME` in the namespace"),
            );
            return None;
        }
        Some(true)
    }
}

/// A limit between two buckets.
fn between(millis: u64, span: Span) -> Diagnostic {
    let at = BUCKETS.partition_point(|bucket| *bucket < millis * 1000);
    let named = |micros: u64| if micros < 1000 { "0.5ms".to_owned() } else { duration(micros / 1000) };
    let near: Vec<String> = [at.checked_sub(1), Some(at)]
        .into_iter()
        .flatten()
        .filter_map(|at| BUCKETS.get(at))
        .filter(|micros| **micros >= 1000)
        .map(|micros| format!("`under {}`", named(*micros)))
        .collect();
    Diagnostic::new(code::E0427, span, format!("Istio does not count requests under {}", duration(millis)))
        .label("no bucket of its histogram ends here")
        .note("a share can only be taken of what a bucket counts: 1ms, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s, 30s, 1m and more; the annotation `sidecar.istio.io/statsHistogramBuckets` of the pods sets others")
        .help(format!("write {}", near.join(" or ")))
}
