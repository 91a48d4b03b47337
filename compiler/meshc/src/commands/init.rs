//! `meshc init`: a starter program that says what it does.

use crate::cli::Init;
use crate::{Failure, report};
use mesh_bundle::write_file;

/// The starter; a test compiles it.
pub const STARTER: &str = include_str!("starter.mesh");

pub fn run(args: &Init) -> Result<bool, Failure> {
    let path = &args.file;
    if path.as_os_str() == "-" {
        report::print(STARTER)?;
        return Ok(true);
    }
    if path.exists() {
        return Err(Failure(format!("`{}` exists and was left alone", path.display())));
    }
    write_file(path, STARTER.as_bytes())?;
    report::say(&format!("wrote `{0}`; build it with `meshc build {0}`", path.display()));
    Ok(true)
}
