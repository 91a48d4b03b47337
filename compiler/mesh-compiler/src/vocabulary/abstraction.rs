//! Names for values, choices and clauses, which are gone before anything is checked.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "let",
        &[File],
        &["name:NAME = value:ANYTHING,"],
        "a name for a value",
        "let canary = 20%",
        "nothing by itself",
    )
    .many(),
    clause(
        "param",
        &[File],
        &["name:NAME of choices:ANYTHING, [ default default:ANYTHING ]"],
        "what is chosen when building: one of some words, or a `count`, `duration`, `percent`, `string` or `name`",
        "param env of dev, prod default dev",
        "nothing by itself",
    )
    .many(),
    clause(
        "profile",
        &[File],
        &["name:NAME [ params:GROUP ]"],
        "clauses under a name",
        "profile patient (total: 15s) < timeout $total >",
        "nothing by itself",
    )
    .must(Any)
    .many(),
    clause(
        "with",
        &[File, Any, Rule, Listener, Layer],
        &["name:NAME [ params:GROUP ]"],
        "takes in what a profile says; what is written beside it wins; in any block",
        "with patient (total: 5s)",
        "what the profile's clauses become",
    )
    .many(),
    clause(
        "if",
        &[File, Any],
        &["name:PARAM is choices:ANYTHING,"],
        "statements for some values of a parameter; in any block",
        "if $env is prod < mtls namespace shop strict >",
        "nothing by itself",
    )
    .must(Any)
    .many(),
    clause(
        "else",
        &[File, Any],
        &[""],
        "statements for all other values, right behind an `if`",
        "else < mtls namespace shop permissive >",
        "nothing by itself",
    )
    .must(Any)
    .many(),
];
