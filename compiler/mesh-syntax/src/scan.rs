//! The cut of a text into pieces that are parsed apart.
//!
//! The scanner knows only words, strings, comments and brackets. Balanced text is cut between top-level
//! statements into batches; where brackets do not balance, it is cut at column one, so that the harm stays
//! within one statement. It also finds the bracket to blame, by indentation, and bounds the depth.

use std::ops::Range;

use crate::marks::{Mark, Marks};

/// How deep blocks and groups may stand in each other.
pub const MAX_DEPTH: usize = 64;

/// Balanced statements are parsed together up to about this many bytes.
const BATCH: usize = 32 * 1024;

/// A piece of the text and what the scanner knows of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub range: Range<usize>,
    pub state: State,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Brackets balance.
    Sound,
    /// The bracket to blame, unless a string that is not closed has swallowed one; `repairs` are bytes to overwrite so
    /// that the rest can be read.
    Broken { fault: Fault, half_string: bool, repairs: Vec<(usize, u8)> },
    /// Deeper than [`MAX_DEPTH`] at this byte: not parsed at all.
    TooDeep(usize),
    /// YAML, not Mesh.
    Yaml,
}

/// A bracket without its other half.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Fault {
    /// A `<` that no `>` closes, and the end of the line where it should have ended.
    Unclosed { open: usize, end: usize },
    /// A `>` that closes nothing.
    Stray { close: usize },
    /// A `>` whose `<` is missing at the end of a line.
    Headless { close: usize, line_end: usize },
}

impl Fault {
    /// The bracket to blame.
    pub fn at(&self) -> usize {
        match self {
            Fault::Unclosed { open, .. } => *open,
            Fault::Stray { close } | Fault::Headless { close, .. } => *close,
        }
    }
}

/// Cuts a text. The pieces cover it, in order.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    pieces_of(text, BATCH)
}

/// Cuts a text wherever a top-level statement starts a line.
pub(crate) fn statements(text: &str) -> Vec<Piece> {
    pieces_of(text, 1)
}

fn pieces_of(text: &str, batch: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for yaml in yaml_regions(text) {
        cut(text, at..yaml.start, batch, &mut pieces);
        pieces.push(Piece { range: yaml.clone(), state: State::Yaml });
        at = yaml.end;
    }
    cut(text, at..text.len(), batch, &mut pieces);
    pieces
}

fn cut(text: &str, range: Range<usize>, least: usize, pieces: &mut Vec<Piece>) {
    if range.is_empty() {
        return;
    }
    if let Some(ends) = balanced_ends(text, range.clone(), least, |_| false) {
        let mut start = range.start;
        for end in ends {
            if end - start >= least || end == range.end {
                pieces.push(Piece { range: start..end, state: State::Sound });
                start = end;
            }
        }
        return;
    }
    // Each stands alone, so that what is open in one does not swallow the next.
    let starts = column_one(text, range.clone(), |_| false);
    let ends = starts.iter().skip(1).copied().chain([range.end]);
    for (start, end) in starts.iter().zip(ends) {
        let state = examine(text, *start..end);
        pieces.push(Piece { range: *start..end, state });
    }
}

/// Where top-level statements may be parted, if all brackets balance and none is too deep; what lies behind the first end
/// for which `enough` holds is not looked at.
pub(crate) fn balanced_ends(
    text: &str,
    range: Range<usize>,
    least: usize,
    enough: impl Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    let mut last = range.start;
    let (mut depth, mut groups) = (0usize, 0usize);
    let mut after_comma = false;
    for (mark, at) in Marks::new(text, range.clone()) {
        match mark {
            Mark::Open if groups == 0 => depth += 1,
            Mark::Close if groups == 0 => depth = depth.checked_sub(1)?,
            Mark::GroupOpen => groups += 1,
            Mark::GroupClose => groups = groups.checked_sub(1)?,
            Mark::Newline
                if depth == 0 && groups == 0 && !after_comma && at + 1 - last >= least && starts(text, at + 1) =>
            {
                last = at + 1;
                ends.push(last);
                if enough(last) {
                    return Some(ends);
                }
            }
            Mark::Open | Mark::Close | Mark::Semicolon if groups > 0 => return None,
            Mark::Runaway => return None,
            _ => {}
        }
        if depth + groups > MAX_DEPTH {
            return None;
        }
        if !matches!(mark, Mark::Newline | Mark::Comment) {
            after_comma = mark == Mark::Comma;
        }
    }
    if depth != 0 || groups != 0 {
        return None;
    }
    if ends.last() != Some(&range.end) {
        ends.push(range.end);
    }
    Some(ends)
}

/// True where a statement starts: what else may stand here belongs to the one above.
fn starts(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'<')
}

/// Where pieces start that start with a statement at column one; comments above it belong to it. What lies behind the first
/// start for which `enough` holds is not looked at.
pub(crate) fn column_one(text: &str, range: Range<usize>, enough: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut starts = vec![range.start];
    let mut line_start = range.start;
    let mut comment_start = None;
    let mut line_is_new = true;
    let mut after_comma = false;
    for (mark, at) in Marks::new(text, range.clone()) {
        match mark {
            Mark::Newline => {
                line_start = at + 1;
                line_is_new = true;
                continue;
            }
            Mark::Comment => {
                if at == line_start {
                    comment_start.get_or_insert(at);
                }
                continue;
            }
            Mark::Close | Mark::GroupClose => {}
            _ if line_is_new && at == line_start && !after_comma => {
                let start = comment_start.unwrap_or(at);
                if start > range.start {
                    starts.push(start);
                    if enough(start) {
                        break;
                    }
                }
            }
            _ => {}
        }
        comment_start = None;
        line_is_new = false;
        after_comma = mark == Mark::Comma;
    }
    starts
}

/// An open block: its bracket, the start of its line, and the indentation of that line.
#[derive(Clone, Copy)]
struct Open {
    at: usize,
    line: usize,
    indent: usize,
}

/// What is wrong with the brackets of one piece.
pub(crate) fn examine(text: &str, range: Range<usize>) -> State {
    let mut stack: Vec<Open> = Vec::new();
    let mut faults = Vec::new();
    let mut repairs = Vec::new();
    let mut groups = 0usize;
    let mut line = range.start;
    let mut first_on_line = true;
    let mut half_string = false;
    // The first `>` that closes a block of lines without standing on a line of its own.
    let mut early: Option<usize> = None;
    for (mark, at) in Marks::new(text, range.clone()) {
        match mark {
            Mark::Newline => {
                line = at + 1;
                first_on_line = true;
                continue;
            }
            Mark::HalfString | Mark::Runaway => half_string = true,
            Mark::Open => {
                groups = 0;
                stack.push(Open { at, line, indent: indent(text, line) });
            }
            Mark::Close => {
                groups = 0;
                while first_on_line && stack.len() > 1 && stack[stack.len() - 1].indent > indent(text, line) {
                    unclosed(text, &range, &mut stack, &mut faults, &mut repairs);
                }
                match stack.pop() {
                    Some(open) if !first_on_line && open.line != line => early = early.or(Some(at)),
                    Some(_) => {}
                    None => match early.take() {
                        // That one was too many, and this one closes what it should.
                        Some(early) => {
                            faults.push(Fault::Stray { close: early });
                            repairs.push((early, b' '));
                        }
                        None => stray(text, &range, at, &mut faults, &mut repairs),
                    },
                }
            }
            Mark::GroupOpen => groups += 1,
            Mark::GroupClose => groups = groups.saturating_sub(1),
            Mark::Semicolon => groups = 0,
            _ => {}
        }
        if stack.len() + groups > MAX_DEPTH {
            return State::TooDeep(at);
        }
        first_on_line = false;
    }
    while !stack.is_empty() {
        unclosed(text, &range, &mut stack, &mut faults, &mut repairs);
    }
    let Some(fault) = faults.first().copied() else { return State::Sound };
    // One mistake, one error: what follows the first fault in a piece mostly follows from it, and a string
    // that is not closed has swallowed the bracket that seems to be missing; the parser reports the string.
    State::Broken { fault, half_string, repairs }
}

fn indent(text: &str, line: usize) -> usize {
    text[line..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Blames the innermost open bracket and closes it where its indentation ends.
fn unclosed(
    text: &str,
    range: &Range<usize>,
    stack: &mut Vec<Open>,
    faults: &mut Vec<Fault>,
    repairs: &mut Vec<(usize, u8)>,
) {
    let Some(open) = stack.pop() else { return };
    let mut end = line_end(text, open.at, range.end);
    let mut next = end + 1;
    while next < range.end {
        let stop = line_end(text, next, range.end);
        let line = &text[next..stop];
        let closes = line.trim_start().starts_with('>') && indent(text, next) == open.indent;
        if !line.trim().is_empty() && (indent(text, next) <= open.indent) && !closes {
            break;
        }
        if indent(text, next) < open.indent {
            break;
        }
        if !line.trim().is_empty() {
            end = stop;
        }
        next = stop + 1;
    }
    faults.push(Fault::Unclosed { open: open.at, end: code_end(text, end) });
    if let Some(free) = free_byte(text, end, range.end) {
        repairs.push((free, b'>'));
    }
}

/// A `>` too many: either a `<` is missing at the end of a line whose body is indented, or it is the `>`.
fn stray(text: &str, range: &Range<usize>, close: usize, faults: &mut Vec<Fault>, repairs: &mut Vec<(usize, u8)>) {
    let close_line = text[..close].rfind('\n').map_or(0, |n| n + 1);
    let own_line = text[close_line..close].trim().is_empty();
    if own_line {
        let depth = indent(text, close_line);
        let mut line = range.start;
        let mut head = None;
        while line < close_line {
            let stop = line_end(text, line, range.end);
            let body = text[line..stop].trim();
            if !body.is_empty() && !body.starts_with('#') && !body.starts_with('>') && indent(text, line) == depth {
                head = Some(stop);
            }
            line = stop + 1;
        }
        if let Some(stop) = head.filter(|stop| stop + 1 < close_line) {
            faults.push(Fault::Headless { close, line_end: code_end(text, stop) });
            if let Some(free) = free_byte(text, stop, range.end) {
                repairs.push((free, b'<'));
            }
            return;
        }
    }
    faults.push(Fault::Stray { close });
    repairs.push((close, b' '));
}

fn line_end(text: &str, from: usize, limit: usize) -> usize {
    text[from..limit].find('\n').map_or(limit, |n| from + n)
}

/// The end of what stands on the line that ends here, without a comment and the blanks before it.
fn code_end(text: &str, end: usize) -> usize {
    let line = text[..end].rfind('\n').map_or(0, |n| n + 1);
    let comment = Marks::new(text, line..end).find(|(mark, _)| *mark == Mark::Comment).map_or(end, |(_, at)| at);
    text[..comment].trim_end().len()
}

/// A byte near the end of a line that a bracket may overwrite: the line break, or, behind a comment, the
/// indentation of the next line.
fn free_byte(text: &str, end: usize, limit: usize) -> Option<usize> {
    let line = text[..end].rfind('\n').map_or(0, |n| n + 1);
    let has_comment = Marks::new(text, line..end).any(|(mark, _)| mark == Mark::Comment);
    if end >= limit {
        return None;
    }
    if !has_comment {
        return Some(end);
    }
    matches!(text.as_bytes().get(end + 1), Some(b' ' | b'\t' | b'\n')).then_some(end + 1)
}

/// Stretches of YAML that somebody pasted: from a line `apiVersion:` or `kind:` at column one to the next
/// line at column one that cannot be YAML.
pub(crate) fn yaml_regions(text: &str) -> Vec<Range<usize>> {
    let mut regions = Vec::new();
    if !text.contains("apiVersion:") && !text.contains("kind:") {
        return regions;
    }
    let mut open: Option<usize> = None;
    // Where the lines above that could be YAML start.
    let mut above: Option<usize> = None;
    let mut line = 0;
    while line < text.len() {
        let end = line_end(text, line, text.len());
        let body = &text[line..end];
        let starts = body.starts_with("apiVersion:") || body.starts_with("kind:");
        let key = body.split_whitespace().next().is_some_and(|word| word.ends_with(':') || word == "---");
        match open {
            None if starts => open = Some(above.unwrap_or(line)),
            None if key || (above.is_some() && body.starts_with(' ')) => above = above.or(Some(line)),
            None => above = None,
            Some(start) if !body.is_empty() && !yaml_line(body) => {
                regions.push(start..line);
                open = None;
            }
            _ => {}
        }
        line = end + 1;
    }
    if let Some(start) = open {
        regions.push(start..text.len());
    }
    regions
}

fn yaml_line(line: &str) -> bool {
    let word = line.split([' ', '\t', '\r']).next().unwrap_or_default();
    word.is_empty() || word.ends_with(':') || word.starts_with('-') || word.starts_with('#') || line.trim() == "..."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<Fault> {
        pieces(text)
            .into_iter()
            .filter_map(|piece| match piece.state {
                State::Broken { fault, .. } => Some(fault),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn balanced_text_is_one_piece() {
        let text = "route a < v1 >\n# < >\nroute b < when header x \"<\" < v2 > >\n";
        assert_eq!(pieces(text), [Piece { range: 0..text.len(), state: State::Sound }]);
    }

    #[test]
    fn the_bracket_whose_close_stands_under_another_line_is_blamed() {
        let text = "route a <\n  when path / < v1\n  v2\n>\nroute b < v1 >\n";
        assert_eq!(faults(text), [Fault::Unclosed { open: 24, end: 28 }]);
        assert_eq!(faults("route a < v1\nroute b < v1 >\n"), [Fault::Unclosed { open: 8, end: 12 }]);
    }

    #[test]
    fn a_missing_open_bracket_is_found_by_indentation() {
        let text = "service a\n  http 80\n>\nroute b < v1 >\n";
        assert_eq!(faults(text), [Fault::Headless { close: 20, line_end: 9 }]);
        assert_eq!(faults("route a < v1 > >\n"), [Fault::Stray { close: 15 }]);
    }

    #[test]
    fn yaml_is_one_piece_and_what_follows_is_mesh() {
        let text = "apiVersion: v1\nkind: Service\nspec:\n- a\nroute b < v1 >\n";
        let states: Vec<State> = pieces(text).into_iter().map(|piece| piece.state).collect();
        assert_eq!(states, [State::Yaml, State::Sound]);
    }

    #[test]
    fn depth_is_bounded_before_anything_recurses() {
        let text = format!("{}{}", "a < ".repeat(100), "> ".repeat(100));
        assert!(matches!(pieces(&text)[0].state, State::TooDeep(_)));
    }
}
