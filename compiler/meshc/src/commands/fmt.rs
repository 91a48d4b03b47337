//! `meshc fmt`: one format; a file that does not parse is left as it is.

use std::io::Read;
use std::path::Path;

use mesh_diagnostics::{Diagnostics, Sources};
use mesh_load::{STDIN, bytes, expand};

use crate::cli::{self, Fmt};
use crate::{Failure, report};
use mesh_bundle::write_file;

pub fn run(args: &Fmt) -> Result<bool, Failure> {
    let mut good = true;
    for path in expand(&args.files)? {
        good &= one(&path, args.check)?;
    }
    Ok(good)
}

fn one(path: &Path, check: bool) -> Result<bool, Failure> {
    let stdin = path.as_os_str() == "-";
    let bytes = if stdin {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input cannot be read: {error}"))?;
        bytes
    } else {
        bytes(path)?
    };
    let name = if stdin { STDIN.to_owned() } else { path.display().to_string() };
    let text = String::from_utf8(bytes).map_err(|_| Failure(format!("`{name}` is not UTF-8 and was left as it is")))?;
    let mut sources = Sources::new();
    let file = sources.add(name.clone(), text.clone());
    let formatted = match mesh_fmt::format(file, &text) {
        Ok(formatted) => formatted,
        Err(problems) => {
            let mut diagnostics = Diagnostics::new();
            diagnostics.extend(problems);
            report::problems(&diagnostics, &sources, cli::Diagnostics::Text, false)?;
            report::say(&format!("`{name}` does not parse and was left as it is"));
            return Ok(false);
        }
    };
    if check {
        if formatted != text {
            report::say(&format!("`{name}` is not formatted"));
        }
        return Ok(formatted == text);
    }
    if stdin {
        report::print(&formatted)?;
    } else {
        write_file(path, formatted.as_bytes())?;
    }
    Ok(true)
}
