//! The Mesh compiler's command line: the only place that reads files, writes files and prints.

mod cli;
mod commands;
mod report;

use std::process::ExitCode;

use clap::Parser;

/// What went wrong outside of any program: files, folders, usage.
#[derive(Debug)]
struct Failure(String);

impl From<String> for Failure {
    fn from(text: String) -> Failure {
        Failure(text)
    }
}

impl From<mesh_load::Failure> for Failure {
    fn from(failure: mesh_load::Failure) -> Failure {
        Failure(failure.0)
    }
}

/// 0: done. 1: the program has errors. 2: wrong usage, or files that cannot be read or written.
fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    report::set_color(cli.color);
    match commands::run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure(text)) => {
            report::fault(&text);
            ExitCode::from(2)
        }
    }
}
