//! Hints beside the text: what follows from it and stands nowhere.

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, Range};
use mesh_diagnostics::FileId;

use crate::program::Program;

/// The hints in a range of a file.
pub fn of(program: &Program, file: FileId, wanted: Range) -> Vec<InlayHint> {
    let hints = program.index.hints.iter().filter(|hint| hint.span.file == file);
    hints
        .map(|hint| {
            let joined = hint.text.starts_with(':');
            InlayHint {
                position: program.range(hint.span).end,
                label: InlayHintLabel::String(hint.text.clone()),
                kind: Some(InlayHintKind::TYPE),
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(hint.reason.clone())),
                padding_left: Some(!joined),
                padding_right: None,
                data: None,
            }
        })
        .filter(|hint| wanted.start <= hint.position && hint.position <= wanted.end)
        .collect()
}
