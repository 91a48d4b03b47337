//! What guards a service: mutual TLS, and what policies decide.

use super::Said;
use super::board::{Board, Look, Panel};
use crate::model::Action;

/// Mutual TLS, and what policies decide.
pub(super) fn security(said: &Said<'_, '_>, board: &mut Board) {
    let requests = said.requests();
    board.row("Security");
    if said.is_http() {
        let there = requests.seen_by(if said.waypoint { "waypoint" } else { "destination" });
        board.add(
            Panel::new(Look::Stacked, "Mutual TLS", "reqps")
                .about("Requests in a second with and without mutual TLS, as the side of the service counts them.")
                .query("{{connection_security_policy}}", there.requests("", "connection_security_policy")),
        );
        board.add(
            Panel::new(Look::Stacked, "Allowed and denied", "reqps")
                .about("What the filters of the declared policies decided, on the pods that serve these requests; a waypoint serves the whole namespace. A request passes one filter for `deny` and one for `allow`.")
                .query("{{authz_enforce_result}}", requests.of_pods("envoy_http_rbac{authz_enforce_result!=\"\"}", "istio_requests_total", "authz_enforce_result")),
        );
        if said.policies.iter().any(|policy| policy.dry_run.is_some()) {
            board.add(
                Panel::new(Look::Stacked, "Dry run", "reqps")
                    .about("What policies on trial would decide: look here before `dry-run` is taken away.")
                    .query(
                        "{{authz_dry_run_action}}: {{authz_dry_run_result}}",
                        requests.of_pods(
                            "envoy_http_rbac{authz_dry_run_result!=\"\"}",
                            "istio_requests_total",
                            "authz_dry_run_action, authz_dry_run_result",
                        ),
                    ),
            );
        }
        if said.policies.iter().any(|policy| matches!(policy.action, Action::Custom(_))) {
            board.add(
                Panel::new(Look::Lines, "Refused by the authorizer", "reqps")
                    .about("Requests that the external authorizer refused, or could not be asked about.")
                    .query("refused", format!("{} or vector(0)", there.requests("response_flags=~\".*UAEX.*\"", ""))),
            );
        }
    }
    if said.is_tcp() {
        board.add(
            Panel::new(Look::Stacked, "Connections allowed and denied", "cps")
                .about("What the filters of the declared policies decided about connections.")
                .query(
                    "{{authz_enforce_result}}",
                    requests.of_pods(
                        "envoy_tcp{tcp_prefix=\"rbac\", authz_enforce_result!=\"\"}",
                        "istio_tcp_connections_opened_total",
                        "authz_enforce_result",
                    ),
                ),
        );
    }
}
