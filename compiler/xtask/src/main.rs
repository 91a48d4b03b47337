//! Chores of the repository: `cargo xtask generate`, `cargo xtask schema`, `cargo xtask new-code ID "title"`.

mod schema;
mod uses;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the repository
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Write the files that are made from the vocabulary
    Generate,
    /// Write the tables of Istio's fields from the CRDs of its releases, which Go downloads
    Schema,
    /// Count how often Istio's samples set each field
    Uses,
    /// Make the page and the folder of cases of a new code that is in the table already
    NewCode {
        /// Its id, as in the table
        id: String,
        /// Its title, as in the table
        title: String,
        /// The fact that the first case states, in kebab case
        fact: String,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Generate => write(&root().join("grammar/vocabulary.md"), &mesh_compiler::reference::tables())
            .and_then(|()| write(&root().join("grammar/fields.md"), &mesh_compiler::reference::fields()))
            .and_then(|()| write(&root().join("grammar/library.md"), &mesh_compiler::reference::library()))
            .and_then(|()| fill(&root().join("editors"))),
        Chore::Schema => schema::generate(&root().join("compiler/mesh-istio/schema"))
            .map_err(|error| std::io::Error::other(error.to_string())),
        Chore::Uses => uses::generate(&root().join("tests/coverage/uses.tsv"))
            .map_err(|error| std::io::Error::other(error.to_string())),
        Chore::NewCode { id, title, fact } => new_code(&id, &title, &fact),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Fills the templates `NAME.in` in a folder and the folders below, each into `NAME`.
fn fill(folder: &Path) -> Result<(), std::io::Error> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            fill(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "in") {
            let template = std::fs::read_to_string(&path)?;
            write(&path.with_extension(""), &mesh_compiler::vocabulary::filled(&template))?;
        }
    }
    Ok(())
}

fn new_code(id: &str, title: &str, fact: &str) -> Result<(), std::io::Error> {
    let page = root().join(format!("compiler/mesh-diagnostics/pages/{id}.md"));
    write(&page, &format!("# {id}: {title}\n\n```mesh error\n```\n\n```mesh\n```\n"))?;
    write(&root().join(format!("tests/errors/{id}/{fact}/input.mesh")), "")
}

fn write(path: &Path, text: &str) -> Result<(), std::io::Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}
