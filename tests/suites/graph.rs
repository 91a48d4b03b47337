//! `meshc graph`: cases under `tests/graph`, as Mermaid, DOT and JSON; the pictures of the examples are fresh.
//!
//! The page is opened in a Chromium by `tests/node`.

use libtest_mimic::Trial;
use mesh_compiler::graph::graph;

use crate::folders::{program, snapshot};
use crate::program::{choices, files, root};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    let mut out = Vec::new();
    for path in files(&root().join("tests/graph"), ".mesh") {
        let folder = path.parent().expect("a program lies in a folder").to_path_buf();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        out.push(trial(format!("graph::{name}"), move || {
            let sources = program(&folder);
            let graph = graph(&sources, &choices(&sources)[0].1);
            let text = [mesh_graph::mermaid(&graph), mesh_graph::dot(&graph), mesh_graph::json(&graph)].join("\n");
            snapshot(&folder, "graph", &text);
        }));
    }
    out.push(trial("graph::the_picture_of_the_shop_is_fresh", || {
        let sources = program(&root().join("examples/shop"));
        let graph = graph(&sources, &choices(&sources)[0].1);
        for (name, text) in [("graph.svg", mesh_graph::svg(&graph)), ("graph.mmd", mesh_graph::mermaid(&graph))] {
            let expected = root().join("examples/shop/expected").join(name);
            if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
                std::fs::write(&expected, &text).expect("the file can be written");
            }
            assert_eq!(std::fs::read_to_string(&expected).unwrap_or_default(), text, "{name} is stale");
        }
    }));
    out
}
