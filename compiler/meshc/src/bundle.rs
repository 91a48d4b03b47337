//! A bundle in a folder: written atomically, stale files removed, everything else left alone.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Failure;
use crate::files;

/// The list of the files that meshc wrote into a folder.
const MANIFEST: &str = ".meshc-files";

/// A file of a bundle.
pub struct Output {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Writes a bundle. A file of the same name that meshc did not write is an error, and nothing is written then.
pub fn write(folder: &Path, outputs: &[Output]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure(format!("the folder `{}` cannot be made: {error}", folder.display())))?;
    let before = manifest(folder);
    for output in outputs {
        let path = folder.join(&output.name);
        if path.exists() && !before.contains(&output.name) {
            return Err(Failure(format!(
                "`{}` exists and, by the list in `{MANIFEST}`, was not written by meshc; move it away, or choose another folder",
                path.display()
            )));
        }
    }
    let now: BTreeSet<String> = outputs.iter().map(|output| output.name.clone()).collect();
    // Named before they are written, so that a build that is cut short leaves no file unaccounted for.
    write_manifest(folder, &before.union(&now).cloned().collect())?;
    for output in outputs {
        files::write(&folder.join(&output.name), output.text.as_bytes())?;
    }
    for stale in before.difference(&now) {
        let path = folder.join(stale);
        if path.is_file() {
            std::fs::remove_file(&path)
                .map_err(|error| Failure(format!("`{}` cannot be removed: {error}", path.display())))?;
        }
    }
    write_manifest(folder, &now)
}

/// The names that an earlier build wrote. Only plain names count: no line of the list leads out of the folder.
fn manifest(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let plain = |line: &&str| {
        !line.is_empty() && !line.starts_with('#') && !line.contains(['/', '\\']) && *line != ".." && *line != "."
    };
    text.lines().filter(plain).map(str::to_owned).collect()
}

fn write_manifest(folder: &Path, names: &BTreeSet<String>) -> Result<(), Failure> {
    let mut text = String::from("# The files that meshc wrote here and may remove.\n");
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    files::write(&folder.join(MANIFEST), text.as_bytes()).map(|_| ())
}
