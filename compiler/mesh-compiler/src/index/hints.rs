//! What follows from what is written and stands nowhere: the share left over, the time that retries may take, the versions
//! that a service has because they are used.

use mesh_diagnostics::{Sources, Span};

use crate::expand::Expansion;
use crate::model::{Mesh, Retry, Rule};
use crate::operand::{duration, percent};

/// Something that an editor shows beside the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is said of; it is shown behind it.
    pub span: Span,
    /// What is shown.
    pub text: String,
    /// The sentence behind it.
    pub reason: String,
}

pub(super) fn find(sources: &Sources, mesh: &Mesh<'_>, expansion: &Expansion) -> Vec<Hint> {
    let mut out: Vec<Hint> = Vec::new();
    for route in &mesh.routes {
        for rule in route.rules.iter().chain([&route.last]) {
            let says = |span: Span| sources.text(expansion.origin(span)).contains(':');
            out.extend(left_over(rule, says));
            if let Some(retry) = &rule.retry {
                out.extend(budget(rule, retry));
            }
        }
    }
    for service in mesh.services.iter().filter(|service| service.open && !service.versions.is_empty()) {
        let versions: Vec<&str> = service.versions.iter().map(|version| version.name).collect();
        out.push(Hint {
            span: service.span,
            text: format!("versions {}", versions.join(", ")),
            reason: format!("`{}` is declared nowhere; its versions are those that are used", service.name),
        });
    }
    for hint in &mut out {
        hint.span = expansion.origin(hint.span);
    }
    out.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    // Rules take what the body says over, so that the same clause speaks for several of them.
    out.dedup();
    out
}

/// The share of each destination of a rule that has several.
pub(super) fn shares(mesh: &Mesh<'_>, expansion: &Expansion) -> Vec<(Span, u32)> {
    let rules = mesh.routes.iter().flat_map(|route| route.rules.iter().chain([&route.last]));
    let split = rules.filter(|rule| rule.shares.len() > 1).flat_map(|rule| &rule.shares);
    let mut out: Vec<(Span, u32)> =
        split.filter_map(|share| Some((expansion.origin(share.span), share.parts?))).collect();
    out.sort();
    out.dedup();
    out
}

/// The share that is left to the one destination that says none.
fn left_over(rule: &Rule<'_>, says: impl Fn(Span) -> bool) -> Option<Hint> {
    let mut silent = rule.shares.iter().filter(|share| !says(share.span));
    let (share, None) = (silent.next()?, silent.next()) else { return None };
    let parts = share.parts.filter(|_| rule.shares.len() > 1)?;
    let reason = "what the others leave over".to_owned();
    Some(Hint { span: share.span, text: format!(": {}", percent(parts.into())), reason })
}

/// How long a request may take with all its retries.
fn budget(rule: &Rule<'_>, retry: &Retry<'_>) -> Option<Hint> {
    let (count, Some((_, each))) = retry.count? else { return None };
    let tries = u64::from(count) + 1;
    let all = each * tries;
    let limit = rule.timeout.and_then(|(limit, _)| limit).map(|(_, limit)| limit);
    let (text, reason) = match limit {
        Some(limit) if limit < all => (
            format!("within {}", duration(limit)),
            format!("`timeout` ends what {tries} tries of {} could take", duration(each)),
        ),
        _ => (format!("{} in all", duration(all)), format!("{tries} tries of {}", duration(each))),
    };
    Some(Hint { span: retry.span, text, reason })
}
