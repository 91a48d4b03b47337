//! The commands, one file each.

mod build;
mod check;
mod choices;
mod expand;
mod explain;
mod fmt;
mod graph;
mod init;
mod manual;

use mesh_compiler::{Choices, Compilation, compile_with};
use mesh_diagnostics::{Severity, Sources};
use mesh_load::{Disk, Loaded, load};

use crate::cli::{self, Cli, Command};
use crate::{Failure, report};

/// Runs a command; false is a program with errors.
pub fn run(cli: &Cli) -> Result<bool, Failure> {
    match &cli.command {
        Command::Build(args) => build::run(args),
        Command::Check(args) => check::run(args),
        Command::Expand(args) => expand::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Lsp(_) => mesh_lsp::serve().map_err(Failure),
        Command::Init(args) => init::run(args),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { out } => manual::pages(out),
    }
}

/// A program, loaded and compiled.
pub struct Compiled {
    pub loaded: Loaded,
    pub choices: Choices,
    pub compilation: Compilation,
}

impl Compiled {
    pub fn sources(&self) -> &Sources {
        &self.loaded.sources
    }

    /// True when nothing stands in the way of building.
    pub fn is_good(&self, deny: Option<cli::Deny>) -> bool {
        let diagnostics = &self.compilation.diagnostics;
        let warnings = deny == Some(cli::Deny::Warnings) && diagnostics.count(Severity::Warning) > 0;
        !diagnostics.has_errors() && !warnings
    }
}

/// Loads and compiles what the arguments name.
pub fn compiled(program: &cli::Program) -> Result<Compiled, Failure> {
    let mut loaded = load(&program.files, &Disk)?;
    let choices = choices::of(program, &loaded.sources)?;
    let mut compilation = compile_with(&loaded.sources, &choices);
    if !loaded.problems.is_empty() {
        // What such a file says is not known, and nothing is concluded from it.
        compilation.diagnostics = mesh_diagnostics::Diagnostics::new();
        compilation.diagnostics.extend(std::mem::take(&mut loaded.problems));
    }
    Ok(Compiled { loaded, choices, compilation })
}

/// Writes the problems of a program as the arguments want them.
pub fn report_problems(compiled: &Compiled, program: &cli::Program, to_stdout: bool) -> Result<(), Failure> {
    report::problems(&compiled.compilation.diagnostics, compiled.sources(), program.diagnostics, to_stdout)
}
