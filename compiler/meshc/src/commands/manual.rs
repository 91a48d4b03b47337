//! Completions and manual pages, as clap's own crates write them.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::{Failure, report};
use mesh_bundle::write_file;

pub fn completions(shell: Shell) -> Result<bool, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "meshc", &mut out);
    report::print(&String::from_utf8_lossy(&out))?;
    Ok(true)
}

pub fn pages(folder: &Path) -> Result<bool, Failure> {
    let fail = |error: std::io::Error| Failure(format!("the folder `{}` cannot be written: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut command = Cli::command();
    command.build();
    let commands = std::iter::once(command.clone())
        .chain(command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned());
    for command in commands {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(fail)?;
        write_file(&folder.join(format!("{name}.1")), &page)?;
    }
    Ok(true)
}
