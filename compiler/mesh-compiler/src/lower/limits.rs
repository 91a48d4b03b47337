//! How much Istio takes: the length of expressions and of lists, in objects that clauses make together.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node, Resource};

/// The longest regular expression, in bytes.
const EXPRESSION: usize = 1024;

/// The longest lists, by kind and field of the specification.
const LISTS: [(Kind, &str, usize); 5] = [
    (Kind::AuthorizationPolicy, "rules", 512),
    (Kind::RequestAuthentication, "jwtRules", 4096),
    (Kind::ServiceEntry, "addresses", 256),
    (Kind::ServiceEntry, "endpoints", 4096),
    (Kind::ServiceEntry, "ports", 256),
];

/// What of an object is longer than Istio takes.
pub(super) fn find(resource: &Resource) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (kind, field, most) in LISTS.iter().filter(|(kind, ..)| *kind == resource.kind) {
        let list = resource.spec.get(field).map_or(&[][..], Node::list);
        if let Some(first) = list.get(*most) {
            found.push(
                Diagnostic::new(code::E0310, first.span, format!("{} {field} of one {}", list.len(), kind.name()))
                    .label(format!("Istio takes {most}"))
                    .help("write lists in fewer statements, or give some statements an object of their own with `as`"),
            );
        }
    }
    if resource.kind == Kind::VirtualService {
        for section in ["http", "tls", "tcp"] {
            for rule in resource.spec.get(section).map_or(&[][..], Node::list) {
                expressions(rule, &mut found);
            }
        }
    }
    found
}

fn expressions(node: &Node, found: &mut Vec<Diagnostic>) {
    for (key, value) in node.fields() {
        match value.text() {
            Some(text) if key == "regex" && text.len() > EXPRESSION => found.push(
                Diagnostic::new(
                    code::E0310,
                    value.span,
                    format!("this becomes a regular expression of {} characters", text.len()),
                )
                .label(format!("Istio takes {EXPRESSION}"))
                .help("test for less, or in several rules"),
            ),
            _ => expressions(value, found),
        }
    }
    for item in node.list() {
        expressions(item, found);
    }
}
