//! Queries over what Istio's proxies export by default.

/// The time over which rates are taken: what Grafana works out from the data source and the width of the panel.
const STEP: &str = "$__rate_interval";

/// Labels that choose requests or connections.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    /// Who counts: a value of `reporter`, or the variable.
    reporter: &'static str,
    /// `destination_service_name=…` and the like.
    of: String,
}

impl Requests {
    /// Those to one service.
    pub fn to(service: &str, reporter: &'static str) -> Requests {
        Requests { reporter, of: format!("destination_service_name=\"{service}\"") }
    }

    /// Those to some services.
    pub fn to_any(services: &[&str], reporter: &'static str) -> Requests {
        match services {
            [one] => Requests::to(one, reporter),
            _ => {
                let names: Vec<String> = services.iter().map(|name| name.replace('.', "\\\\.")).collect();
                Requests { reporter, of: format!("destination_service_name=~\"{}\"", names.join("|")) }
            }
        }
    }

    /// Those to every service of the namespace.
    pub fn to_namespace(reporter: &'static str) -> Requests {
        Requests { reporter, of: String::new() }
    }

    /// The same ones, as another counts them.
    pub fn seen_by(&self, reporter: &'static str) -> Requests {
        Requests { reporter, of: self.of.clone() }
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
            "{reporter}, {own}destination_service_namespace=~\"$namespace\", destination_cluster=~\"$cluster\"{more}"
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

    /// The share of the requests that are an error of the server; none where there are requests and no error.
    pub fn errors(&self, by: &str) -> String {
        let (bad, all) = (self.requests("response_code=~\"5..\"", by), self.requests("", by));
        format!("({bad} or {all} * 0) / ({all} > 0)")
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
