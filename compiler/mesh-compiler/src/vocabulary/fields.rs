//! `field` and `resource`: what no clause says, checked against Istio's own schema.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "field",
        &[Any, Version, Rule, Destination, Listener, Layer, Pool, Tls, Cors, Issuer, Patch],
        &["path:FIELD = value:ANYTHING,", "kind:KIND path:FIELD = value:ANYTHING,"],
        "sets any field of the object of its block",
        "field retries.retryRemoteLocalities = true",
        "the field itself",
    )
    .many(),
    clause(
        "resource",
        &[File],
        &["kind:KIND name:OBJECT [ in namespace:NAMESPACE ]"],
        "any object, field by field, checked against its schema",
        "resource ReferenceGrant shop < from < group \"gateway.networking.k8s.io\"; kind HTTPRoute; namespace shop >; to < group \"\"; kind Service > >",
        "itself",
    )
    .must(Resource)
    .many(),
];
