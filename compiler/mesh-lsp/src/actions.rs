//! Quick fixes: those that the compiler itself offers, one by one and all at once.

use std::collections::HashMap;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, Url, WorkspaceEdit};
use mesh_diagnostics::{FileId, Fix, Span};

use crate::problems::shown;
use crate::program::Program;

/// The fixes of what is found in a range; `only` names the kinds that are wanted.
pub fn of(program: &Program, file: FileId, wanted: Range, only: Option<&[CodeActionKind]>) -> Vec<CodeActionOrCommand> {
    let is_wanted = |kind: &CodeActionKind| {
        let under = |known: &CodeActionKind| {
            kind == known || kind.as_str().strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        only.is_none_or(|only| only.iter().any(under))
    };
    let mut out = Vec::new();
    if is_wanted(&CodeActionKind::QUICKFIX) {
        for problem in program.problems_so_far().iter().filter(|problem| problem.primary.span.file == file) {
            let Some(fix) = &problem.fix else { continue };
            let place = program.range(problem.primary.span);
            if place.end < wanted.start || wanted.end < place.start {
                continue;
            }
            out.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: capital(&fix.title),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![shown(program, problem)]),
                edit: Some(edit(program, fix)),
                is_preferred: Some(true),
                ..CodeAction::default()
            }));
        }
    }
    // Where no kind is named, somebody looks for what mends this place.
    if only.is_some() && is_wanted(&CodeActionKind::SOURCE_FIX_ALL) {
        out.extend(fix_all(program, file).map(CodeActionOrCommand::CodeAction));
    }
    out
}

/// All fixes of a file that do not touch each other.
fn fix_all(program: &Program, file: FileId) -> Option<CodeAction> {
    let fixed = program.problems().fixed(program.sources(), file)?;
    if fixed == program.text(file) {
        return None;
    }
    let whole = program.range(Span::new(file, 0, program.text(file).len() as u32));
    let edits = HashMap::from([(program.url(file)?, vec![TextEdit::new(whole, fixed)])]);
    Some(CodeAction {
        title: "Fix all that can be fixed".to_owned(),
        kind: Some(CodeActionKind::SOURCE_FIX_ALL),
        edit: Some(WorkspaceEdit::new(edits)),
        ..CodeAction::default()
    })
}

fn edit(program: &Program, fix: &Fix) -> WorkspaceEdit {
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for edit in &fix.edits {
        if let Some(url) = program.url(edit.span.file) {
            changes.entry(url).or_default().push(TextEdit::new(program.range(edit.span), edit.text.clone()));
        }
    }
    WorkspaceEdit::new(changes)
}

/// A sentence as people begin it.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
