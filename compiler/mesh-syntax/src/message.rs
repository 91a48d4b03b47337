//! What is said of broken syntax: one function a mistake.

use mesh_diagnostics::{Diagnostic, Edit, Span, code};

use crate::scan::{Fault, MAX_DEPTH};

/// The line of a bracket that is to blame.
pub(crate) struct Line {
    /// What stands before its first separator.
    pub head: Span,
    /// Its other `<`.
    pub opens: Vec<Span>,
}

pub(crate) fn bracket(fault: Fault, line: &Line, span: impl Fn(usize, usize) -> Span) -> Diagnostic {
    match fault {
        Fault::Unclosed { open, end } => {
            let problem = Diagnostic::new(code::E0102, span(open, open + 1), "a block is never closed")
                .label("this `<` has no `>`");
            let with_others = |problem: Diagnostic, other: &Span| problem.also(*other, "or is this one too many?");
            line.opens
                .iter()
                .fold(problem, with_others)
                .also(span(end, end), "by its indentation the block ends here")
                .fix("close the block with `>`", span(end, end), " >")
        }
        Fault::Stray { close } => {
            let problem = stray(span(close, close + 1));
            let before = line.head.end <= span(close, close).start && line.head.start < line.head.end;
            if before { problem.also(line.head, "or is a `<` missing behind this?") } else { problem }
        }
        Fault::Headless { close, line_end } => {
            Diagnostic::new(code::E0103, span(close, close + 1), "this `>` closes nothing")
                .label("no `<` is open here")
                .also(span(line_end, line_end), "by the indentation, a `<` is missing here")
                .fix("open the block with `<`", span(line_end, line_end), " <")
        }
    }
}

pub(crate) fn stray(span: Span) -> Diagnostic {
    Diagnostic::new(code::E0103, span, "this `>` closes nothing")
        .label("no `<` is open here")
        .help("remove the `>`, or write the `<` that it should close")
}

pub(crate) fn headless(open: Span, head: Option<Span>) -> Diagnostic {
    let problem = Diagnostic::new(code::E0109, open, "a block stands without a statement")
        .label("a block starts in the line of the statement that it belongs to")
        .note("a newline ends a statement, so the `<` below it opens a block of nothing");
    match head {
        Some(head) => problem.also(head, "if it belongs here, write the `<` at the end of this line").fix_all(
            "move the `<` up",
            vec![Edit { span: head.after(), text: " <".to_owned() }, Edit { span: open, text: String::new() }],
        ),
        None => problem.help("write the statement before the `<`"),
    }
}

pub(crate) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(code::E0106, span, format!("blocks and parentheses stand more than {MAX_DEPTH} deep in each other"))
        .label("this one is too deep")
        .help("no statement of Mesh needs more than six: look for blocks that are not closed")
}

pub(crate) fn yaml(span: Span) -> Diagnostic {
    let first = Span::new(span.file, span.start, (span.start + "apiVersion".len() as u32).min(span.end));
    Diagnostic::new(code::E0112, first, "this is YAML, not Mesh")
        .label("a YAML document starts here")
        .note("meshc writes YAML and does not read it; the lines up to the next Mesh statement are skipped")
        .help("say the same in Mesh: `meshc explain route` shows how a VirtualService is written")
}

pub(crate) fn unclosed_string(span: Span, of_lines: bool) -> Diagnostic {
    let problem = Diagnostic::new(code::E0104, span, "a string is never closed");
    if of_lines {
        return problem.label("the closing `\"\"\"` is missing").help("close it with `\"\"\"`");
    }
    problem
        .label("the closing `\"` is missing")
        .note("a string ends with its line; for more lines use `\"\"\"`")
        .help("close it with `\"`")
}

pub(crate) fn unclosed_group(open: Span) -> Diagnostic {
    Diagnostic::new(code::E0105, open, "a parenthesis is never closed")
        .label("this `(` has no `)`")
        .help("write the `)` before the next `<` or `;`")
}

pub(crate) fn empty_place(comma: Span) -> Diagnostic {
    Diagnostic::new(code::E0108, comma, "a list has an empty place").label("nothing stands before this comma").fix(
        "remove the comma",
        comma,
        "",
    )
}

pub(crate) fn half_pair(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(code::E0107, span, format!("`{key}:` lacks its right half"))
        .label("nothing follows the `:` in this line")
        .help(format!("write a value, as in `{key}: VALUE`, or leave the `:` out"))
}

/// The colons of an IPv6 address join no pairs.
pub(crate) fn address(span: Span) -> Diagnostic {
    Diagnostic::new(code::E0107, span, "an IPv6 address is written in quotes")
        .label("its colons are read as those of pairs")
        .help("write it as a text, as in `\"2001:db8::1\"`")
}

pub(crate) fn lone_colon(colon: Span, behind_something: bool) -> Diagnostic {
    let problem = Diagnostic::new(code::E0107, colon, "this `:` joins no pair")
        .label("a pair is one operand, a `:`, and one operand");
    if behind_something {
        problem.fix("remove the `:`", colon, " ")
    } else {
        problem.help("write what the `:` should join before it")
    }
}

pub(crate) fn junk(text: &str, span: Span) -> Diagnostic {
    let problem = |title: String| Diagnostic::new(code::E0110, span, title).label("not part of the language");
    match text {
        "->" | "=>" => problem(format!("Mesh has no `{text}`"))
            .help("a pair is written with `:`, as in `v1: 80%`; a port is mapped with `to`, as in `http 80 to 8080`"),
        "==" => {
            problem("Mesh has no `==`".to_owned()).help("a test is its word and its value: `header end-user \"jason\"`")
        }
        "|" => problem("Mesh has no `|`".to_owned())
            .help("alternatives of one operand are joined by `,`, whole phrases by `or`"),
        "~" => problem("a `~` stands alone".to_owned())
            .help("a regular expression is written `~\"…\"`, without a space between"),
        "-" => problem("a `-` stands alone".to_owned())
            .help("Mesh has no list items: the members of a list are joined by `,`"),
        ")" => problem("this `)` closes nothing".to_owned()).label("no `(` is open").fix("remove the `)`", span, ""),
        "=" => problem("this `=` is out of place".to_owned())
            .help("`=` stands in `let NAME = VALUE`, in `field PATH = VALUE` and before an exact text"),
        ">=" | "<=" => problem(format!("Mesh has no `{text}`"))
            .help("blocks are opened by `<` and closed by `>`; there are no comparisons"),
        _ => {
            let shown: String = text.chars().flat_map(char::escape_default).collect();
            Diagnostic::new(code::E0116, span, format!("the character `{shown}` cannot stand here"))
                .label("outside of strings and comments, Mesh is made of words and `< > ( ) , : ; =`")
                .fix("remove the character", span, "")
        }
    }
}

/// A word that can only be a slip of another language's habits; `before` is the end of the operand before.
pub(crate) fn odd_word(word: &str, span: Span, before: Option<u32>) -> Option<Diagnostic> {
    let first = word.as_bytes()[0];
    if first.is_ascii_alphanumeric() && word.is_ascii() {
        return None;
    }
    let invisible =
        |c: &char| matches!(c, '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{202f}' | '\u{3000}' | '\u{feff}');
    if let Some((at, c)) = word.char_indices().find(|(_, c)| invisible(c)) {
        let start = span.start + at as u32;
        let place = Span::new(span.file, start, start + c.len_utf8() as u32);
        return Some(
            Diagnostic::new(
                code::E0116,
                place,
                format!("the invisible character `{}` cannot stand here", c.escape_unicode()),
            )
            .label("looks like a space, or like nothing")
            .fix("write a space", place, " "),
        );
    }
    if word == "\\" {
        return Some(
            Diagnostic::new(code::E0116, span, "Mesh has no line continuation")
                .label("joins no lines")
                .help("a list goes on in the next line behind a comma; clauses stand on lines of their own in a block"),
        );
    }
    if let Some(quote) = word.chars().find(|c| matches!(c, '“' | '”' | '„' | '‘' | '’' | '«' | '»')) {
        return Some(
            Diagnostic::new(code::E0111, span, format!("`{quote}` is not a quote of Mesh"))
                .label("a typographic quote")
                .note("text processors put these in place of `\"`")
                .help("write strings in `\"`"),
        );
    }
    match first {
        b'\'' | b'`' => {
            let inner = word.trim_matches(first as char);
            let quote = if first == b'`' { "a backtick" } else { "`'`" };
            let problem = Diagnostic::new(code::E0111, span, format!("{quote} is not a quote of Mesh"))
                .label("strings stand in `\"`");
            let whole = word.len() == inner.len() + 2 && !inner.contains(['\\', '"']);
            Some(if whole {
                problem.fix(format!("write `\"{inner}\"`"), span, format!("\"{inner}\""))
            } else {
                problem.help("write strings in `\"`")
            })
        }
        b'{' if word.starts_with("{{") => Some(
            Diagnostic::new(code::E0113, span, "Mesh is no template")
                .label("a template of Helm")
                .help("what differs between environments will be a `param`; until then render the file before `meshc` reads it"),
        ),
        b'{' | b'}' | b'[' | b']' => Some(
            Diagnostic::new(code::E0113, span, format!("Mesh has no `{}`", first as char))
                .label("not part of the language")
                .help("a block is written `< … >`, a list is joined by `,`, and a group stands in `( … )`"),
        ),
        b'%' if word == "%" => Some(percent_apart(span, before)),
        b'.' if word.ends_with('%') && word[1..word.len() - 1].bytes().all(|b| b.is_ascii_digit()) => Some(
            Diagnostic::new(code::E0114, span, format!("`{word}` lacks its leading zero"))
                .label("a percentage starts with a digit")
                .fix(format!("write `0{word}`"), span, format!("0{word}")),
        ),
        b'&' => {
            Some(
                Diagnostic::new(code::E0110, span, format!("Mesh has no `{word}`"))
                    .label("not part of the language")
                    .fix("write `and`", span, "and"),
            )
        }
        b'!' => Some(
            Diagnostic::new(code::E0110, span, format!("Mesh has no `{word}`"))
                .label("not part of the language")
                .help("what must not hold is written with `not`, as in `not header x-legacy`"),
        ),
        _ => None,
    }
}

/// A `%` on its own; `before` is the end of a number before it, if there is one.
fn percent_apart(span: Span, before: Option<u32>) -> Diagnostic {
    let problem = Diagnostic::new(code::E0114, span, "a `%` stands apart from its number").label("joins nothing");
    match before {
        Some(end) => {
            let gap = Span::new(span.file, end, span.start);
            problem.fix("write the `%` right behind the number", gap, "")
        }
        None => problem.help("write the number first, as in `80%`"),
    }
}
