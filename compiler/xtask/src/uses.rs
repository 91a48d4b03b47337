//! `cargo xtask uses`: how often Istio's public samples set each field, from the Go module that Istio is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use mesh_diagnostics::Span;
use mesh_istio::schema::{self, Field, Of, Shape};
use mesh_istio::{Kind, Node, Value, yaml};

use crate::schema::{Done, module};

/// The version of Istio whose samples are counted: that of the tests.
const ISTIO: &str = "v0.0.0-20260827124520-eed52ebb66ad";

/// Writes the counts.
pub fn generate(to: &Path) -> Done<()> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    walk(&module("istio.io/istio", ISTIO)?.join("samples"), &mut counts)?;
    let mut out = format!(
        "# How often the samples of istio.io/istio {ISTIO} set each field.\n# Written by `cargo xtask uses`.\n"
    );
    for (path, count) in counts {
        let _ = writeln!(out, "{count}\t{path}");
    }
    Ok(std::fs::write(to, out)?)
}

fn walk(folder: &Path, counts: &mut BTreeMap<String, usize>) -> Done<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, counts)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path)?;
            // Templates are no YAML, and are left out.
            for document in
                text.split("\n---").filter_map(|part| yaml::read(part.trim_start_matches("---"), Span::default()).ok())
            {
                count(&document, counts);
            }
        }
    }
    Ok(())
}

fn count(document: &Node, counts: &mut BTreeMap<String, usize>) {
    let group =
        document.text_of("apiVersion").and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    let Some(kind) = Kind::all()
        .find(|kind| Some(kind.name()) == document.text_of("kind") && kind.group() == group && kind.is_istio())
    else {
        return;
    };
    if let Some(spec) = document.get("spec") {
        leaves(spec, schema::body(kind), &format!("{} spec", kind.name()), counts);
    }
}

fn leaves(node: &Node, field: &Field, path: &str, counts: &mut BTreeMap<String, usize>) {
    let Value::Object(object) = &node.value else { return };
    for (key, inner) in object.iter() {
        let Some(child) = field.child(key) else { continue };
        let path = format!("{path}.{key}");
        let mark = match child.shape {
            Shape::One => "",
            Shape::List => "[]",
            Shape::Map => ".*",
        };
        if child.of != Of::Object {
            *counts.entry(path).or_default() += 1;
            continue;
        }
        let below = format!("{path}{mark}");
        match child.shape {
            Shape::One => leaves(inner, child, &below, counts),
            Shape::List => inner.list().iter().for_each(|item| leaves(item, child, &below, counts)),
            Shape::Map => inner.fields().for_each(|(_, item)| leaves(item, child, &below, counts)),
        }
    }
}
