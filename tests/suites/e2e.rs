//! The programs of the end-to-end suite, compiled for it: `tests/e2e` reads what this writes.

use libtest_mimic::Trial;
use mesh_compiler::compile;

use crate::folders::program;
use crate::judge::{Depth, request};
use crate::program::{files, root, shown};
use crate::trial;

/// Where the end-to-end suite looks for the bundles; `.ci/run` names it.
const FOLDER: &str = "MESH_E2E";

/// True when somebody wants the bundles.
pub fn is_wanted() -> bool {
    std::env::var_os(FOLDER).is_some()
}

pub fn trials() -> Vec<Trial> {
    if is_wanted() { vec![trial("e2e::programs_are_compiled", programs_are_compiled)] } else { Vec::new() }
}

fn programs_are_compiled() {
    let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).expect("the folder is named"));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let cases = files(&root().join("tests/e2e/cases"), ".mesh");
    let examples =
        ["tutorial", "bookinfo", "shop"].map(|name| root().join("examples").join(name).join(format!("{name}.mesh")));
    for path in cases.into_iter().chain(examples) {
        let sources = program(&path);
        let compilation = compile(&sources);
        assert!(!compilation.diagnostics.has_errors(), "{}", shown(&sources, &compilation));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = request(&name, &compilation, Depth::Discovery);
        std::fs::write(folder.join(format!("{name}.json")), text).expect("a bundle can be written");
    }
}
