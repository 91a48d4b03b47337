//! What is in a file, beside what should be: the drift that `build --check` finds.

use std::path::{Path, PathBuf};

use mesh_load::Failure;
use similar::TextDiff;

/// How many lines of a difference are shown.
const SHOWN: usize = 60;

/// A file that is not what a program compiles to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub path: PathBuf,
    /// What is the matter with it.
    pub state: State,
}

/// What is the matter with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is not there.
    Missing,
    /// It holds something else: the difference, line by line, `-` what is there and `+` what the program compiles to.
    Differs(String),
    /// Only the ends of its lines differ, as where git rewrites them.
    LineEndings,
    /// It holds something else, and by the list of the folder meshc did not write it.
    Foreign,
    /// An earlier build wrote it, and the program has no use for it any more.
    LeftOver,
}

impl State {
    /// The state in two words at most.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            State::Missing => "missing",
            State::Differs(_) => "differs",
            State::LineEndings => "line endings",
            State::Foreign => "not meshc's",
            State::LeftOver => "left over",
        }
    }
}

/// Compares a file with the text that it should hold.
pub(crate) fn compare(path: &Path, text: &str) -> Result<Option<Difference>, Failure> {
    let there = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some(Difference { path: path.to_owned(), state: State::Missing }));
        }
        Err(error) => return Err(Failure(format!("`{}` cannot be read: {error}", path.display()))),
    };
    if there == text.as_bytes() {
        return Ok(None);
    }
    let there = String::from_utf8_lossy(&there);
    let state = match there.replace("\r\n", "\n") == text {
        true => State::LineEndings,
        false => State::Differs(diff(&there, text)),
    };
    Ok(Some(Difference { path: path.to_owned(), state }))
}

/// The lines that differ, with three lines around them, cut where there are many.
fn diff(there: &str, wanted: &str) -> String {
    let diff = TextDiff::from_lines(there, wanted);
    let whole = diff.unified_diff().context_radius(3).missing_newline_hint(false).to_string();
    let lines: Vec<&str> = whole.lines().collect();
    let mut out = lines[..lines.len().min(SHOWN)].join("\n");
    if lines.len() > SHOWN {
        out.push_str(&format!("\n… {} more lines", lines.len() - SHOWN));
    }
    out.push('\n');
    out
}
