//! Which files make a program.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use mesh_load::{beside, is_left_out, within};

use crate::options::Options;

/// The programs that the editor names, and the folders that are one where it names none. What was found on the disk is
/// remembered.
#[derive(Debug, Default)]
pub struct Roots {
    /// The programs that are named, as absolute paths.
    named: Vec<PathBuf>,
    /// The folders that are open in the editor.
    workspaces: Vec<PathBuf>,
    /// The root of the program that the files of a folder belong to.
    of_folder: RefCell<HashMap<PathBuf, PathBuf>>,
    /// The files of a program.
    files: RefCell<HashMap<PathBuf, Vec<PathBuf>>>,
}

impl Roots {
    pub fn new(options: &Options) -> Roots {
        Roots { named: options.named(), workspaces: options.workspaces.clone(), ..Roots::default() }
    }

    /// Forgets what was found on the disk.
    pub fn refresh(&mut self) {
        self.of_folder.get_mut().clear();
        self.files.get_mut().clear();
    }

    /// What a program is known by: the path that names it, or the uppermost folder of its files, as `meshc build` would be
    /// given it. What is no file is a program of its own.
    pub fn key(&self, path: &Path) -> PathBuf {
        let named = self.named.iter().filter(|program| path.starts_with(program));
        if let Some(named) = named.max_by_key(|program| program.components().count()) {
            return named.clone();
        }
        match path.parent().filter(|_| path.is_absolute()) {
            Some(folder) => {
                self.of_folder.borrow_mut().entry(folder.to_owned()).or_insert_with(|| self.root(folder)).clone()
            }
            None => path.to_owned(),
        }
    }

    /// The uppermost folder around a folder that has a program right in it; none above what is open in the editor, and none
    /// that does not stand for the files of the folder.
    fn root(&self, folder: &Path) -> PathBuf {
        let (mut root, mut here) = (folder, folder);
        while let Some(above) = here.parent().filter(|above| self.is_open(above)) {
            if here.file_name().is_some_and(|name| is_left_out(&name.to_string_lossy())) {
                break;
            }
            here = above;
            if !beside(here).is_empty() {
                root = here;
            }
        }
        root.to_owned()
    }

    pub fn is_open(&self, folder: &Path) -> bool {
        self.workspaces.iter().any(|workspace| folder.starts_with(workspace))
    }

    /// The files of a program that are on the disk; of a folder that is not open in the editor, those right in it.
    pub fn files(&self, key: &Path) -> Vec<PathBuf> {
        let find = || match self.named.iter().any(|named| named == key) || self.is_open(key) {
            true => within(key),
            false => beside(key),
        };
        self.files.borrow_mut().entry(key.to_owned()).or_insert_with(find).clone()
    }

    /// The files of all folders that are open in the editor.
    pub fn all(&self) -> Vec<PathBuf> {
        self.workspaces.iter().flat_map(|workspace| self.files(workspace)).collect()
    }
}
