//! Policies: AuthorizationPolicy, one for each target and action.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Resource};

use super::authentication::paths;
use super::{Lower, texts};
use crate::model::{Action, FieldSet, HttpPorts, Policy, PolicyOperation, PolicyTest, Source, Subject};

type GroupKey<'a> = (Subject<'a>, Action<'a>, bool, Option<&'a str>);

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn authorization_policies(&mut self) {
        let mut groups: Vec<Vec<&'m Policy<'a>>> = Vec::new();
        let mut places: HashMap<GroupKey<'a>, usize> = HashMap::default();
        for policy in &self.mesh.policies {
            let object = policy.head.common.object.map(|(name, _)| name);
            let key = (policy.subject, policy.action, policy.dry_run.is_some(), object);
            let at = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(policy),
                None => groups.push(vec![policy]),
            }
        }
        let mut admitted = HashSet::default();
        for group in groups {
            self.authorization_policy(&group);
            let first = group[0];
            if first.action == Action::Allow && first.dry_run.is_none() && admitted.insert(first.subject) {
                self.admit_waypoint(first);
            }
        }
    }

    fn authorization_policy(&mut self, group: &[&'m Policy<'a>]) {
        let first = group[0];
        let word = match first.action {
            Action::Allow => "allow",
            Action::Deny => "deny",
            Action::Audit => "audit",
            Action::Custom(provider) => provider,
        };
        let dry = if first.dry_run.is_some() { "-dry-run" } else { "" };
        let name = format!("{}-{word}{dry}", self.subject_name(&first.subject));
        let namespace = self.subject_namespace(&first.subject, &first.head);
        let mut resource = self.resource(Kind::AuthorizationPolicy, namespace, name, &first.head);
        resource.origins = group.iter().map(|policy| policy.head.span).collect();
        for policy in &group[1..] {
            super::metadata(&mut resource, &policy.head.common);
        }
        if first.dry_run.is_some() {
            resource.annotations.push(("istio.io/dry-run".into(), "true".into()));
        }
        if first.action == Action::Allow && first.dry_run.is_none() {
            resource.reasons.push("an allow policy closes its target to every caller that no rule names".to_owned());
        }
        if let Subject::Gateway(id) = first.subject {
            let workload = self.mesh.gateways[id.0].workload;
            let others = self.mesh.gateways.iter().enumerate();
            let others = others.filter(|(at, other)| *at != id.0 && workload.is_some() && other.workload == workload);
            let names: Vec<String> = others.map(|(_, other)| format!("`{}`", other.name)).collect();
            if !names.is_empty() {
                let names = names.join(", ");
                resource.reasons.push(format!("the same pods serve {names}: the policy holds there as well"));
            }
        }
        let spec = &mut resource.spec;
        self.attach(&first.subject, first.head.span, spec);
        let action = match first.action {
            Action::Allow => "ALLOW",
            Action::Deny => "DENY",
            Action::Audit => "AUDIT",
            Action::Custom(_) => "CUSTOM",
        };
        spec.set("action", action);
        if let Action::Custom(provider) = first.action {
            let mut object = Object::new(first.head.span);
            object.set("name", provider);
            spec.put_object("provider", object);
        }
        let rules = group.iter().filter(|policy| policy.nobody.is_none()).flat_map(|policy| rules(policy));
        spec.put_list("rules", rules.collect());
        let fields: Vec<FieldSet> = group.iter().flat_map(|policy| policy.head.common.fields.iter().cloned()).collect();
        self.finish(resource, &fields);
    }

    /// Behind a waypoint the workload itself sees the waypoint's identity: it admits that and nobody else, so that
    /// no caller goes around the waypoint.
    fn admit_waypoint(&mut self, policy: &Policy<'a>) {
        let (name, namespace) = match policy.subject {
            Subject::Service(id) => (self.service(id).name, self.service(id).namespace),
            Subject::Namespace(namespace) => (namespace, Some(namespace)),
            _ => return,
        };
        let Some(waypoint) = self.mesh.waypoint_of(namespace) else { return };
        let namespace = namespace.unwrap_or_default();
        let span = policy.head.span;
        let mut resource =
            Resource::new(Kind::AuthorizationPolicy, Some(namespace.into()), format!("{name}-allow-waypoint"), span);
        resource.reasons.push(format!("callers arrive through the waypoint {waypoint}, which decides who they may be"));
        self.match_labels(&policy.subject, span, &mut resource.spec);
        resource.spec.set("action", "ALLOW");
        let mut source = Object::new(span);
        let name = format!("{}/ns/{namespace}/sa/{waypoint}", self.mesh.settings.trust_domain);
        source.put_list("principals", texts(&[name], span));
        let mut from = Object::new(span);
        from.put_object("source", source);
        let mut rule = Object::new(span);
        rule.put_list("from", vec![from.node()]);
        resource.spec.put_list("rules", vec![rule.node()]);
        self.out.push(resource);
    }
}

/// The rules of one statement: one for each alternative of its conditions, and what tests HTTP apart from what does
/// not, because Istio skips a rule with any HTTP field whole on TCP ports.
fn rules(policy: &Policy<'_>) -> Vec<Node> {
    let (http, plain): (Vec<&Source<'_>>, Vec<&Source<'_>>) =
        policy.from.iter().partition(|source| source.http.is_some());
    let sources = apart(http, plain, policy);
    let (http, plain): (Vec<&PolicyOperation<'_>>, Vec<&PolicyOperation<'_>>) =
        policy.to.iter().partition(|operation| operation.needs_http());
    let operations = apart(http, plain, policy);
    let none = [Vec::new()];
    let conditions: &[Vec<PolicyTest<'_>>] = if policy.when.is_empty() { &none } else { &policy.when };
    let mut out = Vec::new();
    for sources in &sources {
        for operations in &operations {
            for condition in conditions {
                out.push(rule(policy, sources, operations, condition));
            }
        }
    }
    out
}

/// Two groups where the target may have other ports than those of HTTP, in one otherwise.
fn apart<T>(mut http: Vec<T>, mut plain: Vec<T>, policy: &Policy<'_>) -> Vec<Vec<T>> {
    if http.is_empty() || plain.is_empty() || policy.http_ports == HttpPorts::All {
        http.append(&mut plain);
        return vec![http];
    }
    vec![http, plain]
}

fn rule(
    policy: &Policy<'_>,
    sources: &[&Source<'_>],
    operations: &[&PolicyOperation<'_>],
    condition: &[PolicyTest<'_>],
) -> Node {
    let span = policy.head.span;
    let mut rule = Object::new(span);
    let from = sources.iter().map(|source| {
        let mut fields = Object::new(source.span);
        for (field, values, span) in &source.fields {
            fields.set_at(*field, texts(values, *span), *span);
        }
        let mut entry = Object::new(source.span);
        entry.put_object("source", fields);
        entry.node()
    });
    rule.put_list("from", from.collect());
    let http = sources.iter().any(|source| source.http.is_some())
        || condition.iter().any(|test| test.http)
        || operations.iter().any(|operation| operation.needs_http());
    let ports = if http { &policy.http_ports } else { &HttpPorts::All };
    // Operations are alternatives: one that restricts nothing leaves nothing of the others.
    let free = |operation: &&PolicyOperation<'_>| operation_entry(operation, ports).get("operation").is_none();
    let mut to: Vec<Node> = Vec::new();
    if operations.is_empty() || operations.iter().any(free) {
        let any = operation_entry(&PolicyOperation { span, ..PolicyOperation::default() }, ports);
        to.extend(any.get("operation").is_some().then_some(any));
    } else {
        to.extend(operations.iter().map(|operation| operation_entry(operation, ports)));
    }
    rule.put_list("to", to);
    let when = condition.iter().map(|test| {
        let mut object = Object::new(test.span);
        object.set("key", test.key.as_str());
        object.put_list(if test.not { "notValues" } else { "values" }, texts(&test.values, test.span));
        object.node()
    });
    rule.put_list("when", when.collect());
    rule.node()
}

/// An entry of `to`; where it tests HTTP, for the ports that speak it.
pub(super) fn operation_entry(operation: &PolicyOperation<'_>, http_ports: &HttpPorts) -> Node {
    let span: Span = operation.span;
    let numbers = |ports: &[u16]| texts(&ports.iter().map(u16::to_string).collect::<Vec<_>>(), span);
    let mut fields = Object::new(span);
    fields.put_list("hosts", texts(&operation.hosts, span));
    fields.put_list("notHosts", texts(&operation.not_hosts, span));
    let (mut ports, mut not_ports) = (operation.ports.clone(), operation.not_ports.clone());
    if ports.is_empty() {
        match http_ports {
            HttpPorts::All => {}
            HttpPorts::These(these) => ports.extend(these),
            HttpPorts::Not(these) => {
                not_ports.extend(these);
                not_ports.sort_unstable();
                not_ports.dedup();
            }
        }
    }
    fields.put_list("ports", numbers(&ports));
    fields.put_list("notPorts", numbers(&not_ports));
    fields.put_list("methods", texts(&operation.methods, span));
    fields.put_list("notMethods", texts(&operation.not_methods, span));
    fields.put_list("paths", paths(&operation.paths));
    fields.put_list("notPaths", paths(&operation.not_paths));
    let mut entry = Object::new(span);
    entry.put_object("operation", fields);
    entry.node()
}
