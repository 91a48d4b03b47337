//! The dashboard of one service.

use mesh_istio::Text;

use super::board::{Board, Limit, Look, Panel};
use super::guarded::security;
use super::promised::{objective_labels, objectives};
use super::query::Requests;
use super::volume::connections;
use super::words::{FLAGS, GRPC};
use super::{About, Lower, Said, bound, caller_name, fraction, metric_name, version_label, version_of};
use crate::model::{Dashboard, Place, Route, RouteTarget, ServiceId, Share, Target};
use crate::operand::{WHOLE, duration, percent};

/// The annotation of callers' pods that makes their proxies export what Istio leaves out.
const MORE_STATS: &str = "`sidecar.istio.io/statsInclusionRegexps: \"cluster\\..*(outlier_detection|upstream_rq_retry|upstream_rq_pending_overflow).*\"`";

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn service_board(&self, dashboard: &Dashboard<'a>, id: ServiceId, uid: &str) -> String {
        let said = self.said_of(id);
        let mut board = Board::new();
        if said.is_http() {
            self.at_a_glance(&said, &mut board);
            self.traffic_of(&said, &mut board);
            self.splits(said.routes.iter().copied(), &mut board);
            self.latency_of(&said, &mut board);
            self.errors_of(&said, &mut board);
            self.resilience(&said, &mut board);
            objectives(&said, &mut board);
        }
        security(&said, &mut board);
        if said.is_http() {
            self.sizes(&said, &mut board);
        }
        if said.is_tcp() {
            connections(&said, &mut board);
        }
        // A caller without a proxy of its own counts nothing.
        let calls = !said.service.calls.is_empty() || !said.service.external_calls.is_empty();
        if calls && !said.ambient {
            self.calls(&said, &mut board);
        }
        let service = said.service;
        let place = service.namespace;
        let title = match place {
            Some(place) => format!("{}.{place}", service.name),
            None => service.name.to_owned(),
        };
        let matcher = format!("destination_service_name=\"{}\"", metric_name(service));
        let links =
            self.links(dashboard, &format!("namespaces/{}/services/{}", place.unwrap_or("${namespace}"), service.name));
        board.finish(&About {
            uid,
            title: &title,
            about: "What the program declares of this service, beside what its proxies and its callers' count.",
            matcher: &matcher,
            namespace: place,
            services: false,
            counted: !said.waypoint,
            links: &links,
        })
    }

    fn at_a_glance(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        board.row("At a glance");
        board.add(
            Panel::new(Look::Number, "Requests", "reqps")
                .about("Requests in a second.")
                .query("", requests.requests("", "")),
        );
        let available =
            said.objectives().iter().find(|objective| objective.target == Target::Available && objective.is_whole());
        board.add(
            Panel::new(Look::Number, "Success", "percentunit")
                .about("The share of requests without an error of the server (5xx, or one of gRPC).")
                .limit(available.map_or(Limit::None, |objective| Limit::AtLeast(bound(objective))))
                .query("", requests.success("")),
        );
        let fast = said.objectives().iter().filter(|objective| objective.is_whole()).find_map(|objective| {
            match objective.target {
                Target::Fast(millis) => Some((objective, millis)),
                Target::Available => None,
            }
        });
        let (share, limit) = match fast {
            Some((objective, millis)) => (objective.parts, Limit::AtMost(millis as f64)),
            None => (WHOLE / 100 * 99, Limit::None),
        };
        let (share, quantile) = (percent(share.into()), fraction(share));
        board.add(
            Panel::new(Look::Number, format!("p{} latency", share.trim_end_matches('%')), "ms")
                .about(format!("The time within which {share} of the requests are answered."))
                .limit(limit)
                .query("", requests.latency(&quantile, "")),
        );
        if said.slo.is_some() {
            board.add(
                Panel::new(Look::Number, "Error budget left", "percentunit")
                    .about("What is left of the error budget of each objective over its window.")
                    .limit(Limit::AtLeast(0.0))
                    .query(
                        "{{sloth_slo}}",
                        format!("slo:period_error_budget_remaining:ratio{{{}}}", objective_labels(said)),
                    )
                    .width(6),
            );
        }
        board.add(
            Panel::new(Look::Number, "Mutual TLS", "percentunit")
                .about("The share of requests that came under mutual TLS, as the side of the service counts them.")
                .query("", requests.mutual_tls("istio_requests_total")),
        );
    }

    fn traffic_of(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        board.row("Traffic");
        board.add(
            Panel::new(Look::Stacked, "Requests by status", "reqps")
                .about("Requests in a second, by response code. Code 0 is a request whose caller went away.")
                .query("{{response_code}}", requests.requests("", "response_code")),
        );
        board.add(
            self.to_callers(
                Panel::new(Look::Stacked, "Requests by caller", "reqps")
                    .about("Requests in a second, by the workload that called.")
                    .query(CALLED_BY, requests.requests("", CALLER)),
            ),
        );
        board.add(
            Panel::new(Look::Stacked, "Requests by version", "reqps")
                .about("Requests in a second, by the label `version` of the pods that they reached.")
                .query("{{destination_version}}", requests.requests("", "destination_version")),
        );
    }

    /// A link from a caller to its page of Kiali.
    pub(super) fn to_callers(&self, panel: Panel) -> Panel {
        match &self.mesh.settings.watching.kiali {
            Some((kiali, _)) => panel.link(
                "Caller in Kiali",
                format!("{kiali}/console/namespaces/${{__field.labels.source_workload_namespace}}/workloads/${{__field.labels.source_workload}}"),
            ),
            None => panel,
        }
    }

    /// The shares that routes declare, and those that are seen.
    pub(super) fn splits(&self, routes: impl Iterator<Item = &'m Route<'a>>, board: &mut Board) {
        let panels: Vec<Panel> = routes.filter_map(|route| self.split(route)).collect();
        if !panels.is_empty() {
            board.row("Split");
        }
        panels.into_iter().for_each(|panel| board.add(panel));
    }

    fn split(&self, route: &Route<'a>) -> Option<Panel> {
        let shares = &route.last.shares;
        if shares.len() < 2 {
            return None;
        }
        // Requests to an external bear its host, and the namespace of its ServiceEntry.
        let seen = |share: &Share<'a>| match share.place {
            Place::Service(id, _) => (metric_name(self.service(id)), self.service(id).namespace),
            Place::External(id) => {
                let external = &self.mesh.externals[id.0];
                let host = external.hosts.first().map_or_else(String::new, |(host, _)| host.to_string());
                (host, external.namespace)
            }
        };
        let mut unique: Vec<(String, Option<&str>)> = shares.iter().map(seen).collect();
        unique.sort();
        unique.dedup();
        let behind = |id: ServiceId| self.mesh.waypoint_of(self.service(id).namespace).is_some();
        let waypoint = shares.iter().all(|share| matches!(share.place, Place::Service(id, _) if behind(id)));
        let requests = Requests::to_any(&unique, if waypoint { "waypoint" } else { "source" });
        let one = unique.len() == 1;
        let (by, legend) = if one {
            ("destination_version", "{{destination_version}} seen")
        } else {
            (
                "destination_service_name, destination_version",
                "{{destination_service_name}} {{destination_version}} seen",
            )
        };
        let what = match &route.target {
            RouteTarget::Service(id) => self.service(*id).name.to_owned(),
            RouteTarget::External(id) => self.mesh.externals[id.0].name.to_owned(),
            RouteTarget::Host(host) => (*host).to_owned(),
            RouteTarget::Delegate(name) => (*name).to_owned(),
        };
        let mut about =
            "The declared shares, dashed, and those that callers' proxies count. A request that reached no pod has \
                         the version `unknown`."
                .to_owned();
        if !route.rules.is_empty() {
            about.push_str(" What `when` sends elsewhere counts too: the shares are those of all other requests.");
        }
        let mut panel =
            Panel::new(Look::Lines, format!("Split of {what}"), "percentunit").dashed("/ declared$/").width(24);
        for share in shares {
            let Some(parts) = share.parts else { continue };
            let Place::Service(id, _) = share.place else {
                panel = panel.query(format!("{} declared", seen(share).0), format!("vector({})", fraction(parts)));
                continue;
            };
            let service = self.service(id);
            let version = version_of(share);
            let name = match (one, version) {
                (true, Some(version)) => version.to_owned(),
                (_, None) => service.name.to_owned(),
                (false, Some(version)) => format!("{} {version}", service.name),
            };
            match version.map(|version| version_label(service, version)) {
                Some(None) => {
                    about.push_str(&format!(
                        " No label of metrics tells `{name}` apart: its pods have no label `version`."
                    ));
                }
                Some(Some(label)) if version != Some(label) => {
                    about.push_str(&format!(" `{name}` is seen as `{label}`, the label of its pods."));
                }
                _ => {}
            }
            panel = panel.query(format!("{name} declared"), format!("vector({})", fraction(parts)));
        }
        let all = requests.requests("", "");
        panel = panel.query(legend, format!("{} / scalar({all} > 0)", requests.requests("", by)));
        Some(panel.about(about))
    }

    fn latency_of(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        let limit = said.objectives().iter().filter(|objective| objective.is_whole()).find_map(|objective| {
            match objective.target {
                Target::Fast(millis) => Some((objective, millis)),
                Target::Available => None,
            }
        });
        board.row("Latency");
        let mut about = "The time within which a share of the requests is answered.".to_owned();
        let mut panel = Panel::new(Look::Lines, "Latency", "ms");
        if let Some((objective, millis)) = limit {
            let share = percent(objective.parts.into());
            about.push_str(&format!(
                " The dashed line is the objective, for the line of {share}: under {}.",
                duration(millis)
            ));
            panel = panel.limit(Limit::AtMost(millis as f64));
        }
        // Beside the usual ones that of the objective, which the line is for.
        let own = limit.map(|(objective, _)| fraction(objective.parts));
        let mut shares = vec!["0.5", "0.9", "0.99"];
        shares.extend(own.as_deref().filter(|own| !["0.5", "0.9", "0.99"].contains(own)));
        for share in shares {
            panel = panel.query(percentile(share), requests.latency(share, ""));
        }
        board.add(panel.about(about));
        board.add(
            Panel::new(Look::Lines, "p99 latency by version", "ms")
                .about("The time within which 99% of the requests to a version are answered.")
                .query("{{destination_version}}", requests.latency("0.99", "destination_version")),
        );
        board.add(
            self.to_callers(
                Panel::new(Look::Lines, "p99 latency by caller", "ms")
                    .about("The time within which 99% of the requests of a caller are answered.")
                    .query(CALLED_BY, requests.latency("0.99", CALLER)),
            ),
        );
    }

    fn errors_of(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        board.row("Errors");
        board.add(
            Panel::new(Look::Lines, "Errors by version", "percentunit")
                .about("The share of the requests to a version that are an error of the server (5xx, or one of gRPC).")
                .query("{{destination_version}}", requests.errors("destination_version")),
        );
        board.add(
            self.to_callers(
                Panel::new(Look::Lines, "Errors by caller", "percentunit")
                    .about(
                        "The share of the requests of a caller that are an error of the server (5xx, or one of gRPC).",
                    )
                    .query(CALLED_BY, requests.errors(CALLER)),
            ),
        );
        board.add(
            Panel::new(Look::Lines, "What went wrong", "reqps")
                .about("Requests that a proxy answered, or saw fail, by Envoy's response flag.")
                .words(FLAGS)
                .query("{{response_flags}}", requests.requests("response_flags!=\"-\"", "response_flags")),
        );
        if said.is_grpc() {
            board.add(
                Panel::new(Look::Stacked, "Calls by gRPC status", "reqps")
                    .about("Calls in a second, by the status of gRPC; errors of gRPC come with HTTP's status 200.")
                    .words(GRPC)
                    .query(
                        "{{grpc_response_status}}",
                        requests.requests("grpc_response_status=~\".+\"", "grpc_response_status"),
                    ),
            );
        }
    }

    fn resilience(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        let (tries, calls) = (requests.seen_by("destination"), requests.seen_by("source"));
        board.row("Retries, timeouts, limits");
        if !said.waypoint {
            let (extra, asked) = (tries.requests("", ""), calls.requests("", ""));
            board.add(
                Panel::new(Look::Lines, "Retries", "reqps")
                    .about(format!(
                        "Retries are tries that reach the service beyond the requests that callers make, so copies of `mirror` and \
                         callers without a proxy count as retries too. Given up: requests that failed after all retries. \
                         Istio exports no counter of retries by itself: {MORE_STATS} on the callers' pods does."
                    ))
                    .query("retries", format!("clamp_min({extra} - {asked}, 0)"))
                    .query("given up", format!("{} or vector(0)", calls.requests("response_flags=~\".*URX.*\"", "")))
                    .query("tries that failed", format!("{} or vector(0)", tries.requests("response_code=~\"5..\"", ""))),
            );
            board.add(
                Panel::new(Look::Lines, "Tries for each request", "short")
                    .about(
                        "1 where nothing is retried or copied. Above it, callers make the load larger when the service is slow.",
                    )
                    .query("tries", format!("{extra} / ({asked} > 0)")),
            );
        }
        let flagged = |flags: &str| {
            format!(
                "{} or vector(0)",
                calls_or(&requests, said.waypoint).requests(&format!("response_flags=~\"{flags}\""), "")
            )
        };
        let timeouts: Vec<String> =
            said.rules().filter_map(|rule| Some(duration(rule.timeout.as_ref()?.0?.1))).collect();
        let mut about = "Requests that took longer than the timeout of their route.".to_owned();
        if !timeouts.is_empty() {
            about.push_str(&format!(" Declared: {}.", listed(timeouts)));
        }
        board.add(Panel::new(Look::Lines, "Timeouts", "reqps").about(about).query("timed out", flagged(".*UT.*")));
        if said.traffic.iter().any(|traffic| {
            !traffic.layer.pool.is_empty() || traffic.versions.iter().any(|(_, layer, _)| !layer.pool.is_empty())
        }) {
            board.add(
                Panel::new(Look::Lines, "Pool overflow", "reqps")
                    .about("Requests that callers' proxies refused because the declared pool was full.")
                    .query("refused", flagged(".*UO.*")),
            );
        }
        if said.traffic.iter().any(|traffic| traffic.layer.eject.is_some()) {
            board.add(
                Panel::new(Look::Lines, "No healthy endpoint", "reqps")
                    .about("Requests for which no endpoint was left, as when all of them are ejected.")
                    .query("refused", flagged(".*UH.*")),
            );
            if !said.waypoint {
                let host = super::super::service_host(said.service);
                board.add(
                Panel::new(Look::Lines, "Ejected endpoints", "short")
                    .about(format!("Endpoints that callers' proxies keep out at the moment. Istio does not export this by itself: it needs {MORE_STATS} on the callers' pods."))
                    .query(
                        "{{pod}}",
                        format!("sum by (namespace, pod) (envoy_cluster_outlier_detection_ejections_active{{cluster_name=~\"outbound\\\\|.*\\\\|{}\"}})", host.replace('.', "\\\\.")),
                    ),
            );
            }
        }
        if said.rules().any(|rule| rule.delay.is_some() || rule.abort.is_some()) {
            board.add(
                Panel::new(Look::Lines, "Injected faults", "reqps")
                    .about("Requests that were delayed (DI) or aborted (FI) as declared.")
                    .words(FLAGS)
                    .query(
                        "{{response_flags}}",
                        calls_or(&requests, said.waypoint)
                            .requests("response_flags=~\".*(DI|FI).*\"", "response_flags"),
                    ),
            );
        }
        let copies = self.mesh.routes.iter().flat_map(|route| route.rules.iter().chain([&route.last])).any(|rule| {
            rule.mirrors.iter().any(|mirror| matches!(mirror.place, Place::Service(id, _) if id == said.id))
        });
        if copies && !said.waypoint {
            let by = "destination_version";
            board.add(
                Panel::new(Look::Lines, "Copies", "reqps")
                    .about("Mirrored requests, by version: what reaches it beyond what callers send there, since proxies do not count the copies they send. Retries count too.")
                    .query("{{destination_version}}", format!("clamp_min({} - ({} or {} * 0), 0)", tries.requests("", by), calls.requests("", by), tries.requests("", by))),
            );
        }
    }

    fn calls(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let name = caller_name(said.service);
        let of = "reporter=\"source\", source_canonical_service=\"".to_owned()
            + name
            + "\", source_workload_namespace=~\"$namespace\"";
        let rate = |more: &str| {
            format!("sum by (destination_service_name) (rate(istio_requests_total{{{of}{more}}}[$__rate_interval]))")
        };
        let quantile = |metric: &str, share: &str| {
            format!(
                "histogram_quantile({share}, sum by (le, destination_service_name) (rate({metric}{{{of}}}[$__rate_interval])))"
            )
        };
        let mesh = self.mesh;
        let declared: Vec<Text> = said
            .service
            .calls
            .iter()
            .map(|(id, _)| self.service(*id).name.into())
            .chain(said.service.external_calls.iter().map(|(id, _)| mesh.externals[id.0].name.into()))
            .collect();
        let declared: Vec<String> = declared.iter().map(ToString::to_string).collect();
        board.row("Calls to others");
        board.add(
            Panel::new(Look::Stacked, "Requests by destination", "reqps")
                .about(format!("Requests in a second that it makes. Declared: {}.", listed(declared)))
                .query("{{destination_service_name}}", rate("")),
        );
        board.add(
            Panel::new(Look::Lines, "Errors by destination", "percentunit")
                .about("The share of its requests that ended with an error of the server (5xx).")
                .query(
                    "{{destination_service_name}}",
                    format!("({} or {} * 0) / ({} > 0)", rate(", response_code=~\"5..\""), rate(""), rate("")),
                ),
        );
        board.add(
            Panel::new(Look::Lines, "p99 latency by destination", "ms")
                .about("The time within which 99% of its requests are answered.")
                .query("{{destination_service_name}}", quantile("istio_request_duration_milliseconds_bucket", "0.99")),
        );
        for (what, metric) in [("Request", "istio_request_bytes_bucket"), ("Response", "istio_response_bytes_bucket")] {
            board.add(
                Panel::new(Look::Lines, format!("{what} size by destination"), "bytes")
                    .about(format!("The size below which 95% of the {}s are.", what.to_lowercase()))
                    .query("{{destination_service_name}}", quantile(metric, "0.95"))
                    .width(12),
            );
        }
    }
}

/// The labels of a caller.
pub(super) const CALLER: &str = "source_workload, source_workload_namespace";

/// How a caller is named.
pub(super) const CALLED_BY: &str = "{{source_workload}}.{{source_workload_namespace}}";

fn calls_or(requests: &Requests, waypoint: bool) -> Requests {
    requests.seen_by(if waypoint { "waypoint" } else { "source" })
}

/// `0.99` as people say it: `p99`.
pub(super) fn percentile(share: &str) -> String {
    let digits = share.trim_start_matches("0.");
    format!("p{digits}{}", if digits.len() == 1 { "0" } else { "" })
}

/// Names once each, in order, with commas.
fn listed(mut names: Vec<String>) -> String {
    names.sort();
    names.dedup();
    names.join(", ")
}
