//! The commands, one file each.

mod beside;
mod build;
mod check;
mod expand;
mod explain;
mod fmt;
mod graph;
mod init;
mod manual;
mod watch;

use mesh_bundle::{Compiled, Request};

use crate::cli::{self, Cli, Command};
use crate::{Failure, report};

/// Runs a command; false is a program with errors.
pub fn run(cli: &Cli) -> Result<bool, Failure> {
    match &cli.command {
        Command::Build(args) => build::run(args),
        Command::Check(args) => check::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Expand(args) => expand::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Explain(args) => explain::run(args),
        Command::PostRender(args) => beside::post_render::run(args),
        Command::Krm(args) => beside::krm::run(args),
        Command::Lsp(_) => mesh_lsp::serve().map_err(Failure),
        Command::Init(args) => init::run(args),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { out } => manual::pages(out),
    }
}

/// What the arguments ask for.
pub fn request(program: &cli::Program) -> Request {
    Request {
        files: program.files.clone(),
        texts: Vec::new(),
        params: program.options.params.clone(),
        set: program.options.set.clone(),
        release: program.options.istio,
    }
}

/// Loads and compiles what the arguments name.
pub fn compiled(program: &cli::Program) -> Result<Compiled, Failure> {
    Ok(request(program).compile()?)
}

/// Writes the problems of a program as the arguments want them.
pub fn report_problems(compiled: &Compiled, program: &cli::Program, to_stdout: bool) -> Result<(), Failure> {
    report::problems(compiled.diagnostics(), compiled.sources(), program.options.diagnostics, to_stdout)
}
