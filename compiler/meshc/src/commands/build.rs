//! `meshc build`: the bundle, to standard output or into a folder.

use mesh_compiler::parameters;
use mesh_istio::validate::needs;
use mesh_istio::{Format, Kind, Resource, emit};

use super::check::is_unused;
use super::{Compiled, compiled, report_problems};
use crate::bundle::{self, Output};
use crate::cli::{self, Build, Namespaces, Split};
use crate::{Failure, report};

pub fn run(args: &Build) -> Result<bool, Failure> {
    if args.explain && args.format == cli::Format::Json {
        return Err(Failure("`--explain` writes comments, and JSON has none".to_owned()));
    }
    let mut compiled = compiled(&args.program)?;
    if !parameters(compiled.sources()).is_empty() {
        compiled.compilation.diagnostics.retain(|problem| !is_unused(problem));
    }
    report_problems(&compiled, &args.program, false)?;
    if !compiled.is_good(args.program.deny) {
        return Ok(false);
    }
    match &args.out {
        None => {
            report::print(&stream(&compiled, args))?;
            for file in &compiled.compilation.lowered.files {
                report::say(&format!("`{}` is no object of Kubernetes: `--out DIR` writes it", file.name));
            }
        }
        Some(folder) => {
            let files = files(&compiled, args);
            bundle::write(folder, &files)?;
        }
    }
    Ok(true)
}

fn format(args: &Build) -> Format {
    match args.format {
        cli::Format::Yaml => Format::Yaml,
        cli::Format::Json => Format::Json,
    }
}

fn stream(compiled: &Compiled, args: &Build) -> String {
    let (namespaces, rest) = parted(compiled);
    let kept: Vec<Resource>;
    let resources: &[Resource] = match args.namespaces {
        Namespaces::Emit => &compiled.compilation.lowered.resources,
        _ => {
            kept = rest.into_iter().cloned().collect();
            &kept
        }
    };
    let mut out = text(compiled, args, resources);
    if args.namespaces == Namespaces::Labels && args.format == cli::Format::Yaml {
        for line in label_commands(&namespaces) {
            out.push_str(&format!("# {line}\n"));
        }
    }
    out
}

fn text(compiled: &Compiled, args: &Build, resources: &[Resource]) -> String {
    let comment = |resource: &Resource| if args.explain { origins(resource, compiled) } else { Vec::new() };
    emit(resources, compiled.compilation.api, format(args), comment)
}

fn parted(compiled: &Compiled) -> (Vec<&Resource>, Vec<&Resource>) {
    compiled.compilation.lowered.resources.iter().partition(|resource| resource.kind == Kind::Namespace)
}

/// Where a resource comes from, line by line.
fn origins(resource: &Resource, compiled: &Compiled) -> Vec<String> {
    let sources = compiled.sources();
    let mut lines: Vec<String> = Vec::new();
    for span in &resource.origins {
        let (line, _) = sources.line_column(span.file, span.start);
        let source = sources.get(span.file);
        let whole = source.line_range(line - 1).map_or("", |range| &source.text[range]);
        let head = whole.split(" <").next().unwrap_or_default().trim();
        lines.push(format!("{}:{line}: {head}", sources.get(span.file).name));
    }
    lines.extend(resource.reasons.iter().cloned());
    for (what, since) in needs(resource) {
        lines.push(format!("`{what}` needs Istio {since} or later"));
    }
    lines
}

fn label_commands(namespaces: &[&Resource]) -> Vec<String> {
    let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut lines = Vec::new();
    for namespace in namespaces {
        for (verb, pairs) in [("label", &namespace.labels), ("annotate", &namespace.annotations)] {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| quote(&format!("{key}={value}"))).collect();
            if !pairs.is_empty() {
                lines.push(format!("kubectl {verb} --overwrite namespace {} {}", namespace.name, pairs.join(" ")));
            }
        }
    }
    lines
}

/// The files of a bundle. Namespaces stand in a file of their own: pruning one would delete all that is in it.
fn files(compiled: &Compiled, args: &Build) -> Vec<Output> {
    let extension = if args.format == cli::Format::Json { "json" } else { "yaml" };
    let (namespaces, rest) = parted(compiled);
    let mut files: Vec<Output> = Vec::new();
    let mut add = |name: String, resources: Vec<Resource>| {
        files.push(Output { name: format!("{name}.{extension}"), text: text(compiled, args, &resources) });
    };
    match args.split {
        Split::Kind => {
            for kind in Kind::all() {
                let of_kind: Vec<Resource> =
                    rest.iter().filter(|resource| resource.kind == kind).map(|r| (*r).clone()).collect();
                if !of_kind.is_empty() {
                    add(kebab(kind.name()), of_kind);
                }
            }
        }
        Split::Resource => {
            for resource in rest {
                // The names of namespaces have no dot, and an underscore stands for none, so that no two resources
                // have one file name.
                let place = resource.namespace.as_deref().unwrap_or("_");
                add(format!("{place}.{}.{}", kebab(resource.kind.name()), resource.name), vec![resource.clone()]);
            }
        }
    }
    match args.namespaces {
        Namespaces::Emit if !namespaces.is_empty() => {
            let all = namespaces.iter().map(|resource| (*resource).clone()).collect();
            add("namespaces".to_owned(), all);
        }
        Namespaces::Labels if !namespaces.is_empty() => {
            let lines = label_commands(&namespaces).join("\n");
            files.push(Output { name: "namespaces.sh".to_owned(), text: format!("#!/bin/sh\nset -eu\n{lines}\n") });
        }
        _ => {}
    }
    let others = compiled.compilation.lowered.files.iter();
    files.extend(others.map(|file| Output { name: file.name.clone(), text: file.text.clone() }));
    files
}

/// `VirtualService` as `virtual-service`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
