//! `resource`: every field of every kind can be written, and what Istio refuses is refused.
//!
//! Objects in YAML are turned into `resource` statements by the schema, so that corpora of YAML speak for the language.

mod minimal;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use libtest_mimic::Trial;
use mesh_compiler::compile;
use mesh_istio::schema;
use mesh_istio::{Kind, Node};

use crate::folders::{compiled_folders, program};
use crate::judge::{is_available, judge, request_of};
use crate::program::{codes, compiled, shown, yaml};
use crate::trial;
use text::resource_text;

pub fn trials() -> Vec<Trial> {
    let mut out = vec![
        trial("written::what_is_emitted_can_be_written", what_is_emitted_can_be_written),
        trial("written::every_path_can_be_set", every_path_can_be_set),
    ];
    if is_available() {
        out.push(trial("written::istio_takes_every_path", istio_takes_every_path));
    }
    out
}

/// The documents of a stream of YAML.
pub fn documents(text: &str) -> Vec<Node> {
    let parts = text.split("\n---").map(|part| part.trim_start_matches("---"));
    let filled = parts.filter(|part| part.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')));
    filled.map(|part| mesh_istio::yaml::read(part, mesh_diagnostics::Span::default()).expect("YAML")).collect()
}

/// The bundle of every case, written out field by field, is the same bundle.
fn what_is_emitted_can_be_written() {
    let mut count = 0;
    for path in compiled_folders() {
        let compilation = compile(&program(&path));
        let bundle = yaml(&compilation);
        let resources = documents(&bundle);
        let written: Vec<String> = resources.iter().filter_map(resource_text).collect();
        if written.is_empty() {
            continue;
        }
        let mut text = format!("mesh < istio {}", compilation.release);
        if bundle.contains("/v1beta1\nkind: VirtualService") || bundle.contains("security.istio.io/v1beta1") {
            text.push_str("; api v1beta1");
        }
        text.push_str(" >\n");
        text.push_str(&written.join("\n"));
        let (sources, again) = compiled(&text);
        // Findings about meaning need facts that resources do not state; everything before them must hold.
        let early = |code: &&str| code.starts_with('E') && !code.starts_with("E04");
        let errors: Vec<&str> = codes(&again).into_iter().filter(early).collect();
        assert!(errors.is_empty(), "{}:\n{text}\n{}", path.display(), shown(&sources, &again));
        let kept: Vec<&Node> = resources.iter().filter(|node| resource_text(node).is_some()).collect();
        let again = documents(&yaml(&again));
        assert_eq!(again.len(), kept.len(), "{}", path.display());
        for (was, is) in kept.iter().zip(&again) {
            assert_eq!(json(was), json(is), "{}", path.display());
        }
        count += kept.len();
    }
    assert!(count > 200, "{count} objects are no corpus");
}

/// A node without its places, its keys in order.
fn json(node: &Node) -> serde_json::Value {
    serde_json::to_value(node).expect("a node is a value")
}

/// A program for each path of each kind, by its path.
fn paths() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for kind in Kind::all().filter(|kind| kind.is_istio()) {
        schema::of(kind).leaves(&mut |path, field| {
            if !field.refused && !minimal::is_refused_above(kind, path) {
                out.insert(format!("{} {path}", kind.name()), minimal::program(kind, path, field));
            }
        });
    }
    out
}

/// One of the programs that set a path, and its kind.
pub fn any_resource(choice: usize) -> (&'static str, String) {
    static ALL: LazyLock<Vec<(String, String)>> = LazyLock::new(|| paths().into_iter().collect());
    let (path, text) = &ALL[choice % ALL.len()];
    (path.split(' ').next().unwrap_or_default(), text.clone())
}

/// The counts that the reference shows.
fn every_path_can_be_set() {
    let (mut leaves, mut refused) = (0, BTreeSet::new());
    for kind in Kind::all().filter(|kind| kind.is_istio()) {
        schema::of(kind).leaves(&mut |path, field| {
            leaves += 1;
            if field.refused || minimal::is_refused_above(kind, path) {
                refused.insert(format!("{} {path}", kind.name()));
            }
        });
    }
    let mut failed = String::new();
    for (path, text) in paths() {
        let (sources, compilation) = compiled(&text);
        let lost = compilation.lowered.resources.is_empty();
        if compilation.diagnostics.has_errors() || lost {
            let _ = writeln!(failed, "{path}:\n{text}\n{}\n", shown(&sources, &compilation));
        }
    }
    assert!(failed.is_empty(), "{failed}");
    eprintln!(
        "fields: {} of {leaves} can be set; {} are in Istio's schemas and refused by Istio itself: {refused:?}",
        leaves - refused.len(),
        refused.len()
    );
}

fn istio_takes_every_path() {
    let requests = paths().iter().map(|(path, text)| request_of(path, &yaml(&compiled(text).1))).collect();
    let mut failed = String::new();
    for (path, verdict) in judge(requests) {
        if !verdict.errors.is_empty() {
            let _ = writeln!(failed, "{path}: {:?}", verdict.errors);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
