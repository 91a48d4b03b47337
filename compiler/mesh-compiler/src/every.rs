//! A program for every choice of its parameters: what is wrong for any of them.

use std::collections::HashSet;

use mesh_diagnostics::{Diagnostic, Diagnostics, Severity, Sources, code};

use crate::{Choices, Compilation, Parameter, ParameterKind, Rendered, compile_beside, parameters};

/// Adds to a compilation what is wrong for other choices of the parameters than those that are made, each alone, and drops
/// what is only unused for these: another choice uses it. Parameters without a default, for which nothing is chosen, have
/// the first of their words. Each is compared with what is rendered beside it, if anything is.
#[must_use]
pub fn every_choice(
    sources: &Sources,
    chosen: &Choices,
    rendered: Option<&Rendered>,
    mut compilation: Compilation,
) -> Compilation {
    let open = parameters(sources);
    if open.is_empty() {
        return compilation;
    }
    let base = first(chosen, &open);
    if base != *chosen {
        compilation = compile_beside(sources, &base, rendered);
    }
    for other in Other::all(&open, chosen) {
        let found = compile_beside(sources, &other.choices, rendered).diagnostics;
        other.add(&found, &mut compilation.diagnostics);
    }
    compilation
}

/// True for what says that something is not needed, which holds only if it holds for every choice.
#[must_use]
pub fn is_unused(problem: &Diagnostic) -> bool {
    [code::IGNORED_NOTHING, code::UNUSED_NAME, code::UNUSED_MODULE, code::NEVER_TAKEN]
        .iter()
        .any(|code| code.id == problem.code.id)
}

/// A choice that leaves all but one parameter as it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Other {
    /// The parameter.
    pub name: String,
    /// What it is.
    pub value: String,
    /// The value, and those of all other parameters.
    pub choices: Choices,
}

impl Other {
    /// Every choice that leaves all but one of the declared parameters as it is, of those that are not chosen.
    #[must_use]
    pub fn all(declared: &[Parameter], chosen: &Choices) -> Vec<Other> {
        // Where there is no default, the first of the words stands for the one that a build must choose.
        let base = first(chosen, declared);
        let mut out = Vec::new();
        for parameter in declared.iter().filter(|parameter| chosen.get(&parameter.name).is_none()) {
            let ParameterKind::Choice(words) = &parameter.kind else { continue };
            let usual = parameter.default.as_ref().or(words.first());
            for word in words.iter().filter(|word| Some(*word) != usual) {
                let mut choices = base.clone();
                choices.set(&parameter.name, word);
                out.push(Other { name: parameter.name.clone(), value: word.clone(), choices });
            }
        }
        out
    }

    /// Adds what was found with this choice, and drops what is only unused without it.
    pub fn add(&self, others: &Diagnostics, found: &mut Diagnostics) {
        let place = |problem: &Diagnostic| (problem.code.id, problem.primary.span, problem.title.clone());
        let mut known: HashSet<_> = found.iter().map(place).collect();
        let unused: HashSet<_> = others.iter().filter(|problem| is_unused(problem)).map(place).collect();
        found.retain(|problem| !is_unused(problem) || unused.contains(&place(problem)));
        for problem in others.iter() {
            let is_finding = problem.severity() != Severity::Note && !is_unused(problem);
            if is_finding && known.insert(place(problem)) {
                found.push(problem.clone().note(format!("this holds with `{}` as `{}`", self.name, self.value)));
            }
        }
    }
}

/// The choices, with the first of its words for each of the declared parameters that must be chosen.
#[must_use]
pub fn first(chosen: &Choices, open: &[Parameter]) -> Choices {
    let mut out = chosen.clone();
    for parameter in open.iter().filter(|parameter| parameter.default.is_none()) {
        if let (ParameterKind::Choice(words), None) = (&parameter.kind, chosen.get(&parameter.name))
            && let Some(word) = words.first()
        {
            out.set(&parameter.name, word);
        }
    }
    out
}
