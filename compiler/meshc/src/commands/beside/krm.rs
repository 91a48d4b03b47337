//! `meshc krm`: a function of Kustomize, as it runs containers and executables, and an exec plugin, as it ran them before.

use std::io::Read;
use std::path::Path;

use mesh_bundle::Compiled;
use mesh_diagnostics::Severity;
use mesh_istio::rendered::Rendered;
use mesh_istio::yaml::{self, Raw};
use mesh_load::{Failure, STDIN};
use serde::Deserialize;

use super::program::{KIND, MeshProgram, unreadable};
use super::{accept, added, is_namespace, label, raw};
use crate::cli::{self, Krm};
use crate::report;

/// What a function gets; the rest of it is given on as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceList {
    function_config: Option<MeshProgram>,
}

pub fn run(args: &Krm) -> Result<bool, crate::Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("`{STDIN}` cannot be read: {error}"))?;
    match &args.config {
        Some(config) => plugin(config, &text),
        None => function(&text),
    }
}

/// A function: a ResourceList in, a ResourceList out.
fn function(text: &str) -> Result<bool, crate::Failure> {
    let wrong = |problem: String| Failure(format!("{STDIN} is no ResourceList: {problem}"));
    let mut list = yaml::read_raw(text).map_err(wrong)?;
    if list.get("kind").and_then(Raw::text) != Some("ResourceList") {
        return Err(
            wrong("Kustomize sends one to functions; exec plugins give a file to `meshc krm`".to_owned()).into()
        );
    }
    let config = yaml::read_as::<ResourceList>(text).map_err(|problem| unreadable(&problem))?;
    let Some(program) = config.function_config else {
        return Err(wrong(format!("it has no `functionConfig`, which is the {KIND}")).into());
    };
    let program = program.checked()?;
    let mut items = match list.entry("items").map(|items| std::mem::replace(items, Raw::Null)) {
        Some(Raw::List(items)) => items,
        _ => Vec::new(),
    };
    let (compiled, good) = build(&program, &mut items)?;
    if let Some(place) = list.entry("items") {
        *place = Raw::List(items);
    }
    if let Some(place) = list.entry("results") {
        *place = Raw::List(results(&compiled));
    }
    report::print(&yaml::write(&list))?;
    Ok(good)
}

/// An exec plugin: the configuration in a file, documents in and out.
fn plugin(config: &Path, text: &str) -> Result<bool, crate::Failure> {
    let bytes = mesh_load::bytes(config)?;
    let program = MeshProgram::read(&String::from_utf8_lossy(&bytes))?;
    if let Some(root) = std::env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT") {
        std::env::set_current_dir(&root)
            .map_err(|error| Failure(format!("the folder of the kustomization cannot be entered: {error}")))?;
    }
    let mut items = Vec::new();
    for document in yaml::documents(text) {
        items.push(
            yaml::read_raw(document.text)
                .map_err(|problem| Failure(format!("{STDIN}: {}", document.blamed(&problem))))?,
        );
    }
    items.retain(|item| *item != Raw::Null);
    let (_, good) = build(&program, &mut items)?;
    if good {
        for item in &items {
            report::print(&format!("---\n{}", yaml::write(item)))?;
        }
    }
    Ok(good)
}

/// Compiles the program, adds its bundle to the items where it is good, and says what is wrong.
fn build(program: &MeshProgram, items: &mut Vec<Raw>) -> Result<(Compiled, bool), crate::Failure> {
    let request = program.request()?;
    let mut rendered = Rendered::default();
    for item in items.iter() {
        rendered.add(item.node(mesh_diagnostics::Span::default()));
    }
    let compiled = request.compile_beside(program.compares().then_some(&rendered))?.for_this_choice();
    report::problems(compiled.diagnostics(), compiled.sources(), cli::Diagnostics::Text, false)?;
    let good = compiled.is_good(program.denies_warnings());
    if !good {
        return Ok((compiled, false));
    }
    accept(&compiled, program.may_be_empty())?;
    let mut labelled = Vec::new();
    let new = added(&compiled, program.layout(), |resource| {
        let there = items.iter().position(|item| is_namespace(item, resource));
        labelled.extend(there.map(|at| (at, resource.clone())));
        there.is_some()
    });
    let new: Vec<Raw> = new.into_iter().map(|resource| raw(resource, &compiled)).collect::<Result<_, _>>()?;
    for (at, resource) in &labelled {
        label(&mut items[*at], resource);
    }
    items.extend(new);
    Ok((compiled, true))
}

/// The problems, as functions tell of them.
fn results(compiled: &Compiled) -> Vec<Raw> {
    let text = |text: &str| Raw::Text(text.to_owned());
    let map =
        |entries: Vec<(&str, Raw)>| Raw::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    let sources = compiled.sources();
    let result = |problem: &mesh_diagnostics::Diagnostic| {
        let severity = match problem.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "info",
        };
        let span = problem.primary.span;
        let (line, column) = sources.line_column(span.file, span.start);
        let place = format!("{}:{line}:{column}", sources.get(span.file).name);
        map(vec![
            ("message", Raw::Text(format!("{}: {} at {place}", problem.code.id, problem.title))),
            ("severity", text(severity)),
            ("file", map(vec![("path", text(&sources.get(span.file).name))])),
            ("tags", map(vec![("code", text(problem.code.id))])),
        ])
    };
    compiled.diagnostics().iter().map(result).collect()
}
