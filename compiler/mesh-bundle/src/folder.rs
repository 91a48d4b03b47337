//! A bundle in a folder: written atomically, stale files removed, everything else left alone.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use mesh_load::Failure;

use crate::drift::{self, Difference, State};
use crate::{Output, Written, file};

/// The list of the files that meshc wrote into a folder.
pub const MANIFEST: &str = ".meshc-files";

/// Writes a bundle. A file of the same name that meshc did not write is an error, and nothing is written then. Builds into
/// the same folder wait for each other.
pub(crate) fn write(folder: &Path, outputs: &[Output]) -> Result<Written, Failure> {
    make(folder)?;
    let _lock = lock(folder);
    let before = manifest(folder);
    let mut written = Written::default();
    for output in outputs {
        let path = folder.join(&output.name);
        let foreign = !before.contains(&output.name)
            && path.exists()
            && std::fs::read(&path).map_or(true, |bytes| bytes != output.text.as_bytes());
        if foreign {
            return Err(Failure(format!(
                "`{}` exists and, by the list in `{MANIFEST}`, was not written by meshc; move it away, or choose another folder",
                path.display()
            )));
        }
        written.files.push(path);
    }
    let now: BTreeSet<String> = outputs.iter().map(|output| output.name.clone()).collect();
    // Named before they are written, so that a build that is cut short leaves no file unaccounted for.
    write_manifest(folder, &before.union(&now).cloned().collect())?;
    for (output, path) in outputs.iter().zip(&written.files) {
        if file::write(path, output.text.as_bytes())? {
            written.changed.push(path.clone());
        }
    }
    for stale in before.difference(&now) {
        let path = folder.join(stale);
        if path.is_file() {
            std::fs::remove_file(&path)
                .map_err(|error| Failure(format!("`{}` cannot be removed: {error}", path.display())))?;
            written.removed.push(path);
        }
    }
    write_manifest(folder, &now)?;
    Ok(written)
}

/// How a folder differs from a bundle. Files that are neither in its list nor in the bundle are somebody else's.
pub(crate) fn check(folder: &Path, outputs: &[Output]) -> Result<Vec<Difference>, Failure> {
    let mut differences = Vec::new();
    let before = manifest(folder);
    for output in outputs {
        let mut found = drift::compare(&folder.join(&output.name), &output.text)?;
        if let Some(Difference { state: state @ State::Differs(_), .. }) = &mut found
            && !before.contains(&output.name)
        {
            *state = State::Foreign;
        }
        differences.extend(found);
    }
    let now: BTreeSet<String> = outputs.iter().map(|output| output.name.clone()).collect();
    // Without the list, what is left over cannot be told from what is somebody else's.
    let list = folder.join(MANIFEST);
    if !now.is_empty() && !list.is_file() {
        differences.push(Difference { path: list, state: State::Missing });
    }
    for name in before.iter().filter(|name| !now.contains(*name)) {
        let path = folder.join(name);
        if path.is_file() {
            differences.push(Difference { path, state: State::LeftOver });
        }
    }
    Ok(differences)
}

/// True where no earlier build wrote anything.
pub(crate) fn is_empty(folder: &Path) -> bool {
    manifest(folder).is_empty()
}

/// Makes a folder and those around it.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure(format!("the folder `{}` cannot be made: {error}", folder.display())))
}

/// Holds a folder until it is dropped, or the process ends. Where a file system has no locks, nothing is held: files are
/// written whole all the same.
fn lock(folder: &Path) -> Option<File> {
    // Only some systems open folders; elsewhere a file in it stands for it.
    #[cfg(unix)]
    let file = File::open(folder).ok()?;
    #[cfg(not(unix))]
    let file = File::create(folder.join(".meshc-lock")).ok()?;
    file.lock().ok()?;
    Some(file)
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
    file::write(&folder.join(MANIFEST), text.as_bytes()).map(|_| ())
}
