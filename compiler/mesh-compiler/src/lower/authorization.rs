//! Policies: AuthorizationPolicy, one for each target and action.

use std::collections::HashMap;

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Node, Object, Resource};

use super::authentication::paths;
use super::{Lower, texts};
use crate::model::{Action, Policy, PolicyOperation, PolicyTest, Subject};

type GroupKey<'a> = (Subject<'a>, Action<'a>, bool, Option<&'a str>);

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn authorization_policies(&mut self) {
        let mut groups: Vec<Vec<&'m Policy<'a>>> = Vec::new();
        let mut places: HashMap<GroupKey<'a>, usize> = HashMap::new();
        for policy in &self.mesh.policies {
            let object = policy.head.common.object.map(|(name, _)| name);
            let key = (policy.subject, policy.action, policy.dry_run.is_some(), object);
            let at = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(policy),
                None => groups.push(vec![policy]),
            }
        }
        for group in groups {
            self.authorization_policy(&group);
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
        self.out.push(resource);
        if first.action == Action::Allow && first.dry_run.is_none() {
            self.admit_waypoint(first);
        }
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

/// The rules of one statement: one for each alternative of its conditions, and operations that test HTTP apart
/// from those that do not, because Istio skips a rule with any HTTP field whole on TCP ports.
fn rules(policy: &Policy<'_>) -> Vec<Node> {
    let mixed = !policy.http_ports.is_empty();
    let (http, plain): (Vec<&PolicyOperation<'_>>, Vec<&PolicyOperation<'_>>) = if mixed {
        policy.to.iter().partition(|operation| operation.needs_http())
    } else {
        (policy.to.iter().collect(), Vec::new())
    };
    let groups: Vec<Vec<&PolicyOperation<'_>>> = [http, plain].into_iter().filter(|group| !group.is_empty()).collect();
    let groups = if groups.is_empty() { vec![Vec::new()] } else { groups };
    let none = [Vec::new()];
    let conditions: &[Vec<PolicyTest<'_>>] = if policy.when.is_empty() { &none } else { &policy.when };
    let mut out = Vec::new();
    for operations in &groups {
        for condition in conditions {
            out.push(rule(policy, operations, condition));
        }
    }
    out
}

fn rule(policy: &Policy<'_>, operations: &[&PolicyOperation<'_>], condition: &[PolicyTest<'_>]) -> Node {
    let span = policy.head.span;
    let mut rule = Object::new(span);
    let from = policy.from.iter().map(|source| {
        let mut fields = Object::new(source.span);
        for (field, values, span) in &source.fields {
            fields.set_at(*field, texts(values, *span), *span);
        }
        let mut entry = Object::new(source.span);
        entry.put_object("source", fields);
        entry.node()
    });
    rule.put_list("from", from.collect());
    let http = policy.from.iter().any(|source| source.http.is_some())
        || condition.iter().any(|test| test.http)
        || operations.iter().any(|operation| operation.needs_http());
    // Where the workload has other ports too, an HTTP rule is for its HTTP ports.
    let ports: &[u16] = if http { &policy.http_ports } else { &[] };
    let mut to: Vec<Node> = operations
        .iter()
        .map(|operation| operation_entry(operation, ports))
        .filter(|node| node.get("operation").is_some())
        .collect();
    let restricts = operations.iter().all(|operation| operation_entry(operation, &[]).get("operation").is_some());
    if !restricts && ports.is_empty() {
        to.clear();
    }
    if to.is_empty() && !ports.is_empty() {
        to.push(operation_entry(&PolicyOperation { span, ..PolicyOperation::default() }, ports));
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

fn operation_entry(operation: &PolicyOperation<'_>, http_ports: &[u16]) -> Node {
    let span: Span = operation.span;
    let numbers = |ports: &[u16]| texts(&ports.iter().map(u16::to_string).collect::<Vec<_>>(), span);
    let mut fields = Object::new(span);
    fields.put_list("hosts", texts(&operation.hosts, span));
    fields.put_list("notHosts", texts(&operation.not_hosts, span));
    let ports = if operation.ports.is_empty() { http_ports } else { &operation.ports };
    fields.put_list("ports", numbers(ports));
    fields.put_list("notPorts", numbers(&operation.not_ports));
    fields.put_list("methods", texts(&operation.methods, span));
    fields.put_list("notMethods", texts(&operation.not_methods, span));
    fields.put_list("paths", paths(&operation.paths));
    fields.put_list("notPaths", paths(&operation.not_paths));
    let mut entry = Object::new(span);
    entry.put_object("operation", fields);
    entry.node()
}
