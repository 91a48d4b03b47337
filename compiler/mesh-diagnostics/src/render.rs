//! Diagnostics for people: the source line, the word, the reason and the way out.

use codespan_reporting::diagnostic::{Diagnostic as Report, Label as Mark, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, DisplayStyle};

use crate::codes::Severity;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources};

/// How much of a diagnostic is shown, and whether in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// One line a problem instead of the picture.
    pub short: bool,
}

/// The text of a diagnostic, ending in a line break.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let config = Config {
        display_style: if style.short { DisplayStyle::Short } else { DisplayStyle::Rich },
        ..Config::default()
    };
    let report = report(diagnostic);
    if style.color {
        let mut out = term::termcolor::Ansi::new(Vec::new());
        let drawn = term::emit_to_write_style(&mut out, &config, &Table(sources), &report);
        debug_assert!(drawn.is_ok(), "a span lies outside its file: {diagnostic:?}");
        String::from_utf8_lossy(&out.into_inner()).into_owned()
    } else {
        let mut out = String::new();
        let drawn = term::emit_to_string(&mut out, &config, &Table(sources), &report);
        debug_assert!(drawn.is_ok(), "a span lies outside its file: {diagnostic:?}");
        out
    }
}

fn report(diagnostic: &Diagnostic) -> Report<FileId> {
    let mark = |style, label: &crate::Label| {
        Mark::new(style, label.span.file, label.span.range()).with_message(label.text.clone())
    };
    let mut labels = vec![mark(LabelStyle::Primary, &diagnostic.primary)];
    labels.extend(diagnostic.secondary.iter().map(|label| mark(LabelStyle::Secondary, label)));
    let mut notes: Vec<String> = diagnostic.notes.iter().map(|note| lines("note: ", note)).collect();
    match (&diagnostic.help, &diagnostic.fix) {
        (Some(help), _) => notes.push(lines("help: ", help)),
        (None, Some(fix)) => notes.push(lines("help: ", &fix.title)),
        (None, None) => {}
    }
    let level = match diagnostic.severity() {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Note,
    };
    Report::new(level)
        .with_code(diagnostic.code.id)
        .with_message(&diagnostic.title)
        .with_labels(labels)
        .with_notes(notes)
}

/// A note with its later lines set under its first word.
fn lines(word: &str, text: &str) -> String {
    format!("{word}{}", text.replace('\n', &format!("\n{}", " ".repeat(word.len()))))
}

struct Table<'a>(&'a Sources);

impl<'a> Files<'a> for Table<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.get(id).name)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.get(id).text)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.0.get(id).line_of(byte as u32))
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, Error> {
        let source = self.0.get(id);
        source
            .line_range(line)
            .ok_or(Error::LineTooLarge { given: line, max: source.line_of(source.text.len() as u32) })
    }
}
