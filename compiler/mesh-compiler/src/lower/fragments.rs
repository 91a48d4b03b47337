//! Configuration that is not the program's own to apply: what the mesh configuration needs for the declared providers, and
//! what Kiali can take from the objectives and dashboards.

use mesh_istio::{Node, Object};

use super::Lower;
use super::dashboard::metric_name;
use super::slo::decimal;
use crate::model::Target;
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

    /// Health by the program's own objectives.
    pub(super) fn kiali(&mut self) {
        let mesh = self.mesh;
        let watching = &mesh.settings.watching;
        if watching.kiali.is_none() {
            return;
        }
        let rates: Vec<Node> = mesh.slos.iter().filter_map(|slo| self.health(slo)).collect();
        let Some(span) = rates.first().map(|node| node.span) else { return };
        let mut file = Object::new(span);
        let mut health = Object::new(span);
        health.put_list("rate", rates);
        file.put_object("health_config", health);
        self.file("kiali.yaml", &file, "Kiali takes this under `spec` of its resource Kiali, or in its ConfigMap.");
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
        rate.put_list("tolerance", vec![tolerance("^5\\d\\d$", "http"), tolerance("^(2|4|12|13|14|15)$", "grpc")]);
        Some(rate.node())
    }
}

/// A share in per cent as a number of YAML.
fn number(parts: u64) -> f64 {
    decimal(parts, 4).parse().unwrap_or_default()
}
