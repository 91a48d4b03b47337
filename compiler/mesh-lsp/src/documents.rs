//! What is open in the editor, and the programs that it belongs to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Url};
use mesh_compiler::{Choices, Import, Memories, imports, parameters};
use mesh_diagnostics::{FileId, Source, Sources};
use mesh_load::{Content, Disk, Files, beside, expand, load};

use crate::job::{Done, Job};
use crate::options::Options;
use crate::position::byte;
use crate::program::{Program, name_of};

/// The open documents and the programs that were compiled of them.
pub struct Documents {
    options: Options,
    open: HashMap<Url, Open>,
    programs: HashMap<PathBuf, Rc<Program>>,
    disk: RefCell<HashMap<PathBuf, Arc<str>>>,
    memories: Rc<RefCell<Memories>>,
    /// The programs as they were before the last change, while they are not compiled anew.
    before: HashMap<PathBuf, Rc<Program>>,
    /// Programs that were, until there is time to take them apart.
    old: Vec<Rc<Program>>,
    /// It grows with every change, so that what was made of other texts is told apart.
    edition: u64,
}

struct Open {
    version: i32,
    text: Arc<str>,
}

/// The disk under what is open.
struct Overlay<'d>(&'d Documents);

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> std::io::Result<Content> {
        let url = Url::from_file_path(path).ok().or_else(|| Url::parse(path.to_str()?).ok());
        if let Some(open) = url.and_then(|url| self.0.open.get(&url)) {
            return Ok(Content::Text(open.text.clone()));
        }
        if let Some(text) = self.0.disk.borrow().get(path) {
            return Ok(Content::Text(text.clone()));
        }
        let Content::Bytes(bytes) = Disk.read(path)? else { return Disk.read(path) };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text: Arc<str> = text.into();
                self.0.disk.borrow_mut().insert(path.to_owned(), text.clone());
                Ok(Content::Text(text))
            }
            Err(error) => Ok(Content::Bytes(error.into_bytes())),
        }
    }

    fn imports(&self, file: FileId, source: &Source) -> Vec<Import> {
        imports(&self.0.memories.borrow_mut().parse(file, source).tree)
    }
}

fn path_of(url: &Url) -> Option<PathBuf> {
    if url.scheme() == "file" { url.to_file_path().ok() } else { Some(PathBuf::from(url.as_str())) }
}

impl Documents {
    pub fn new(options: Options) -> Documents {
        Documents {
            options,
            open: HashMap::new(),
            programs: HashMap::new(),
            disk: RefCell::default(),
            memories: Rc::default(),
            before: HashMap::new(),
            old: Vec::new(),
            edition: 0,
        }
    }

    pub fn open(&mut self, url: Url, version: i32, text: String) {
        // A file that is new to a folder is new to its program.
        self.refresh();
        self.open.insert(url, Open { version, text: text.into() });
    }

    pub fn close(&mut self, url: &Url) {
        self.open.remove(url);
        self.restart();
    }

    /// Changes a document; false where the editor speaks of one that is not open.
    pub fn change(&mut self, url: &Url, version: i32, changes: Vec<TextDocumentContentChangeEvent>) -> bool {
        let Some(open) = self.open.get_mut(url) else { return false };
        let mut text = open.text.to_string();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let start = byte(&text, range.start, self.options.encoding);
                    let end = byte(&text, range.end, self.options.encoding);
                    text.replace_range(start..end.max(start), &change.text);
                }
            }
        }
        open.version = version;
        open.text = text.into();
        self.edition += 1;
        let name = name_of(url);
        let has = |program: &Program| program.sources().iter().any(|(_, source)| Some(&source.name) == name.as_ref());
        for (key, program) in self.programs.extract_if(|_, program| has(program)) {
            self.old.extend(self.before.insert(key, program));
        }
        true
    }

    /// Files on the disk have changed.
    pub fn refresh(&mut self) {
        self.edition += 1;
        let programs = self.programs.drain().chain(self.before.drain());
        self.old.extend(programs.map(|(_, program)| program));
        self.disk.borrow_mut().clear();
    }

    /// Takes the programs apart that were replaced, in the background: that lasts as long as answering several keys.
    pub fn rest(&mut self) {
        let parts: Vec<_> = self.old.drain(..).filter_map(Rc::into_inner).map(Program::into_parts).collect();
        if !parts.is_empty() {
            rayon::spawn(move || drop(parts));
        }
    }

    /// Forgets all that was made of the texts.
    pub fn restart(&mut self) {
        self.refresh();
        self.memories.borrow_mut().clear();
    }

    pub fn version(&self, url: &Url) -> Option<i32> {
        self.open.get(url).map(|open| open.version)
    }

    pub fn is_open(&self, url: &Url) -> bool {
        self.open.contains_key(url)
    }

    /// How many statements are remembered.
    pub fn remembered(&self) -> usize {
        self.memories.borrow().len()
    }

    /// The programs of all open documents, each once.
    pub fn programs(&mut self) -> Vec<Rc<Program>> {
        let mut urls: Vec<Url> = self.open.keys().cloned().collect();
        urls.sort();
        let mut found: Vec<Rc<Program>> = Vec::new();
        for program in urls.iter().filter_map(|url| self.program(url)) {
            if !found.iter().any(|known| Rc::ptr_eq(known, &program)) {
                found.push(program);
            }
        }
        found
    }

    /// The program that a document belongs to, as it is or was before the last change, and the text as it is: for what must
    /// not wait, such as completion. Names come from the program, and where the cursor is from the text.
    pub fn at_once(&mut self, url: &Url) -> Option<(Rc<Program>, Source)> {
        let key = self.key(&path_of(url)?);
        let known = self.programs.get(&key).or_else(|| self.before.get(&key)).cloned();
        let program = known.filter(|program| program.file(url).is_some()).or_else(|| self.program(url))?;
        let text = match self.open.get(url) {
            Some(open) => open.text.clone(),
            None => program.sources().get(program.file(url)?).text.clone(),
        };
        let mut sources = Sources::new();
        let file = sources.add(name_of(url)?, text);
        Some((program, sources.get(file).clone()))
    }

    /// The program that a document belongs to.
    pub fn program(&mut self, url: &Url) -> Option<Rc<Program>> {
        let path = path_of(url)?;
        let key = self.key(&path);
        if let Some(program) = self.programs.get(&key) {
            return Some(program.clone());
        }
        let job = self.prepared(key.clone(), &path)?;
        // A fault is for whoever asked.
        if let Err(text) = self.done(job.run()) {
            std::panic::resume_unwind(Box::new(text));
        }
        self.programs.get(&key).cloned()
    }

    /// A program of an open document that has to be compiled; it gives the memories away until it is done.
    pub fn job(&mut self) -> Option<Job> {
        let mut paths: Vec<PathBuf> = self.open.keys().filter_map(path_of).collect();
        paths.sort();
        let path = paths.into_iter().find(|path| !self.programs.contains_key(&self.key(path)))?;
        self.prepared(self.key(&path), &path)
    }

    fn prepared(&mut self, key: PathBuf, path: &Path) -> Option<Job> {
        let loaded = load(&self.files(&key, path), &Overlay(self)).ok()?;
        let mut choices = Choices::default();
        let known = if self.options.set.is_empty() { Vec::new() } else { parameters(&loaded.sources) };
        for (name, value) in self.options.set.iter().filter(|(name, _)| known.iter().any(|one| one.name == **name)) {
            choices.set(name, value);
        }
        let memories = self.memories.take();
        Some(Job { key, edition: self.edition, loaded, choices, memories })
    }

    /// Takes in what became of a job. What was made of a text that has changed since has names still.
    pub fn done(&mut self, done: Done) -> Result<(), String> {
        self.memories.replace(done.memories);
        let (loaded, choices, compilation, index) = done.made?;
        let (memories, encoding) = (self.memories.clone(), self.options.encoding);
        let program = Rc::new(Program::new(loaded, choices, compilation, index, memories, encoding));
        if done.edition == self.edition {
            self.old.extend(self.before.remove(&done.key));
            self.programs.insert(done.key, program);
        } else {
            self.old.extend(self.before.insert(done.key, program));
        }
        Ok(())
    }

    /// What a program is known by: the path that names it, or the folder of its files.
    fn key(&self, path: &Path) -> PathBuf {
        let named = self.options.programs.iter().filter(|program| path.starts_with(program));
        let named = named.max_by_key(|program| program.components().count());
        named.cloned().or_else(|| path.parent().map(Path::to_owned)).unwrap_or_else(|| path.to_owned())
    }

    /// The files of a program, those that are open in it and not on the disk yet among them.
    fn files(&self, key: &Path, path: &Path) -> Vec<PathBuf> {
        if !path.is_absolute() {
            return vec![path.to_owned()];
        }
        let mut files: Vec<PathBuf> = if self.options.programs.iter().any(|program| program == key) {
            expand(&[key.to_owned()]).unwrap_or_default()
        } else {
            beside(key)
        };
        let open = self.open.keys().filter(|url| url.scheme() == "file").filter_map(|url| url.to_file_path().ok());
        files.extend(open.filter(|open| self.key(open) == key));
        files.push(path.to_owned());
        files.sort();
        files.dedup();
        files
    }
}
