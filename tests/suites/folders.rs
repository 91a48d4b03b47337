//! Cases in folders: `parse`, `errors/<code>`, `compile`, `format`, and the programs under `examples`.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use mesh_compiler::{Choices, compile, compile_beside, compile_with};
use mesh_diagnostics::{Diagnostics, FileId, Severity, Sources, all_codes, code_named};
use mesh_istio::rendered::Rendered;
use mesh_syntax::Statement;

use crate::program::{choices, codes, files, root, shown, sources, yaml};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    let tests = root().join("tests");
    let mut out = Vec::new();
    for folder in cases(&tests.join("parse"), 1) {
        out.push(trial(format!("parse::{}", name(&folder)), move || parse(&folder)));
    }
    for folder in cases(&tests.join("errors"), 2) {
        let code = name(folder.parent().expect("a case lies in the folder of its code"));
        out.push(trial(format!("errors::{code}::{}", name(&folder)), move || error(&folder, &code)));
    }
    for folder in cases(&tests.join("compile"), 1) {
        out.push(trial(format!("compile::{}", name(&folder)), move || compile_case(&folder)));
    }
    for folder in cases(&tests.join("format"), 1) {
        out.push(trial(format!("format::{}", name(&folder)), move || format(&folder)));
    }
    for folder in examples() {
        out.push(trial(format!("examples::{}", name(&folder)), move || example(&folder)));
    }
    out.push(trial("errors::codes_are_pages_are_folders", every_code_has_cases));
    out
}

/// The folders that lie so deep below another.
pub fn cases(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    if depth > 1 { folders.iter().flat_map(|folder| cases(folder, depth - 1)).collect() } else { folders }
}

/// The folders of the examples that are one program each; what is made for other tools has tests of its own.
pub fn examples() -> Vec<PathBuf> {
    cases(&root().join("examples"), 1).into_iter().filter(|folder| name(folder) != "integrations").collect()
}

/// The folders of all programs that compile: cases and examples.
pub fn compiled_folders() -> Vec<PathBuf> {
    [cases(&root().join("tests/compile"), 1), examples()].concat()
}

pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The program of a folder, all its `.mesh` files, or of one file.
pub fn program(folder: &Path) -> Sources {
    let paths = if folder.is_dir() { files(folder, ".mesh") } else { vec![folder.to_path_buf()] };
    let texts: Vec<(String, String)> = paths
        .into_iter()
        .map(|path| {
            (name(&path), String::from_utf8_lossy(&std::fs::read(&path).expect("a case can be read")).into_owned())
        })
        .collect();
    assert!(!texts.is_empty(), "{} holds no program", folder.display());
    sources(texts)
}

/// Compares with the snapshot beside the source.
pub fn snapshot(folder: &Path, file: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file, text));
}

fn parse(folder: &Path) {
    let sources = program(folder);
    let mut out = String::new();
    for (file, source) in sources.iter() {
        let parsed = mesh_syntax::parse(file, &source.text);
        for statement in parsed.tree.statements() {
            outline(statement, 0, &mut out);
        }
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(parsed.diagnostics);
        for diagnostic in diagnostics.sorted() {
            let (line, column) = sources.line_column(file, diagnostic.primary.span.start);
            out.push_str(&format!("{line}:{column} {} {}\n", diagnostic.code.id, diagnostic.title));
        }
    }
    snapshot(folder, "tree", &out);
}

fn outline(statement: Statement<'_, '_>, depth: usize, out: &mut String) {
    let tree = statement.tree();
    let items: Vec<String> = statement
        .items()
        .iter()
        .map(|item| {
            let value = item.value.map_or(String::new(), |value| format!(" : {}", tree.slice(value)));
            format!("{}[{}{value}]", if item.after_comma { "," } else { "" }, tree.slice(item.key))
        })
        .collect();
    let broken = if statement.is_broken() { " (broken)" } else { "" };
    out.push_str(&format!("{}{}{broken}\n", "  ".repeat(depth), items.join(" ")));
    for child in statement.children() {
        outline(child, depth + 1, out);
    }
}

/// A case of a code raises it, and no other error; every fix that it offers leads on.
fn error(folder: &Path, code: &str) {
    let sources = program(folder);
    if std::fs::read(folder.join("input.mesh")).is_ok_and(|bytes| String::from_utf8(bytes).is_err()) {
        // What is not UTF-8 never reaches the compiler; the command line reports it.
        return;
    }
    let text = std::fs::read_to_string(folder.join("rendered.yaml")).ok();
    let rendered = text.map(|text| Rendered::read(&text).expect("the objects can be read"));
    let compilation = compile_beside(&sources, &Choices::default(), rendered.as_ref());
    let found = codes(&compilation);
    assert!(found.contains(&code), "{code} is not raised, but {found:?}");
    let others: Vec<&&str> = found.iter().filter(|id| **id != code && id.starts_with('E')).collect();
    assert!(others.is_empty(), "other errors are raised: {others:?}");
    snapshot(folder, "output", &shown(&sources, &compilation));
    fixes_lead_on(sources, code);
}

/// Where every problem of the case has a fix, applying them leaves none of its code.
fn fixes_lead_on(mut sources: Sources, code: &str) {
    for _ in 0..8 {
        let compilation = compile(&sources);
        let open = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.code.id == code);
        let (fixed, unfixed): (Vec<_>, Vec<_>) = open.partition(|diagnostic| diagnostic.fix.is_some());
        if fixed.is_empty() || !unfixed.is_empty() {
            return;
        }
        let mut next = Sources::new();
        for (file, source) in sources.iter() {
            let text = compilation.diagnostics.fixed(&sources, file).unwrap_or_else(|| source.text.to_string());
            if source.library {
                next.add_library(source.name.clone(), text);
            } else {
                next.add(source.name.clone(), text);
            }
        }
        let after = compile(&next);
        let errors: Vec<&str> =
            after.diagnostics.iter().filter(|d| d.severity() == Severity::Error).map(|d| d.code.id).collect();
        let before = compilation.diagnostics.count(Severity::Error);
        assert!(errors.len() <= before, "the fix brings new errors: {errors:?}");
        sources = next;
    }
    panic!("the fixes of {code} never end");
}

/// A program that compiles: its bundle, and what is said beside it.
fn compile_case(folder: &Path) {
    let sources = program(folder);
    let compilation = compile(&sources);
    let problems = shown(&sources, &compilation);
    assert!(!compilation.diagnostics.has_errors(), "the program has errors:\n{problems}");
    let mut text = yaml(&compilation);
    for file in &compilation.lowered.files {
        text.push_str(&format!("\n=== {}\n{}", file.name, file.text));
    }
    if !problems.is_empty() {
        text.push_str("\n===\n");
        text.push_str(&problems);
    }
    snapshot(folder, "bundle", &text);
}

fn format(folder: &Path) {
    let sources = program(folder);
    let text = &sources.get(FileId(0)).text;
    let formatted = mesh_fmt::format(FileId(0), text).expect("the case parses");
    assert_eq!(mesh_fmt::format(FileId(0), &formatted).as_ref(), Ok(&formatted), "formatting again changes the text");
    snapshot(folder, "formatted", &formatted);
}

/// An example compiles without a warning, to the YAML beside it.
fn example(folder: &Path) {
    let sources = program(folder);
    for (suffix, choices) in choices(&sources) {
        let compilation = compile_with(&sources, &choices);
        let problems = shown(&sources, &compilation);
        assert!(!compilation.diagnostics.has_errors(), "the example has errors:\n{problems}");
        let bundle = (format!("bundle{suffix}.yaml"), yaml(&compilation));
        let others = compilation.lowered.files.iter().map(|file| (file.name.clone(), file.text.clone()));
        for (name, text) in std::iter::once(bundle).chain(others) {
            let expected = folder.join("expected").join(name);
            if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
                std::fs::create_dir_all(folder.join("expected")).expect("the folder can be made");
                std::fs::write(&expected, &text).expect("the file can be written");
            }
            assert_eq!(std::fs::read_to_string(&expected).unwrap_or_default(), text, "{} is stale", expected.display());
        }
    }
}

fn every_code_has_cases() {
    let folder = root().join("tests/errors");
    for code in all_codes() {
        assert!(!cases(&folder.join(code.id), 1).is_empty(), "{} has no case under tests/errors", code.id);
    }
    for found in cases(&folder, 1) {
        assert!(code_named(&name(&found)).is_some(), "{} is the folder of no code", found.display());
    }
}
