//! `meshc lsp` as a process: messages with their length before them, and a status when the session ends.

mod support;

use serde_json::{Value, json};
use support::{files, folder, meshc, run, text};

/// Messages as the protocol carries them.
fn framed(messages: &[Value]) -> String {
    let frame = |message: &Value| {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    };
    messages.iter().map(frame).collect()
}

fn begin() -> [Value; 2] {
    let params = json!({ "processId": null, "rootUri": null, "capabilities": {} });
    [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }),
        json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
    ]
}

#[test]
fn a_session_is_served_over_standard_streams_and_writes_nothing() {
    let home = folder(&[("a.mesh", "service a < http 80 >\n")]);
    let uri = format!("file://{}/a.mesh", home.path().canonicalize().expect("a path").display());
    let document = json!({ "uri": uri, "languageId": "mesh", "version": 1, "text": "route a < v1: 80%, v2: 70% >\n" });
    let [initialize, initialized] = begin();
    let output = run(
        home.path(),
        &["lsp", "--stdio"],
        &framed(&[
            initialize,
            initialized,
            json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
            json!({ "jsonrpc": "2.0", "id": 2, "method": "mesh/settled", "params": {} }),
            json!({ "jsonrpc": "2.0", "id": 3, "method": "shutdown" }),
            json!({ "jsonrpc": "2.0", "method": "exit" }),
        ]),
    );
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(said.starts_with("Content-Length: ") && said.contains("\"serverInfo\":{\"name\":\"meshc\""), "{said}");
    assert!(said.contains("textDocument/publishDiagnostics") && said.contains("\"E0401\""), "{said}");
    assert_eq!(files(home.path()), ["a.mesh"]);
}

#[test]
fn a_session_that_ends_without_a_word_is_told_by_the_status() {
    let home = folder(&[]);
    let exit = json!({ "jsonrpc": "2.0", "method": "exit" });
    let [initialize, initialized] = begin();
    let output = run(home.path(), &["lsp"], &framed(&[initialize, initialized, exit]));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn without_an_editor_it_says_so_and_ends() {
    let home = folder(&[]);
    let output = meshc(home.path(), &["lsp"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: "), "{}", text(&output.stderr));
}
