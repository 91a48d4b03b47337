//! A program as the editor has it: its files, what they compile to, and the names in them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use lsp_types::{Position, Range, Url};
use mesh_compiler::index::Index;
use mesh_compiler::{Choices, Compilation, compile_parsed};
use mesh_diagnostics::{Diagnostics, FileId, Source, Sources, Span};
use mesh_load::Loaded;
use mesh_syntax::{Memory, Parsed};

use crate::position::{Encoding, byte, range};

/// What was parsed of each file, by its name.
#[derive(Clone, Default)]
pub struct Memories(Rc<RefCell<HashMap<String, Memory>>>);

impl Memories {
    /// Parses a file; what did not change since it was parsed last is not parsed again.
    pub fn parse<'s>(&self, file: FileId, source: &'s Source) -> Parsed<'s> {
        self.0.borrow_mut().entry(source.name.clone()).or_default().parse(file, &source.text)
    }

    /// Forgets all files.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// How many statements are remembered.
    pub fn len(&self) -> usize {
        self.0.borrow().values().map(Memory::len).sum()
    }
}

/// A program, compiled.
pub struct Program {
    loaded: Loaded,
    choices: Choices,
    pub compilation: Compilation,
    pub index: Index,
    pub encoding: Encoding,
    memories: Memories,
}

impl Program {
    pub fn new(loaded: Loaded, choices: Choices, memories: Memories, encoding: Encoding) -> Program {
        let parsed = loaded.sources.iter().map(|(file, source)| memories.parse(file, source)).collect();
        let (mut compilation, index) = compile_parsed(&loaded.sources, parsed, &choices);
        // What a file of another encoding says is not known, and nothing is concluded from it.
        if !loaded.problems.is_empty() {
            compilation.diagnostics = Diagnostics::new();
            compilation.diagnostics.extend(loaded.problems.iter().cloned());
        }
        Program { loaded, choices, compilation, index, encoding, memories }
    }

    pub fn sources(&self) -> &Sources {
        &self.loaded.sources
    }

    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    pub fn text(&self, file: FileId) -> &str {
        &self.sources().get(file).text
    }

    pub fn parsed(&self, file: FileId) -> Parsed<'_> {
        self.memories.parse(file, self.sources().get(file))
    }

    /// The address of a file.
    pub fn url(&self, file: FileId) -> Option<Url> {
        url_of(&self.sources().get(file).name)
    }

    pub fn file(&self, url: &Url) -> Option<FileId> {
        let name = name_of(url)?;
        self.sources().iter().find(|(_, source)| source.name == name).map(|(file, _)| file)
    }

    /// True for a file that nobody can change: a module of the library.
    pub fn is_fixed(&self, file: FileId) -> bool {
        self.sources().get(file).name.starts_with("std/")
    }

    pub fn range(&self, span: Span) -> Range {
        range(self.sources().get(span.file), span, self.encoding)
    }

    pub fn byte(&self, file: FileId, position: Position) -> usize {
        byte(self.text(file), position, self.encoding)
    }
}

/// The address of a file by its name in messages.
pub fn url_of(name: &str) -> Option<Url> {
    match name.strip_prefix("std/") {
        Some(module) => Url::parse(&format!("mesh-std:/{module}.mesh")).ok(),
        None => Url::from_file_path(name).ok().or_else(|| Url::parse(name).ok()),
    }
}

/// The name in messages of a file by its address.
pub fn name_of(url: &Url) -> Option<String> {
    match url.scheme() {
        "file" => url.to_file_path().ok().map(|path| mesh_load::shown(&path)),
        "mesh-std" => Some(format!("std/{}", url.path().trim_start_matches('/').trim_end_matches(".mesh"))),
        _ => Some(url.as_str().to_owned()),
    }
}
