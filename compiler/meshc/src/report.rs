//! Problems out: as text, short lines, JSON or SARIF.

use std::io::Write;

use anstream::ColorChoice;
use mesh_diagnostics::{Diagnostics, Severity, Sources, Style, json_line, render, sarif};

use crate::Failure;
use crate::cli::{self, Color};

/// Follows `--color`.
pub fn set_color(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
}

/// A problem outside of any program.
pub fn fault(text: &str) {
    let _ = writeln!(anstream::stderr(), "\u{1b}[1;31merror\u{1b}[0m: {text}");
}

/// A line for people, beside what a command prints for machines.
pub fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// What a command prints for its caller. A reader that has seen enough and closed the pipe is no fault; anything else
/// that keeps the text from being written is.
pub fn print(text: &str) -> Result<(), Failure> {
    tell(text).map(|_| ())
}

/// As [`print`]; false where nobody reads any more.
pub fn tell(text: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure(format!("standard output cannot be written: {error}"))),
    }
}

/// Writes the problems of a program. Machine formats go to standard output where `to_stdout` says so.
pub fn problems(
    diagnostics: &Diagnostics,
    sources: &Sources,
    form: cli::Diagnostics,
    to_stdout: bool,
) -> Result<(), Failure> {
    let mut out = String::new();
    match form {
        cli::Diagnostics::Text | cli::Diagnostics::Short => {
            let short = form == cli::Diagnostics::Short;
            for diagnostic in diagnostics.iter() {
                out.push_str(&render(diagnostic, sources, Style { color: true, short }));
                if !short && !out.ends_with("\n\n") {
                    out.push('\n');
                }
            }
            let _ = anstream::stderr().write_all(out.as_bytes());
            if let Some(summary) = summary(diagnostics) {
                say(&summary);
            }
            return Ok(());
        }
        cli::Diagnostics::Json => {
            for diagnostic in diagnostics.iter() {
                out.push_str(&json_line(diagnostic, sources));
                out.push('\n');
            }
        }
        cli::Diagnostics::Sarif => {
            out = sarif(diagnostics, sources, env!("CARGO_PKG_VERSION"));
            out.push('\n');
        }
    }
    if to_stdout {
        return print(&out);
    }
    let _ = std::io::stderr().write_all(out.as_bytes());
    Ok(())
}

fn summary(diagnostics: &Diagnostics) -> Option<String> {
    let count = |severity, word: &str| {
        let count = diagnostics.count(severity);
        (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
    };
    let parts: Vec<String> =
        [count(Severity::Error, "error"), count(Severity::Warning, "warning")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
