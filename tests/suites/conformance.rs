//! Istio's own code as the judge of every bundle: schema, CEL rules, webhook, analyzers and discovery server.
//!
//! The judge (`tests/conformance`) is built by `.ci/run`, which names it in `MESH_JUDGE` and its CRDs in
//! `MESH_JUDGE_CRDS`; without it these tests do not exist, and the summary says so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libtest_mimic::Trial;
use mesh_compiler::{Choices, compile_with};

use crate::folders::{compiled_folders, program};
use crate::judge::{Depth, Verdict, is_available, judge, request, request_of};
use crate::mutations::{Random, mutate, tokens};
use crate::program::{choices, compiled, files, root};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    let cases = bundles().into_iter().map(|(id, ..)| trial(format!("conformance::{id}"), move || accepted(&id)));
    let others = [
        trial("conformance::the_judge_refuses_what_is_wrong", refuses),
        trial("conformance::what_meshc_compiles_istio_accepts", mutants_are_accepted),
    ];
    cases.chain(others).collect()
}

/// What is judged, by its path: every case and example that compiles, and the four programs of the design as far as
/// they do.
fn bundles() -> Vec<(String, PathBuf, Choices)> {
    let folders = compiled_folders().into_iter();
    let programs = files(&root().join("tests/mutations"), ".mesh");
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap_or(Path::new("")).display().to_string();
        let choices = choices(&program(&path)).into_iter();
        choices.map(move |(suffix, choices)| (format!("{name}{suffix}"), path.clone(), choices)).collect::<Vec<_>>()
    };
    folders.chain(programs).flat_map(named).collect()
}

static VERDICTS: LazyLock<HashMap<String, Verdict>> = LazyLock::new(|| {
    let ask = |(id, path, choices): (String, PathBuf, Choices)| {
        request(&id, &compile_with(&program(&path), &choices), Depth::Discovery)
    };
    judge(bundles().into_iter().map(ask).collect())
});

/// The codes of analyzers' messages that a case names, a code and a reason a line: `analyzers.txt` in its folder, or
/// beside a program with its name.
fn named(id: &str) -> Vec<String> {
    let path = root().join(id);
    let path = if path.is_dir() { path.join("analyzers.txt") } else { path.with_extension("analyzers.txt") };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Istio takes the bundle: no error, no warning, no message that the case does not name, nothing dropped.
fn accepted(id: &str) {
    let verdict = VERDICTS.get(id).expect("the judge answers for every bundle");
    assert!(verdict.errors.is_empty(), "Istio refuses:\n{}", verdict.errors.join("\n"));
    // Of every EnvoyFilter Istio says that it is one.
    let inherent = |warning: &&String| warning.contains("EnvoyFilter exposes internal implementation details");
    let warnings: Vec<&str> = verdict.warnings.iter().filter(|w| !inherent(w)).map(String::as_str).collect();
    assert!(warnings.is_empty(), "Istio warns:\n{}", warnings.join("\n"));
    let named = named(id);
    let is_named = |message: &&String| named.iter().any(|code| message.starts_with(code));
    let unnamed: Vec<&str> = verdict.messages.iter().filter(|m| !is_named(m)).map(String::as_str).collect();
    assert!(unnamed.is_empty(), "the analyzers say:\n{}", unnamed.join("\n"));
    for code in &named {
        assert!(verdict.messages.iter().any(|message| message.starts_with(code)), "no analyzer says {code}");
    }
    assert!(verdict.rejected.is_empty(), "the discovery server:\n{}", verdict.rejected.join("\n"));
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
    let verdicts = judge(wrong.iter().map(|(id, yaml)| request_of(id, yaml)).collect());
    for (id, _) in wrong {
        let verdict = &verdicts[id];
        assert_eq!(verdict.resources, 1);
        assert!(!verdict.errors.is_empty(), "the judge accepts {id}");
    }
}

/// True for a refusal of what a patch of an EnvoyFilter writes into Envoy's configuration.
fn is_of_envoy(error: &str) -> bool {
    let content =
        ["can't unmarshal", "could not resolve", "Any JSON", "Envoy filter: bad", "Envoy filter: unknown", "json: "];
    error.contains("Envoy filter: ") && content.iter().any(|part| error.contains(part))
}

/// How many mutated programs are tried.
const MUTANTS: usize = 12_000;

/// Every case with a word changed: what still compiles without an error, Istio accepts.
fn mutants_are_accepted() {
    let seed = std::env::var("MESH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x00c0_ffee);
    let mut random = Random(seed);
    let programs: Vec<String> = bundles()
        .into_iter()
        .filter_map(|(_, path, _)| {
            let path = if path.is_dir() { files(&path, ".mesh").into_iter().next()? } else { path };
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
        requests.push(request(&id, &compilation, Depth::Objects));
        sources.insert(id, text);
    }
    let compiled = requests.len();
    let verdicts = judge(requests);
    let mut refused: Vec<String> = Vec::new();
    for (id, verdict) in &verdicts {
        // What a patch of Envoy says is Envoy's own, which meshc does not know.
        let errors: Vec<&str> = verdict.errors.iter().map(String::as_str).filter(|error| !is_of_envoy(error)).collect();
        if !errors.is_empty() {
            refused.push(format!("{}\n{}", errors.join("\n"), sources[id]));
        }
    }
    eprintln!("conformance: {MUTANTS} mutants with seed {seed}, {} compile, {} refused", compiled, refused.len());
    assert!(compiled > 500, "too few mutants compile");
    assert!(refused.is_empty(), "Istio refuses what meshc compiles:\n{}", refused.join("\n----\n"));
}
