//! Diagnostics for machines: a line of JSON each, and SARIF 2.1.0 for code scanning.

use serde_json::{Value, json};

use crate::codes::{Severity, all_codes};
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Label};
use crate::source::{Sources, Span};

/// One diagnostic as one line of JSON, without its line break.
#[must_use]
pub fn json_line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let label = |label: &Label| {
        let mut place = place(label.span, sources);
        place["text"] = json!(label.text);
        place
    };
    json!({
        "code": diagnostic.code.id,
        "severity": diagnostic.severity().word(),
        "message": diagnostic.title,
        "primary": label(&diagnostic.primary),
        "secondary": diagnostic.secondary.iter().map(label).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "fix": diagnostic.fix.as_ref().map(|fix| json!({
            "title": fix.title,
            "edits": fix.edits.iter().map(|edit| {
                let mut place = place(edit.span, sources);
                place["text"] = json!(edit.text);
                place
            }).collect::<Vec<_>>(),
        })),
    })
    .to_string()
}

fn place(span: Span, sources: &Sources) -> Value {
    let (line, column) = sources.line_column(span.file, span.start);
    let (end_line, end_column) = sources.line_column(span.file, span.end);
    json!({
        "file": sources.get(span.file).name,
        "start": span.start, "end": span.end,
        "line": line, "column": column, "endLine": end_line, "endColumn": end_column,
    })
}

/// A whole run as one SARIF 2.1.0 document, as code scanning services read it.
#[must_use]
pub fn sarif(diagnostics: &Diagnostics, sources: &Sources, version: &str) -> String {
    let rules: Vec<Value> = all_codes()
        .map(|code| {
            json!({
                "id": code.id,
                "shortDescription": { "text": code.title },
                "help": { "text": code.page, "markdown": code.page },
                "defaultConfiguration": { "level": code.severity.word() },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources)).collect();
    let run = json!({
        "tool": { "driver": { "name": "meshc", "version": version, "rules": rules } },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    format!("{document:#}")
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut text = diagnostic.title.clone();
    for part in diagnostic.notes.iter().chain(&diagnostic.help) {
        text.push_str(". ");
        text.push_str(part);
    }
    let index = all_codes().position(|code| code.id == diagnostic.code.id);
    let mut result = json!({
        "ruleId": diagnostic.code.id,
        "ruleIndex": index,
        "level": diagnostic.severity().word(),
        "message": { "text": text },
        "locations": [location(&diagnostic.primary, sources)],
    });
    if !diagnostic.secondary.is_empty() {
        result["relatedLocations"] =
            diagnostic.secondary.iter().map(|label| location(label, sources)).collect::<Vec<_>>().into();
    }
    if let Some(fix) = &diagnostic.fix {
        result["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": fix.edits.iter().map(|edit| change(edit, sources)).collect::<Vec<_>>(),
        }]);
    }
    result
}

fn location(label: &Label, sources: &Sources) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(label.span, sources) },
            "region": region(label.span, sources),
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn change(edit: &Edit, sources: &Sources) -> Value {
    json!({
        "artifactLocation": { "uri": uri(edit.span, sources) },
        "replacements": [{
            "deletedRegion": region(edit.span, sources),
            "insertedContent": { "text": edit.text },
        }],
    })
}

fn region(span: Span, sources: &Sources) -> Value {
    let (line, column) = sources.line_column(span.file, span.start);
    let (end_line, end_column) = sources.line_column(span.file, span.end);
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// The file's name as a relative reference: everything but unreserved characters and `/` is escaped.
fn uri(span: Span, sources: &Sources) -> String {
    let mut out = String::new();
    for byte in sources.get(span.file).name.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Severity {
    /// The severity as machines spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}
