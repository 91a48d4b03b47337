//! `except`: everything but some operations, as operations that Istio can test.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::Checker;
use crate::condition::MAX_ALTERNATIVES;
use crate::model::PolicyOperation;

impl<'t, 'a> Checker<'t, 'a> {
    /// The operations that are none of the excepted ones; nothing where that was reported.
    ///
    /// Not (A or B) is "not A and not B", and not (method and path) is "not the method, or not the path".
    pub(super) fn all_but(
        &mut self,
        excepted: &[PolicyOperation<'a>],
        whole: Span,
    ) -> Option<Vec<PolicyOperation<'a>>> {
        let mut out = vec![PolicyOperation { span: whole, ..PolicyOperation::default() }];
        for operation in excepted {
            let choices = negations(operation);
            if choices.is_empty() {
                self.push(
                    Diagnostic::new(code::E0319, operation.span, "every request is excepted")
                        .label("holds for all of them")
                        .help("write `optional` in place of `require` if no token is needed"),
                );
                return None;
            }
            let mut next: Vec<PolicyOperation<'a>> = Vec::new();
            for left in &out {
                for right in &choices {
                    match both(left, right) {
                        Some(operation) if !next.iter().any(|old| covers(old, &operation)) => {
                            next.retain(|old| !covers(&operation, old));
                            next.push(operation);
                        }
                        Some(_) => {}
                        None => {
                            self.push(
                                Diagnostic::new(code::E0313, right.span, "two exceptions that Istio cannot join")
                                    .label("leaves out all but these")
                                    .also(left.span, "as does this one")
                                    .help("say what is excepted without `not`"),
                            );
                            return None;
                        }
                    }
                }
            }
            if next.len() > MAX_ALTERNATIVES {
                self.push(
                    Diagnostic::new(
                        code::E0315,
                        whole,
                        format!("exceptions with more than {MAX_ALTERNATIVES} alternatives"),
                    )
                    .label("each alternative becomes an operation of its own in every proxy")
                    .help("write lists, as in `GET /a, /b`, or fewer kinds of tests in a phrase"),
                );
                return None;
            }
            out = next;
        }
        Some(out)
    }
}

/// What is not an operation: each of its tests turned around, any of which may hold.
fn negations<'a>(operation: &PolicyOperation<'a>) -> Vec<PolicyOperation<'a>> {
    let base = PolicyOperation { span: operation.span, ..PolicyOperation::default() };
    let turned = [
        PolicyOperation { not_methods: operation.methods.clone(), ..base.clone() },
        PolicyOperation { methods: operation.not_methods.clone(), ..base.clone() },
        PolicyOperation { not_paths: operation.paths.clone(), ..base.clone() },
        PolicyOperation { paths: operation.not_paths.clone(), ..base.clone() },
        PolicyOperation { not_hosts: operation.hosts.clone(), ..base.clone() },
        PolicyOperation { hosts: operation.not_hosts.clone(), ..base.clone() },
        PolicyOperation { not_ports: operation.ports.clone(), ..base.clone() },
        PolicyOperation { ports: operation.not_ports.clone(), ..base },
    ];
    turned.into_iter().filter(|operation| operation.needs_http() || has_ports(operation)).collect()
}

fn has_ports(operation: &PolicyOperation<'_>) -> bool {
    !(operation.ports.is_empty() && operation.not_ports.is_empty())
}

/// What holds for two operations; nothing where Istio has no form for it.
fn both<'a>(a: &PolicyOperation<'a>, b: &PolicyOperation<'a>) -> Option<PolicyOperation<'a>> {
    Some(PolicyOperation {
        methods: common(&a.methods, &b.methods, |a, b| a == b)?,
        not_methods: union(&a.not_methods, &b.not_methods, |a, b| a == b),
        paths: common(&a.paths, &b.paths, |a, b| a.0 == b.0)?,
        not_paths: union(&a.not_paths, &b.not_paths, |a, b| a.0 == b.0),
        hosts: common(&a.hosts, &b.hosts, |a, b| a == b)?,
        not_hosts: union(&a.not_hosts, &b.not_hosts, |a, b| a == b),
        ports: common(&a.ports, &b.ports, |a, b| a == b)?,
        not_ports: union(&a.not_ports, &b.not_ports, |a, b| a == b),
        any_request: a.any_request || b.any_request,
        span: a.span,
    })
}

/// The values of two lists either of which allows all when it is empty. Two that differ are not joined: patterns may
/// overlap without being equal.
fn common<T: Clone>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Option<Vec<T>> {
    if a.is_empty() || b.is_empty() {
        return Some(if a.is_empty() { b.to_vec() } else { a.to_vec() });
    }
    let equal = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    equal.then(|| a.to_vec())
}

fn union<T: Clone>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut out = a.to_vec();
    out.extend(b.iter().filter(|b| !a.iter().any(|a| same(a, b))).cloned());
    out
}

/// True when the first operation holds wherever the second does, so that the second adds nothing.
fn covers(wide: &PolicyOperation<'_>, narrow: &PolicyOperation<'_>) -> bool {
    fn within<T>(inner: &[T], outer: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
        inner.iter().all(|a| outer.iter().any(|b| same(a, b)))
    }
    fn equal<T>(wide: &[T], narrow: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
        wide.is_empty() || (!narrow.is_empty() && within(narrow, wide, same))
    }
    equal(&wide.methods, &narrow.methods, |a, b| a == b)
        && equal(&wide.paths, &narrow.paths, |a, b| a.0 == b.0)
        && equal(&wide.hosts, &narrow.hosts, |a, b| a == b)
        && equal(&wide.ports, &narrow.ports, |a, b| a == b)
        && within(&wide.not_methods, &narrow.not_methods, |a, b| a == b)
        && within(&wide.not_paths, &narrow.not_paths, |a, b| a.0 == b.0)
        && within(&wide.not_hosts, &narrow.not_hosts, |a, b| a == b)
        && within(&wide.not_ports, &narrow.not_ports, |a, b| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(path: &str) -> PolicyOperation<'a> {
        PolicyOperation {
            methods: vec!["GET"],
            paths: vec![(path.to_owned(), Span::default())],
            ..PolicyOperation::default()
        }
    }

    #[test]
    fn what_two_exceptions_share_is_said_once() {
        let (a, b) = (get("/a"), get("/b"));
        let left = negations(&a);
        assert_eq!(left.len(), 2);
        let joined = both(&left[0], &negations(&b)[0]).expect("two lists of methods join");
        assert_eq!(joined.not_methods, ["GET"]);
        assert!(covers(&left[0], &both(&left[0], &negations(&b)[1]).expect("a method and a path join")));
    }
}
