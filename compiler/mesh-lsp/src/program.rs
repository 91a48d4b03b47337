//! A program as the editor has it: its files, what they compile to, and the names in them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use lsp_types::{Position, Range, Url};
use mesh_compiler::index::Index;
use mesh_compiler::{Choices, Compilation, Memories};
use mesh_diagnostics::{Diagnostics, FileId, Sources, Span};
use mesh_istio::Resource;
use mesh_load::Loaded;
use mesh_syntax::Parsed;

use crate::position::{Encoding, byte, range};

/// A program, compiled.
pub struct Program {
    loaded: Loaded,
    choices: Choices,
    pub compilation: Compilation,
    pub index: Index,
    pub encoding: Encoding,
    memories: Rc<RefCell<Memories>>,
    /// The names that the index has not, once one was asked for.
    guessed: OnceCell<Vec<(Span, usize)>>,
}

impl Program {
    pub fn new(
        loaded: Loaded,
        choices: Choices,
        mut compilation: Compilation,
        index: Index,
        memories: Rc<RefCell<Memories>>,
        encoding: Encoding,
    ) -> Program {
        // What a file of another encoding says is not known, and nothing is concluded from it.
        if !loaded.problems.is_empty() {
            compilation.diagnostics = Diagnostics::new();
            compilation.diagnostics.extend(loaded.problems.iter().cloned());
        }
        Program { loaded, choices, compilation, index, encoding, memories, guessed: OnceCell::new() }
    }

    /// What is large of it, and may go to another thread.
    pub fn into_parts(self) -> (Loaded, Compilation, Index) {
        (self.loaded, self.compilation, self.index)
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
        self.memories.borrow_mut().parse(file, self.sources().get(file))
    }

    /// The name at a place of a text, and its symbol; in a statement that has errors too.
    pub fn name_at(&self, file: FileId, at: usize) -> Option<(Span, usize)> {
        let place = Span::new(file, at as u32, at as u32);
        let guessed = || {
            let guessed = self.guessed();
            let behind = guessed.partition_point(|(span, _)| (span.file, span.start) <= (file, place.start));
            let last = guessed[..behind].last().copied();
            last.filter(|(span, _)| span.file == file && place.start <= span.end)
        };
        self.index.at(place).or_else(guessed)
    }

    /// All places that name a symbol, by file and place.
    pub fn places(&self, symbol: usize) -> Vec<Span> {
        let guessed = self.guessed().iter().filter(|(_, of)| *of == symbol).map(|(span, _)| *span);
        let mut places: Vec<Span> = self.index.places(symbol).chain(guessed).collect();
        places.sort_unstable_by_key(|span| (span.file, span.start));
        places
    }

    fn guessed(&self) -> &[(Span, usize)] {
        self.guessed.get_or_init(|| crate::guess::all(self))
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

/// True where a statement made a resource, or a part of it.
pub fn comes_from(resource: &Resource, statement: Span) -> bool {
    let within = |origin: &Span| {
        origin.file == statement.file && statement.start <= origin.start && origin.start < statement.end
    };
    resource.origins.iter().any(within)
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
