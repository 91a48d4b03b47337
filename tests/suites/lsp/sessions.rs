//! Sessions with the server: what is typed, taken back, cancelled, changed on the disk; and what it remembers.

use libtest_mimic::Trial;
use mesh_diagnostics::FileId;
use mesh_lsp::serve_on;
use serde_json::{Value, json};

use super::client::Client;
use crate::program::{files, root};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("lsp::sessions::a_mistake_is_told_as_it_is_typed_and_taken_back", typed),
        trial("lsp::sessions::columns_are_bytes_or_units_of_utf_16", encodings),
        trial("lsp::sessions::a_cancelled_request_is_not_answered", cancelled),
        trial("lsp::sessions::an_outdated_request_is_refused", outdated),
        trial("lsp::sessions::files_that_change_on_the_disk_are_read_again", watched),
        trial("lsp::sessions::programs_and_parameters_are_chosen_by_the_editor", chosen),
        trial("lsp::sessions::several_roots_are_several_programs", roots),
        trial("lsp::sessions::what_is_no_request_is_refused_and_the_session_goes_on", refused),
        trial("lsp::sessions::a_document_that_lies_nowhere_is_a_program", untitled),
        trial("lsp::sessions::memory_does_not_grow_with_what_is_typed", memory),
        trial("lsp::sessions::random_edits_are_as_a_fresh_check", random_edits),
    ]
}

const URI: &str = "file:///nowhere/case.mesh";

fn begun() -> Client {
    Client::start(&[], json!({}), &["utf-8"])
}

fn codes(problems: &[Value]) -> Vec<&str> {
    problems.iter().filter_map(|problem| problem["code"].as_str()).collect()
}

fn at(line: usize, from: usize, to: usize) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

fn typed() {
    let mut client = begun();
    client.open(URI, "service a < http 80; versions v1, v2 >\nroute a < v1: 80%, v2: 20% >\n");
    assert!(client.problems(URI).is_empty());
    client.change(URI, 2, Some(at(1, 14, 16)), "70");
    assert_eq!(codes(&client.problems(URI)), ["E0401"]);
    client.change(URI, 3, Some(at(1, 14, 16)), "80");
    assert!(client.problems(URI).is_empty());
    let told = client.told.iter().filter(|(method, _)| method == "textDocument/publishDiagnostics");
    let versions: Vec<&Value> = told.map(|(_, params)| &params["version"]).collect();
    assert_eq!(versions, [&json!(1), &json!(2), &json!(3)]);
    client.stop();
}

fn encodings() {
    let text = "# \u{1F600}\nservice a < http 80 >\nroute a < redirect host \"\u{1F600}.x\" path /a; retry x >\n";
    for (encoding, start) in [("utf-8", 48), ("utf-16", 46)] {
        let mut client = Client::start(&[], json!({}), &[encoding]);
        assert_eq!(client.initialized["capabilities"]["positionEncoding"], encoding);
        client.open(URI, text);
        let problems = client.problems(URI);
        let retry = problems.iter().find(|problem| problem["code"] == "E0301").expect("`x` is no number");
        assert_eq!(retry["range"]["start"], json!({ "line": 2, "character": start }), "{encoding}");
        client.change(URI, 2, Some(at(2, start, start + 1)), "2");
        let after = client.problems(URI);
        assert!(!codes(&after).contains(&"E0301"), "{encoding}: {after:?}");
        client.stop();
    }
}

/// Sends everything before the server runs, so that it finds all of it waiting.
fn waiting(messages: impl FnOnce(&mut Client) -> Vec<i32>) -> Vec<Result<Value, (i32, String)>> {
    let (mut client, server) = Client::apart();
    let hello = client.ask("initialize", Client::hello(&[], json!({}), &["utf-8"]));
    client.notify("initialized", json!({}));
    let asked = messages(&mut client);
    let server = std::thread::spawn(move || serve_on(server));
    client.answer(hello).expect("the session begins");
    let answers = asked.into_iter().map(|id| client.answer(id)).collect();
    client.stop();
    assert_eq!(server.join().expect("the server does not panic"), Ok(true));
    answers
}

fn cancelled() {
    let answers = waiting(|client| {
        client.open(URI, "service a < http 80 >\n");
        let place = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 9 } });
        let hovers = [client.ask("textDocument/hover", place.clone()), client.ask("textDocument/hover", place)];
        client.notify("$/cancelRequest", json!({ "id": hovers[0] }));
        hovers.to_vec()
    });
    assert_eq!(answers[0].as_ref().expect_err("it is cancelled").0, -32800);
    assert!(answers[1].as_ref().is_ok_and(|hover| hover.is_object()));
}

fn outdated() {
    let answers = waiting(|client| {
        client.open(URI, "service a < http 80 >\n");
        let document = json!({ "textDocument": { "uri": URI } });
        let before = client.ask("textDocument/documentSymbol", document.clone());
        client.change(URI, 2, None, "service b < http 80 >\n");
        vec![before, client.ask("textDocument/documentSymbol", document)]
    });
    assert_eq!(answers[0].as_ref().expect_err("the text has changed").0, -32801);
    assert_eq!(answers[1].as_ref().expect("it is answered")[0]["name"], "service b");
}

fn watched() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let path = home.path().canonicalize().expect("it has a path");
    let (a, b) = (path.join("a.mesh"), path.join("b.mesh"));
    std::fs::write(&b, "service b < http 80; versions v1 >\n").expect("the folder can be written");
    let mut client = begun();
    let registered = |client: &Client| client.told.iter().any(|(method, _)| method == "client/registerCapability");
    let uri = format!("file://{}", a.display());
    client.open(&uri, "route b < v2 >\n");
    assert_eq!(codes(&client.problems(&uri)), ["E0202"]);
    assert!(registered(&client), "the editor is asked to tell of changes");
    std::fs::write(&b, "service b < http 80; versions v1, v2 >\n").expect("the folder can be written");
    let change = json!({ "uri": format!("file://{}", b.display()), "type": 2 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    assert!(client.problems(&uri).is_empty());
    client.stop();
}

fn chosen() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let path = home.path().canonicalize().expect("it has a path");
    std::fs::create_dir_all(path.join("mesh/shop")).expect("folders can be made");
    std::fs::write(path.join("mesh/edge.mesh"), "service b < http 80; versions v1, v3 >\n").expect("it can be written");
    let uri = format!("file://{}/mesh/shop/a.mesh", path.display());
    let text = "param to of v1, v2, v3\nroute b < $to >\n";
    let root = format!("file://{}", path.display());
    // The program is the uppermost folder, and it is checked for every value that a build may choose.
    let mut client = Client::start(std::slice::from_ref(&root), json!({}), &["utf-8"]);
    client.open(&uri, text);
    assert_eq!(codes(&client.problems(&uri)), ["E0202"]);
    client.stop();
    let options = |to: &str| json!({ "programs": ["mesh"], "set": { "to": to, "other": "x" } });
    for (to, expected) in [("v3", vec![]), ("v2", vec!["E0202"])] {
        let mut client = Client::start(std::slice::from_ref(&root), options(to), &["utf-8"]);
        client.open(&uri, text);
        assert_eq!(codes(&client.problems(&uri)), expected, "{to}");
        client.stop();
    }
}

fn roots() {
    let homes = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let paths: Vec<String> =
        homes.iter().map(|home| format!("file://{}", home.path().canonicalize().expect("a path").display())).collect();
    let mut client = Client::start(&paths, json!({}), &["utf-8"]);
    let uris: Vec<String> = paths.iter().map(|path| format!("{path}/a.mesh")).collect();
    // The same name twice would be an error in one program.
    for uri in &uris {
        client.open(uri, "service same < http 80 >\n");
    }
    assert!(uris.iter().all(|uri| client.problems(uri).is_empty()));
    let found = client.request("workspace/symbol", json!({ "query": "same" })).expect("there are symbols");
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    client.stop();
}

fn refused() {
    let mut client = begun();
    assert_eq!(client.request("mesh/none", json!({})).expect_err("there is none").0, -32601);
    assert_eq!(client.request("textDocument/hover", json!({ "x": 1 })).expect_err("no place").0, -32602);
    client.notify("textDocument/didOpen", json!({ "x": 1 }));
    client.change(URI, 2, None, "x");
    client.notify("workspace/none", json!({}));
    client.settle();
    let logged: Vec<String> = client
        .told
        .iter()
        .filter(|(method, _)| method == "window/logMessage")
        .map(|(_, params)| params["message"].to_string())
        .collect();
    assert!(logged[0].contains("could not be read") && logged[1].contains("not open"), "{logged:?}");
    client.open(URI, "service a < http 80 >\n");
    assert!(client.problems(URI).is_empty());
    client.stop();
}

fn untitled() {
    let mut client = begun();
    client
        .open("untitled:Untitled-1", "use std/resilience\nservice a < http 80 >\nroute a < with read; v1; v9: 3% >\n");
    let problems = client.problems("untitled:Untitled-1");
    assert!(!problems.is_empty() && !codes(&problems).contains(&"E0209"), "{problems:?}");
    client.stop();
}

fn memory() {
    let mut client = begun();
    let text = mesh_generator::mesh(20);
    client.open(URI, &text);
    let remembered = |client: &mut Client| {
        client.request("mesh/memory", json!({})).expect("it is told")["statements"].as_u64().unwrap_or_default()
    };
    let symbols = json!({ "textDocument": { "uri": URI } });
    client.request("textDocument/documentSymbol", symbols.clone()).expect("there are symbols");
    let first = remembered(&mut client);
    assert!(first > 90, "{first}");
    let line = text.lines().position(|line| line.contains("timeout 10s")).expect("there is a timeout");
    for edit in 0..10_000_i32 {
        let digit = (edit % 10).to_string();
        client.change(URI, edit + 2, Some(at(line, 10, 11)), &digit);
        if edit % 50 == 0 {
            client.request("textDocument/documentSymbol", symbols.clone()).expect("there are symbols");
        }
    }
    client.request("textDocument/documentSymbol", symbols).expect("there are symbols");
    assert_eq!(remembered(&mut client), first);
    client.stop();
}

/// Characters and words that edits put in.
const WORDS: [&str; 24] = [
    "<",
    ">",
    "\n",
    "\"",
    "#",
    ";",
    ",",
    ":",
    " ",
    "(",
    ")",
    "$",
    "v1",
    "80%",
    "retry 3 x 2s",
    "when path /x < v2 >",
    "\n>\n",
    "route a < v1 >\n",
    "\"\"\"",
    "in shop\n",
    "\u{1F600}",
    "with read",
    "~\"",
    "service x < http 80 >\n",
];

/// Edits at random places: after each, the problems are those of a fresh check, and no request fails.
fn random_edits() {
    // A linear congruential generator: the same edits in every run.
    let mut state = 7_u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    let mut client = begun();
    let examples: Vec<String> = files(&root().join("examples"), ".mesh")
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("an example can be read"))
        .filter(|text| !text.contains("use ./") && text.len() < 6_000)
        .collect();
    let mut checked = 0;
    for (number, example) in examples.iter().enumerate() {
        let uri = format!("untitled:random-{number}");
        let mut text = example.clone();
        client.open(&uri, &text);
        for version in 2..100 {
            let mut start = below(text.len());
            let mut end = (start + [0, 0, 1, 3, 20][below(5)]).min(text.len());
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            while !text.is_char_boundary(end) {
                end += 1;
            }
            let new = WORDS[below(WORDS.len())];
            let range = json!({ "start": position(&text, start), "end": position(&text, end) });
            client.change(&uri, version, Some(range), new);
            text.replace_range(start..end, new);
            // Mostly somebody types on before the check of what was typed ends.
            if below(3) > 0 {
                let params = json!({ "textDocument": { "uri": uri }, "position": position(&text, start + new.len()) });
                client.request("textDocument/completion", params).expect("completion is answered");
                continue;
            }
            let told: Vec<(String, Value)> = client
                .problems(&uri)
                .iter()
                .map(|problem| (problem["code"].as_str().unwrap_or_default().to_owned(), problem["range"].clone()))
                .collect();
            assert_eq!(told, fresh(&text), "{text}");
            checked += told.len();
            everything(&mut client, &uri, &text, below(text.len() + 1));
        }
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }
    assert!(checked > 1_000, "{checked}");
    let failed = client.told.iter().find(|(method, _)| method == "window/logMessage");
    assert!(failed.is_none(), "{failed:?}");
    client.stop();
}

fn position(text: &str, byte: usize) -> Value {
    let line = text[..byte].matches('\n').count();
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    json!({ "line": line, "character": byte - start })
}

/// The problems that `meshc check` has with a text.
fn fresh(text: &str) -> Vec<(String, Value)> {
    let (sources, compilation) = crate::program::compiled(text);
    let compilation = mesh_compiler::every_choice(&sources, &mesh_compiler::Choices::default(), None, compilation);
    let place = |byte: u32| position(text, byte as usize);
    let found = compilation.diagnostics.sorted();
    let own = found.iter().filter(|problem| problem.primary.span.file == FileId(0));
    own.map(|problem| {
        let span = problem.primary.span;
        (problem.code.id.to_owned(), json!({ "start": place(span.start), "end": place(span.end) }))
    })
    .collect()
}

/// Every request at one place: none of them may fail.
fn everything(client: &mut Client, uri: &str, text: &str, byte: usize) {
    let byte = (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let place = position(text, byte);
    let document = json!({ "uri": uri });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": place });
    let formatting = json!({ "tabSize": 2, "insertSpaces": true });
    let params = json!({
        "textDocument": document,
        "position": place,
        "positions": [place],
        "range": range,
        "context": { "includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false },
        "options": formatting,
        "ch": ">",
        "newName": "other",
        "query": "a",
        "word": "route"
    });
    for method in [
        "textDocument/completion",
        "textDocument/hover",
        "textDocument/signatureHelp",
        "textDocument/definition",
        "textDocument/references",
        "textDocument/documentHighlight",
        "textDocument/prepareRename",
        "textDocument/rename",
        "textDocument/codeAction",
        "textDocument/codeLens",
        "textDocument/documentSymbol",
        "textDocument/foldingRange",
        "textDocument/selectionRange",
        "textDocument/semanticTokens/full",
        "textDocument/inlayHint",
        "textDocument/formatting",
        "textDocument/rangeFormatting",
        "textDocument/onTypeFormatting",
        "workspace/symbol",
        "mesh/compiled",
        "mesh/graph",
        "mesh/explain",
    ] {
        match client.request(method, params.clone()) {
            Ok(_) => {}
            // What cannot be renamed is told in a sentence.
            Err((-32803, _)) if method.ends_with("ename") => {}
            Err((code, message)) => panic!("{method} at {place} fails with {code} {message}:\n{text}"),
        }
    }
}
