//! The declared mesh as nodes and edges: what `meshc graph` draws.

mod edges;
mod nodes;

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{FileId, Sources, Span};
use mesh_syntax::{Statement, Tree};
use serde::Serialize;

use crate::calls::Permission;
use crate::expand::{self, Choices, Expansion};
use crate::model::{ExternalId, GatewayId, Mesh, ServiceId};

/// The declared mesh.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Graph {
    /// Gateways, services and externals.
    pub nodes: Vec<Node>,
    /// Who sends requests to whom.
    pub edges: Vec<Edge>,
}

/// Something that requests come from or go to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// A name of its own: `service/payments.shop`.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: String,
    /// Its namespace, where known.
    pub namespace: Option<String>,
    /// What is spoken on its ports, or the hosts of an external or a gateway.
    pub detail: Vec<String>,
    /// Its versions, with the shares that its own route gives them.
    pub versions: Vec<Version>,
    /// The mode of mutual TLS in force: `strict`, `permissive`, `off`; nothing where the program does not say.
    pub mtls: Option<String>,
    /// What guards it: `allow`, `deny`, `audit`, `authorize`, `jwt`.
    pub guards: Vec<&'static str>,
    /// True where the program states it as a fact about what others own.
    pub elsewhere: bool,
    /// Where it is declared, or first used.
    pub place: Place,
    /// The statements about it, as they are written.
    pub statements: Vec<Place>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The edge of the mesh.
    Gateway,
    /// A service of the mesh.
    Service,
    /// Something outside the mesh.
    External,
}

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// Its share of the requests, in per cent, where a route says it.
    pub share: Option<f64>,
}

/// Requests from one node to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// The node that sends, by its place in [`Graph::nodes`].
    pub from: usize,
    /// The node that receives.
    pub to: usize,
    /// Why there are such requests.
    pub kind: EdgeKind,
    /// What to write on it: a share, a host.
    pub label: String,
    /// What the policies of the receiver say of them.
    pub permission: Permission,
    /// The lines that say so.
    pub places: Vec<Place>,
}

/// Why requests go along an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// A declared call.
    Call,
    /// A route at a gateway, or one that sends requests on.
    Route,
    /// Copies of requests.
    Mirror,
    /// The way out of the mesh.
    Egress,
}

/// Some lines of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// The graph of a program; of one with errors, what could be understood.
#[must_use]
pub fn graph(sources: &Sources, choices: &Choices) -> Graph {
    let mut diagnostics = mesh_diagnostics::Diagnostics::new();
    let trees = crate::parse(sources, &mut diagnostics);
    let (expansion, _) = expand::expand(sources, &trees, choices);
    let (expanded, _) = expansion.trees(&trees, expansion.parsed());
    let mesh = crate::check(sources, &trees, &expanded, true, choices.release(), &mut diagnostics);
    let mut builder = Builder {
        mesh: &mesh,
        text: Texts::of(sources, &trees, &expansion),
        said: nodes::Said::of(&mesh),
        graph: Graph::default(),
        services: HashMap::default(),
        externals: HashMap::default(),
        gateways: HashMap::default(),
    };
    builder.nodes();
    builder.edges();
    builder.graph
}

/// What is being built: nodes by what they are in the model.
struct Builder<'m, 'a> {
    mesh: &'m Mesh<'a>,
    text: Texts<'m>,
    said: nodes::Said<'a>,
    graph: Graph,
    services: HashMap<ServiceId, usize>,
    externals: HashMap<ExternalId, usize>,
    gateways: HashMap<GatewayId, usize>,
}

/// The sources, and how places of the checked program lead back to them.
struct Texts<'m> {
    sources: &'m Sources,
    expansion: &'m Expansion,
    /// The statements of each file, in order.
    statements: HashMap<FileId, Vec<Span>>,
}

impl<'m> Texts<'m> {
    fn of(sources: &'m Sources, trees: &[Tree<'_>], expansion: &'m Expansion) -> Texts<'m> {
        let spans = |tree: &Tree<'_>| {
            let mut spans = Vec::new();
            tree.statements().for_each(|statement| said(statement, &mut spans));
            spans
        };
        Texts { sources, expansion, statements: trees.iter().map(|tree| (tree.file(), spans(tree))).collect() }
    }

    /// A head without its word, such as the tests of a `when`.
    fn head(&self, span: Span) -> String {
        let text = self.place(self.expansion.origin(span)).text;
        let head = text.split(" <").next().unwrap_or_default();
        head.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    }

    /// The whole statement of the file that a place is in.
    fn statement(&self, span: Span) -> Place {
        let origin = self.expansion.origin(span);
        let known = self.statements.get(&origin.file).map_or(&[][..], Vec::as_slice);
        let before = known.partition_point(|statement| statement.start <= origin.start);
        let whole = before.checked_sub(1).map(|at| known[at]).filter(|statement| origin.start < statement.end);
        self.place(whole.unwrap_or(origin))
    }

    /// The line that a place starts in.
    fn line(&self, span: Span) -> Place {
        let origin = self.expansion.origin(span);
        let mut place = self.place(origin);
        let source = self.sources.get(origin.file);
        let line = source.line_range(place.line - 1).map_or("", |range| &source.text[range]);
        place.text = line.trim().to_owned();
        place
    }

    fn place(&self, span: Span) -> Place {
        let (line, _) = self.sources.line_column(span.file, span.start);
        let source = self.sources.get(span.file);
        let text = source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        Place { file: source.name.clone(), line, text: text.to_owned() }
    }
}

/// The statements that say something by themselves: those in a block of facts, of a profile or of a choice, not the block.
fn said(statement: Statement<'_, '_>, out: &mut Vec<Span>) {
    if matches!(statement.keyword(), Some("elsewhere" | "profile" | "if" | "else")) && statement.has_block() {
        statement.children().for_each(|child| said(child, out));
    } else {
        out.push(statement.span());
    }
}
