//! The dashboard of a namespace: its services side by side.

use super::board::{Board, Limit, Look, Panel};
use super::query::Requests;
use super::words::FLAGS;
use super::{About, Lower};
use crate::model::{Dashboard, Place, Route, Subject};

/// A service of the namespace.
const SERVICE: &str = "destination_service_name";

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn namespace_board(&self, dashboard: &Dashboard<'a>, place: &'a str, id: &str) -> String {
        let waypoint = self.mesh.waypoint_of(Some(place)).is_some();
        let requests = Requests::to_namespace(if waypoint { "waypoint" } else { "$reporter" });
        let mut board = Board::new();
        board.row("At a glance");
        board.add(
            Panel::new(Look::Number, "Requests", "reqps")
                .about("Requests in a second to all services.")
                .query("", requests.requests("", "")),
        );
        board.add(
            Panel::new(Look::Number, "Success", "percentunit")
                .about("The share of requests without an error of the server (5xx, or one of gRPC).")
                .query("", requests.success("")),
        );
        for (title, codes) in [("4xx", "4.."), ("5xx", "5..")] {
            let rate = requests.requests(&format!("response_code=~\"{codes}\""), "");
            board.add(
                Panel::new(Look::Number, title, "reqps")
                    .about(format!("Requests in a second that were answered with a status {title}."))
                    .query("", format!("{rate} or vector(0)")),
            );
        }
        board.add(
            Panel::new(Look::Number, "p99 latency", "ms")
                .about("The time within which 99% of the requests are answered.")
                .query("", requests.latency("0.99", "")),
        );
        board.add(
            Panel::new(Look::Number, "Mutual TLS", "percentunit")
                .about("The share of requests that came under mutual TLS, as the side of the services counts them.")
                .query("", requests.mutual_tls("istio_requests_total")),
        );
        let mut table = Panel::new(Look::Table, "Services", "short")
            .about("Every service that is called: requests in a second, the share without an error of the server, and latency.")
            .column(("Requests", "reqps"), requests.requests("", SERVICE))
            .column(("Success", "percentunit"), requests.success(SERVICE))
            .column(("p50 latency", "ms"), requests.latency("0.5", SERVICE))
            .column(("p99 latency", "ms"), requests.latency("0.99", SERVICE));
        if let Some((kiali, _)) = &self.mesh.settings.watching.kiali {
            let address = format!("{kiali}/console/namespaces/{place}/services/${{__data.fields.{SERVICE}}}");
            table = table.link("Service in Kiali", address);
        }
        let own =
            self.mesh.dashboards.iter().any(
                |other| matches!(other.subject, Subject::Service(id) if self.service(id).namespace == Some(place)),
            );
        if own {
            table = table.link("Its dashboard", format!("/d/mesh-{place}_${{__data.fields.{SERVICE}}}"));
        }
        board.add(table);
        board.row("Services");
        board.add(
            Panel::new(Look::Stacked, "Requests", "reqps")
                .about("Requests in a second, by service.")
                .query("{{destination_service_name}}", requests.requests("", SERVICE)),
        );
        board.add(
            Panel::new(Look::Lines, "Errors", "percentunit")
                .about("The share of requests that are an error of the server (5xx, or one of gRPC), by service.")
                .query("{{destination_service_name}}", requests.errors(SERVICE)),
        );
        board.add(
            Panel::new(Look::Lines, "p99 latency", "ms")
                .about("The time within which 99% of the requests are answered, by service.")
                .query("{{destination_service_name}}", requests.latency("0.99", SERVICE)),
        );
        board.add(
            Panel::new(Look::Lines, "What went wrong", "reqps")
                .about("Requests that a proxy answered, or saw fail, by Envoy's response flag.")
                .words(FLAGS)
                .query("{{response_flags}}", requests.requests("response_flags!=\"-\"", "response_flags"))
                .width(12),
        );
        let there = requests.seen_by(if waypoint { "waypoint" } else { "destination" });
        board.add(
            Panel::new(Look::Lines, "Without mutual TLS", "reqps")
                .about("Requests that came without mutual TLS, by service and caller: what `mtls strict` would refuse.")
                .query(
                    "{{destination_service_name}} from {{source_workload}}",
                    there.requests(
                        "connection_security_policy!=\"mutual_tls\"",
                        "destination_service_name, source_workload",
                    ),
                )
                .width(12),
        );
        if !waypoint {
            let (tries, calls) = (requests.seen_by("destination"), requests.seen_by("source"));
            board.add(
                Panel::new(Look::Lines, "Tries for each request", "short")
                    .about("1 where nothing is retried, by service. Copies of `mirror` and callers without a proxy count as retries too.")
                    .query(
                        "{{destination_service_name}}",
                        format!("{} / ({} > 0)", tries.requests("", SERVICE), calls.requests("", SERVICE)),
                    )
                    .width(12),
            );
        }
        board.add(
            Panel::new(Look::Stacked, "Denied", "reqps")
                .about("Requests that the filters of policies denied, by pod.")
                .query(
                    "{{pod}}",
                    requests.of_pods("envoy_http_rbac{authz_enforce_result=\"denied\"}", "istio_requests_total", "pod"),
                )
                .width(12),
        );
        let inside = |route: &&'m Route<'a>| {
            let places = route.last.shares.iter().map(|share| share.place);
            places
                .into_iter()
                .any(|to| matches!(to, Place::Service(id, _) if self.service(id).namespace == Some(place)))
        };
        self.splits(self.mesh.routes.iter().filter(inside), &mut board);
        let promised = self.mesh.slos.iter().any(|slo| self.service(slo.service).namespace == Some(place));
        if promised {
            board.row("Objectives");
            board.add(
                Panel::new(Look::Lines, "Error budget left", "percentunit")
                    .about("What is left of the error budget of each objective over its window.")
                    .limit(Limit::AtLeast(0.0))
                    .query(
                        "{{sloth_service}} {{sloth_slo}}",
                        format!("slo:period_error_budget_remaining:ratio{{sloth_service=~\".+\\\\.{place}\"}}"),
                    )
                    .width(12),
            );
            board.add(
                Panel::new(Look::Lines, "Burn rate", "short")
                    .about("How many times faster than evenly the error budgets burn: at 1 a budget lasts exactly its window.")
                    .query("{{sloth_service}} {{sloth_slo}}", format!("slo:current_burn_rate:ratio{{sloth_service=~\".+\\\\.{place}\"}}"))
                    .width(12),
            );
        }
        let tcp = self.mesh.services.iter().any(|service| {
            service.namespace == Some(place)
                && service.ports.iter().any(|port| port.protocol.rank() != mesh_istio::Rank::Http)
        });
        if tcp {
            board.row("TCP");
            board.add(
                Panel::new(Look::Stacked, "Connections", "cps")
                    .about("Connections opened in a second, by service.")
                    .query(
                        "{{destination_service_name}}",
                        requests.rate("istio_tcp_connections_opened_total", "", SERVICE),
                    ),
            );
            board.add(
                Panel::new(Look::Lines, "Bytes received", "Bps")
                    .about("Bytes in a second that services received.")
                    .query(
                        "{{destination_service_name}}",
                        requests.rate("istio_tcp_received_bytes_total", "", SERVICE),
                    ),
            );
            board.add(
                Panel::new(Look::Lines, "Bytes sent", "Bps")
                    .about("Bytes in a second that services sent.")
                    .query("{{destination_service_name}}", requests.rate("istio_tcp_sent_bytes_total", "", SERVICE)),
            );
        }
        let links = self.links(dashboard, &format!("graph/namespaces?namespaces={place}"));
        board.finish(&About {
            uid: id,
            title: &format!("Namespace {place}"),
            about: "All services of a namespace side by side, as their proxies and their callers' count.",
            matcher: &format!("destination_service_namespace=\"{place}\""),
            namespace: Some(place),
            services: true,
            counted: !waypoint,
            links: &links,
        })
    }
}
