//! `meshc expand`: a program without abstraction, as its files would be without it.

use mesh_compiler::expanded;

use super::{compiled, report_problems};
use crate::cli::Expand;
use crate::{Failure, report};

pub fn run(args: &Expand) -> Result<bool, Failure> {
    let compiled = compiled(&args.program)?;
    report_problems(&compiled, &args.program, false)?;
    if !compiled.is_good(args.program.options.deny.is_some()) {
        return Ok(false);
    }
    let files = expanded(compiled.sources(), &compiled.choices);
    let several = files.len() > 1;
    for (file, text) in files {
        let formatted = mesh_fmt::format(file, &text).unwrap_or(text);
        let name = &compiled.sources().get(file).name;
        if several {
            report::print(&format!("# {name}\n"))?;
        }
        report::print(&formatted)?;
    }
    Ok(true)
}
