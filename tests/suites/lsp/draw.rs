//! Answers of the server as text that a reviewer can read.

use serde_json::{Value, json};

use super::Question;
use super::client::Client;

/// Adds an answer, each line behind a bar.
pub fn lines(text: &str, out: &mut String) {
    for line in text.trim_end().lines() {
        out.push_str(format!("  | {line}").trim_end());
        out.push('\n');
    }
}

/// Asks a question and draws the answer.
pub fn answer(client: &mut Client, texts: &[(&str, &str)], uri: &str, text: &str, question: &Question) -> String {
    let line = question.line.unwrap_or_default();
    let document = json!({ "uri": uri });
    let position = json!({ "line": line, "character": question.start });
    let range = json!({ "start": position, "end": { "line": line, "character": question.end } });
    let end = text.lines().count();
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": end, "character": 0 } });
    let at = json!({ "textDocument": document, "position": position });
    let about = json!({ "textDocument": document });
    let (word, rest) = question.text.split_once(' ').unwrap_or((&question.text, ""));
    let mut ask = |method: &str, params: Value| {
        client.request(method, params).unwrap_or_else(|(code, text)| json!({ "refused": format!("{text} ({code})") }))
    };
    let with = |mut params: Value, key: &str, value: Value| {
        params[key] = value;
        params
    };
    let formatting = json!({ "tabSize": 2, "insertSpaces": true });
    match word {
        "problems" => client.problems(uri).iter().map(|problem| drawn_problem(problem) + "\n").collect(),
        "hover" => {
            let found = ask("textDocument/hover", at);
            found["contents"]["value"].as_str().unwrap_or("nothing").to_owned()
        }
        "complete" => completions(&ask("textDocument/completion", at), rest),
        "signature" => signature(&ask("textDocument/signatureHelp", at)),
        "definition" => places(texts, &json!([ask("textDocument/definition", at)])),
        "references" => {
            places(texts, &ask("textDocument/references", with(at, "context", json!({ "includeDeclaration": true }))))
        }
        "highlights" => {
            let found = ask("textDocument/documentHighlight", at);
            each(&found, |one| {
                let kind = if one["kind"] == 3 { "written" } else { "read" };
                format!("{} {kind}", place(texts, uri, &one["range"]))
            })
        }
        "rename" => edits(texts, &ask("textDocument/rename", with(at, "newName", json!(rest)))),
        "prepare-rename" => {
            let found = ask("textDocument/prepareRename", at);
            refused(&found).unwrap_or_else(|| place(texts, uri, &found))
        }
        "fixes" | "fix-all" => {
            let only = if word == "fix-all" { "source.fixAll" } else { "quickfix" };
            let wanted = if question.line.is_some() { range } else { whole };
            let params =
                json!({ "textDocument": document, "range": wanted, "context": { "diagnostics": [], "only": [only] } });
            let found = ask("textDocument/codeAction", params);
            each(&found, |one| {
                let title = one["title"].as_str().unwrap_or_default();
                format!("{title} ({})\n{}", one["kind"].as_str().unwrap_or_default(), edits(texts, &one["edit"]))
            })
        }
        "lenses" => each(&ask("textDocument/codeLens", about), |one| {
            let places =
                one["command"]["arguments"].as_array().and_then(|all| all.get(2)).cloned().unwrap_or(json!([]));
            let title = one["command"]["title"].as_str().unwrap_or_default();
            let all: Vec<String> = places.as_array().into_iter().flatten().map(|one| location(texts, one)).collect();
            format!("{}: {title} {}", one["range"]["start"]["line"], all.join(", ")).trim_end().to_owned()
        }),
        "symbols" => tree(&ask("textDocument/documentSymbol", about), 0),
        "workspace" => each(&ask("workspace/symbol", json!({ "query": rest })), |one| {
            let container = one["containerName"].as_str().map(|name| format!(" of {name}")).unwrap_or_default();
            format!("{}{container}: {}", one["name"].as_str().unwrap_or_default(), location(texts, &one["location"]))
        }),
        "folds" => each(&ask("textDocument/foldingRange", about), |one| {
            format!("{} to {} {}", one["startLine"], one["endLine"], one["kind"].as_str().unwrap_or(""))
                .trim()
                .to_owned()
        }),
        "selection" => {
            let params = json!({ "textDocument": document, "positions": [position] });
            let found = ask("textDocument/selectionRange", params);
            let (mut out, mut next) = (String::new(), &found[0]);
            while next.is_object() {
                out.push_str(&format!("{}\n", place(texts, uri, &next["range"])));
                next = &next["parent"];
            }
            out
        }
        "tokens" => tokens(client, uri, text),
        "hints" => {
            let found = ask("textDocument/inlayHint", with(about, "range", whole));
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for one in found.as_array().into_iter().flatten().rev() {
                let (line, column) = (number(&one["position"]["line"]), number(&one["position"]["character"]));
                let pad = if one["paddingLeft"] == true { " " } else { "" };
                lines[line].insert_str(column, &format!("{pad}[{}]", one["label"].as_str().unwrap_or_default()));
            }
            lines.join("\n")
        }
        "format" => edits(
            texts,
            &json!({ "changes": { uri: ask("textDocument/formatting", with(about, "options", formatting)) } }),
        ),
        "format-range" => {
            let params = json!({ "textDocument": document, "range": range, "options": formatting });
            edits(texts, &json!({ "changes": { uri: ask("textDocument/rangeFormatting", params) } }))
        }
        "typed" => {
            let key = if rest == "newline" { "\n" } else { rest };
            let params = with(with(at, "ch", json!(key)), "options", formatting);
            edits(texts, &json!({ "changes": { uri: ask("textDocument/onTypeFormatting", params) } }))
        }
        "compiled" => {
            let found = ask("mesh/compiled", at);
            let (from, to) = (number(&found["range"]["start"]["line"]), number(&found["range"]["end"]["line"]));
            let text = found["text"].as_str().unwrap_or_default();
            let mark = |(line, text): (usize, &str)| {
                format!("{} {text}\n", if (from..to).contains(&line) { ">" } else { " " })
            };
            text.lines().enumerate().map(mark).collect()
        }
        "content" => {
            let found = ask("workspace/textDocumentContent", json!({ "uri": rest }));
            found["text"].as_str().unwrap_or("nothing").lines().take(6).collect::<Vec<_>>().join("\n")
        }
        "explain" => {
            let found = ask("mesh/explain", json!({ "word": rest }));
            found["text"].as_str().unwrap_or("nothing").lines().take(6).collect::<Vec<_>>().join("\n")
        }
        "graph" => {
            let found = ask("mesh/graph", about);
            let page = found["html"].as_str().map(|page| format!("a page that starts with {:?}", &page[..15]));
            page.unwrap_or_else(|| "nothing".to_owned())
        }
        other => panic!("no question `{other}`"),
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap_or_default() as usize
}

fn refused(value: &Value) -> Option<String> {
    value["refused"].as_str().map(|text| format!("refused: {text}"))
}

fn each(list: &Value, draw: impl Fn(&Value) -> String) -> String {
    let all: Vec<String> = list.as_array().into_iter().flatten().map(draw).collect();
    if all.is_empty() { refused(list).unwrap_or_else(|| "nothing".to_owned()) } else { all.join("\n") }
}

/// A range with the text in it.
fn place(texts: &[(&str, &str)], uri: &str, range: &Value) -> String {
    let (from, to) = (&range["start"], &range["end"]);
    let lines = format!("{}:{}", from["line"], from["character"]);
    let Some((_, text)) = texts.iter().find(|(known, _)| *known == uri) else { return lines };
    let (start, end) = (byte(text, from), byte(text, to));
    format!("{lines} `{}`", text[start..end].replace('\n', "⏎"))
}

fn byte(text: &str, position: &Value) -> usize {
    let line = number(&position["line"]);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    (start + number(&position["character"])).min(text.len())
}

fn location(texts: &[(&str, &str)], location: &Value) -> String {
    let uri = location["uri"].as_str().unwrap_or_default();
    format!("{} {}", short(uri), place(texts, uri, &location["range"]))
}

fn short(uri: &str) -> &str {
    if uri.starts_with("file:") { uri.rsplit('/').next().unwrap_or(uri) } else { uri }
}

fn places(texts: &[(&str, &str)], list: &Value) -> String {
    each(list, |one| if one.is_null() { "nothing".to_owned() } else { location(texts, one) })
}

/// What edits make of the texts: the lines that differ.
fn edits(texts: &[(&str, &str)], edit: &Value) -> String {
    if let Some(text) = refused(edit) {
        return text;
    }
    let mut out = String::new();
    for (uri, list) in edit["changes"].as_object().into_iter().flatten() {
        let Some((_, text)) = texts.iter().find(|(known, _)| known == uri) else {
            out.push_str(&format!("{} is changed and not of the case\n", short(uri)));
            continue;
        };
        let mut all: Vec<(usize, usize, &str)> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| {
                let (from, to) = (&one["range"]["start"], &one["range"]["end"]);
                (byte(text, from), byte(text, to), one["newText"].as_str().unwrap_or_default())
            })
            .collect();
        all.sort();
        let mut changed = (*text).to_owned();
        for (from, to, new) in all.into_iter().rev() {
            changed.replace_range(from..to, new);
        }
        if texts.len() > 1 {
            out.push_str(&format!("{}:\n", short(uri)));
        }
        out.push_str(&difference(text, &changed));
    }
    if out.is_empty() { "nothing".to_owned() } else { out }
}

fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let gone = old[same..old.len() - tail].iter().map(|line| format!("- {line}\n"));
    let come = new[same..new.len() - tail].iter().map(|line| format!("+ {line}\n"));
    let out: String = gone.chain(come).collect();
    if out.is_empty() { "nothing\n".to_owned() } else { out }
}

fn drawn_problem(problem: &Value) -> String {
    let severity = ["", "error", "warning", "note"][number(&problem["severity"])];
    let mut out = format!(
        "{}:{}-{}:{} {severity}[{}] {}",
        problem["range"]["start"]["line"],
        problem["range"]["start"]["character"],
        problem["range"]["end"]["line"],
        problem["range"]["end"]["character"],
        problem["code"].as_str().unwrap_or_default(),
        problem["message"].as_str().unwrap_or_default().replace('\n', "\n    ")
    );
    out.push_str(&format!("\n    page {}", problem["codeDescription"]["href"].as_str().unwrap_or_default()));
    for one in problem["relatedInformation"].as_array().into_iter().flatten() {
        let uri = one["location"]["uri"].as_str().unwrap_or_default();
        let start = &one["location"]["range"]["start"];
        out.push_str(&format!("\n    also {} {}:{} {}", short(uri), start["line"], start["character"], one["message"]));
    }
    if problem["tags"].as_array().is_some_and(|tags| tags.contains(&json!(1))) {
        out.push_str("\n    faded");
    }
    out
}

/// The completions, in the order in which an editor lists them; those that start with `prefix`, if one is given.
fn completions(found: &Value, prefix: &str) -> String {
    let mut items: Vec<&Value> = found.as_array().into_iter().flatten().collect();
    items.sort_by_key(|item| item["sortText"].as_str().unwrap_or_default().to_owned());
    let wanted = items.into_iter().filter(|item| item["label"].as_str().is_some_and(|label| label.starts_with(prefix)));
    let draw = |item: &Value| {
        let label = item["label"].as_str().unwrap_or_default();
        let new = item["textEdit"]["newText"].as_str().unwrap_or_default();
        let detail = item["detail"].as_str().map(|detail| format!(": {detail}")).unwrap_or_default();
        let inserts = if new == label { String::new() } else { format!(" => {}", new.replace('\n', "⏎")) };
        format!("{label}{detail}{inserts}\n")
    };
    let out: String = wanted.map(draw).collect();
    if out.is_empty() { "nothing".to_owned() } else { out }
}

fn signature(found: &Value) -> String {
    let active = number(&found["activeSignature"]);
    let draw = |(at, one): (usize, &Value)| {
        let label = one["label"].as_str().unwrap_or_default();
        let mut out = format!("{} {label}\n", if at == active { ">" } else { " " });
        let place = found["activeParameter"].as_u64().filter(|_| at == active);
        if let Some(range) = place.map(|place| &one["parameters"][place as usize]["label"]) {
            let (start, end) = (number(&range[0]), number(&range[1]));
            out.push_str(&format!("  {}{}\n", " ".repeat(start), "~".repeat(end - start)));
        }
        out
    };
    let out: String = found["signatures"].as_array().into_iter().flatten().enumerate().map(draw).collect();
    if out.is_empty() { "nothing".to_owned() } else { out }
}

fn tree(list: &Value, depth: usize) -> String {
    let draw = |one: &Value| {
        let name = one["name"].as_str().unwrap_or_default();
        format!("{}{name} ({})\n{}", "  ".repeat(depth), one["kind"], tree(&one["children"], depth + 1))
    };
    list.as_array().into_iter().flatten().map(draw).collect()
}

/// The text with each token under its line, by the first letter of its type.
fn tokens(client: &mut Client, uri: &str, text: &str) -> String {
    let found = client.request("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
    let found = found.expect("there are tokens");
    let legend = client.initialized["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let mut marks: Vec<String> = text.lines().map(|line| " ".repeat(line.len())).collect();
    let (mut line, mut column) = (0, 0);
    let data: Vec<usize> = found["data"].as_array().into_iter().flatten().map(number).collect();
    for token in data.chunks(5) {
        let [lines, columns, length, of, modifiers] = token else { panic!("a token has five numbers") };
        column = if *lines == 0 { column + columns } else { *columns };
        line += lines;
        let name = legend[of].as_str().unwrap_or("?");
        let letter = if *modifiers == 1 { name[..1].to_uppercase() } else { name[..1].to_owned() };
        marks[line].replace_range(column..column + length, &letter.repeat(*length));
    }
    let pairs = text.lines().zip(marks);
    pairs.map(|(line, marks)| format!("{line}\n{}\n", marks.trim_end())).collect()
}
