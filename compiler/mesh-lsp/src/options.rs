//! What an editor chooses when it starts the server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_types::{InitializeParams, WorkspaceFolder, WorkspaceFoldersChangeEvent};
use serde::Deserialize;

use crate::position::Encoding;

/// `initializationOptions`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    /// Show what follows from the text beside it.
    hints: bool,
    /// Show commands above statements.
    lenses: bool,
    /// The programs, as arguments of `meshc build`, relative to their root.
    programs: Vec<PathBuf>,
    /// What is chosen for parameters.
    set: BTreeMap<String, String>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { hints: true, lenses: true, programs: Vec::new(), set: BTreeMap::new() }
    }
}

/// What holds for a session.
#[derive(Debug, Clone)]
pub struct Options {
    pub encoding: Encoding,
    pub hints: bool,
    pub lenses: bool,
    /// Completions may have places to fill in.
    pub snippets: bool,
    /// The editor tells what changes on the disk, if it is asked to.
    pub watches: bool,
    /// The folders that are open in the editor.
    pub workspaces: Vec<PathBuf>,
    /// The programs that are named, relative to one of these folders.
    programs: Vec<PathBuf>,
    pub set: BTreeMap<String, String>,
}

impl Options {
    pub fn of(params: &InitializeParams) -> Options {
        let wanted = params.initialization_options.clone().and_then(|value| serde_json::from_value(value).ok());
        let Wanted { hints, lenses, programs, set } = wanted.unwrap_or_default();
        let general = params.capabilities.general.as_ref();
        let utf8 = general
            .and_then(|general| general.position_encodings.as_ref())
            .is_some_and(|known| known.contains(&lsp_types::PositionEncodingKind::UTF8));
        let item = params.capabilities.text_document.as_ref().and_then(|text| text.completion.as_ref());
        let item = item.and_then(|completion| completion.completion_item.as_ref());
        let watched = params.capabilities.workspace.as_ref().and_then(|all| all.did_change_watched_files.as_ref());
        let mut roots: Vec<PathBuf> =
            params.workspace_folders.iter().flatten().filter_map(|folder| folder.uri.to_file_path().ok()).collect();
        #[allow(deprecated, reason = "editors that know no workspace folders send it")]
        if roots.is_empty() {
            roots.extend(params.root_uri.as_ref().and_then(|root| root.to_file_path().ok()));
        }
        Options {
            encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            hints,
            lenses,
            snippets: item.and_then(|item| item.snippet_support).unwrap_or(false),
            watches: watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false),
            workspaces: roots,
            programs,
            set,
        }
    }

    /// The programs that are named, as absolute paths.
    pub fn named(&self) -> Vec<PathBuf> {
        let named = self.programs.iter().flat_map(|program| self.workspaces.iter().map(move |root| root.join(program)));
        named.filter(|path| path.exists()).collect()
    }

    /// The folders that are open in the editor are others.
    pub fn change(&mut self, event: &WorkspaceFoldersChangeEvent) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|folder| folder.uri.to_file_path().ok()).collect()
        };
        let gone = paths(&event.removed);
        self.workspaces.retain(|workspace| !gone.contains(workspace));
        self.workspaces.extend(paths(&event.added));
    }
}
