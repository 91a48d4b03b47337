//! What a watching session says: lines for people, or events in JSON.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use mesh_bundle::{Compiled, Written};
use mesh_diagnostics::{Severity, json_line};
use serde_json::{Value, json};

use crate::cli::Diagnostics;
use crate::{Failure, report};

/// How it is said.
pub struct Tell {
    pub json: bool,
    pub clear: bool,
}

impl Tell {
    pub fn building(&self) -> Result<(), Failure> {
        if self.clear && !self.json && std::io::stderr().is_terminal() {
            // The screen, what scrolled away, and the cursor to the upper left.
            report::say("\u{1b}[2J\u{1b}[3J\u{1b}[H");
        }
        self.event(|| json!({ "event": "building" }))
    }

    /// Something that is no problem of the program: a file that is missing, a place that cannot be written.
    pub fn fault(&self, message: &str) -> Result<(), Failure> {
        self.line(|| report::fault(message));
        self.event(|| json!({ "event": "fault", "message": message }))
    }

    pub fn problems(&self, compiled: &Compiled, form: Diagnostics) -> Result<(), Failure> {
        if !self.json {
            return report::problems(compiled.diagnostics(), compiled.sources(), form, false);
        }
        for problem in compiled.diagnostics().iter() {
            let mut event: Value = serde_json::from_str(&json_line(problem, compiled.sources())).unwrap_or_default();
            event["event"] = json!("problem");
            write(&event)?;
        }
        Ok(())
    }

    pub fn failed(&self, compiled: &Compiled, took: Duration) -> Result<(), Failure> {
        let (errors, warnings) =
            (compiled.diagnostics().count(Severity::Error), compiled.diagnostics().count(Severity::Warning));
        self.line(|| report::say(&format!("not built, in {} ms", took.as_millis())));
        let milliseconds = took.as_millis() as u64;
        self.event(
            || json!({ "event": "failed", "errors": errors, "warnings": warnings, "milliseconds": milliseconds }),
        )
    }

    pub fn built(&self, compiled: &Compiled, written: Option<&Written>, took: Duration) -> Result<(), Failure> {
        let resources = compiled.compilation.lowered.resources.len();
        let milliseconds = took.as_millis() as u64;
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        self.line(|| {
            let mut said = format!("good: {} in {milliseconds} ms", plural(resources, "resource"));
            if let Some(written) = written {
                said.push_str(&format!(
                    "; {} of {} written",
                    written.changed.len(),
                    plural(written.files.len(), "file")
                ));
                if !written.removed.is_empty() {
                    said.push_str(&format!(", {} removed", written.removed.len()));
                }
            }
            report::say(&said);
        });
        let names = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
        };
        self.event(|| {
            let mut event = json!({ "event": "built", "resources": resources, "milliseconds": milliseconds });
            if let Some(written) = written {
                event["files"] = json!(names(&written.files));
                event["changed"] = json!(names(&written.changed));
                event["removed"] = json!(names(&written.removed));
            }
            event
        })
    }

    /// A command ended; without a code, by a signal.
    pub fn ran(&self, line: &str, code: Option<i32>) -> Result<(), Failure> {
        if code != Some(0) {
            let how = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with {code}"));
            self.line(|| report::fault(&format!("`{line}` {how}")));
        }
        self.event(|| json!({ "event": "exec", "command": line, "code": code }))
    }

    /// Everything is built, and waiting begins.
    pub fn watching(&self, files: usize, lost: bool) -> Result<(), Failure> {
        let how = if lost {
            "; the system tells nothing of some folders, which are looked at four times a second"
        } else {
            ""
        };
        self.line(|| report::say(&format!("watching {files} file{}{how}", if files == 1 { "" } else { "s" })));
        self.event(|| json!({ "event": "watching", "files": files }))
    }

    fn line(&self, say: impl FnOnce()) {
        if !self.json {
            say();
        }
    }

    fn event(&self, event: impl FnOnce() -> Value) -> Result<(), Failure> {
        if self.json { write(&event()) } else { Ok(()) }
    }
}

/// Writes an event. Where nobody reads them any more, the session is over.
fn write(event: &Value) -> Result<(), Failure> {
    if !report::tell(&format!("{event}\n"))? {
        std::process::exit(0);
    }
    Ok(())
}
