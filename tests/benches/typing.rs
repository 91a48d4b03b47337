//! What an editor waits for: an editing session in a program of 1,000 services, played key by key.
//! `cargo bench --package mesh-tests --bench typing`

#[path = "../suites/lsp/client.rs"]
mod client;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use client::Client;

/// What is typed, below a service in the middle of the program: names, shares, a mistake that is taken back, brackets.
const TYPED: &str = "
route svc-500 from svc-3 <
  when header x-tier \"gold\" and path /api/* < v2; retry 2 x 500ms on 5xx, reset >
  v1: 90%, v2: 1\u{8}0%
  timeout 2s
>
traffic svc-500 from svc-4 < pool < max-connections 7\u{8}10; max-pending 5 >; version v2 < eject 5 x 5xx > >
";

const URI: &str = "file:///typing/mesh.mesh";

fn main() {
    // `cargo test` and `cargo bench --no-run` only want it to compile.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (name, text) in
        [("1,000 services", mesh_generator::mesh(1_000)), ("with profiles", mesh_generator::profiles(1_000))]
    {
        let (mut completed, mut checked) = session(&text, None);
        println!("{name}: {} keys", completed.len());
        print("key to completion", &mut completed);
        print("key to problems", &mut checked);
        let (mut completed, _) = session(&text, Some(Duration::from_millis(30)));
        print("to completion, a key every 30 ms", &mut completed);
    }
}

fn print(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!(
        "  {name:<32} median {:>5.1?}   95% {:>5.1?}   99% {:>5.1?}   most {:>5.1?}",
        at(50),
        at(95),
        at(99),
        at(100)
    );
}

/// For each key: the time until what may follow is listed, and until the problems are published too; or, where keys come at
/// a pace, without waiting for the problems.
fn session(text: &str, pace: Option<Duration>) -> (Vec<Duration>, Vec<Duration>) {
    let mut client = Client::start(&[], json!({}), &["utf-8"]);
    client.open(URI, text);
    client.settle();
    let mut line = text.lines().position(|line| line.starts_with("service svc-501 ")).unwrap_or_default() - 1;
    let (mut column, mut version) = (0, 1);
    let (mut completed, mut checked) = (Vec::new(), Vec::new());
    for key in TYPED.chars() {
        let (start, new) = if key == '\u{8}' { (column - 1, String::new()) } else { (column, key.to_string()) };
        let range = json!({ "start": place(line, start), "end": place(line, column) });
        version += 1;
        let began = Instant::now();
        client.change(URI, version, Some(range), &new);
        match key {
            '\n' => (line, column) = (line + 1, 0),
            '\u{8}' => column -= 1,
            _ => column += 1,
        }
        let params = json!({ "textDocument": { "uri": URI }, "position": place(line, column) });
        let completion = client.ask("textDocument/completion", params);
        let settled = pace.is_none().then(|| client.ask("mesh/settled", json!({})));
        client.answer(completion).unwrap_or_default();
        completed.push(began.elapsed());
        if let Some(settled) = settled {
            client.answer(settled).unwrap_or_default();
            checked.push(began.elapsed());
        }
        std::thread::sleep(pace.unwrap_or_default().saturating_sub(began.elapsed()));
        client.told.clear();
    }
    client.stop();
    (completed, checked)
}

fn place(line: usize, character: usize) -> Value {
    json!({ "line": line, "character": character })
}
