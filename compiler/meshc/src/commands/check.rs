//! `meshc check`: the problems of a program, and the fixes that need no decision.

use std::collections::HashSet;

use mesh_compiler::{compile_with, parameters};
use mesh_diagnostics::{Diagnostic, Severity, code};

use super::{Compiled, choices, compiled, report_problems};
use crate::cli::Check;
use crate::{Failure, files, report};

/// Fixes may uncover further problems; more rounds than this are not needed by any program.
const ROUNDS: usize = 16;

pub fn run(args: &Check) -> Result<bool, Failure> {
    if args.fix && args.program.files.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure("`--fix` mends files, and standard input is none".to_owned()));
    }
    let mut compiled = compiled(&args.program)?;
    every_choice(&mut compiled);
    if args.fix {
        compiled = fix(args, compiled)?;
    }
    report_problems(&compiled, &args.program, true)?;
    Ok(compiled.is_good(args.program.deny))
}

/// Adds what is wrong for other choices of the parameters than those that are made, and drops what is only unused for
/// these: another choice uses it.
fn every_choice(compiled: &mut Compiled) {
    let sources = &compiled.loaded.sources;
    let open = parameters(sources);
    if open.is_empty() {
        return;
    }
    let base = choices::first(&compiled.choices, &open);
    if base != compiled.choices {
        compiled.compilation = compile_with(sources, &base);
    }
    let place = |problem: &Diagnostic| (problem.code.id, problem.primary.span, problem.title.clone());
    let found = &mut compiled.compilation.diagnostics;
    let mut known: HashSet<_> = found.iter().map(place).collect();
    for (name, value, choices) in choices::others(sources, &compiled.choices) {
        let others = compile_with(sources, &choices).diagnostics;
        let unused: HashSet<_> = others.iter().filter(|problem| is_unused(problem)).map(place).collect();
        found.retain(|problem| !is_unused(problem) || unused.contains(&place(problem)));
        for problem in others.iter() {
            let is_finding = problem.severity() != Severity::Note && !is_unused(problem);
            if is_finding && known.insert(place(problem)) {
                found.push(problem.clone().note(format!("this holds with `{name}` as `{value}`")));
            }
        }
    }
}

/// True for what says that something is not needed, which holds only if it holds for every choice.
pub(super) fn is_unused(problem: &Diagnostic) -> bool {
    [code::IGNORED_NOTHING, code::UNUSED_NAME, code::UNUSED_MODULE, code::NEVER_TAKEN]
        .iter()
        .any(|code| code.id == problem.code.id)
}

fn fix(args: &Check, mut current: Compiled) -> Result<Compiled, Failure> {
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (id, path) in &current.loaded.paths {
            if let Some(text) = current.compilation.diagnostics.fixed(current.sources(), *id) {
                changed |= files::write(path, text.as_bytes())?;
                report::say(&format!("mended {}", path.display()));
            }
        }
        if !changed {
            break;
        }
        current = compiled(&args.program)?;
        every_choice(&mut current);
    }
    Ok(current)
}
