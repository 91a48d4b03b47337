//! The graph as text: Mermaid, which code hosts draw in pull requests, DOT, and JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use mesh_compiler::Permission;
use mesh_compiler::graph::{EdgeKind, Graph, Node, NodeKind};

use crate::layout::{grouped, label, lines, marks};

/// The graph as a Mermaid flowchart.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, (title, members)) in groups(graph).into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{number}[\"{}\"]", quoted(&title));
        for at in members {
            let node = &graph.nodes[at];
            let text: Vec<String> = lines(node).iter().map(|line| quoted(line)).collect();
            let text = format!(
                "{}{}",
                text.join("<br>"),
                marked(node).map(|marks| format!("<br>{marks}")).unwrap_or_default()
            );
            let (open, close) = match node.kind {
                NodeKind::Gateway => ("{{", "}}"),
                NodeKind::Service => ("[", "]"),
                NodeKind::External => ("([", "])"),
            };
            let _ = writeln!(out, "    n{at}{open}\"{text}\"{close}");
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::Call if edge.permission == Permission::Denied => "--x",
            EdgeKind::Call | EdgeKind::Egress => "-->",
            EdgeKind::Route => "==>",
            EdgeKind::Mirror => "-.->",
        };
        let label = label(edge).map(|label| format!("|\"{}\"|", quoted(&label))).unwrap_or_default();
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    out
}

/// The graph in the language of Graphviz.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph mesh {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (title, members) in groups(graph) {
        let _ = writeln!(out, "  subgraph \"cluster_{}\" {{\n    label=\"{}\";", escaped(&title), escaped(&title));
        for at in members {
            let node = &graph.nodes[at];
            let mut text = lines(node);
            text.extend(marked(node));
            let shape = match node.kind {
                NodeKind::Gateway => ", shape=hexagon",
                NodeKind::Service => "",
                NodeKind::External => ", style=dashed",
            };
            let text: Vec<String> = text.iter().map(|line| escaped(line)).collect();
            let _ = writeln!(out, "    \"{}\" [label=\"{}\"{shape}];", escaped(&node.id), text.join("\\n"));
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::Call if edge.permission == Permission::Denied => "color=red, arrowhead=tee, ",
            EdgeKind::Call | EdgeKind::Egress => "",
            EdgeKind::Route => "penwidth=2, ",
            EdgeKind::Mirror => "style=dotted, ",
        };
        let (from, to) = (&graph.nodes[edge.from].id, &graph.nodes[edge.to].id);
        let label = label(edge).unwrap_or_default();
        let _ = writeln!(out, "  \"{}\" -> \"{}\" [{style}label=\"{}\"];", escaped(from), escaped(to), escaped(&label));
    }
    out.push_str("}\n");
    out
}

/// The graph as JSON.
#[must_use]
pub fn json(graph: &Graph) -> String {
    let mut text = serde_json::to_string_pretty(graph).unwrap_or_default();
    text.push('\n');
    text
}

/// The nodes of each box, by title.
fn groups(graph: &Graph) -> BTreeMap<String, Vec<usize>> {
    let mut out: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for group in grouped(graph).0 {
        out.insert(group.title, group.nodes);
    }
    out
}

/// What guards a node, in a line: `mTLS strict, allow, jwt`.
fn marked(node: &Node) -> Option<String> {
    let all: Vec<String> = marks(node).into_iter().map(|(mark, _)| mark).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Text in a label of Mermaid.
fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('#', "&#35;")
}

/// Text in quotes of DOT.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
