//! Layers of traffic settings: folded field by field, because Istio replaces sections whole.

use mesh_diagnostics::Span;

use crate::model::Layer;

/// Layers of the same port or version, field by field.
pub(super) fn merge<'a, K: PartialEq + Copy>(into: &mut Vec<(K, Layer<'a>, Span)>, from: &[(K, Layer<'a>, Span)]) {
    for (key, layer, span) in from {
        match into.iter_mut().find(|(old, ..)| old == key) {
            Some((_, old, _)) => *old = fold(old, layer),
            None => into.push((*key, layer.clone(), *span)),
        }
    }
}

/// The settings of `above` on top of those of `below`, field by field.
pub(super) fn fold<'a>(below: &Layer<'a>, above: &Layer<'a>) -> Layer<'a> {
    let mut out = above.clone();
    out.balance = out.balance.or_else(|| below.balance.clone());
    out.warmup = out.warmup.or(below.warmup);
    out.tls = out.tls.or_else(|| below.tls.clone());
    let mut pool = below.pool.clone();
    for (name, value, span) in &above.pool {
        match pool.iter_mut().find(|(old, ..)| old == name) {
            Some(old) => *old = (name, value.clone(), *span),
            None => pool.push((name, value.clone(), *span)),
        }
    }
    out.pool = pool;
    out.eject = match (&below.eject, out.eject) {
        (Some(below), Some(mut above)) => {
            for count in &below.counts {
                if !above
                    .counts
                    .iter()
                    .any(|(kind, ..)| std::mem::discriminant(kind) == std::mem::discriminant(&count.0))
                {
                    above.counts.push(count.clone());
                }
            }
            above.every = above.every.or(below.every);
            above.time = above.time.or(below.time);
            above.at_most = above.at_most.or(below.at_most);
            above.healthy = above.healthy.or(below.healthy);
            Some(above)
        }
        (below, above) => above.or_else(|| below.clone()),
    };
    out
}

/// The sections of a full layer that a version has something to say of: the rest Istio takes from the host.
pub(super) fn only_said<'a>(full: &Layer<'a>, own: &Layer<'a>) -> Layer<'a> {
    let balances = own.balance.is_some() || own.warmup.is_some();
    Layer {
        balance: full.balance.clone().filter(|_| balances),
        warmup: full.warmup.filter(|_| balances),
        pool: if own.pool.is_empty() { Vec::new() } else { full.pool.clone() },
        eject: full.eject.clone().filter(|_| own.eject.is_some()),
        tls: full.tls.clone().filter(|_| own.tls.is_some()),
    }
}
