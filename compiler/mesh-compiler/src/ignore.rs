//! `ignore`: findings that a statement silences, and those that silence nothing.

use mesh_diagnostics::{Diagnostic, Diagnostics, Severity, Span, code};

use crate::model::Ignore;

/// Drops what is ignored, and reports an `ignore` that nothing was dropped for.
pub(crate) fn apply(ignores: &[Ignore<'_>], diagnostics: &mut Diagnostics) {
    if ignores.is_empty() {
        return;
    }
    let mut used = vec![false; ignores.len()];
    diagnostics.retain(|diagnostic| {
        if diagnostic.severity() == Severity::Error {
            return true;
        }
        let mut keep = true;
        for (ignore, used) in ignores.iter().zip(&mut used) {
            if ignore.finding == diagnostic.code.id && within(ignore.statement, diagnostic.primary.span) {
                *used = true;
                keep = false;
            }
        }
        keep
    });
    // It is found only where a program is compiled beside what is rendered, and not when it is checked alone.
    let may_be_silent = |ignore: &Ignore<'_>| ignore.finding == code::NOT_RENDERED.id;
    for (ignore, _) in ignores.iter().zip(used).filter(|(ignore, used)| !used && !may_be_silent(ignore)) {
        diagnostics.push(
            Diagnostic::new(
                code::IGNORED_NOTHING,
                ignore.span,
                format!("nothing here is reported as `{}`", ignore.finding),
            )
            .label("silences nothing")
            .fix("remove it", ignore.span, ""),
        );
    }
}

fn within(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
