//! What completion offers a statement to be about is what the compiler takes.

use libtest_mimic::Trial;
use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Element, Word, words_in};
use mesh_compiler::{Sources, compile};
use serde_json::json;

use super::client::Client;
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("lsp::targets_are_offered_as_the_compiler_takes_them", offered)]
}

/// Something of each kind, and what the examples name.
const FACTS: &str = "mesh < provider authz is http on authz.ops port 80 >\nin shop\nservice orders < http 80; account orders >\n\
                     service checkout, batch < http 80 >\nexternal ext \"api.example.com\" < https 443 >\n\
                     gateway edge on gw.ingress < http 80 \"shop.example.com\" >\nnamespace shop\n";

fn offered() {
    let mut client = Client::start(&[], json!({}), &["utf-8"]);
    let uri = "untitled:targets";
    let mut seen = 0;
    for word in words_in(Block::File).filter(|word| is_about_a_target(word)) {
        let (name, rest) = (word.entry.word, body(word));
        let text = format!("{FACTS}{name} ");
        client.open(uri, &text);
        let place = json!({ "line": text.matches('\n').count(), "character": name.len() + 1 });
        let params = json!({ "textDocument": { "uri": uri }, "position": place });
        let found = client.request("textDocument/completion", params).expect("completion is answered");
        let labels: Vec<&str> =
            found.as_array().expect("a list").iter().filter_map(|one| one["label"].as_str()).collect();
        for (label, target) in [
            ("mesh", "mesh"),
            ("namespace", "namespace shop"),
            ("gateway", "gateway edge"),
            ("orders", "orders"),
            ("ext", "ext"),
        ] {
            let mut sources = Sources::new();
            sources.add("input.mesh", format!("{FACTS}{name} {target} {rest}\n"));
            let found = compile(&sources).diagnostics;
            let taken = !found.iter().any(|problem| problem.code.id == "E0321");
            assert_eq!(labels.contains(&label), taken, "`{name} {target} {rest}`: {found:?}");
            seen += 1;
        }
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }
    assert!(seen > 60, "{seen}");
    client.stop();
}

fn is_about_a_target(word: &Word) -> bool {
    let elements = word.shapes.iter().flat_map(|shape| &shape.elements);
    elements.into_iter().any(|element| matches!(element, Element::Slot(slot) if slot.of == Type::Target))
}

/// What stands behind the target in the example of a word.
fn body(word: &Word) -> &'static str {
    let behind = word.entry.example.split_once(' ').map_or("", |(_, behind)| behind);
    let behind = behind.strip_prefix("namespace ").or(behind.strip_prefix("gateway ")).unwrap_or(behind);
    behind.split_once(' ').map_or("", |(_, body)| body)
}
