//! Problems as the protocol has them.

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    NumberOrString, Url,
};
use mesh_diagnostics::{FileId, Severity};

use crate::program::Program;

/// The findings about what nothing uses, which editors show faded.
const UNUSED: [&str; 3] = ["unused-name", "unused-module", "ignored-nothing"];

/// A problem as an editor shows it.
pub fn shown(program: &Program, problem: &mesh_diagnostics::Diagnostic) -> Diagnostic {
    let related = problem.secondary.iter().filter(|label| !label.text.is_empty()).filter_map(|label| {
        let location = Location::new(program.url(label.span.file)?, program.range(label.span));
        Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<_> = related.collect();
    let mut message = problem.title.clone();
    if !problem.primary.text.is_empty() {
        message.push_str(&format!("\n{}", problem.primary.text));
    }
    for note in &problem.notes {
        message.push_str(&format!("\nnote: {note}"));
    }
    if let Some(help) = problem.help.as_ref().or(problem.fix.as_ref().map(|fix| &fix.title)) {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let page = Url::parse(&format!("mesh-page:/{}.md", problem.code.id)).ok();
    Diagnostic {
        range: program.range(problem.primary.span),
        severity: Some(match problem.severity() {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(problem.code.id.to_owned())),
        code_description: page.map(|href| CodeDescription { href }),
        source: Some("meshc".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: UNUSED.contains(&problem.code.id).then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}

/// The problems of every file of a program that somebody can change; files without any are listed too.
pub fn all(program: &Program) -> Vec<(Url, Vec<Diagnostic>)> {
    let files = program.sources().iter().map(|(file, _)| file).filter(|file| !program.is_fixed(*file));
    let mut out: Vec<(FileId, Url, Vec<Diagnostic>)> =
        files.filter_map(|file| Some((file, program.url(file)?, Vec::new()))).collect();
    for problem in program.problems_so_far().iter() {
        let file = problem.primary.span.file;
        if let Ok(at) = out.binary_search_by_key(&file, |(file, _, _)| *file) {
            out[at].2.push(shown(program, problem));
        }
    }
    out.into_iter().map(|(_, url, problems)| (url, problems)).collect()
}
