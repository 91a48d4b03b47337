//! The signature of the statement that is being written: its shapes, and the part that the cursor is in.

use lsp_types::{ParameterInformation, ParameterLabel, SignatureHelp, SignatureInformation};
use mesh_compiler::vocabulary::{Shape, follow};
use mesh_diagnostics::FileId;

use crate::context::{Written, written};

/// The shapes of the word before the cursor.
pub fn of(text: &str, file: FileId, at: usize) -> Option<SignatureHelp> {
    let Written { word, text, comma } = written(text, at)?;
    let parsed = mesh_syntax::parse(file, &text);
    let statement = parsed.tree.statements().last();
    let skip = usize::from(!word.entry.word.is_empty());
    let items = statement.map_or(&[][..], |statement| statement.items().get(skip..).unwrap_or_default());
    let fits = follow(word, &parsed.tree, items, comma);
    let shapes: Vec<(&Shape, Option<usize>)> = word
        .shapes
        .iter()
        .enumerate()
        .map(|(number, shape)| (shape, fits.iter().find(|fit| fit.shape == number).map(|fit| fit.part)))
        .collect();
    let active = shapes.iter().position(|(_, part)| part.is_some());
    let signatures = shapes.iter().map(|(shape, part)| signature(word.entry.word, word.entry.help, shape, *part));
    Some(SignatureHelp {
        signatures: signatures.collect(),
        active_signature: Some(active.unwrap_or_default() as u32),
        active_parameter: active.and_then(|active| shapes[active].1).map(|part| part as u32),
    })
}

fn signature(word: &str, help: &str, shape: &Shape, part: Option<usize>) -> SignatureInformation {
    let mut label = word.to_owned();
    let mut parameters = Vec::new();
    for text in shape.parts() {
        if !label.is_empty() {
            label.push(' ');
        }
        let start = label.encode_utf16().count() as u32;
        label.push_str(&text);
        let end = label.encode_utf16().count() as u32;
        parameters
            .push(ParameterInformation { label: ParameterLabel::LabelOffsets([start, end]), documentation: None });
    }
    SignatureInformation {
        label,
        documentation: Some(lsp_types::Documentation::String(help.to_owned())),
        parameters: Some(parameters),
        active_parameter: part.map(|part| part as u32),
    }
}
