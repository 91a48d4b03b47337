//! Texts in quotes, and words that are names elsewhere.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};

pub(super) fn bad_escape(span: Span, inner: &str, escape: std::ops::Range<usize>) -> Diagnostic {
    let start = span.start + 1 + escape.start as u32;
    let text = &inner[escape.clone()];
    let place = Span::new(span.file, start, start + text.len() as u32);
    if text == "\\u" {
        return Diagnostic::new(code::E0115, place, "a `\\u` without four hexadecimal digits")
            .label("`\\u` and four digits are one character, as in `\\u00e9`")
            .help("write all four digits");
    }
    Diagnostic::new(code::E0115, place, format!("strings have no escape `{text}`"))
        .label("the escapes are those of JSON")
        .fix(format!("write `\\{text}` for a backslash"), place, format!("\\{text}"))
}

/// The text between `"""`: without the first line break, and without the indentation that all lines share.
///
/// A line ends in one way whatever the file has, so that the same program is the same everywhere.
pub(crate) fn block_text(inner: &str) -> Cow<'_, str> {
    if inner.contains('\r') {
        return Cow::Owned(block_text(&inner.replace("\r\n", "\n").replace('\r', "\n")).into_owned());
    }
    let body = inner.strip_prefix('\n').unwrap_or(inner);
    if !body.contains('\n') {
        return Cow::Borrowed(body);
    }
    let filled = || body.lines().filter(|line| !line.trim().is_empty());
    let indent = filled().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines: Vec<&str> = body.lines().map(|line| line.get(indent..).unwrap_or("")).collect();
    let mut text = lines.join("\n");
    if body.ends_with('\n') {
        text.push('\n');
    }
    Cow::Owned(text)
}

pub(super) fn is_variable(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
