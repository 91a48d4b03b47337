//! How much is sent: sizes of requests, and connections that proxies do not read.

use super::board::{Board, Look, Panel};
use super::service::{CALLED_BY, CALLER, percentile};
use super::words::FLAGS;
use super::{Lower, Said};

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn sizes(&self, said: &Said<'m, 'a>, board: &mut Board) {
        let requests = said.requests();
        board.row("Sizes");
        for (what, metric) in [("Request", "istio_request_bytes_bucket"), ("Response", "istio_response_bytes_bucket")] {
            let panel = |title: &str, about: &str| {
                let title = format!("{what} size{title}");
                Panel::new(Look::Lines, title, "bytes").about(format!("The size of {}s, {about}.", what.to_lowercase()))
            };
            let whole = ["0.5", "0.95", "0.99"].into_iter().fold(panel("", "by quantile"), |panel, share| {
                panel.query(percentile(share), requests.quantile(metric, share, ""))
            });
            board.add(whole);
            let callers = requests.quantile(metric, "0.95", CALLER);
            let callers = panel(" by caller", "below which 95% of a caller's are").query(CALLED_BY, callers);
            board.add(self.to_callers(callers));
            let versions = requests.quantile(metric, "0.95", "destination_version");
            board.add(
                panel(" by version", "below which 95% of a version's are").query("{{destination_version}}", versions),
            );
        }
    }
}

/// What there is of a service whose protocol proxies do not read.
pub(super) fn connections(said: &Said<'_, '_>, board: &mut Board) {
    let requests = said.requests();
    board.row("TCP");
    board.add(
        Panel::new(Look::Lines, "Connections", "cps")
            .about("Connections opened and closed in a second.")
            .query("opened", requests.rate("istio_tcp_connections_opened_total", "", ""))
            .query("closed", requests.rate("istio_tcp_connections_closed_total", "", "")),
    );
    board.add(
        Panel::new(Look::Stacked, "Connections by caller", "cps")
            .about("Connections opened in a second, by the workload that opened them.")
            .query(CALLED_BY, requests.rate("istio_tcp_connections_opened_total", "", CALLER)),
    );
    board.add(
        Panel::new(Look::Lines, "Bytes", "Bps")
            .about("Bytes in a second that the service received and sent.")
            .query("received", requests.rate("istio_tcp_received_bytes_total", "", ""))
            .query("sent", requests.rate("istio_tcp_sent_bytes_total", "", "")),
    );
    for (title, metric) in [
        ("Bytes received by caller", "istio_tcp_received_bytes_total"),
        ("Bytes sent by caller", "istio_tcp_sent_bytes_total"),
    ] {
        board.add(
            Panel::new(Look::Lines, title, "Bps")
                .about("Bytes in a second, by the workload at the other end.")
                .query(CALLED_BY, requests.rate(metric, "", CALLER)),
        );
    }
    board.add(
        Panel::new(Look::Number, "Mutual TLS", "percentunit")
            .about("The share of connections under mutual TLS, as the side of the service counts them.")
            .query("", requests.mutual_tls("istio_tcp_connections_opened_total")),
    );
    board.add(
        Panel::new(Look::Lines, "Broken connections", "cps")
            .about("Connections that a proxy saw fail, by Envoy's response flag.")
            .words(FLAGS)
            .query(
                "{{response_flags}}",
                requests.rate("istio_tcp_connections_closed_total", "response_flags!=\"-\"", "response_flags"),
            ),
    );
}
