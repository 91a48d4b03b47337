//! What a program says of services, beside what is rendered for them: ports, protocols, versions, accounts; and objects that
//! both make.
//!
//! Only what is rendered is compared: a service of another chart is not there, and nothing is concluded from that.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::rendered::{Rendered, RenderedPods, RenderedPort, RenderedService};
use mesh_istio::{Kind, PortFact, Protocol, Rank, Resource, ServiceFact, Text};
use rustc_hash::FxHashMap as HashMap;

/// What contradicts each other in a bundle and in what is rendered beside it.
#[must_use]
pub fn beside(resources: &[Resource], services: &[ServiceFact], rendered: &Rendered) -> Vec<Diagnostic> {
    let mut out = twice(resources, rendered);
    let mut by_label: HashMap<(&str, &str), Vec<RenderedPods<'_>>> = HashMap::default();
    for pods in rendered.pods() {
        for label in pods.labels() {
            by_label.entry(label).or_default().push(pods);
        }
    }
    let mut by_name: HashMap<&str, Vec<&ServiceFact>> = HashMap::default();
    for service in services {
        by_name.entry(service.name.as_str()).or_default().push(service);
    }
    // Where a name is in several namespaces, a service without one may be any of them.
    let mut homes: HashMap<&str, Vec<Option<&str>>> = HashMap::default();
    for there in rendered.services() {
        let homes = homes.entry(there.name()).or_default();
        if !homes.contains(&there.namespace()) {
            homes.push(there.namespace());
        }
    }
    for there in rendered.services() {
        let is_one = homes.get(there.name()).is_none_or(|homes| homes.len() == 1);
        let named = by_name.get(there.name()).map_or(&[][..], Vec::as_slice);
        let said: Vec<&ServiceFact> = match there.namespace() {
            Some(namespace) => {
                let same =
                    |service: &&&ServiceFact| service.namespace.as_deref().map_or(is_one, |said| said == namespace);
                named.iter().filter(same).copied().collect()
            }
            // It is installed into some namespace: whose service it is is known where there is one of that name.
            None if named.len() == 1 => named.to_vec(),
            None => Vec::new(),
        };
        // Its pods have all labels of its selector: those with the rarest are looked at.
        let labelled = |label| by_label.get(&label).map_or(&[][..], Vec::as_slice);
        let few = there.selector().map(labelled).min_by_key(|pods| pods.len()).unwrap_or_default();
        let own: Vec<RenderedPods<'_>> = few.iter().copied().filter(|pods| there.selects(*pods)).collect();
        for service in said {
            ports(service, there, &mut out);
            pods(service, &own, &mut out);
        }
    }
    out.extend(missing(services, rendered));
    out
}

/// The services of the program that are not rendered, where some service is. What others own is theirs to render.
fn missing(services: &[ServiceFact], rendered: &Rendered) -> Vec<Diagnostic> {
    let mut there: HashMap<&str, Vec<Option<&str>>> = HashMap::default();
    for service in rendered.services() {
        there.entry(service.name()).or_default().push(service.namespace());
    }
    if there.is_empty() {
        return Vec::new();
    }
    let own = services.iter().filter(|service| !service.elsewhere && !service.on_vm);
    own.filter_map(|service| {
        let Some(namespaces) = there.get(service.name.as_str()) else {
            let problem =
                Diagnostic::new(code::NOT_RENDERED, service.span, format!("no Service `{}` is rendered", service.name));
            return Some(
                problem
                    .label("described here as the program's own")
                    .note("its ports, versions and accounts are compared with nothing")
                    .help("write its name as it is rendered, or state it in `elsewhere` if others render it"),
            );
        };
        let said = service.namespace.as_deref()?;
        let elsewhere: Vec<String> = namespaces.iter().flatten().map(|namespace| format!("`{namespace}`")).collect();
        if elsewhere.len() < namespaces.len() || namespaces.contains(&Some(said)) {
            return None;
        }
        let places = elsewhere.join(", ");
        let title = format!("the Service `{}` is rendered in namespace {places}, not in `{said}`", service.name);
        Some(
            Diagnostic::new(code::E0432, service.span, title)
                .label(format!("in `{said}` here"))
                .note("rules name hosts and accounts with their namespace: these would be for a service that is not there")
                .help(format!("write `in {}` in the program, or make it a parameter", elsewhere[0].trim_matches('`'))),
        )
    })
    .collect()
}

/// The objects that are in the bundle and rendered too.
fn twice(resources: &[Resource], rendered: &Rendered) -> Vec<Diagnostic> {
    let mut there: HashMap<(&str, &str, &str), Vec<Option<&str>>> = HashMap::default();
    for (group, kind, namespace, name) in rendered.names() {
        there.entry((group, kind, name)).or_default().push(namespace);
    }
    // A Namespace is there to be labelled.
    let mut out = Vec::new();
    for resource in resources.iter().filter(|resource| resource.kind != Kind::Namespace) {
        let kind = resource.kind;
        let Some(namespaces) = there.get(&(kind.group(), kind.name(), resource.name.as_str())) else { continue };
        let own = resource.namespace.as_deref();
        // One without a namespace is installed into some: it may be this one.
        if !namespaces.iter().any(|namespace| namespace.is_none() || own.is_none() || *namespace == own) {
            continue;
        }
        let place = own.map_or(String::new(), |namespace| format!(" in `{namespace}`"));
        let title = format!("the {} `{}`{place} is rendered beside the program too", kind.name(), resource.name);
        out.push(
            Diagnostic::new(code::E0431, resource.span(), title)
                .label("becomes an object of this name")
                .note("one of them would replace the other in the cluster")
                .help("take that one away, or give this one another name with `as NAME`"),
        );
    }
    out
}

fn ports(service: &ServiceFact, there: RenderedService<'_>, out: &mut Vec<Diagnostic>) {
    let rendered: Vec<RenderedPort<'_>> = there.ports().collect();
    if rendered.is_empty() {
        return;
    }
    for port in &service.ports {
        let Some(same) = rendered.iter().find(|known| known.number == port.number) else {
            let numbers = rendered.iter().map(|port| format!("`{}`", port.number)).collect::<Vec<_>>().join(", ");
            out.push(
                Diagnostic::new(
                    code::E0428,
                    port.span,
                    format!("the Service `{}` that is rendered has no port {}", service.name, port.number),
                )
                .label("no such port")
                .note("nothing would listen where rules send their requests")
                .help(format!("its ports are {numbers}")),
            );
            continue;
        };
        out.extend(protocol(service, port, same));
    }
}

/// A port that the program routes as HTTP, and Istio takes to speak something else.
fn protocol(service: &ServiceFact, said: &PortFact, there: &RenderedPort<'_>) -> Option<Diagnostic> {
    let known = there.protocol.filter(|known| known.rank() != said.protocol.rank())?;
    let why = match there.app {
        Some(app) => format!("its `appProtocol: {app}`"),
        None if known == Protocol::Tcp && !there.name.starts_with("tcp") => {
            "its number, where servers speak first".to_owned()
        }
        None => format!("its name `{}`", there.name),
    };
    let effect = match (said.protocol.rank(), known.rank()) {
        (Rank::Http, _) => "Istio would read none of the HTTP rules for it: no routes, retries, paths or methods",
        (_, Rank::Http) => "Istio would parse its bytes as HTTP, and refuse what is none",
        _ => "Istio would route it by other rules than these",
    };
    Some(
        Diagnostic::new(
            code::E0428,
            said.span,
            format!("Istio takes port {} of the Service `{}` for {}", there.number, service.name, known.istio()),
        )
        .label(format!("said to speak {}", said.protocol.istio()))
        .note(format!("by {why}"))
        .note(effect)
        .help(format!(
            "name the port `{0}` or `{0}-…` where it is rendered, set `appProtocol: {0}`, or write `{1}` here",
            said.protocol.word(),
            known.word()
        )),
    )
}

/// The versions and the account of a service, beside the pods that are rendered for it.
fn pods(service: &ServiceFact, pods: &[RenderedPods<'_>], out: &mut Vec<Diagnostic>) {
    if pods.is_empty() {
        return;
    }
    for version in &service.versions {
        let fits =
            |pods: &RenderedPods<'_>| version.labels.iter().all(|(key, value)| pods.label(key) == Some(value.as_str()));
        if pods.iter().any(fits) {
            continue;
        }
        let shown = |(key, value): &(Text, Text)| format!("`{key}: {value}`");
        let wanted = version.labels.iter().map(shown).collect::<Vec<_>>().join(", ");
        let mut has: Vec<String> = version
            .labels
            .iter()
            .flat_map(|(key, _)| pods.iter().filter_map(move |pods| Some(format!("`{key}: {}`", pods.label(key)?))))
            .collect();
        has.sort();
        has.dedup();
        let has = if has.is_empty() { "have no such label".to_owned() } else { format!("have {}", has.join(", ")) };
        out.push(
            Diagnostic::new(
                code::E0429,
                version.span,
                format!("no pod that is rendered for `{}` is of version `{}`", service.name, version.name),
            )
            .label(format!("its pods have {wanted}"))
            .note("requests that are sent to it would fail with 503: there is nobody to take them")
            .help(format!("the pods of {} {has}", pods.iter().map(|pods| pods.shown()).collect::<Vec<_>>().join(", "))),
        );
    }
    let Some((account, span)) = &service.account else { return };
    // Versions may have accounts of their own; that some pods run as the service's is enough.
    if !pods.iter().any(|pods| pods.account() == account) {
        let mut others: Vec<&str> = pods.iter().map(|pods| pods.account()).collect();
        others.sort_unstable();
        others.dedup();
        let others = others.iter().map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ");
        out.push(
            Diagnostic::new(
                code::E0430,
                *span,
                format!("no pod that is rendered for `{}` runs as `{account}`", service.name),
            )
            .label("said to be its account")
            .note("a policy that lets it in would not: callers are known by their account")
            .help(format!("they run as {others}: write that, or set `serviceAccountName: {account}`")),
        );
    }
}
