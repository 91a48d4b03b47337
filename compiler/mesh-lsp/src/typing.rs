//! The one format: of a file, of the statements in a range, and of the line that was just ended.

use lsp_types::{Range, TextEdit};
use mesh_diagnostics::{FileId, Source, Span};

use crate::context::depth;
use crate::position::{Encoding, range};
use crate::program::Program;

/// How far a block stands in.
const INDENT: &str = "  ";

/// The edit that formats a file; none where it does not parse, or is formatted.
pub fn whole(program: &Program, file: FileId) -> Vec<TextEdit> {
    let text = program.text(file);
    let Ok(formatted) = mesh_fmt::format(file, text) else { return Vec::new() };
    if formatted == text {
        return Vec::new();
    }
    // Lines that stay at both ends are left alone, so that the cursor stays where it is.
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let new: Vec<&str> = formatted.split_inclusive('\n').collect();
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>() as u32;
    let span = Span::new(file, length(&old[..same]), length(&old[..old.len() - tail]));
    vec![TextEdit::new(program.range(span), new[same..new.len() - tail].concat())]
}

/// The edits that format the top-level statements of a range, each as it stands in the formatted file.
pub fn part(program: &Program, file: FileId, wanted: Range) -> Vec<TextEdit> {
    let text = program.text(file);
    let Ok(formatted) = mesh_fmt::format(file, text) else { return Vec::new() };
    let (old, new) = (program.parsed(file), mesh_syntax::parse(file, &formatted));
    let pairs = old.tree.statements().zip(new.tree.statements());
    pairs
        .filter_map(|(old, new)| {
            let place = program.range(old.span());
            let is_meant = place.start <= wanted.end && wanted.start <= place.end;
            let (before, after) = (&text[old.span().range()], &formatted[new.span().range()]);
            (is_meant && before != after).then(|| TextEdit::new(place, after.to_owned()))
        })
        .collect()
}

/// The edit that indents the line at a place: after a line break, and where `>` closes a block on a line of its own.
pub fn line(source: &Source, file: FileId, at: usize, encoding: Encoding) -> Vec<TextEdit> {
    let text: &str = &source.text;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let body = text[start..end].trim_start();
    let Some(depth) = depth(text, start) else { return Vec::new() };
    let closes = usize::from(body.starts_with('>'));
    // Behind the cursor nothing is moved but the `>` that was just typed.
    if !body.is_empty() && closes == 0 && !text[start..at].trim().is_empty() {
        return Vec::new();
    }
    let wanted = INDENT.repeat(depth.saturating_sub(closes));
    let indent = end - start - body.len();
    if text[start..start + indent] == wanted {
        return Vec::new();
    }
    let span = Span::new(file, start as u32, (start + indent) as u32);
    vec![TextEdit::new(range(source, span, encoding), wanted)]
}
