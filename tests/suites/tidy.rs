//! The house's own rules: walls between crates, the head of each file, sizes, and words that do not belong.

use std::path::Path;

use libtest_mimic::Trial;

use crate::program::{files, root};
use crate::trial;

/// Files with more lines than this hold two ideas.
const LINES: usize = 500;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("tidy::walls_stand", walls_stand),
        trial("tidy::every_file_opens_with_a_sentence", every_file_opens_with_a_sentence),
        trial("tidy::files_are_short", files_are_short),
        trial("tidy::nothing_is_left_unfinished", nothing_is_left_unfinished),
        trial("tidy::generated_files_are_fresh", generated_files_are_fresh),
    ]
}

fn rust_files() -> Vec<(String, String)> {
    let root = root();
    let found: Vec<(String, String)> = files(&root, ".rs")
        .into_iter()
        .map(|path| {
            (
                path.strip_prefix(&root).unwrap_or(Path::new("")).display().to_string(),
                std::fs::read_to_string(&path).unwrap_or_default(),
            )
        })
        .collect();
    assert!(found.len() > 60, "the sources are not where they should be");
    found
}

/// Who may name what: a library can then be changed in one place.
fn walls_stand() {
    let walls: [(&[&str], &[&str]); 6] = [
        (&["pest::", "pest_derive"], &["compiler/mesh-syntax/src/parser.rs"]),
        (&["codespan_reporting"], &["compiler/mesh-diagnostics/src/render.rs"]),
        (&["serde_yaml"], &["compiler/mesh-istio/src/yaml.rs"]),
        (&["regexsolver"], &["compiler/mesh-analysis/src/language.rs"]),
        (&["lsp_types", "lsp_server"], &["compiler/mesh-lsp/"]),
        (
            &["std::fs", "println!", "print!(", "std::io::std"],
            &[
                "compiler/meshc/",
                "compiler/mesh-build/",
                "compiler/mesh-bundle/",
                "compiler/mesh-load/",
                "compiler/xtask/",
                "editors/",
                "examples/integrations/",
                "tests/",
            ],
        ),
    ];
    for (path, text) in rust_files() {
        for (names, homes) in walls {
            let at_home = homes.iter().any(|home| path.starts_with(home)) || path == "tests/suites/tidy.rs";
            for name in names.iter().filter(|_| !at_home) {
                assert!(!text.contains(*name), "{path} names `{name}`, which only {homes:?} may");
            }
        }
    }
}

fn every_file_opens_with_a_sentence() {
    for (path, text) in rust_files() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 12, "{path} does not open with a `//!` sentence");
    }
}

fn files_are_short() {
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{path} has {lines} lines");
    }
}

fn nothing_is_left_unfinished() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("unimplemented", "!"),
        concat!("todo", "!("),
        concat!("#[ig", "nore"),
    ];
    for (path, text) in rust_files() {
        for mark in marks {
            assert!(!text.contains(mark), "{path} holds `{mark}`");
        }
    }
}

/// What is written twice is generated: the tables of the reference come from the vocabulary.
fn generated_files_are_fresh() {
    for (name, fresh) in [
        ("grammar/vocabulary.md", mesh_compiler::reference::tables()),
        ("grammar/fields.md", mesh_compiler::reference::fields()),
        ("grammar/library.md", mesh_compiler::reference::library()),
    ] {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(text == fresh, "{name} is stale: run `cargo xtask generate`");
    }
    // What highlights in editors knows the words of the vocabulary.
    let templates = files(&root().join("editors"), ".in");
    assert!(templates.len() >= 4, "the templates of the editors are not where they should be");
    for template in templates {
        let wanted = mesh_compiler::vocabulary::filled(&std::fs::read_to_string(&template).unwrap_or_default());
        let name = template.with_extension("");
        let text = std::fs::read_to_string(&name).unwrap_or_default();
        assert!(text == wanted, "{} is stale: run `cargo xtask generate`", name.display());
    }
}
