//! `generate-mesh N`: a mesh of N services on standard output.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(count) = std::env::args().nth(1).and_then(|text| text.parse().ok()).filter(|count| *count > 0) else {
        let _ = writeln!(std::io::stderr(), "usage: generate-mesh COUNT, with a COUNT of one at least");
        return ExitCode::from(2);
    };
    match std::io::stdout().write_all(mesh_generator::mesh(count).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
