//! The language server, as an editor meets it: cases with the answer drawn under the line, and whole sessions.

mod client;
mod draw;
mod programs;
mod sessions;
mod targets;

use std::path::Path;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::folders::{cases, name, snapshot};
use crate::program::{files, root};
use crate::trial;
use client::Client;

pub fn trials() -> Vec<Trial> {
    let mut out = Vec::new();
    for folder in cases(&root().join("tests/lsp"), 1) {
        out.push(trial(format!("lsp::{}", name(&folder)), move || case(&folder)));
    }
    out.extend(sessions::trials());
    out.extend(programs::trials());
    out.extend(targets::trials());
    out
}

impl Client {
    /// The problems of a document as the editor knows them; everything that was sent before is taken into account.
    pub fn problems(&mut self, uri: &str) -> Vec<Value> {
        self.settle();
        let published = self.told.iter().rev().filter(|(method, _)| method == "textDocument/publishDiagnostics");
        let last = published.map(|(_, params)| params).find(|params| params["uri"] == uri);
        last.and_then(|params| params["diagnostics"].as_array().cloned()).unwrap_or_default()
    }
}

/// A question of a case, and where it is asked.
#[derive(Debug)]
struct Question {
    /// The line of the text; none for one about the whole file.
    line: Option<usize>,
    start: usize,
    end: usize,
    text: String,
}

/// Parts a file of a case into its text and its questions: lines such as `#    ^^ hover` are about the line above, and
/// `#! folds` about the file. `#<` is the first column.
fn parted(source: &str) -> (String, Vec<Question>) {
    let (mut text, mut questions, mut lines) = (String::new(), Vec::new(), 0_usize);
    for line in source.split_inclusive('\n') {
        let body = line.trim_end();
        if let Some(question) = body.strip_prefix("#! ") {
            questions.push(Question { line: None, start: 0, end: 0, text: question.to_owned() });
            continue;
        }
        let marks = body.strip_prefix('#').map(|rest| (rest.trim_start_matches(' '), rest));
        match marks {
            Some((marked, rest)) if marked.starts_with('^') => {
                let start = 1 + rest.len() - marked.len();
                let carets = marked.chars().take_while(|c| *c == '^').count();
                let text = marked[carets..].trim().to_owned();
                questions.push(Question { line: lines.checked_sub(1), start, end: start + carets, text });
            }
            Some((marked, _)) if marked.starts_with('<') => {
                let text = marked[1..].trim().to_owned();
                questions.push(Question { line: lines.checked_sub(1), start: 0, end: 1, text });
            }
            _ => {
                text.push_str(line);
                lines += 1;
            }
        }
    }
    (text, questions)
}

fn case(folder: &Path) {
    let home = tempfile::tempdir().expect("a folder can be made");
    let path = home.path().canonicalize().expect("it has a path");
    let mut asked: Vec<(String, String, Vec<Question>)> = Vec::new();
    for file in files(folder, ".mesh") {
        let source = std::fs::read_to_string(&file).expect("a case can be read");
        let (text, questions) = parted(&source);
        let target = path.join(name(&file));
        std::fs::write(&target, &text).expect("the folder can be written");
        asked.push((format!("file://{}", target.display()), text, questions));
    }
    let options = std::fs::read_to_string(folder.join("options.json"));
    let options = options.map_or(json!({}), |text| serde_json::from_str(&text).expect("the options are JSON"));
    let mut client = Client::start(&[format!("file://{}", path.display())], options, &["utf-8"]);
    for (uri, text, _) in &asked {
        client.open(uri, text);
    }
    let mut out = String::new();
    for (uri, text, questions) in &asked {
        if asked.len() > 1 {
            out.push_str(&format!("== {}\n", uri.rsplit('/').next().unwrap_or_default()));
        }
        for question in questions.iter().filter(|question| question.line.is_none()) {
            out.push_str(&format!("{}\n", question.text));
            draw::lines(&draw::answer(&mut client, &asked_texts(&asked), uri, text, question), &mut out);
        }
        for (number, line) in text.lines().enumerate() {
            let mut here = questions.iter().filter(|question| question.line == Some(number)).peekable();
            if here.peek().is_some() {
                out.push_str(&format!("{line}\n"));
            }
            for question in here {
                let width = question.end - question.start;
                out.push_str(&format!("{}{} {}\n", " ".repeat(question.start), "^".repeat(width), question.text));
                draw::lines(&draw::answer(&mut client, &asked_texts(&asked), uri, text, question), &mut out);
            }
        }
    }
    client.stop();
    let home = path.display().to_string();
    snapshot(folder, "answers", &out.replace(&home, "").trim_end().replace("file:///", ""));
}

fn asked_texts(asked: &[(String, String, Vec<Question>)]) -> Vec<(&str, &str)> {
    asked.iter().map(|(uri, text, _)| (uri.as_str(), text.as_str())).collect()
}
