//! Mesh tree to text: one format, comments kept.
//!
//! The author decides what stands on one line and what in a block of lines, and where blank lines part things;
//! all else is fixed. There is no alignment of columns: a longer name then never touches its neighbours' lines.

mod print;
mod sound;

use mesh_diagnostics::{Diagnostic, FileId, Span, code};
use mesh_syntax::parse;

/// The text in the one format, ending in a line break; an empty program is an empty text.
///
/// # Errors
///
/// What is wrong with the syntax: such a text is never formatted.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(file, text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let formatted = print::print(&parsed.tree);
    let again = parse(file, &formatted);
    if !again.diagnostics.is_empty() || !sound::same(&parsed.tree, &again.tree) {
        let start = Span::new(file, 0, 0);
        return Err(vec![
            Diagnostic::new(code::E0101, start, "formatting would change what this file says, so it was left as it is")
                .help("this is a defect of meshc; please report it with the file"),
        ]);
    }
    Ok(formatted)
}
