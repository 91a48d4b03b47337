//! What of a program is there, to be compared with what was: whatever the system tells of changes, this decides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use mesh_bundle::Request;
use mesh_load::{Inputs, expand};

use super::parent;

/// How long a file may be gone or empty before it counts as such: editors write a new file, then rename it over the old one,
/// or empty a file and then fill it.
const SAVING: Duration = Duration::from_millis(300);

/// How long git may hold the files: it switches branches file by file.
const SWITCHING: Duration = Duration::from_secs(3);

/// How often is looked while something is waited for.
const STEP: Duration = Duration::from_millis(10);

/// The files of a program at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    files: BTreeMap<PathBuf, Option<Stamp>>,
    folders: BTreeSet<PathBuf>,
}

/// What tells one state of a file from another, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// A file that is renamed over another has a number of its own.
    number: u64,
}

impl Seen {
    /// Looks at the files that are asked for, and at those that were read the last time.
    pub fn now(request: &Request, inputs: Option<&Inputs>) -> Seen {
        let mut files: BTreeSet<PathBuf> = request.params.iter().cloned().collect();
        let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
        for argument in &request.files {
            match expand(std::slice::from_ref(argument)) {
                Ok(found) => files.extend(found),
                Err(_) => drop(files.insert(argument.clone())),
            }
            folders.insert(parent(argument));
        }
        if let Some(inputs) = inputs {
            files.extend(inputs.files.iter().chain(&inputs.missing).cloned());
            folders.extend(inputs.folders.iter().cloned());
        }
        folders.extend(files.iter().map(|file| parent(file)));
        let files = files.into_iter().map(|path| (path.clone(), stamp(&path))).collect();
        Seen { files, folders }
    }

    /// The folders to be told about: where one does not exist, the first around it that does.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let existing = |folder: &PathBuf| {
            let mut folder = folder.clone();
            while !folder.is_dir() && folder.parent().is_some() {
                folder = parent(&folder);
            }
            folder
        };
        self.folders.iter().map(existing).collect()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// As it was at an earlier time, for the files that were looked at then.
    pub fn since(mut self, earlier: &Seen) -> Seen {
        for (path, stamp) in &mut self.files {
            *stamp = earlier.files.get(path).copied().unwrap_or(*stamp);
        }
        self
    }

    /// True where some file is not what it was.
    pub fn differs(&self, other: &Seen) -> bool {
        self.files != other.files
    }

    /// Waits while git holds the files, and for a moment while files that had text have none.
    pub fn settle(&self, request: &Request, inputs: Option<&Inputs>) {
        let began = Instant::now();
        let mut last = Seen::now(request, inputs);
        loop {
            let switching = last.folders().iter().any(|folder| held_by_git(folder)) && began.elapsed() < SWITCHING;
            let saving = self.lost(&last) && began.elapsed() < SAVING;
            if !switching && !saving {
                return;
            }
            std::thread::sleep(STEP);
            last = Seen::now(request, inputs);
        }
    }

    /// True where a file that had text has none.
    fn lost(&self, now: &Seen) -> bool {
        let had = |stamp: &Option<Stamp>| stamp.is_some_and(|stamp| stamp.length > 0);
        self.files.iter().any(|(path, stamp)| had(stamp) && !had(now.files.get(path).unwrap_or(&None)))
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok().filter(|meta| meta.is_file())?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let number = 0;
    Some(Stamp { length: meta.len(), modified: meta.modified().ok(), number })
}

/// True while git changes the files around a folder.
fn held_by_git(folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let Some(git) = folder.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists()) else { return false };
    // In a second work tree `.git` is a file that says where the folder is.
    let place = std::fs::read_to_string(&git).ok();
    let place = place.as_deref().and_then(|text| text.strip_prefix("gitdir: ")).map(|path| PathBuf::from(path.trim()));
    place.unwrap_or(git).join("index.lock").exists()
}
