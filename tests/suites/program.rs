//! Programs for tests: the repository's files, compiled with the modules that they use.

use std::path::{Path, PathBuf};

use mesh_compiler::{Choices, Compilation, ParameterKind, compile, imports, library, parameters};
use mesh_diagnostics::{Sources, Style, render};
use mesh_istio::{Format, Resource, emit};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_path_buf()
}

/// The files of a folder and its folders that end so, in order.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            out.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            out.push(path);
        }
    }
    out
}

/// A program of texts, with the modules of the library that it uses.
pub fn sources<N: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (N, T)>) -> Sources {
    let mut sources = Sources::new();
    for (name, text) in texts {
        sources.add(name, text.into());
    }
    let mut wanted: Vec<String> = Vec::new();
    for (file, source) in sources.iter() {
        wanted.extend(imports(&mesh_syntax::parse(file, &source.text).tree).into_iter().map(|import| import.name));
    }
    wanted.sort();
    wanted.dedup();
    for name in wanted {
        if let Some(text) = library(&name) {
            sources.add_library(name, text);
        }
    }
    sources
}

/// The program of one text.
pub fn compiled(text: &str) -> (Sources, Compilation) {
    let sources = sources([("input.mesh", text)]);
    let compilation = compile(&sources);
    (sources, compilation)
}

/// The choices that a program is built with, and what its bundles are called then: one for each word of its first
/// choice that has no default, else what the defaults are.
pub fn choices(sources: &Sources) -> Vec<(String, Choices)> {
    let open = parameters(sources).into_iter().find_map(|parameter| match parameter.kind {
        ParameterKind::Choice(words) if parameter.default.is_none() => Some((parameter.name, words)),
        _ => None,
    });
    let Some((name, words)) = open else { return vec![(String::new(), Choices::default())] };
    let chosen = words.into_iter().map(|word| {
        let mut choices = Choices::default();
        choices.set(&name, &word);
        (format!("-{word}"), choices)
    });
    chosen.collect()
}

/// All problems, as people see them without colour.
pub fn shown(sources: &Sources, compilation: &Compilation) -> String {
    let style = Style { color: false, short: false };
    let parts: Vec<String> = compilation
        .diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, sources, style).trim_end().to_owned())
        .collect();
    parts.join("\n\n")
}

/// The bundle as YAML.
pub fn yaml(compilation: &Compilation) -> String {
    yaml_of(&compilation.lowered.resources, compilation)
}

/// Some resources of a bundle.
pub fn yaml_of(resources: &[Resource], compilation: &Compilation) -> String {
    emit(resources, compilation.api, Format::Yaml, |_| Vec::new())
}

/// The codes of all problems.
pub fn codes(compilation: &Compilation) -> Vec<&'static str> {
    compilation.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
}
