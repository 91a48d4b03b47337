//! `meshc check`: the problems of a program, and the fixes that need no decision.

use std::collections::HashSet;

use mesh_compiler::{compile_with, parameters};
use mesh_diagnostics::{Diagnostic, Severity};

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
    if args.fix {
        compiled = fix(args, compiled)?;
    }
    every_choice(&mut compiled);
    report_problems(&compiled, &args.program, true)?;
    Ok(compiled.is_good(args.program.deny))
}

/// Adds what is wrong for other choices of the parameters than those that are made.
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
    let mut known: HashSet<_> = compiled.compilation.diagnostics.iter().map(place).collect();
    for (name, value, choices) in choices::others(sources, &compiled.choices) {
        for problem in compile_with(sources, &choices).diagnostics.iter() {
            // What is not used for one choice is used for another.
            if problem.severity() != Severity::Note && known.insert(place(problem)) {
                compiled
                    .compilation
                    .diagnostics
                    .push(problem.clone().note(format!("this holds with `{name}` as `{value}`")));
            }
        }
    }
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
    }
    Ok(current)
}
