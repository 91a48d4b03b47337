//! Layers of traffic settings: folded field by field, because Istio replaces sections whole.

use mesh_diagnostics::Span;

use crate::model::{FieldSet, Layer};

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
    if !below.fields.is_empty() {
        // Where a clause above says the same, it wins; what is left stands above every clause from here down.
        let said = super::policy::clauses_object(above);
        let open = |field: &&FieldSet| !super::field::is_set(&field.path, &said);
        let mut fields: Vec<FieldSet> = below.fields.iter().filter(open).cloned().collect();
        fields.retain(|field| !above.fields.iter().any(|known| known.path == field.path));
        fields.append(&mut out.fields);
        out.fields = fields;
    }
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
    let said = |section: &str| own.fields.iter().any(|field| field.path.first().is_some_and(|name| name == section));
    let balances = own.balance.is_some() || own.warmup.is_some() || said("loadBalancer");
    let pools = !own.pool.is_empty() || said("connectionPool");
    let ejects = own.eject.is_some() || said("outlierDetection");
    let encrypts = own.tls.is_some() || said("tls");
    let kept = |name: &str| match name {
        "loadBalancer" => balances,
        "connectionPool" => pools,
        "outlierDetection" => ejects,
        "tls" => encrypts,
        name => said(name),
    };
    Layer {
        balance: full.balance.clone().filter(|_| balances),
        warmup: full.warmup.filter(|_| balances),
        pool: if pools { full.pool.clone() } else { Vec::new() },
        eject: full.eject.clone().filter(|_| ejects),
        tls: full.tls.clone().filter(|_| encrypts),
        fields: full.fields.iter().filter(|field| field.path.first().is_some_and(|name| kept(name))).cloned().collect(),
    }
}
