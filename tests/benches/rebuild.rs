//! How long a platform engineer waits from saving a file to the rebuilt bundle, in a mesh of 1,000 services: with `meshc watch`,
//! and with a build of its own each time. `MESHC=$PWD/target/release/meshc cargo bench --package mesh-tests --bench rebuild`

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const EDITS: usize = 60;

fn main() {
    // `cargo test` and `cargo bench --no-run` only want it to compile.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(meshc) = std::env::var_os("MESHC") else {
        println!("not run: MESHC says no meshc");
        return;
    };
    let meshc = std::fs::canonicalize(&meshc).expect("MESHC is a file");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = mesh_generator::mesh(1_000);
    watched(&meshc, folder.path(), &text);
    built(&meshc, folder.path(), &text);
}

/// The text with another share in one route of the middle.
fn edited(text: &str, turn: usize) -> String {
    let at = text.len() / 2 + text[text.len() / 2..].find("timeout ").expect("there are timeouts") + "timeout ".len();
    let end = at + text[at..].find([' ', ';', '\n']).expect("it ends");
    format!("{}{}s{}", &text[..at], 20 + turn % 20, &text[end..])
}

fn watched(meshc: &Path, folder: &Path, text: &str) {
    let program = folder.join("mesh.mesh");
    std::fs::write(&program, text).expect("a file can be written");
    let mut child = Command::new(meshc)
        .args(["watch", "mesh.mesh", "--out", "rendered", "--json"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("meshc starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it writes")).lines();
    let mut until = |event: &str| loop {
        let line = lines.next().expect("it goes on").expect("it is text");
        let said: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        assert_ne!(said["event"], "failed", "the program is right");
        if said["event"] == event {
            return said;
        }
    };
    until("watching");
    let (mut whole, mut building) = (Vec::new(), Vec::new());
    for turn in 0..EDITS {
        let began = Instant::now();
        std::fs::write(&program, edited(text, turn)).expect("a file can be written");
        let said = until("built");
        whole.push(began.elapsed());
        assert_eq!(said["changed"].as_array().map(Vec::len), Some(1), "one file is new: {}", said["changed"]);
        building.push(Duration::from_millis(said["milliseconds"].as_u64().expect("a number")));
        until("watching");
    }
    let _ = child.kill();
    let _ = child.wait();
    print("watch: from the edit to the bundle", &mut whole);
    print("watch: of that, the build", &mut building);
}

fn built(meshc: &Path, folder: &Path, text: &str) {
    let mut whole = Vec::new();
    for turn in 0..EDITS {
        std::fs::write(folder.join("mesh.mesh"), edited(text, turn)).expect("a file can be written");
        let began = Instant::now();
        let arguments = ["build", "mesh.mesh", "--out", "rendered", "--depfile", "mesh.d"];
        let status = Command::new(meshc).args(arguments).current_dir(folder).status().expect("meshc runs");
        whole.push(began.elapsed());
        assert!(status.success());
    }
    print("build --out: a process of its own", &mut whole);
}

fn print(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("{name:<36} median {:>6.1?}   95% {:>6.1?}   most {:>6.1?}", at(50), at(95), at(100));
}
