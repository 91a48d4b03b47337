//! The arguments: every command, flag and their help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use mesh_istio::Release;

/// Compiles Mesh, a small language for service-mesh configuration, to validated Istio YAML.
#[derive(Debug, Parser)]
#[command(name = "meshc", version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// When to write in colour; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile programs and print the bundle, or write it into a folder
    Build(Build),
    /// Check programs, for every choice of their parameters, without writing anything; or mend what can be mended
    Check(Check),
    /// Build again whenever a file of the program changes, and run a command after
    Watch(Watch),
    /// Print programs without abstraction: profiles, constants and choices written out
    Expand(Expand),
    /// Draw the declared mesh: gateways, services with their versions and shares, who calls whom, and what guards it
    Graph(Graph),
    /// Format files in place
    Fmt(Fmt),
    /// Explain an error code, a warning, a word of the language, a field of Istio, or a module of the library
    Explain(Explain),
    /// Take what a Helm chart renders, compile the Mesh programs beside it or in it, compare both, and print them together
    PostRender(PostRender),
    /// Run as a function of Kustomize: a generator or a transformer, by a MeshProgram
    Krm(Krm),
    /// Serve an editor: the language server, over standard input and output
    Lsp(Lsp),
    /// Write a commented starter program that compiles
    Init(Init),
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder; it is made where it does not exist
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Build {
    #[command(flatten)]
    pub program: Program,
    /// Write the bundle there instead of to standard output: into a file where the path ends in `.yaml`, `.yml` or
    /// `.json`, else into a folder, in which files of an earlier build that are not written again are removed, and nothing
    /// else is touched. Files that hold the same bytes already are not written
    #[arg(long, value_name = "PATH", group = "place")]
    pub out: Option<PathBuf>,
    /// Write nothing; fail where this folder or file is not what the program compiles to, and show how it differs
    #[arg(long, value_name = "PATH", group = "place")]
    pub check: Option<PathBuf>,
    /// Write here, for Make and Ninja, which files the bundle was made from. Its target is the file behind --out, or
    /// `.meshc-files` in the folder, which every good build makes new
    #[arg(long, value_name = "FILE", requires = "out")]
    pub depfile: Option<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
}

#[derive(Debug, clap::Args)]
pub struct LayoutArgs {
    /// What one file of a folder holds [default: kind]
    #[arg(long, value_enum, requires = "place")]
    pub split: Option<Split>,
    /// Let a program that compiles to no object at all take the place of a bundle that has some
    #[arg(long)]
    pub allow_empty: bool,
    /// The format of the bundle [default: yaml, or what the name behind --out says]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Say above each resource where it comes from, what was derived, and what Istio adds by itself
    #[arg(long)]
    pub explain: bool,
    /// What becomes of Namespace objects: written to a file of their own, as commands that set their
    /// labels, or left out
    #[arg(long, value_enum, default_value_t = Namespaces::Emit)]
    pub namespaces: Namespaces,
}

#[derive(Debug, clap::Args)]
pub struct Watch {
    #[command(flatten)]
    pub program: Program,
    /// Write the bundle there, as `build --out` does; without it the program is only checked
    #[arg(long, value_name = "PATH", group = "place")]
    pub out: Option<PathBuf>,
    /// Run this command in a shell after the first good build, and after each that changed a file of the bundle; what
    /// changes meanwhile is built when it has ended
    #[arg(long, value_name = "CMD")]
    pub exec: Option<String>,
    /// Clear the screen before each build
    #[arg(long)]
    pub clear: bool,
    /// Write every event, problems among them, as one line of JSON to standard output
    #[arg(long, conflicts_with = "diagnostics")]
    pub json: bool,
    #[command(flatten)]
    pub layout: LayoutArgs,
}

#[derive(Debug, clap::Args)]
pub struct PostRender {
    /// Files and folders of one program, beside those that the chart holds as objects of kind MeshProgram
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub options: Options,
    /// Say above each resource where it comes from, what was derived, and what Istio adds by itself
    #[arg(long)]
    pub explain: bool,
    /// Leave Namespace objects out
    #[arg(long)]
    pub skip_namespaces: bool,
    /// Do not compare what the programs say of services with what is rendered
    #[arg(long)]
    pub no_compare: bool,
}

#[derive(Debug, clap::Args)]
pub struct Krm {
    /// The MeshProgram, for Kustomize's exec plugins, which give it as a file; without it a ResourceList is read, as functions
    /// get it
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Lsp {
    /// Taken for the editors that give it; there is no other way to be reached
    #[arg(long, hide = true)]
    pub stdio: bool,
}

#[derive(Debug, clap::Args)]
pub struct Check {
    #[command(flatten)]
    pub program: Program,
    /// Apply the fixes that need no decision, and check again
    #[arg(long)]
    pub fix: bool,
    /// Compare it with objects of Kubernetes: files and folders of YAML or JSON, or `-` for standard input
    #[arg(long, value_name = "PATH")]
    pub beside: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Expand {
    #[command(flatten)]
    pub program: Program,
}

#[derive(Debug, clap::Args)]
pub struct Graph {
    #[command(flatten)]
    pub program: Program,
    /// A page to walk about in, a picture, text for pull requests (mermaid), for Graphviz (dot), or for other programs (json)
    #[arg(long, value_enum, default_value_t = Picture::Html)]
    pub format: Picture,
    /// Write it into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Program {
    /// Files, folders (all `.mesh` files in them), or `-` for standard input; together one program
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Choose the value of a parameter, as in `--set env=prod`
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Choose values from a YAML or JSON file of `name: value`; what --set says wins
    #[arg(long, value_name = "FILE")]
    pub params: Vec<PathBuf>,
    /// Compile for this release of Istio, in place of the one that the program says
    #[arg(long, value_name = "RELEASE", value_parser = Release::supported)]
    pub istio: Option<Release>,
    /// How problems are written
    #[arg(long, value_enum, default_value_t = Diagnostics::Text)]
    pub diagnostics: Diagnostics,
    /// Fail also on these
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

#[derive(Debug, clap::Args)]
pub struct Fmt {
    /// Files, folders, or `-` to format standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write nothing; fail if a file is not formatted
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, clap::Args)]
pub struct Explain {
    /// `E0401`, `shadowed-rule`, `retry`, `spec.http.retries`, `std/istioctl`; without it, a list
    pub topic: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// The file to write; an existing one is left alone
    #[arg(default_value = "mesh.mesh")]
    pub file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// One file a kind
    Kind,
    /// One file a resource
    Resource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// YAML documents
    Yaml,
    /// JSON: a List on standard output
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    Html,
    Svg,
    Mermaid,
    Dot,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Namespaces {
    /// Namespace objects
    Emit,
    /// `kubectl label` commands
    Labels,
    /// Nothing
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Diagnostics {
    /// The source line, the word, the reason and the way out
    Text,
    /// One line a problem
    Short,
    /// One line of JSON a problem
    Json,
    /// One SARIF 2.1.0 document
    Sarif,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
}

impl From<Split> for mesh_bundle::Split {
    fn from(split: Split) -> Self {
        match split {
            Split::Kind => mesh_bundle::Split::Kind,
            Split::Resource => mesh_bundle::Split::Resource,
        }
    }
}

impl From<Namespaces> for mesh_bundle::Namespaces {
    fn from(namespaces: Namespaces) -> Self {
        match namespaces {
            Namespaces::Emit => mesh_bundle::Namespaces::Emit,
            Namespaces::Labels => mesh_bundle::Namespaces::Labels,
            Namespaces::Skip => mesh_bundle::Namespaces::Skip,
        }
    }
}

/// `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it chooses nothing; write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
