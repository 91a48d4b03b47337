//! How a bundle is laid out: one stream, or files by kind or by resource.

use std::borrow::Borrow;

use mesh_compiler::Compilation;
use mesh_diagnostics::Sources;
use mesh_istio::validate::needs;
use mesh_istio::{Format, Kind, Resource, emit};

use crate::Place;

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// How a bundle is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// What one file holds.
    pub split: Split,
    /// YAML, or JSON.
    pub format: Format,
    /// Whether comments above each resource say where it comes from. JSON has none.
    pub explain: bool,
    /// What becomes of Namespace objects.
    pub namespaces: Namespaces,
}

/// What one file of a folder holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Split {
    /// One file a kind.
    #[default]
    Kind,
    /// One file a resource.
    Resource,
}

/// What becomes of Namespace objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Namespaces {
    /// They are written, in a folder to a file of their own.
    #[default]
    Emit,
    /// Their labels become `kubectl label` commands.
    Labels,
    /// They are left out.
    Skip,
}

/// The files of a bundle at a place: in a file the whole stream, in a folder those of [`files`].
#[must_use]
pub fn outputs(compilation: &Compilation, sources: &Sources, layout: Layout, place: &Place) -> Vec<Output> {
    match place {
        Place::Folder(_) => files(compilation, sources, layout),
        Place::File(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            vec![Output { name, text: stream(compilation, sources, layout) }]
        }
    }
}

/// The whole bundle as one stream: what is no object of Kubernetes is not in it.
#[must_use]
pub fn stream(compilation: &Compilation, sources: &Sources, layout: Layout) -> String {
    let program = Program { compilation, sources, layout };
    let (namespaces, rest) = program.parted();
    let mut out = match layout.namespaces {
        Namespaces::Emit => program.text(&compilation.lowered.resources),
        _ => program.text(&rest),
    };
    if layout.namespaces == Namespaces::Labels && layout.format == Format::Yaml {
        for line in label_commands(&namespaces) {
            out.push_str(&format!("# {line}\n"));
        }
    }
    out
}

/// The files of a bundle. Namespaces stand in a file of their own: pruning one would delete all that is in it.
#[must_use]
pub fn files(compilation: &Compilation, sources: &Sources, layout: Layout) -> Vec<Output> {
    let program = Program { compilation, sources, layout };
    let extension = if layout.format == Format::Json { "json" } else { "yaml" };
    let (namespaces, rest) = program.parted();
    let mut files: Vec<Output> = Vec::new();
    let mut add = |name: String, resources: &[&Resource]| {
        files.push(Output { name: format!("{name}.{extension}"), text: program.text(resources) });
    };
    match layout.split {
        Split::Kind => {
            for kind in Kind::all() {
                let of_kind: Vec<&Resource> = rest.iter().copied().filter(|resource| resource.kind == kind).collect();
                if !of_kind.is_empty() {
                    add(kebab(kind.name()), &of_kind);
                }
            }
        }
        Split::Resource => {
            for resource in rest {
                // The names of namespaces have no dot, and an underscore stands for none, so that no two resources
                // have one file name.
                let place = resource.namespace.as_deref().unwrap_or("_");
                add(format!("{place}.{}.{}", kebab(resource.kind.name()), resource.name), &[resource]);
            }
        }
    }
    match layout.namespaces {
        Namespaces::Emit if !namespaces.is_empty() => {
            add("namespaces".to_owned(), &namespaces);
        }
        Namespaces::Labels if !namespaces.is_empty() => {
            let lines = label_commands(&namespaces).join("\n");
            files.push(Output { name: "namespaces.sh".to_owned(), text: format!("#!/bin/sh\nset -eu\n{lines}\n") });
        }
        _ => {}
    }
    let others = compilation.lowered.files.iter();
    files.extend(others.map(|file| Output { name: file.name.clone(), text: file.text.clone() }));
    files
}

/// What is laid out.
#[derive(Clone, Copy)]
struct Program<'p> {
    compilation: &'p Compilation,
    sources: &'p Sources,
    layout: Layout,
}

impl Program<'_> {
    fn text<R: Borrow<Resource> + Sync>(&self, resources: &[R]) -> String {
        let comment =
            |resource: &Resource| if self.layout.explain { origins(resource, self.sources) } else { Vec::new() };
        emit(resources, self.compilation.api, self.layout.format, comment)
    }

    /// The namespaces, and everything else.
    fn parted(&self) -> (Vec<&Resource>, Vec<&Resource>) {
        self.compilation.lowered.resources.iter().partition(|resource| resource.kind == Kind::Namespace)
    }
}

/// Where a resource comes from, line by line.
#[must_use]
pub fn origins(resource: &Resource, sources: &Sources) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for span in &resource.origins {
        let (line, _) = sources.line_column(span.file, span.start);
        let source = sources.get(span.file);
        let whole = source.line_range(line - 1).map_or("", |range| &source.text[range]);
        let head = whole.split(" <").next().unwrap_or_default().trim();
        lines.push(format!("{}:{line}: {head}", source.name));
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
