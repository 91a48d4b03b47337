//! Files in: arguments and modules to sources.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use mesh_compiler::{imports, library};
use mesh_diagnostics::{Diagnostic, FileId, Sources, Span, code};

use crate::Failure;

/// The name that standard input has in messages.
pub const STDIN: &str = "<stdin>";

/// The sources of a program, with what could not be read of them.
pub struct Loaded {
    pub sources: Sources,
    /// The files that may be written back, by their id.
    pub paths: HashMap<FileId, PathBuf>,
    /// Files that are not UTF-8.
    pub problems: Vec<Diagnostic>,
}

/// Loads what the arguments name, and every module that is taken in with `use`, until nothing is new.
pub fn load(arguments: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut loaded = Loaded { sources: Sources::new(), paths: HashMap::new(), problems: Vec::new() };
    for path in expand(arguments)? {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| format!("standard input cannot be read: {error}"))?;
            loaded.add(STDIN.to_owned(), bytes, false);
            continue;
        }
        let bytes = read(&path)?;
        let id = loaded.add(shown(&path), bytes, false);
        loaded.paths.insert(id, path);
    }
    let mut next = 0;
    while next < loaded.sources.len() {
        let wanted = {
            let (file, source) =
                loaded.sources.iter().nth(next).ok_or_else(|| Failure("a source is lost".to_owned()))?;
            // Most files take nothing in, and parsing them twice would be the dearest part of loading.
            let text = if source.text.contains("use ") { source.text.as_ref() } else { "" };
            let parsed = mesh_syntax::parse(file, text);
            let folder = Path::new(&source.name).parent().map(Path::to_path_buf).unwrap_or_default();
            imports(&parsed.tree).into_iter().map(|import| (import.name, folder.clone())).collect::<Vec<_>>()
        };
        for (name, folder) in wanted {
            loaded.module(&name, &folder)?;
        }
        next += 1;
    }
    Ok(loaded)
}

impl Loaded {
    fn add(&mut self, name: String, bytes: Vec<u8>, is_library: bool) -> FileId {
        let (text, bad) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
            }
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
    fn module(&mut self, name: &str, folder: &Path) -> Result<(), Failure> {
        if let Some(text) = library(name) {
            if !self.has(name) {
                self.add(name.to_owned(), text.as_bytes().to_vec(), true);
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
            mesh_files(&path)?
        } else {
            Vec::new()
        };
        for file in files {
            let name = shown(&file);
            if !self.has(&name) {
                let bytes = read(&file)?;
                self.add(name, bytes, true);
            }
        }
        Ok(())
    }
}

/// A path as messages show it, without `.` parts.
fn shown(path: &Path) -> String {
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

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure(format!("`{}` cannot be read: {error}", path.display())))
}

/// The files behind the arguments: folders become the `.mesh` files in them, each file once, in order.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for path in arguments {
        let found = if path.is_dir() { mesh_files(path)? } else { vec![path.clone()] };
        if found.is_empty() {
            return Err(Failure(format!("the folder `{}` holds no `.mesh` file", path.display())));
        }
        files.extend(found.into_iter().filter(|file| seen.insert(shown(file))));
    }
    Ok(files)
}

/// The `.mesh` files of a folder and its folders, by name; hidden ones are left out, and folders that are links, which
/// may lead around in circles.
fn mesh_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fail = |error: std::io::Error| Failure(format!("the folder `{}` cannot be read: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if !path.is_symlink() {
                files.extend(mesh_files(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "mesh") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Writes a file whole or not at all; one that holds these bytes already is not touched.
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
