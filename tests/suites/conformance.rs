//! Istio's own code as the judge of every bundle: schema, CEL rules and webhook, through `tests/conformance`.
//!
//! The judge is built by `.ci/run`, which names it in `MESH_JUDGE` and its CRDs in `MESH_JUDGE_CRDS`; without it
//! these tests do not exist, and the summary says so.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use libtest_mimic::Trial;
use mesh_compiler::compile;

use crate::folders::program;
use crate::mutations::{Random, mutate, tokens};
use crate::program::{compiled, files, root, yaml};
use crate::trial;

/// What the judge says of a bundle.
struct Verdict {
    resources: u64,
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// True when there is a judge.
pub fn is_available() -> bool {
    std::env::var_os("MESH_JUDGE").is_some()
}

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    let cases = bundles().into_iter().map(|(id, _)| trial(format!("conformance::{id}"), move || accepted(&id)));
    let others = [
        trial("conformance::the_judge_refuses_what_is_wrong", refuses),
        trial("conformance::what_meshc_compiles_istio_accepts", mutants_are_accepted),
    ];
    cases.chain(others).collect()
}

/// The bundles of all cases and examples that compile, by the name of their folder.
fn bundles() -> Vec<(String, PathBuf)> {
    let folders = |folder: &str| {
        let mut found: Vec<PathBuf> =
            std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    };
    let named = |path: PathBuf| (format!("{}", path.strip_prefix(root()).unwrap_or(Path::new("")).display()), path);
    folders("tests/compile").into_iter().chain(folders("examples")).map(named).collect()
}

static VERDICTS: LazyLock<HashMap<String, Verdict>> = LazyLock::new(|| {
    let requests: Vec<(String, String)> =
        bundles().into_iter().map(|(id, folder)| (id, yaml(&compile(&program(&folder))))).collect();
    judge(&requests)
});

/// Asks the judge about some bundles.
fn judge(requests: &[(String, String)]) -> HashMap<String, Verdict> {
    let program = std::env::var_os("MESH_JUDGE").expect("the judge is named");
    let schemas = std::env::var_os("MESH_JUDGE_CRDS").expect("the CRDs are named");
    let mut child = Command::new(program)
        .arg(schemas)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judge starts");
    let mut stdin = child.stdin.take().expect("the judge reads");
    let lines: String =
        requests.iter().map(|(id, yaml)| format!("{}\n", serde_json::json!({ "id": id, "yaml": yaml }))).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).expect("the judge takes the bundles"));
    let output = child.wait_with_output().expect("the judge ends");
    writer.join().expect("the bundles are written");
    assert!(output.status.success(), "the judge failed");
    let texts = |value: &serde_json::Value| {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        // Istio's packages log to standard output while they are loaded.
        .filter(|line| line.starts_with('{'))
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("the judge answers in JSON");
            let verdict = Verdict {
                resources: value["resources"].as_u64().unwrap_or(0),
                errors: texts(&value["errors"]),
                warnings: texts(&value["warnings"]),
            };
            (value["id"].as_str().unwrap_or_default().to_owned(), verdict)
        })
        .collect()
}

/// Istio takes the bundle, without a warning.
fn accepted(id: &str) {
    let verdict = VERDICTS.get(id).expect("the judge answers for every bundle");
    assert!(verdict.errors.is_empty(), "Istio refuses:\n{}", verdict.errors.join("\n"));
    assert!(verdict.warnings.is_empty(), "Istio warns:\n{}", verdict.warnings.join("\n"));
}

/// The judge is not deaf: it refuses a wrong schema, a wrong value and an unknown field.
fn refuses() {
    let object = |spec: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: a\n  namespace: b\nspec:\n{spec}"
        )
    };
    let wrong = [
        ("no route", object("  hosts: [a]\n")),
        (
            "a weight that is text",
            object("  hosts: [a]\n  http:\n  - route:\n    - destination: {host: a}\n      weight: much\n"),
        ),
        ("an unknown field", object("  hosts: [a]\n  htp: []\n  http:\n  - route:\n    - destination: {host: a}\n")),
        (
            "no timeout at all",
            object("  hosts: [a]\n  http:\n  - timeout: 0s\n    route:\n    - destination: {host: a}\n"),
        ),
    ];
    let requests: Vec<(String, String)> = wrong.iter().map(|(id, yaml)| ((*id).to_owned(), yaml.clone())).collect();
    let verdicts = judge(&requests);
    for (id, _) in wrong {
        let verdict = &verdicts[id];
        assert_eq!(verdict.resources, 1);
        assert!(!verdict.errors.is_empty(), "the judge accepts {id}");
    }
}

/// How many mutated programs are tried.
const MUTANTS: usize = 12_000;

/// Every case with a word changed: what still compiles without an error, Istio accepts.
fn mutants_are_accepted() {
    let seed = std::env::var("MESH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x00c0_ffee);
    let mut random = Random(seed);
    let programs: Vec<String> = bundles()
        .into_iter()
        .filter_map(|(_, folder)| {
            let path = files(&folder, ".mesh").into_iter().next()?;
            std::fs::read_to_string(path).ok()
        })
        .collect();
    let tokens: Vec<_> = programs.iter().map(|program| tokens(program)).collect();
    let mut requests = Vec::new();
    let mut sources = HashMap::new();
    for at in 0..MUTANTS {
        let which = at % programs.len();
        if tokens[which].is_empty() {
            continue;
        }
        let (text, _, _) = mutate(&programs[which], &tokens[which], &mut random);
        let (_, compilation) = compiled(&text);
        if compilation.diagnostics.has_errors() {
            continue;
        }
        let id = at.to_string();
        requests.push((id.clone(), yaml(&compilation)));
        sources.insert(id, text);
    }
    let verdicts = judge(&requests);
    assert_eq!(verdicts.len(), requests.len());
    let mut refused: Vec<String> = Vec::new();
    for (id, verdict) in &verdicts {
        if !verdict.errors.is_empty() {
            refused.push(format!("{}\n{}", verdict.errors.join("\n"), sources[id]));
        }
    }
    eprintln!("conformance: {MUTANTS} mutants with seed {seed}, {} compile, {} refused", requests.len(), refused.len());
    assert!(requests.len() > 500, "too few mutants compile");
    assert!(refused.is_empty(), "Istio refuses what meshc compiles:\n{}", refused.join("\n----\n"));
}
