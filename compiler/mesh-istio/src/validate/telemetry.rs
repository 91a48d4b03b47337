//! Telemetry: tags of metrics, filters of access logs.

use super::{Found, items, text};
use crate::resource::Resource;
use crate::value::Node;

pub(super) fn telemetry(resource: &Resource, found: &mut Found) {
    let tracing = items(&resource.spec, "tracing");
    if let Some(second) = tracing.get(1) {
        found.warn(second.span, "Istio reads one entry of `tracing`", "a second one");
    }
    for entry in tracing {
        if let Some(second) = entry.items("providers").get(1) {
            found.warn(second.span, "Istio traces to one provider", "a second one");
        }
    }
    for metrics in items(&resource.spec, "metrics") {
        for (name, tag) in
            metrics.items("overrides").iter().flat_map(|o| o.get("tagOverrides").into_iter().flat_map(Node::fields))
        {
            if name.is_empty() {
                found.warn(tag.span, "a tag has a name", "this one is empty");
            }
            match (text(tag, "operation"), tag.get("value")) {
                ("UPSERT" | "", value) if value.is_none_or(|value| value.text() == Some("")) => {
                    found.lack(tag.span, "value", &format!("the tag `{name}` is to be set"));
                }
                ("REMOVE", Some(value)) => {
                    found.refuse(value.span, "a tag that is removed has no value", format!("the tag `{name}`"));
                }
                _ => {}
            }
        }
    }
    for log in items(&resource.spec, "accessLogging") {
        if let Some(filter) = log.at(&["filter", "expression"])
            && let Some(problem) = crate::expression::problem(filter.text().unwrap_or_default())
        {
            found.refuse(filter.span, "this is no expression of CEL", problem);
        }
    }
}
