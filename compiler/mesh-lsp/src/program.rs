//! A program as the editor has it: its files, what they compile to, and the names in them.

use std::cell::RefCell;
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
        Program { loaded, choices, compilation, index, encoding, memories }
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
