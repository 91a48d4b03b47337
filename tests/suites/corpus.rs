//! What holds for every `.mesh` file of the repository.

use std::path::PathBuf;

use libtest_mimic::Trial;
use mesh_compiler::compile;
use mesh_diagnostics::FileId;

use crate::program::{files, root, shown, sources, yaml};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("corpus::formatting_is_idempotent", formatting_is_idempotent),
        trial("corpus::two_runs_give_the_same_bytes", two_runs_give_the_same_bytes),
        trial("corpus::no_prefix_of_a_file_panics", no_prefix_of_a_file_panics),
        trial("corpus::the_projects_own_programs_are_formatted", own_programs_are_formatted),
    ]
}

fn texts() -> Vec<(PathBuf, String)> {
    let found: Vec<(PathBuf, String)> = files(&root(), ".mesh")
        .into_iter()
        .filter_map(|path| Some((path.clone(), String::from_utf8(std::fs::read(&path).ok()?).ok()?)))
        .collect();
    assert!(found.len() > 50, "the corpus is not where it should be");
    found
}

fn formatting_is_idempotent() {
    for (path, text) in texts() {
        if let Ok(once) = mesh_fmt::format(FileId(0), &text) {
            assert_eq!(mesh_fmt::format(FileId(0), &once).as_ref(), Ok(&once), "{}", path.display());
        } else {
            let errors = mesh_syntax::parse(FileId(0), &text).diagnostics;
            assert!(!errors.is_empty(), "{} has no syntax error and is not formatted", path.display());
        }
    }
}

fn two_runs_give_the_same_bytes() {
    for (path, text) in texts() {
        let run = || {
            let sources = sources([("input.mesh", text.as_str())]);
            let compilation = compile(&sources);
            (yaml(&compilation), shown(&sources, &compilation))
        };
        assert!(run() == run(), "{} gives other bytes in a second run", path.display());
    }
}

fn no_prefix_of_a_file_panics() {
    for (_, text) in texts() {
        for (end, _) in text.char_indices().step_by(7) {
            let parsed = mesh_syntax::parse(FileId(0), &text[..end]);
            assert_eq!(parsed.tree.text().len(), end);
        }
    }
}

fn own_programs_are_formatted() {
    for folder in ["examples", "stdlib", "compiler"] {
        for path in files(&root().join(folder), ".mesh") {
            let text = std::fs::read_to_string(&path).expect("a program can be read");
            let formatted = mesh_fmt::format(FileId(0), &text).expect("the project's own programs parse");
            assert_eq!(text, formatted, "{} is not formatted", path.display());
        }
    }
}
