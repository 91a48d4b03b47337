//! Bundles as files: how a compiled program is laid out, written, and compared with what is there.
//!
//! [`layout`] turns a compilation into texts, [`Place`] says where they belong, [`write()`] puts them there whole or not
//! at all, [`check`] says how what is there differs, and [`depfile`] tells a build system what was read.

mod depfile;
mod drift;
mod file;
mod folder;
pub mod layout;
mod program;

use std::path::{Path, PathBuf};

use mesh_load::Failure;

pub use depfile::depfile;
pub use drift::{Difference, State};
pub use file::{before_changes, write as write_file};
pub use folder::MANIFEST;
pub use layout::{Layout, Namespaces, Output, Split};
pub use program::{Compiled, Request};

/// Where a bundle belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One file that holds the whole stream.
    File(PathBuf),
    /// A folder, a file for each kind or resource.
    Folder(PathBuf),
}

impl Place {
    /// What a path means: one that ends in `.yaml`, `.yml` or `.json`, and is no folder, is a file.
    #[must_use]
    pub fn of(path: &Path) -> Place {
        let is_file = path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        match is_file && !path.is_dir() {
            true => Place::File(path.to_owned()),
            false => Place::Folder(path.to_owned()),
        }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Place::File(path) | Place::Folder(path) => path,
        }
    }

    /// The file that stands for the whole bundle where a build system wants one: the file, or the list in the folder.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        match self {
            Place::File(path) => path.clone(),
            Place::Folder(path) => path.join(MANIFEST),
        }
    }
}

/// What a write did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// All files of the bundle.
    pub files: Vec<PathBuf>,
    /// Those whose bytes are new; the others were not touched.
    pub changed: Vec<PathBuf>,
    /// Those of an earlier build that are no part of the bundle any more.
    pub removed: Vec<PathBuf>,
}

/// What a write must not do.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'g> {
    /// What the bundle was made from: none of it is written over.
    pub inputs: &'g [PathBuf],
    /// The bundle is of nothing, and may not take the place of one that is there.
    pub refuses: bool,
}

impl Guard<'_> {
    /// Refuses a path that the bundle was made from.
    ///
    /// # Errors
    ///
    /// The path is one of the inputs, by whatever name.
    pub fn spare(&self, path: &Path) -> Result<(), Failure> {
        let Some(there) = file::identity(path) else { return Ok(()) };
        match self.inputs.iter().any(|input| file::identity(input).as_ref() == Some(&there)) {
            true => Err(Failure(format!("`{}` is read by this build; write to another path", path.display()))),
            false => Ok(()),
        }
    }

    /// Refuses to put nothing in the place of something: who applies it would delete all of it.
    fn keep(&self, place: &Place, was_empty: bool) -> Result<(), Failure> {
        match self.refuses && !was_empty {
            true => Err(Failure(format!(
                "the program compiles to no object at all, and `{}` has some; `--allow-empty` says that this is meant",
                place.path().display()
            ))),
            false => Ok(()),
        }
    }
}

/// Writes a bundle to its place. Files that hold the same bytes already are not touched.
///
/// # Errors
///
/// What cannot be written, or must not be, by the guard; in a folder also a file of the same name that meshc did not write. Then
/// nothing is written.
pub fn write(place: &Place, outputs: &[Output], guard: Guard<'_>) -> Result<Written, Failure> {
    match place {
        Place::Folder(folder) => {
            // What is there and not in its list, a file of the program among it, is spared by that list.
            guard.keep(place, folder::is_empty(folder))?;
            folder::write(folder, outputs)
        }
        Place::File(path) => {
            let text: String = outputs.iter().map(|output| output.text.as_str()).collect();
            guard.spare(path)?;
            let there = std::fs::read(path).unwrap_or_default();
            guard.keep(place, there.is_empty() || there == text.as_bytes())?;
            make_parent(path)?;
            let mut written = Written { files: vec![path.clone()], ..Written::default() };
            if file::write(path, text.as_bytes())? {
                written.changed.push(path.clone());
            }
            Ok(written)
        }
    }
}

/// How what is at a place differs from a bundle; nothing is where it is the same to the byte.
///
/// # Errors
///
/// What is there and cannot be read.
pub fn check(place: &Place, outputs: &[Output]) -> Result<Vec<Difference>, Failure> {
    match place {
        Place::Folder(folder) => folder::check(folder, outputs),
        Place::File(path) => {
            let text: String = outputs.iter().map(|output| output.text.as_str()).collect();
            Ok(drift::compare(path, &text)?.into_iter().collect())
        }
    }
}

/// Makes the folder that a file is to lie in.
///
/// # Errors
///
/// Where it cannot be made.
pub fn make_parent(path: &Path) -> Result<(), Failure> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(parent) => folder::make(parent),
        None => Ok(()),
    }
}
