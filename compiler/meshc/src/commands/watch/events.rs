//! What the system tells of changes in folders: hints that it is time to look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// How long nothing must happen before it is looked at.
const QUIET: Duration = Duration::from_millis(25);

/// How long is waited for quiet at most.
const RESTLESS: Duration = Duration::from_millis(500);

/// How often is looked where the system tells everything, in case it does not: file systems of other machines.
const RARELY: Duration = Duration::from_secs(2);

/// How often is looked where it tells nothing of some folder.
const OFTEN: Duration = Duration::from_millis(250);

/// The folders that are watched.
pub struct Events {
    watcher: Option<RecommendedWatcher>,
    hints: Receiver<()>,
    /// The folders and their numbers: one that was removed and made again is another.
    watched: BTreeMap<PathBuf, u64>,
    every: Duration,
}

impl Events {
    pub fn new() -> Events {
        let (tell, hints) = channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is no change, and is what meshc itself does.
            let is_change = event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_)));
            if is_change {
                let _ = tell.send(());
            }
        });
        Events { watcher: watcher.ok(), hints, watched: BTreeMap::new(), every: RARELY }
    }

    /// Watches these folders and no others; true where some cannot be watched, so that they are looked at more often.
    pub fn follow(&mut self, folders: &BTreeSet<PathBuf>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            self.every = OFTEN;
            return true;
        };
        let wanted: BTreeMap<PathBuf, u64> = folders.iter().map(|folder| (folder.clone(), number(folder))).collect();
        self.watched.retain(|folder, number| {
            let keep = wanted.get(folder) == Some(number);
            if !keep {
                let _ = watcher.unwatch(folder);
            }
            keep
        });
        let mut lost = false;
        for (folder, number) in wanted {
            if self.watched.contains_key(&folder) {
                continue;
            }
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(folder, number)),
                Err(_) => lost = true,
            }
        }
        self.every = if lost { OFTEN } else { RARELY };
        lost
    }

    /// Waits until something changed, and then until it is quiet.
    pub fn wait(&self, changed: impl Fn() -> bool) {
        loop {
            if changed() {
                break;
            }
            if self.hints.recv_timeout(self.every).is_ok() && changed() {
                break;
            }
        }
        let began = Instant::now();
        while began.elapsed() < RESTLESS && self.hints.recv_timeout(QUIET).is_ok() {}
    }
}

/// What tells a folder from another one of the same name.
fn number(folder: &std::path::Path) -> u64 {
    #[cfg(unix)]
    return std::fs::metadata(folder).map_or(0, |meta| std::os::unix::fs::MetadataExt::ino(&meta));
    #[cfg(not(unix))]
    return u64::from(folder.exists());
}
