//! Two services that select the same pods: policies and subsets of one would hold for the other.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::ServiceFact;

use crate::view::View;

/// A namespace and a label.
type Labelled<'r> = (Option<&'r str>, &'r str, &'r str);

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let services = &view.facts.services;
    let mut by_label: HashMap<Labelled<'_>, Vec<usize>> = HashMap::default();
    for (at, service) in services.iter().enumerate() {
        for (key, value) in &service.selector {
            by_label.entry((service.namespace.as_deref(), key, value)).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (at, wide) in services.iter().enumerate() {
        // Whoever has all labels of a service has the rarest of them.
        let place = wide.namespace.as_deref();
        let with = wide.selector.iter().filter_map(|(key, value)| by_label.get(&(place, key.as_str(), value.as_str())));
        let Some(candidates) = with.min_by_key(|with| with.len()) else { continue };
        for other in candidates.iter().copied().filter(|other| *other != at) {
            let narrow = &services[other];
            let all = wide.selector.iter().all(|label| narrow.selector.contains(label));
            let same = wide.selector.len() == narrow.selector.len();
            if all && (!same || at < other) {
                found.push(overlap(wide, narrow, same));
            }
        }
    }
    found
}

fn overlap(wide: &ServiceFact, narrow: &ServiceFact, same: bool) -> Diagnostic {
    let (first, second) = if wide.span <= narrow.span { (wide, narrow) } else { (narrow, wide) };
    let title = if same {
        format!("`{}` and `{}` select the same pods", second.name, first.name)
    } else {
        format!("`{}` selects the pods of `{}` too", wide.name, narrow.name)
    };
    Diagnostic::new(code::E0408, second.span, title)
        .label("the second one")
        .also(first.span, "the first one")
        .note("a policy for one of them would hold for the other as well")
        .help("give them different labels with `select`, or make them ports of one service")
}
