//! Compiles Mesh programs in the build script of a crate.
//!
//! In `build.rs`, with `mesh-build` among the `[build-dependencies]`:
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     mesh_build::compile(&["mesh/"])?;
//!     Ok(())
//! }
//! ```
//!
//! The bundle is then in `mesh.yaml` of cargo's output folder, and a crate takes it in with
//! `include_str!(concat!(env!("OUT_DIR"), "/mesh.yaml"))`. A mistake in the program fails the build and shows the line, the
//! word, the reason and the way out; cargo runs the script again when a file of the program changes.
//!
//! [`configure`] has what else can be said: where the bundle goes, the parameters, the release of Istio, how strict to be.

use std::fmt;
use std::path::{Path, PathBuf};

use mesh_bundle::{Compiled, Guard, Layout, Place, Request, layout, write};
use mesh_diagnostics::{Severity, Style, render};
use mesh_istio::Release;

pub use mesh_bundle::{Namespaces, Split};
pub use mesh_istio::Format;

/// Compiles the program that files and folders (all `.mesh` files in them) make together, into `mesh.yaml` of cargo's output
/// folder. The same as `configure().compile(files)`.
///
/// # Errors
///
/// As for [`Builder::compile`].
pub fn compile(files: &[impl AsRef<Path>]) -> Result<Bundle, Error> {
    configure().compile(files)
}

/// A builder, whose defaults are those of [`compile`].
#[must_use]
pub fn configure() -> Builder {
    Builder::default()
}

/// What a compilation is to be like.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let program = folder.path().join("shop.mesh");
/// # std::fs::write(&program, "param env of dev, prod default dev\nin shop\nservice web < http 80; label env: $env >\n")?;
/// # let out = folder.path().join("rendered");
/// let bundle = mesh_build::configure()
///     .out(&out)
///     .param("env", "prod")
///     .istio("1.30")
///     .deny_warnings(true)
///     .rerun_if_changed(false)
///     .compile(&[program])?;
/// assert!(bundle.files.is_empty(), "a service alone becomes nothing of Istio's");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    out: Option<PathBuf>,
    layout: Layout,
    params: Vec<PathBuf>,
    set: Vec<(String, String)>,
    istio: Option<String>,
    deny_warnings: bool,
    every_choice: bool,
    allow_empty: bool,
    rerun_if_changed: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            out: None,
            layout: Layout::default(),
            params: Vec::new(),
            set: Vec::new(),
            istio: None,
            deny_warnings: false,
            every_choice: true,
            allow_empty: false,
            rerun_if_changed: true,
        }
    }
}

impl Builder {
    /// Where the bundle goes: into a file where the path ends in `.yaml`, `.yml` or `.json`, else into a folder, a file a kind.
    /// Without it, into `mesh.yaml` of cargo's output folder.
    #[must_use]
    pub fn out(mut self, path: impl AsRef<Path>) -> Builder {
        self.out = Some(path.as_ref().to_owned());
        self
    }

    /// What one file of a folder holds. Default: one file a kind.
    #[must_use]
    pub fn split(mut self, split: Split) -> Builder {
        self.layout.split = split;
        self
    }

    /// YAML or JSON. Default: YAML.
    #[must_use]
    pub fn format(mut self, format: Format) -> Builder {
        self.layout.format = format;
        self
    }

    /// Whether comments above each resource say where it comes from. Default: no.
    #[must_use]
    pub fn explain(mut self, explain: bool) -> Builder {
        self.layout.explain = explain;
        self
    }

    /// What becomes of Namespace objects. Default: they are written.
    #[must_use]
    pub fn namespaces(mut self, namespaces: Namespaces) -> Builder {
        self.layout.namespaces = namespaces;
        self
    }

    /// Chooses the value of a parameter, as `--set NAME=VALUE` does.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Builder {
        self.set.push((name.into(), value.into()));
        self
    }

    /// Chooses values from a YAML or JSON file of `name: value`, as `--params FILE` does; what [`Builder::param`] says wins.
    #[must_use]
    pub fn params_file(mut self, path: impl AsRef<Path>) -> Builder {
        self.params.push(path.as_ref().to_owned());
        self
    }

    /// The release of Istio, such as `1.30`, in place of the one that the program says.
    #[must_use]
    pub fn istio(mut self, release: impl Into<String>) -> Builder {
        self.istio = Some(release.into());
        self
    }

    /// Whether a warning fails the build. Default: no, it is shown by cargo.
    #[must_use]
    pub fn deny_warnings(mut self, deny: bool) -> Builder {
        self.deny_warnings = deny;
        self
    }

    /// Whether the program is checked for every choice of its parameters, as `meshc check` does, and not only for those that
    /// are built. Default: yes.
    #[must_use]
    pub fn check_every_choice(mut self, check: bool) -> Builder {
        self.every_choice = check;
        self
    }

    /// Whether a program that compiles to no object at all may take the place of a bundle that has some. Default: no.
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Builder {
        self.allow_empty = allow;
        self
    }

    /// Whether cargo is told to run the script again when a file of the program changes. Default: yes.
    #[must_use]
    pub fn rerun_if_changed(mut self, rerun: bool) -> Builder {
        self.rerun_if_changed = rerun;
        self
    }

    /// Compiles the program that files and folders make together. Prints what cargo is to know: what was read, and warnings.
    ///
    /// # Errors
    ///
    /// The problems of the program, rendered; files that cannot be read or written; parameters that the program does not have;
    /// a release of Istio that is not known; no place to write to.
    pub fn compile(&self, files: &[impl AsRef<Path>]) -> Result<Bundle, Error> {
        let place = Place::of(&self.place()?);
        let request = Request {
            files: files.iter().map(|file| file.as_ref().to_owned()).collect(),
            texts: Vec::new(),
            params: self.params.clone(),
            set: self.set.clone(),
            release: self.release()?,
        };
        if self.rerun_if_changed {
            // Also where the program cannot be read at all.
            rerun(request.files.iter().chain(&request.params));
        }
        let compiled = request.compile()?.for_this_choice();
        let inputs = compiled.inputs(&request);
        if self.rerun_if_changed {
            rerun(inputs.iter().chain(&compiled.loaded.inputs.missing));
        }
        self.accept(&compiled)?;
        if self.every_choice && compiled.has_parameters() {
            let every = request.compile()?.for_every_choice(None);
            self.accept(&every)?;
            warn(&every);
        } else {
            warn(&compiled);
        }
        let outputs = layout::outputs(&compiled.compilation, compiled.sources(), self.layout, &place);
        let guard = Guard { inputs: &inputs, refuses: compiled.is_empty(self.layout) && !self.allow_empty };
        let files = write(&place, &outputs, guard)?.files;
        Ok(Bundle { files, inputs })
    }

    /// The problems of a program that is not to be built.
    fn accept(&self, compiled: &Compiled) -> Result<(), Error> {
        compiled.is_good(self.deny_warnings).then_some(()).ok_or_else(|| Error(rendered(compiled)))
    }

    fn place(&self) -> Result<PathBuf, Error> {
        let name = if self.layout.format == Format::Json { "mesh.json" } else { "mesh.yaml" };
        match (&self.out, std::env::var_os("OUT_DIR")) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(folder)) => Ok(Path::new(&folder).join(name)),
            (None, None) => {
                Err(Error("there is no `OUT_DIR` outside of build scripts: say where with `out`".to_owned()))
            }
        }
    }

    fn release(&self) -> Result<Option<Release>, Error> {
        let Some(text) = &self.istio else { return Ok(None) };
        let release = Release::supported(text);
        release.map(Some).map_err(|known| Error(format!("the release `{text}` of Istio is not known: {known}")))
    }
}

/// What was written, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The files of the bundle.
    pub files: Vec<PathBuf>,
    /// The files and folders that it was made from.
    pub inputs: Vec<PathBuf>,
}

/// Why there is no bundle. Shown in full also where it is only debugged, as the end of a build script's `main` does.
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<mesh_load::Failure> for Error {
    fn from(failure: mesh_load::Failure) -> Error {
        Error(failure.0)
    }
}

/// All problems, as the command line shows them.
fn rendered(compiled: &Compiled) -> String {
    let mut out = String::from("the Mesh program does not compile\n\n");
    for diagnostic in compiled.diagnostics().iter() {
        out.push_str(render(diagnostic, compiled.sources(), Style { color: false, short: false }).trim_end());
        out.push_str("\n\n");
    }
    out
}

/// Warnings, a line each, which cargo shows.
fn warn(compiled: &Compiled) {
    for diagnostic in compiled.diagnostics().iter().filter(|problem| problem.severity() == Severity::Warning) {
        let line = render(diagnostic, compiled.sources(), Style { color: false, short: true });
        println!("cargo::warning={}", line.lines().next().unwrap_or_default());
    }
}

fn rerun<'p>(paths: impl Iterator<Item = &'p PathBuf>) {
    for path in paths.filter(|path| path.as_os_str() != "-") {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
