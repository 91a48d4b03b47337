//! What is open in the editor, and the programs that it belongs to.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lsp_types::{FileChangeType, FileEvent, TextDocumentContentChangeEvent, Url};
use mesh_compiler::{Import, Memories, imports};
use mesh_diagnostics::{FileId, Source, Sources};
use mesh_load::{Content, Disk, Files, Loaded, load, shown};

use crate::job::{Check, Checked, Done, Every, Job};
use crate::options::Options;
use crate::position::byte;
use crate::program::{LIBRARY, Program, name_of};
use crate::roots::Roots;

/// The open documents and the programs that were compiled of them.
pub struct Documents {
    options: Options,
    roots: Roots,
    /// By path, since an address can be spelled in several ways.
    open: HashMap<PathBuf, Open>,
    programs: HashMap<PathBuf, Rc<Program>>,
    disk: RefCell<HashMap<PathBuf, Arc<str>>>,
    memories: Rc<RefCell<Memories>>,
    /// The programs as they were before the last change, while they are not compiled anew.
    before: HashMap<PathBuf, Rc<Program>>,
    /// Programs that were, until there is time to take them apart.
    old: Vec<Rc<Program>>,
    /// It grows with every change, so that what was made of other texts is told apart.
    edition: u64,
    /// The same, for what runs in the background.
    latest: Arc<AtomicU64>,
    /// Why files cannot be read, and whether that was said since the disk last changed.
    unread: BTreeMap<String, bool>,
}

struct Open {
    /// As the editor spells it.
    url: Url,
    version: i32,
    text: Arc<str>,
}

/// The disk under what is open.
struct Overlay<'d>(&'d Documents);

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> std::io::Result<Content> {
        // A module is asked for from where it is taken in: `shop/../common/presets.mesh`.
        let path = Path::new(&shown(path)).to_owned();
        let path = path.as_path();
        if let Some(open) = self.0.open.get(path) {
            return Ok(Content::Text(open.text.clone()));
        }
        // A module of the library is looked at in a program that takes it in.
        if let Some(module) = path.to_str().and_then(|path| path.strip_prefix(LIBRARY)) {
            return Ok(Content::Text(format!("use std/{module}\n").into()));
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
            roots: Roots::new(&options),
            options,
            open: HashMap::new(),
            programs: HashMap::new(),
            disk: RefCell::default(),
            memories: Rc::default(),
            before: HashMap::new(),
            old: Vec::new(),
            edition: 0,
            latest: Arc::default(),
            unread: BTreeMap::new(),
        }
    }

    pub fn open(&mut self, url: Url, version: i32, text: String) {
        let Some(path) = path_of(&url) else { return };
        let programs = self.programs.values().chain(self.before.values());
        let mut known = programs.filter_map(|program| Some(program.text(program.file(&url)?)));
        match known.next().map(|known| *known == *text) {
            Some(true) => {}
            Some(false) => self.has_changed(&url),
            // A file that is new to a folder is new to its program.
            None => self.refresh(),
        }
        self.open.insert(path, Open { url, version, text: text.into() });
    }

    pub fn close(&mut self, url: &Url) {
        path_of(url).and_then(|path| self.open.remove(&path));
        self.restart();
    }

    /// Changes a document; false where the editor speaks of one that is not open.
    pub fn change(&mut self, url: &Url, version: i32, changes: Vec<TextDocumentContentChangeEvent>) -> bool {
        let Some(open) = path_of(url).and_then(|path| self.open.get_mut(&path)) else { return false };
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
        self.has_changed(url);
        true
    }

    /// What was made of a document is about another text now.
    fn has_changed(&mut self, url: &Url) {
        self.is_another();
        let name = name_of(url);
        let has = |program: &Program| program.sources().iter().any(|(_, source)| Some(&source.name) == name.as_ref());
        for (key, program) in self.programs.extract_if(|_, program| has(program)) {
            self.old.extend(self.before.insert(key, program));
        }
    }

    /// Files on the disk have changed; the texts of those that are open are what the editor has.
    pub fn change_on_disk(&mut self, changes: &[FileEvent]) {
        if changes.iter().any(|change| change.typ != FileChangeType::CHANGED) {
            return self.refresh();
        }
        for url in changes.iter().map(|change| &change.uri).filter(|url| !self.is_open(url)).collect::<Vec<_>>() {
            path_of(url).and_then(|path| self.disk.get_mut().remove(&path));
            self.has_changed(url);
        }
    }

    /// Files on the disk are others.
    pub fn refresh(&mut self) {
        self.is_another();
        let programs = self.programs.drain().chain(self.before.drain());
        self.old.extend(programs.map(|(_, program)| program));
        self.disk.borrow_mut().clear();
        self.unread.clear();
        self.roots.refresh();
    }

    /// The editor chooses otherwise.
    pub fn choose(&mut self, options: Options) {
        self.roots = Roots::new(&options);
        self.options = options;
        self.refresh();
    }

    /// Why files cannot be read, as far as that was not said.
    pub fn unread(&mut self) -> Vec<String> {
        let mut new = Vec::new();
        for (reason, said) in &mut self.unread {
            if !std::mem::replace(said, true) {
                new.push(reason.clone());
            }
        }
        new
    }

    fn is_another(&mut self) {
        self.edition += 1;
        self.latest.store(self.edition, Ordering::Relaxed);
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

    fn opened(&self, url: &Url) -> Option<&Open> {
        self.open.get(&path_of(url)?)
    }

    pub fn version(&self, url: &Url) -> Option<i32> {
        self.opened(url).map(|open| open.version)
    }

    pub fn is_open(&self, url: &Url) -> bool {
        self.opened(url).is_some()
    }

    /// The address of a document as the editor spells it.
    pub fn spelled(&self, url: &Url) -> Url {
        self.opened(url).map_or_else(|| url.clone(), |open| open.url.clone())
    }

    /// How many statements are remembered.
    pub fn remembered(&self) -> usize {
        self.memories.borrow().len()
    }

    /// The programs of all open documents, each once.
    pub fn programs(&mut self) -> Vec<Rc<Program>> {
        let mut found: Vec<Rc<Program>> = Vec::new();
        for program in self.paths().iter().filter_map(|path| self.at(path)) {
            if !found.iter().any(|known| Rc::ptr_eq(known, &program)) {
                found.push(program);
            }
        }
        found
    }

    /// All programs of the folders that are open in the editor, and those of open documents.
    pub fn everything(&mut self) -> Vec<Rc<Program>> {
        self.programs();
        for path in self.roots.all() {
            self.at(&path);
        }
        let mut found: Vec<_> = self.programs.iter().collect();
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, program)| program.clone()).collect()
    }

    /// The programs that have a file, among those that are open and those in open folders that take it in.
    pub fn sharing(&mut self, url: &Url) -> Vec<Rc<Program>> {
        self.programs();
        for path in path_of(url).map(|path| self.users(&path)).unwrap_or_default() {
            self.at(&path);
        }
        let mut found: Vec<_> = self.programs.iter().filter(|(_, program)| program.file(url).is_some()).collect();
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, program)| program.clone()).collect()
    }

    /// The files of open folders that may take a file in, by a module or through others: those that name it, or its folder.
    fn users(&self, path: &Path) -> Vec<PathBuf> {
        let names = |path: &Path| {
            let folders = path.ancestors().skip(1).take_while(|folder| self.roots.is_open(folder));
            let parts = path.file_stem().into_iter().chain(folders.filter_map(Path::file_name));
            parts.map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let mut open = Vec::new();
        for path in self.roots.all() {
            if let Ok(Content::Text(text)) = Overlay(self).read(&path)
                && text.contains("use ")
                && text.contains("./")
            {
                open.push((path, text));
            }
        }
        let (mut users, mut wanted) = (Vec::new(), names(path));
        while let Some(name) = wanted.pop() {
            for (path, _) in open.extract_if(.., |(_, text)| text.contains(&name)) {
                wanted.extend(names(&path));
                users.push(path);
            }
        }
        users.sort();
        users
    }

    /// The program that a document belongs to, as it is or was before the last change, and the text as it is: for what must
    /// not wait, such as completion. Names come from the program, and where the cursor is from the text.
    pub fn at_once(&mut self, url: &Url) -> Option<(Rc<Program>, Source)> {
        let key = self.key(&path_of(url)?);
        let known = self.programs.get(&key).or_else(|| self.before.get(&key)).cloned();
        let program = known.filter(|program| program.file(url).is_some()).or_else(|| self.program(url))?;
        let text = match self.opened(url) {
            Some(open) => open.text.clone(),
            None => program.sources().get(program.file(url)?).text.clone(),
        };
        let mut sources = Sources::new();
        let file = sources.add(name_of(url)?, text);
        Some((program, sources.get(file).clone()))
    }

    /// The program that a document belongs to.
    pub fn program(&mut self, url: &Url) -> Option<Rc<Program>> {
        self.at(&path_of(url)?)
    }

    /// The paths of what is open, in order.
    fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.open.keys().cloned().collect();
        paths.sort();
        paths
    }

    fn at(&mut self, path: &Path) -> Option<Rc<Program>> {
        let key = self.key(path);
        if let Some(program) = self.programs.get(&key) {
            return Some(program.clone());
        }
        let check = self.prepared(key.clone(), path);
        // A fault is for whoever asked.
        if let Err(text) = self.checked(check.run()) {
            std::panic::resume_unwind(Box::new(text));
        }
        self.programs.get(&key).cloned()
    }

    /// A program of an open document that has to be compiled; it gives the memories away until it is done.
    pub fn job(&mut self) -> Option<Job> {
        let path = self.paths().into_iter().find(|path| !self.programs.contains_key(&self.key(path)))?;
        Some(Job::Check(self.prepared(self.key(&path), &path)))
    }

    /// A program is never left out for one of its files.
    fn loaded(&mut self, files: &[PathBuf]) -> Loaded {
        let failure = match load(files, &Overlay(self)) {
            Ok(loaded) => return loaded,
            Err(failure) => failure,
        };
        let mut reasons = vec![failure.0];
        let readable = |path: &&PathBuf| match load(std::slice::from_ref(*path), &Overlay(self)) {
            Ok(_) => true,
            Err(failure) => {
                reasons.push(failure.0);
                false
            }
        };
        let files: Vec<PathBuf> = files.iter().filter(readable).cloned().collect();
        let loaded = load(&files, &Overlay(self)).unwrap_or_else(|_| Loaded::default());
        for reason in reasons {
            self.unread.entry(reason).or_default();
        }
        loaded
    }

    fn prepared(&mut self, key: PathBuf, path: &Path) -> Check {
        let files = self.files(&key, path);
        let loaded = self.loaded(&files);
        let memories = self.memories.take();
        Check { key, edition: self.edition, loaded, set: self.options.set.clone(), memories }
    }

    /// A program of an open document that is not looked at for every choice of its parameters.
    pub fn open_choices(&self) -> Option<Job> {
        let programs = self.paths().into_iter().filter_map(|path| self.programs.get_key_value(&self.key(&path)));
        let mut open = programs.filter_map(|(key, program)| Some((key, program, program.open_choices()?)));
        let (key, program, others) = open.next()?;
        let (key, edition, sources) = (key.clone(), self.edition, program.sources().clone());
        let (others, latest) = (others.to_vec(), self.latest.clone());
        Some(Job::Every(Every { key, edition, sources, others, latest }))
    }

    /// Takes in what became of a job. What was made of a text that has changed since has names still.
    pub fn done(&mut self, done: Done) -> Result<(), String> {
        match done {
            Done::Check(checked) => self.checked(*checked),
            Done::Every(looked) => {
                let program = self.programs.get(&looked.key).filter(|_| looked.edition == self.edition);
                if let Some(program) = program {
                    program.look_at(looked.every?);
                }
                Ok(())
            }
        }
    }

    fn checked(&mut self, done: Checked) -> Result<(), String> {
        self.memories.replace(done.memories);
        let (memories, encoding) = (self.memories.clone(), self.options.encoding);
        let mut program = Program::new(done.made?, memories, encoding);
        if let Some(earlier) = self.programs.get(&done.key).or_else(|| self.before.get(&done.key)) {
            program.keep(earlier);
        }
        let program = Rc::new(program);
        if done.edition == self.edition {
            self.old.extend(self.before.remove(&done.key));
            self.programs.insert(done.key, program);
        } else {
            self.old.extend(self.before.insert(done.key, program));
        }
        Ok(())
    }

    /// What the program of a document is known by. A module of the library is looked at in a program that takes it in; where
    /// there is none, one is made.
    fn key(&self, path: &Path) -> PathBuf {
        let Some(module) = path.to_str().and_then(|path| path.strip_prefix("mesh-std:/")) else {
            return self.roots.key(path);
        };
        let module = module.trim_end_matches(".mesh");
        let has = |program: &Program| {
            let name = module_name(module);
            program.sources().iter().any(|(_, source)| source.name == name)
        };
        let known = self.programs.iter().chain(&self.before).filter(|(_, program)| has(program));
        known.map(|(key, _)| key).min().cloned().unwrap_or_else(|| PathBuf::from(format!("{LIBRARY}{module}")))
    }

    /// The files of a program, those that are open in it and not on the disk yet among them.
    fn files(&self, key: &Path, path: &Path) -> Vec<PathBuf> {
        if !key.is_absolute() {
            return vec![key.to_owned()];
        }
        let mut files = self.roots.files(key);
        files.extend(self.open.keys().filter(|open| open.is_absolute() && self.key(open) == key).cloned());
        if path.is_absolute() {
            files.push(path.to_owned());
        }
        files.sort();
        files.dedup();
        files
    }
}

fn module_name(module: &str) -> String {
    format!("std/{module}")
}
