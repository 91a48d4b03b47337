//! The judge as a process: bundles in, verdicts out.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use mesh_compiler::Compilation;
use serde_json::{Value, json};

use crate::program::yaml_of;
use crate::world::world;

/// What the judge says of a bundle.
#[derive(Debug)]
pub struct Verdict {
    pub resources: u64,
    /// The API server would refuse the object.
    pub errors: Vec<String>,
    /// The API server would take the object and say this.
    pub warnings: Vec<String>,
    /// What the analyzers say: `IST0101 Error VirtualService shop/a: …`.
    pub messages: Vec<String>,
    /// What the discovery server could not generate, or dropped.
    pub rejected: Vec<String>,
    /// What it generated, by proxy.
    pub proxies: Value,
}

/// How far the judge goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Each object by itself: schema and webhook.
    Objects,
    /// The analyzers as well.
    Analyzers,
    /// The discovery server as well.
    Discovery,
    /// And show what it generates.
    Show,
}

/// True when there is a judge.
pub fn is_available() -> bool {
    std::env::var_os("MESH_JUDGE").is_some()
}

/// A line for the judge: the bundle of a program and the world around it.
pub fn request(id: &str, compilation: &Compilation, depth: Depth) -> String {
    let yaml = yaml_of(&compilation.lowered.resources, compilation);
    let scrape = compilation.lowered.files.iter().find(|file| file.name == "prometheus-scrape.yaml");
    let scrape = scrape.map_or("", |file| file.text.as_str());
    if depth == Depth::Objects && scrape.is_empty() {
        return request_of(id, &yaml);
    }
    let world = world(compilation);
    let request = json!({
        "id": id, "yaml": yaml, "prometheus": scrape, "world": world.objects, "mesh": world.mesh,
        "analyze": depth >= Depth::Analyzers, "discover": depth >= Depth::Discovery, "show": depth == Depth::Show,
    });
    format!("{request}\n")
}

/// A line for the judge: a bundle by itself.
pub fn request_of(id: &str, yaml: &str) -> String {
    format!("{}\n", json!({ "id": id, "yaml": yaml }))
}

/// The judge, started once: loading Istio's code takes a second or two.
struct Session {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

#[expect(clippy::zombie_processes, reason = "it ends with this process")]
static SESSION: LazyLock<Mutex<Session>> = LazyLock::new(|| {
    let program = std::env::var_os("MESH_JUDGE").expect("the judge is named");
    let schemas = std::env::var_os("MESH_JUDGE_CRDS").expect("the CRDs are named");
    let mut child = Command::new(program)
        .args(std::env::split_paths(&schemas))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judge starts");
    // It ends with its standard input, which ends with this process.
    let stdin = child.stdin.take().expect("the judge reads");
    let stdout = BufReader::new(child.stdout.take().expect("the judge answers"));
    Mutex::new(Session { stdin, stdout })
});

/// Asks the judge; the answers by identifier.
pub fn judge(requests: Vec<String>) -> HashMap<String, Verdict> {
    let mut session = SESSION.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Session { stdin, stdout } = &mut *session;
    std::thread::scope(|scope| {
        let count = requests.len();
        scope.spawn(move || {
            for request in requests {
                stdin.write_all(request.as_bytes()).expect("the judge takes the bundles");
            }
            stdin.flush().expect("the judge takes the bundles");
        });
        let mut verdicts = HashMap::new();
        while verdicts.len() < count {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).expect("the judge answers in text") > 0, "the judge failed");
            // Istio's packages log to standard output while they are loaded.
            if line.starts_with("{\"id\"") {
                verdicts.extend([verdict(&line)]);
            }
        }
        verdicts
    })
}

fn verdict(line: &str) -> (String, Verdict) {
    let value: Value = serde_json::from_str(line).expect("the judge answers in JSON");
    let texts = |key: &str| {
        let list = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let verdict = Verdict {
        resources: value["resources"].as_u64().unwrap_or(0),
        errors: texts("errors"),
        warnings: texts("warnings"),
        messages: texts("messages"),
        rejected: texts("rejected"),
        proxies: value["proxies"].clone(),
    };
    (value["id"].as_str().unwrap_or_default().to_owned(), verdict)
}
