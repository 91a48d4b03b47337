//! Programs from files: arguments and modules to sources.
//!
//! What is a file is the host's to say ([`Files`]): the command line reads the disk, an editor what is open in it.

mod choices;

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mesh_compiler::{Import, imports, library};
use mesh_diagnostics::{Diagnostic, FileId, Source, Sources, Span, code};

pub use choices::choices;

/// Something that cannot be read, in a sentence.
#[derive(Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<String> for Failure {
    fn from(text: String) -> Failure {
        Failure(text)
    }
}

/// Where files come from.
pub trait Files {
    /// The content of a file.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    fn read(&self, path: &Path) -> std::io::Result<Content>;

    /// The modules that a file takes in.
    fn imports(&self, file: FileId, source: &Source) -> Vec<Import> {
        imports(&mesh_syntax::parse(file, &source.text).tree)
    }
}

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Bytes that may be of any encoding.
    Bytes(Vec<u8>),
    /// Text.
    Text(Arc<str>),
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> std::io::Result<Content> {
        std::fs::read(path).map(Content::Bytes)
    }
}

/// The name that standard input has in messages.
pub const STDIN: &str = "<stdin>";

/// The sources of a program, with what could not be read of them.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The files, modules behind them.
    pub sources: Sources,
    /// The files that may be written back, by their id.
    pub paths: HashMap<FileId, PathBuf>,
    /// Files that are not UTF-8.
    pub problems: Vec<Diagnostic>,
    /// What was looked at on the way: a build system builds again when one of these changes.
    pub inputs: Inputs,
}

/// What a program was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The files that were read, modules among them; those of the standard library are part of the compiler.
    pub files: Vec<PathBuf>,
    /// The folders whose files were taken.
    pub folders: Vec<PathBuf>,
    /// The files that a `use` wanted and that are not there.
    pub missing: Vec<PathBuf>,
}

/// Loads what the arguments name, and every module that is taken in with `use`, until nothing is new.
///
/// # Errors
///
/// What cannot be read, or a folder without a program.
pub fn load(arguments: &[PathBuf], files: &impl Files) -> Result<Loaded, Failure> {
    load_with(&[], arguments, files)
}

/// As [`load`]; before the files stand texts that are no files, by their names.
///
/// # Errors
///
/// As for [`load`].
pub fn load_with(texts: &[(String, String)], arguments: &[PathBuf], files: &impl Files) -> Result<Loaded, Failure> {
    let mut loaded =
        Loaded { sources: Sources::new(), paths: HashMap::new(), problems: Vec::new(), inputs: Inputs::default() };
    for (name, text) in texts {
        loaded.add(name.clone(), Content::Text(text.as_str().into()), false);
    }
    for path in expand_into(arguments, &mut loaded.inputs.folders)? {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| format!("standard input cannot be read: {error}"))?;
            loaded.add(STDIN.to_owned(), Content::Bytes(bytes), false);
            continue;
        }
        let content = read(&path, files)?;
        loaded.inputs.files.push(path.clone());
        let id = loaded.add(shown(&path), content, false);
        loaded.paths.insert(id, path);
    }
    let mut next = 0;
    while next < loaded.sources.len() {
        let wanted = {
            let (file, source) =
                loaded.sources.iter().nth(next).ok_or_else(|| Failure("a source is lost".to_owned()))?;
            let folder = Path::new(&source.name).parent().map(Path::to_path_buf).unwrap_or_default();
            // Most files take nothing in, and parsing them twice would be the dearest part of loading.
            let wanted = if source.text.contains("use ") { files.imports(file, source) } else { Vec::new() };
            wanted.into_iter().map(|import| (import.name, folder.clone())).collect::<Vec<_>>()
        };
        for (name, folder) in wanted {
            loaded.module(&name, &folder, files)?;
        }
        next += 1;
    }
    Ok(loaded)
}

impl Loaded {
    fn add(&mut self, name: String, content: Content, is_library: bool) -> FileId {
        let (text, bad): (Arc<str>, _) = match content {
            Content::Text(text) => (text, None),
            Content::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) => (text.into(), None),
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    (String::from_utf8_lossy(error.as_bytes()).into(), Some(at))
                }
            },
        };
        let id = if is_library { self.sources.add_library(name, text) } else { self.sources.add(name, text) };
        if let Some(at) = bad {
            let at = at as u32;
            self.problems.push(
                Diagnostic::new(
                    code::E0101,
                    Span::new(id, at, at + '\u{FFFD}'.len_utf8() as u32),
                    "a file is not UTF-8",
                )
                .label("this byte is of another encoding")
                .help("save the file as UTF-8"),
            );
        }
        id
    }

    fn has(&self, name: &str) -> bool {
        self.sources.iter().any(|(_, source)| source.name == name)
    }

    /// Loads a module, if it exists and is not there yet; one that does not exist is the compiler's to report.
    fn module(&mut self, name: &str, folder: &Path, disk: &impl Files) -> Result<(), Failure> {
        if let Some(text) = library(name) {
            if !self.has(name) {
                self.add(name.to_owned(), Content::Text(text.into()), true);
            }
            return Ok(());
        }
        if !name.starts_with('.') {
            return Ok(());
        }
        let path = folder.join(name);
        let file = path.with_file_name(format!("{}.mesh", path.file_name().unwrap_or_default().to_string_lossy()));
        let files = if file.is_file() {
            vec![file]
        } else if path.is_dir() {
            mesh_files(&path, &mut self.inputs.folders)?
        } else {
            self.inputs.missing.push(file);
            Vec::new()
        };
        for file in files {
            let name = shown(&file);
            if !self.has(&name) {
                let content = read(&file, disk)?;
                self.inputs.files.push(file);
                self.add(name, content, true);
            }
        }
        Ok(())
    }
}

/// A path as messages show it, without `.` parts.
#[must_use]
pub fn shown(path: &Path) -> String {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.to_string_lossy().into_owned()
}

/// Reads a file of the disk.
///
/// # Errors
///
/// Where it cannot be read, with its name.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("`{}` cannot be read: {error}", path.display()))
}

fn read(path: &Path, files: &impl Files) -> Result<Content, Failure> {
    files.read(path).map_err(|error| unreadable(path, &error))
}

/// The files behind the arguments: folders become the `.mesh` files in them, each file once, in order.
///
/// # Errors
///
/// A folder that cannot be read, or holds no program.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    expand_into(arguments, &mut Vec::new())
}

/// As [`expand`]; the folders that were looked into are added.
fn expand_into(arguments: &[PathBuf], folders: &mut Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for path in arguments {
        let found = if path.is_dir() { mesh_files(path, folders)? } else { vec![path.clone()] };
        if found.is_empty() {
            return Err(Failure(format!("the folder `{}` holds no `.mesh` file", path.display())));
        }
        files.extend(found.into_iter().filter(|file| seen.insert(shown(file))));
    }
    Ok(files)
}

/// The `.mesh` files of a folder, without those of its folders; none where it cannot be read.
#[must_use]
pub fn beside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_program = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !hidden && path.extension().is_some_and(|extension| extension == "mesh")
    };
    let mut files: Vec<PathBuf> = entries.filter(is_program).collect();
    files.sort();
    files
}

/// The `.mesh` files behind an argument, as far as they can be found: a folder that cannot be read is left out.
#[must_use]
pub fn within(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut files = beside(path);
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folders = entries.filter(|path| path.is_dir() && !path.is_symlink() && !is_left_out(&name(path)));
    files.retain(|file| !file.is_dir());
    files.extend(folders.flat_map(|folder| within(&folder)));
    files.sort();
    files
}

/// The modules that a folder has for `use`: its `.mesh` files without their ends, and the folders in it that hold some.
#[must_use]
pub fn modules_in(folder: &Path) -> Vec<String> {
    let name = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let mut modules: Vec<String> = beside(folder).iter().filter_map(|file| name(file.file_stem())).collect();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let folders = entries.filter(|path| path.is_dir() && !beside(path).is_empty());
    modules.extend(folders.filter_map(|path| name(path.file_name())).filter(|name| !name.starts_with('.')));
    modules.sort();
    modules.dedup();
    modules
}

/// The `.mesh` files of a folder and its folders.
fn mesh_files(folder: &Path, folders: &mut Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    files_in(folder, &|path| path.extension().is_some_and(|extension| extension == "mesh"), folders)
}

/// True for names that a folder does not stand for: hidden ones, and what npm installs.
#[must_use]
pub fn is_left_out(name: &str) -> bool {
    name.starts_with('.') || name == "node_modules"
}

/// The files of a folder and its folders that are wanted, by name; hidden ones are left out, what npm installs, and folders
/// that are links, which may lead around in circles. The folders are added to those that were looked into.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn files_in(
    folder: &Path,
    is_wanted: &dyn Fn(&Path) -> bool,
    folders: &mut Vec<PathBuf>,
) -> Result<Vec<PathBuf>, Failure> {
    let fail = |error: std::io::Error| Failure(format!("the folder `{}` cannot be read: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    folders.push(folder.to_owned());
    let mut files = Vec::new();
    for path in entries {
        if is_left_out(&path.file_name().unwrap_or_default().to_string_lossy()) {
            continue;
        }
        if path.is_dir() {
            if !path.is_symlink() {
                files.extend(files_in(&path, is_wanted, folders)?);
            }
        } else if is_wanted(&path) {
            files.push(path);
        }
    }
    Ok(files)
}
