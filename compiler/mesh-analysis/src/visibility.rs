//! Routes that declared callers cannot see.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, ServiceFact};

use crate::view::{View, in_mesh, items, namespace, texts};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut callers: HashMap<&str, Vec<&ServiceFact>> = HashMap::default();
    for service in &view.facts.services {
        for (callee, _) in &service.calls {
            callers.entry(callee.as_str()).or_default().push(service);
        }
    }
    let mut found = Vec::new();
    for route in view.of(Kind::VirtualService).filter(|route| in_mesh(route)) {
        let Some(export) = items(route, "exportTo").first() else { continue };
        for host in texts(route, "hosts") {
            let own =
                view.service(host).is_none_or(|service| service.namespace.as_deref().unwrap_or("") == namespace(route));
            if !own {
                continue;
            }
            let sees = |caller: &&&ServiceFact| {
                let place = caller.namespace.as_deref().unwrap_or("");
                texts(route, "exportTo").any(|to| to == "*" || to == place || (to == "." && place == namespace(route)))
            };
            let blind = callers.get(host).into_iter().flatten().find(|caller| !sees(caller));
            if let Some(caller) = blind {
                let place = caller.namespace.as_deref().unwrap_or("no namespace");
                found.push(
                    Diagnostic::new(
                        code::HIDDEN_ROUTE,
                        export.span,
                        format!("`{}` in `{place}` calls this service and does not see its route", caller.name),
                    )
                    .label("not exported there")
                    .also(caller.span, "declared to call it")
                    .note("its requests go to all versions, without the rules of this route")
                    .help(format!("add `{place}` here, or leave `export` out")),
                );
            }
        }
    }
    found
}
