//! Rules that an earlier rule takes every request of.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, Node};

use crate::language::Language;
use crate::matching::{covers, holds_always};
use crate::view::{View, items};

pub(crate) fn find(view: &View<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for service in view.of(Kind::VirtualService) {
        for section in ["http", "tls", "tcp"] {
            found.extend(of_rules(items(service, section)));
        }
    }
    found
}

fn of_rules(rules: &[Node]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate().skip(1) {
        let matches = rule.items("match");
        if let Some(earlier) = rules[..at].iter().find(|earlier| takes_all(earlier, matches)) {
            // Two matches of one statement are one rule to its author.
            if earlier.span == rule.span {
                continue;
            }
            // The whole target behind the last rule is nobody's words.
            let end = rule.items("route").first().map(|entry| entry.span);
            let implicit =
                matches.is_empty() && end.is_some_and(|end| rule.span.start <= end.start && end.end <= rule.span.end);
            if implicit {
                continue;
            }
            let place = end.filter(|_| matches.is_empty()).unwrap_or(rule.span);
            let witness =
                matches.first().and_then(|first| first.get("uri")).and_then(|uri| Language::of_path(uri).sample());
            let problem = Diagnostic::new(code::SHADOWED_RULE, place, "no request reaches this rule")
                .label("never taken")
                .also(earlier.span, "takes all of its requests before");
            let problem = match witness {
                Some(path) => problem.note(format!(
                    "rules are tried in the order written; a request for `{path}` ends in the earlier one"
                )),
                None => problem.note("rules are tried in the order written"),
            };
            let help = if matches.is_empty() {
                "make the other rule narrower, or leave this one out"
            } else {
                "move it above the other rule, or make the other rule narrower"
            };
            found.push(problem.help(help));
        }
    }
    found
}

/// True when a rule holds for every request that some matches hold for.
fn takes_all(earlier: &Node, later: &[Node]) -> bool {
    let outer = earlier.items("match");
    if outer.is_empty() || outer.iter().any(holds_always) {
        return true;
    }
    !later.is_empty() && later.iter().all(|inner| outer.iter().any(|outer| covers(outer, inner)))
}
