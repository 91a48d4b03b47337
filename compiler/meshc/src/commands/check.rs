//! `meshc check`: the problems of a program, and the fixes that need no decision.

use std::path::PathBuf;

use mesh_bundle::write_file;
use mesh_istio::rendered::Rendered;

use super::{Compiled, beside, report_problems, request};
use crate::cli::Check;
use crate::{Failure, report};

/// Fixes may uncover further problems; more rounds than this are not needed by any program.
const ROUNDS: usize = 16;

pub fn run(args: &Check) -> Result<bool, Failure> {
    let reads_stdin = |paths: &[PathBuf]| paths.iter().any(|path| path.as_os_str() == "-");
    if args.fix && reads_stdin(&args.program.files) {
        return Err(Failure("`--fix` mends files, and standard input is none".to_owned()));
    }
    if reads_stdin(&args.program.files) && reads_stdin(&args.beside) {
        let text = "standard input cannot be both the program and what it is compared with";
        return Err(Failure(text.to_owned()));
    }
    let rendered = beside::files::read(&args.beside)?;
    let mut compiled = compile(args, rendered.as_ref())?;
    if args.fix {
        compiled = fix(args, rendered.as_ref(), compiled)?;
    }
    report_problems(&compiled, &args.program, true)?;
    Ok(compiled.is_good(args.program.options.deny.is_some()))
}

fn compile(args: &Check, rendered: Option<&Rendered>) -> Result<Compiled, Failure> {
    Ok(request(&args.program).compile_beside(rendered)?.for_every_choice(rendered))
}

fn fix(args: &Check, rendered: Option<&Rendered>, mut current: Compiled) -> Result<Compiled, Failure> {
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (id, path) in &current.loaded.paths {
            if let Some(text) = current.compilation.diagnostics.fixed(current.sources(), *id) {
                changed |= write_file(path, text.as_bytes())?;
                report::say(&format!("mended {}", path.display()));
            }
        }
        if !changed {
            break;
        }
        current = compile(args, rendered)?;
    }
    Ok(current)
}
