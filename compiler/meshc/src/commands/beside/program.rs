//! The MeshProgram: a program as an object, in a kustomization or among what a chart renders.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mesh_bundle::{Layout, Namespaces, Request};
use mesh_istio::{Format, Release, yaml};
use mesh_load::Failure;
use serde::Deserialize;

/// Its `apiVersion`.
pub const API_VERSION: &str = "mesh-lang.github.io/v1";

/// Its `kind`.
pub const KIND: &str = "MeshProgram";

/// A program as an object.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshProgram {
    api_version: String,
    kind: String,
    #[serde(default)]
    spec: Spec,
}

/// What it asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Spec {
    /// Files and folders, seen from where meshc runs: the folder of the kustomization.
    files: Vec<PathBuf>,
    /// Texts, by the names that messages call them by.
    sources: BTreeMap<String, String>,
    /// Values of parameters.
    params: BTreeMap<String, String>,
    /// Files of such values; what `params` says wins.
    params_files: Vec<PathBuf>,
    /// The release of Istio, in place of the one that the program says.
    istio: Option<String>,
    /// Fail also on these.
    deny: Option<Deny>,
    /// Do not compare with what is rendered.
    no_compare: bool,
    /// Leave Namespace objects out.
    skip_namespaces: bool,
    /// A program that compiles to nothing is meant.
    allow_empty: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Warnings,
}

/// What is wrong with a MeshProgram. Its line is one of a stream that nobody sees, and is left out.
pub fn unreadable(problem: &str) -> Failure {
    let said = problem.strip_prefix("line ").and_then(|rest| rest.split_once(": ")).map_or(problem, |(_, said)| said);
    Failure(format!("the {KIND}: {said}"))
}

impl MeshProgram {
    /// Reads it from a document.
    pub fn read(text: &str) -> Result<MeshProgram, Failure> {
        yaml::read_as::<MeshProgram>(text).map_err(|problem| unreadable(&problem))?.checked()
    }

    /// A program is what it says it is, and names a text or a file.
    pub fn checked(self) -> Result<MeshProgram, Failure> {
        if self.kind != KIND || self.api_version != API_VERSION {
            let found = format!("`{}` of `{}`", self.kind, self.api_version);
            return Err(Failure(format!("a `{KIND}` of `{API_VERSION}` is expected, and this is a {found}")));
        }
        if self.spec.files.is_empty() && self.spec.sources.is_empty() {
            return Err(Failure(format!(
                "the {KIND} names no program: `spec.files` are files and folders, `spec.sources` texts by name"
            )));
        }
        Ok(self)
    }

    /// What is to be compiled.
    pub fn request(&self) -> Result<Request, Failure> {
        let release = self.spec.istio.as_deref().map(|text| {
            Release::supported(text).map_err(|known| {
                Failure(format!("the {KIND}: `spec.istio` is `{text}`, and {known}; in quotes, as `\"1.30\"` is"))
            })
        });
        Ok(Request {
            files: self.spec.files.clone(),
            texts: self.spec.sources.clone().into_iter().collect(),
            params: self.spec.params_files.clone(),
            set: self.spec.params.clone().into_iter().collect(),
            release: release.transpose()?,
        })
    }

    /// True where warnings fail too.
    pub fn denies_warnings(&self) -> bool {
        matches!(self.spec.deny, Some(Deny::Warnings))
    }

    /// True where what it says of services is compared with what is rendered.
    pub fn compares(&self) -> bool {
        !self.spec.no_compare
    }

    /// True where it may compile to nothing.
    pub fn may_be_empty(&self) -> bool {
        self.spec.allow_empty
    }

    /// How its bundle is laid out.
    pub fn layout(&self) -> Layout {
        let namespaces = if self.spec.skip_namespaces { Namespaces::Skip } else { Namespaces::Emit };
        Layout { format: Format::Yaml, namespaces, ..Layout::default() }
    }
}
