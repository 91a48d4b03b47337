//! Queries over what Istio's proxies export by default.

use super::super::slo::GRPC_ERRORS;

/// The time over which rates are taken: what Grafana works out from the data source and the width of the panel.
const STEP: &str = "$__rate_interval";

/// Labels that choose requests or connections.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    /// Who counts: a value of `reporter`, or the variable.
    reporter: &'static str,
    /// `destination_service_name=…` and the like.
    of: String,
    /// The namespaces, where they are not those that the reader chose.
    places: Option<String>,
}

impl Requests {
    /// Those to one service.
    pub fn to(service: &str, reporter: &'static str) -> Requests {
        Requests { reporter, of: format!("destination_service_name=\"{service}\""), places: None }
    }

    /// Those to some services, each with its namespace.
    pub fn to_any(services: &[(String, Option<&str>)], reporter: &'static str) -> Requests {
        let one_of = |mut parts: Vec<String>| {
            parts.sort();
            parts.dedup();
            parts.join("|")
        };
        let names = one_of(services.iter().map(|(name, _)| name.replace('.', "\\\\.")).collect());
        let places: Option<Vec<String>> = services.iter().map(|(_, place)| place.map(str::to_owned)).collect();
        Requests { reporter, of: format!("destination_service_name=~\"{names}\""), places: places.map(one_of) }
    }

    /// Those to the services of the namespace that the reader chose.
    pub fn to_namespace(reporter: &'static str) -> Requests {
        Requests { reporter, of: "destination_service_name=~\"$service\"".to_owned(), places: None }
    }

    /// The same ones, as another counts them.
    pub fn seen_by(&self, reporter: &'static str) -> Requests {
        Requests { reporter, ..self.clone() }
    }

    /// The labels, and more of them.
    pub fn labels(&self, more: &str) -> String {
        let own = if self.of.is_empty() { String::new() } else { format!("{}, ", self.of) };
        let reporter = if self.reporter.starts_with('$') {
            format!("reporter=~\"{}\"", self.reporter)
        } else {
            format!("reporter=\"{}\"", self.reporter)
        };
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!(
            "{reporter}, {own}destination_service_namespace=~\"{}\", destination_cluster=~\"$cluster|unknown\"{more}",
            self.places.as_deref().unwrap_or("$namespace")
        )
    }

    /// The rate of a counter, by labels.
    pub fn rate(&self, metric: &str, more: &str, by: &str) -> String {
        let by = if by.is_empty() { String::new() } else { format!(" by ({by})") };
        format!("sum{by} (rate({metric}{{{}}}[{STEP}]))", self.labels(more))
    }

    /// Requests in a second.
    pub fn requests(&self, more: &str, by: &str) -> String {
        self.rate("istio_requests_total", more, by)
    }

    /// The share of the requests that are no error of the server.
    pub fn success(&self, by: &str) -> String {
        format!("1 - {}", self.errors(by))
    }

    /// The share of the requests that are an error of the server, as objectives have it: a status 5xx, or one of gRPC,
    /// which comes with HTTP's status 200. It is 0 where there are requests and no error.
    pub fn errors(&self, by: &str) -> String {
        let all = self.requests("", by);
        let bad = |more: &str| format!("({} or {all} * 0)", self.requests(more, by));
        let grpc = format!("response_code!~\"5..\", grpc_response_status=~\"{GRPC_ERRORS}\"");
        format!("({} + {}) / ({all} > 0)", bad("response_code=~\"5..\""), bad(&grpc))
    }

    /// The time within which a share of the requests is answered, in milliseconds.
    pub fn latency(&self, share: &str, by: &str) -> String {
        self.quantile("istio_request_duration_milliseconds_bucket", share, by)
    }

    /// A quantile of a histogram.
    pub fn quantile(&self, metric: &str, share: &str, by: &str) -> String {
        let by = if by.is_empty() { "le".to_owned() } else { format!("le, {by}") };
        format!("histogram_quantile({share}, {})", self.rate(metric, "", &by))
    }

    /// The share of requests or connections under mutual TLS, which the side of the service knows.
    pub fn mutual_tls(&self, metric: &str) -> String {
        let there = self.seen_by(if self.reporter == "waypoint" { "waypoint" } else { "destination" });
        let secured = there.rate(metric, "connection_security_policy=\"mutual_tls\"", "");
        format!("({secured} or vector(0)) / ({} > 0)", there.rate(metric, "", ""))
    }

    /// What a filter of the pods behind these requests counts: the pods are those that report them.
    pub fn of_pods(&self, series: &str, metric: &str, by: &str) -> String {
        let there = self.seen_by(if self.reporter == "waypoint" { "waypoint" } else { "destination" });
        format!("sum by ({by}) (rate({series}[{STEP}]) and on (namespace, pod) {metric}{{{}}})", there.labels(""))
    }
}
