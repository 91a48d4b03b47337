//! Configuration that is not the program's own to apply: what the mesh configuration needs for the declared providers, and
//! what Kiali can take from the objectives and dashboards.

use mesh_diagnostics::Span;
use mesh_istio::{Node, Object};

use super::Lower;
use super::dashboard::metric_name;
use super::slo::{GRPC_ERRORS, decimal};
use crate::model::{Subject, Target};
use crate::operand::WHOLE;

impl<'a> Lower<'_, 'a> {
    /// `extensionProviders` of MeshConfig, for the providers whose kind is said.
    pub(super) fn mesh_config(&mut self) {
        let mesh = self.mesh;
        let known = &mesh.settings.known_providers;
        let Some(first) = known.first() else { return };
        let providers = known.iter().map(|provider| {
            let mut body = Object::new(provider.span);
            if let Some((id, port)) = provider.service {
                body.set("service", self.host(id));
                body.set("port", i64::from(port));
            }
            if provider.kind.field == "envoyFileAccessLog" {
                body.set("path", "/dev/stdout");
            }
            let mut entry = Object::new(provider.span);
            entry.set("name", provider.name);
            entry.set(provider.kind.field, body);
            entry.node()
        });
        let mut config = Object::new(first.span);
        config.put_list("extensionProviders", providers.collect());
        let mut file = Object::new(first.span);
        file.put_object("meshConfig", config);
        self.file(
            "mesh-config.yaml",
            &file,
            "Istio is installed with this: values of the chart istiod, or `spec` of an IstioOperator. A list there replaces others.",
        );
    }

    /// Health by the program's own objectives, links to the dashboards of namespaces, and what the proxies of an application
    /// decide about requests and connections, on its own page.
    pub(super) fn kiali(&mut self) {
        let mesh = self.mesh;
        let watching = &mesh.settings.watching;
        let Some((_, span)) = watching.kiali else { return };
        let mut file = Object::new(span);
        let namespaces = mesh.dashboards.iter().filter_map(|board| match board.subject {
            Subject::Namespace(namespace) => Some((namespace, board.span)),
            _ => None,
        });
        let boards: Vec<Node> = namespaces
            .map(|(namespace, span)| {
                let mut variables = Object::new(span);
                variables.set("namespace", "var-namespace");
                variables.set("service", "var-service");
                let mut entry = Object::new(span);
                entry.set("name", format!("Namespace {namespace}"));
                entry.put_object("variables", variables);
                entry.node()
            })
            .collect();
        if let (Some(address), false) = (&watching.grafana, boards.is_empty()) {
            let mut grafana = Object::new(span);
            grafana.set("enabled", true);
            grafana.set("external_url", address.as_ref());
            grafana.put_list("dashboards", boards);
            let mut services = Object::new(span);
            services.put_object("grafana", grafana);
            file.put_object("external_services", services);
        }
        let mut health = Object::new(span);
        health.put_list("rate", mesh.slos.iter().filter_map(|slo| self.health(slo)).collect());
        file.put_object("health_config", health);
        if !mesh.scrapes.is_empty() {
            file.put_list("custom_dashboards", vec![decisions(span).node()]);
        }
        if !file.is_empty() {
            let reader = "Kiali takes this under `spec` of its resource Kiali, or in its ConfigMap. The list of Grafana's dashboards replaces another there.";
            self.file("kiali.yaml", &file, reader);
        }
    }

    /// The tolerance of a service: degraded where its budget burns too fast to last, failing where a page would be sent.
    fn health(&self, slo: &crate::model::Slo<'a>) -> Option<Node> {
        let objective =
            slo.objectives.iter().find(|objective| objective.target == Target::Available && objective.is_whole())?;
        let service = self.service(slo.service);
        let budget = u64::from(WHOLE - objective.parts);
        // A page is sent when 2% of the budget burn within an hour.
        let page = (budget * u64::from(slo.days) * 48 / 100).min(u64::from(WHOLE));
        let tolerance = |code: &str, protocol: &str| {
            let mut entry = Object::new(objective.span);
            entry.set("code", code);
            entry.set("protocol", protocol);
            entry.set("direction", "inbound");
            entry.set("degraded", number(budget));
            entry.set("failure", number(page));
            entry.node()
        };
        let mut rate = Object::new(objective.span);
        rate.set("namespace", format!("^{}$", service.namespace.unwrap_or_default()));
        rate.set("kind", "service");
        rate.set("name", format!("^{}$", metric_name(service).replace('.', "\\.")));
        rate.put_list(
            "tolerance",
            vec![tolerance("^5\\d\\d$", "http"), tolerance(&format!("^({GRPC_ERRORS})$"), "grpc")],
        );
        Some(rate.node())
    }
}

/// A dashboard of Kiali: what filters of policies decide, by the metrics of an application's own proxies.
fn decisions(span: Span) -> Object {
    let chart = |name: &str, metric: &str, label: &str, shown: &str| {
        let mut metrics = Object::new(span);
        metrics.set("metricName", metric);
        metrics.set("displayName", name);
        let mut aggregation = Object::new(span);
        aggregation.set("label", label);
        aggregation.set("displayName", shown);
        let mut chart = Object::new(span);
        chart.set("name", name);
        chart.set("unit", "req/s");
        chart.set("spans", 6_i64);
        chart.put_list("metrics", vec![metrics.node()]);
        chart.set("dataType", "rate");
        chart.put_list("aggregations", vec![aggregation.node()]);
        let mut item = Object::new(span);
        item.put_object("chart", chart);
        item.node()
    };
    let mut dashboard = Object::new(span);
    dashboard.set("name", "mesh-policies");
    dashboard.set("title", "Policies");
    dashboard.set("discoverOn", "envoy_http_rbac");
    dashboard.put_list(
        "items",
        vec![
            chart("Requests", "envoy_http_rbac", "authz_enforce_result", "Decision"),
            chart("Dry run", "envoy_http_rbac", "authz_dry_run_result", "Would be"),
        ],
    );
    dashboard
}

/// A share in per cent as a number of YAML.
fn number(parts: u64) -> f64 {
    decimal(parts, 4).parse().unwrap_or_default()
}
