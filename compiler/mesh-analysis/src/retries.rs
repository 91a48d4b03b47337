//! Retries: whether they ever happen, and whether they fit into the timeout.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, millis};

use crate::view::{View, items};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let rules = view.of(Kind::VirtualService).flat_map(|service| items(service, "http"));
    rules.flat_map(rule).collect()
}

fn rule(rule: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(retries) = rule.get("retries") else { return found };
    let attempts = retries.int_of("attempts").unwrap_or(0);
    if attempts == 0 {
        return found;
    }
    let each = retries.text_of("perTryTimeout").and_then(millis);
    if retries.get("retryOn").is_none() {
        found.push(
            Diagnostic::new(code::RETRY_NEVER_FIRES, retries.span, "these retries do not fire on a failed or slow try")
                .label("no `on` is said")
                .note("by itself Istio retries connect-failure, refused-stream, and the gRPC statuses unavailable and cancelled: no HTTP status and no try that ran out of its time is among them")
                .help("say when to retry, as in `on 5xx, reset`; for calls that must not happen twice, `on connect-failure, refused-stream`"),
        );
    }
    if let (Some(timeout), Some(each)) = (rule.get("timeout"), each) {
        let backoff = retries.text_of("backoff").and_then(millis).unwrap_or(0.0);
        let needed = each * (attempts + 1) as f64 + backoff * attempts as f64;
        let limit = timeout.text().and_then(millis).unwrap_or(f64::MAX);
        if needed > limit {
            let tries = attempts + 1;
            let shown = retries.text_of("perTryTimeout").unwrap_or_default();
            let waits =
                if backoff > 0.0 { format!(" and {attempts} waits of {}", time(backoff)) } else { String::new() };
            found.push(
                Diagnostic::new(
                    code::E0402,
                    retries.span,
                    format!(
                        "{tries} tries of {shown}{waits} take {}, and the timeout is {}",
                        time(needed),
                        time(limit)
                    ),
                )
                .label(format!("needs {}", time(needed)))
                .also(timeout.span, format!("ends after {}", time(limit)))
                .note("the timeout is for all tries together: the last ones would be cut off, or never start")
                .help(format!("write `timeout {}`, or fewer or shorter tries", time(needed))),
            );
        }
    }
    if let Some(abort) = rule.at(&["fault", "abort"]) {
        found.push(
            Diagnostic::new(code::FAULT_HIDES_RETRIES, abort.span, "an injected abort is not retried")
                .label("answers before any retry")
                .also(retries.span, "these retries are for answers of the destination")
                .note("Envoy injects the fault before it routes the request, so the retries of the same rule never see it")
                .help("inject the fault in the route of the service that is called, to see its callers retry"),
        );
    }
    found
}

/// A time for messages.
fn time(millis: f64) -> String {
    if millis >= 1000.0 {
        let seconds = format!("{:.3}", millis / 1000.0);
        return format!("{}s", seconds.trim_end_matches('0').trim_end_matches('.'));
    }
    format!("{millis}ms")
}
