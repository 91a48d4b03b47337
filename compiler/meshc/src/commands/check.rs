//! `meshc check`: the problems of a program, and the fixes that need no decision.

use mesh_bundle::write_file;

use super::{Compiled, compiled, report_problems};
use crate::cli::Check;
use crate::{Failure, report};

/// Fixes may uncover further problems; more rounds than this are not needed by any program.
const ROUNDS: usize = 16;

pub fn run(args: &Check) -> Result<bool, Failure> {
    if args.fix && args.program.files.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure("`--fix` mends files, and standard input is none".to_owned()));
    }
    let mut compiled = compiled(&args.program)?.for_every_choice();
    if args.fix {
        compiled = fix(args, compiled)?;
    }
    report_problems(&compiled, &args.program, true)?;
    Ok(compiled.is_good(args.program.options.deny.is_some()))
}

fn fix(args: &Check, mut current: Compiled) -> Result<Compiled, Failure> {
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
        current = compiled(&args.program)?.for_every_choice();
    }
    Ok(current)
}
