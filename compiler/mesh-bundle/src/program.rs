//! A program as it is asked for: its files, what is chosen for it, and what it compiles to.

use std::path::PathBuf;

use mesh_compiler::{
    Choices, Compilation, Memories, compile_again, compile_beside, every_choice, is_unused, parameters,
};
use mesh_diagnostics::{Diagnostics, Severity, Sources};
use mesh_istio::rendered::Rendered;
use mesh_istio::{Kind, Release};
use mesh_load::{Disk, Failure, Loaded, choices, load_with};

use crate::{Layout, Namespaces};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Files, folders, or `-` for standard input; together one program.
    pub files: Vec<PathBuf>,
    /// Texts that are no files, by the names that messages call them by; a part of the program as the files are.
    pub texts: Vec<(String, String)>,
    /// Files of `name: value` in YAML or JSON for its parameters; later ones win.
    pub params: Vec<PathBuf>,
    /// Values for its parameters; they win over the files.
    pub set: Vec<(String, String)>,
    /// The release of Istio, in place of the one that the program says.
    pub release: Option<Release>,
}

/// A program, loaded and compiled.
#[derive(Debug)]
pub struct Compiled {
    /// Where it was read from.
    pub loaded: Loaded,
    /// What is chosen for it.
    pub choices: Choices,
    /// What it compiles to, and what is wrong with it.
    pub compilation: Compilation,
    is_text: bool,
}

impl Request {
    /// Loads and compiles the program.
    ///
    /// # Errors
    ///
    /// What cannot be read, or does not fit the parameters of the program.
    pub fn compile(&self) -> Result<Compiled, Failure> {
        self.compile_beside(None)
    }

    /// As [`Request::compile`], and compares what the program says of services with what is rendered beside it.
    ///
    /// # Errors
    ///
    /// As for [`Request::compile`].
    pub fn compile_beside(&self, rendered: Option<&Rendered>) -> Result<Compiled, Failure> {
        let (loaded, choices) = self.load()?;
        let compilation = compile_beside(&loaded.sources, &choices, rendered);
        Ok(Compiled::new(loaded, choices, compilation))
    }

    /// As [`Request::compile`], after a change: only the statements that changed are parsed again.
    ///
    /// # Errors
    ///
    /// As for [`Request::compile`].
    pub fn compile_again(&self, memories: &mut Memories) -> Result<Compiled, Failure> {
        let (loaded, choices) = self.load()?;
        let compilation = compile_again(&loaded.sources, &choices, memories);
        Ok(Compiled::new(loaded, choices, compilation))
    }

    fn load(&self) -> Result<(Loaded, Choices), Failure> {
        let loaded = load_with(&self.texts, &self.files, &Disk)?;
        let mut choices = choices(&self.params, &self.set, &loaded.sources)?;
        if let Some(release) = self.release {
            choices.set_release(release);
        }
        Ok((loaded, choices))
    }
}

impl Compiled {
    fn new(mut loaded: Loaded, choices: Choices, mut compilation: Compilation) -> Compiled {
        let problems = std::mem::take(&mut loaded.problems);
        let is_text = problems.is_empty();
        if !is_text {
            // What such a file says is not known, and nothing is concluded from it.
            compilation.diagnostics = Diagnostics::new();
            compilation.diagnostics.extend(problems);
        }
        Compiled { loaded, choices, compilation, is_text }
    }

    /// The sources.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.loaded.sources
    }

    /// The problems.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.compilation.diagnostics
    }

    /// Checks it for every choice of its parameters: [`mesh_compiler::every_choice`]; each beside what it was compiled beside.
    #[must_use]
    pub fn for_every_choice(mut self, rendered: Option<&Rendered>) -> Compiled {
        if self.is_text {
            self.compilation = every_choice(&self.loaded.sources, &self.choices, rendered, self.compilation);
        }
        self
    }

    /// True where something may be chosen for it.
    #[must_use]
    pub fn has_parameters(&self) -> bool {
        !parameters(&self.loaded.sources).is_empty()
    }

    /// Drops what is said to be not needed where there are parameters: another choice may need it.
    #[must_use]
    pub fn for_this_choice(mut self) -> Compiled {
        if self.has_parameters() {
            self.compilation.diagnostics.retain(|problem| !is_unused(problem));
        }
        self
    }

    /// True where nothing of it is laid out: no object and no file.
    #[must_use]
    pub fn is_empty(&self, layout: Layout) -> bool {
        let lowered = &self.compilation.lowered;
        let skips = layout.namespaces == Namespaces::Skip;
        lowered.files.is_empty() && lowered.resources.iter().all(|resource| skips && resource.kind == Kind::Namespace)
    }

    /// True when nothing stands in the way of building.
    #[must_use]
    pub fn is_good(&self, deny_warnings: bool) -> bool {
        let diagnostics = &self.compilation.diagnostics;
        let is_denied = deny_warnings && diagnostics.count(Severity::Warning) > 0;
        !diagnostics.has_errors() && !is_denied
    }

    /// Everything that a build system has to watch: the files that were read, those of parameters, and the folders whose files
    /// were taken.
    #[must_use]
    pub fn inputs(&self, request: &Request) -> Vec<PathBuf> {
        let inputs = &self.loaded.inputs;
        inputs.files.iter().chain(&request.params).chain(&inputs.folders).cloned().collect()
    }
}
