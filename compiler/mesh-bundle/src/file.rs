//! Files out: whole or not at all.

use std::path::Path;
use std::time::{Duration, SystemTime};

use mesh_load::Failure;

/// Writes a file whole or not at all; one that holds these bytes already is not touched. True where it was written.
///
/// # Errors
///
/// Where it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    // A link stays one: what it leads to is written.
    let target =
        if path.is_symlink() { path.canonicalize().unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What goes wrong with the file beside it that is written first is of no use to people.
    let fail = |error: std::io::Error| Failure(format!("`{}` cannot be written: {}", path.display(), error.kind()));
    let mut file = tempfile::Builder::new().prefix(".meshc-").tempfile_in(folder).map_err(fail)?;
    std::io::Write::write_all(&mut file, bytes).map_err(fail)?;
    keep_mode(&target, file.path()).map_err(fail)?;
    file.persist(&target).map_err(|error| fail(error.error))?;
    Ok(true)
}

/// A time that is older than whatever changes from now on, and by no more than a tick of the clock.
///
/// File systems stamp files by a clock that the kernel moves some hundred times a second, and later on a busy machine:
/// [`SystemTime::now`] can be ahead of it, and what changes after it would look older. So a file is asked.
#[must_use]
pub fn before_changes() -> SystemTime {
    let stamp = tempfile::tempfile().and_then(|file| file.metadata()).and_then(|meta| meta.modified());
    let (stamp, tick) = match stamp {
        Ok(stamp) => (stamp, Duration::from_micros(1)),
        Err(_) => (SystemTime::now(), Duration::from_millis(50)),
    };
    stamp.checked_sub(tick).unwrap_or(stamp)
}

/// What tells a file from all others, whatever path leads to it; nothing where there is no file.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().filter(|meta| meta.is_file()).map(|meta| (meta.dev(), meta.ino()))
}

/// What tells a file from all others, whatever path leads to it; nothing where there is no file.
#[cfg(not(unix))]
pub(crate) fn identity(path: &Path) -> Option<std::path::PathBuf> {
    path.canonicalize().ok().filter(|path| path.is_file())
}

/// Gives the new file the permissions of the old one, or those that a plain new file has.
fn keep_mode(old: &Path, new: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(old).map_or(0o644, |meta| meta.permissions().mode() & 0o7777);
        std::fs::set_permissions(new, std::fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = (old, new);
    Ok(())
}
