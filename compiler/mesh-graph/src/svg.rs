//! The picture: boxes, nodes and edges as SVG, in colours that follow the reader's scheme.

use std::collections::HashMap;
use std::fmt::Write;

use mesh_compiler::Permission;
use mesh_compiler::graph::{Edge, EdgeKind, Graph, Node, NodeKind};

use crate::layout::{Layout, Rect, TITLE, label, layout, lines, marks, pill_width};

/// The colours, light and dark, and the shapes of text.
pub(crate) const STYLE: &str = include_str!("picture.css");

/// The graph as a picture that stands for itself.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let layout = layout(graph);
    let (width, height) = (layout.width.max(1.0).round(), layout.height.max(1.0).round());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">\n<style>\n{STYLE}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
        escaped(&summary(graph)),
        content(graph, &layout)
    )
}

/// The graph in a sentence, for those who do not see it.
pub(crate) fn summary(graph: &Graph) -> String {
    let count = |kind: NodeKind| graph.nodes.iter().filter(|node| node.kind == kind).count();
    let several = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    format!(
        "{}, {}, {}, {}",
        several(count(NodeKind::Gateway), "gateway", "gateways"),
        several(count(NodeKind::Service), "service", "services"),
        several(count(NodeKind::External), "external", "externals"),
        several(graph.edges.len(), "connection", "connections")
    )
}

/// Boxes, edges over them, and nodes on top.
pub(crate) fn content(graph: &Graph, layout: &Layout) -> String {
    let mut out = String::from(
        "<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto-start-reverse\"><path class=\"arrow\" d=\"M0 1 L9 5 L0 9 z\"/></marker></defs>\n<g class=\"boxes\">\n",
    );
    for (at, group) in layout.groups.iter().enumerate() {
        let Rect { x, y, width, height } = group.rect;
        let outside = if group.title == "outside the mesh" { " outside" } else { "" };
        let _ = writeln!(
            out,
            "<g class=\"group{outside}\" data-group=\"{at}\" transform=\"translate({x:.0},{y:.0})\"><rect class=\"box\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"12\"/><text class=\"title\" x=\"16\" y=\"{:.0}\">{}</text></g>",
            TITLE - 10.0,
            escaped(&group.title)
        );
    }
    out.push_str("</g>\n<g class=\"edges\">\n");
    for (at, (edge, shift)) in graph.edges.iter().zip(shifts(graph)).enumerate() {
        drawn_edge(at, edge, shift, graph, layout, &mut out);
    }
    out.push_str("</g>\n<g class=\"nodes\">\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        drawn_node(at, node, layout.node(at), &mut out);
    }
    out.push_str("</g>\n");
    out
}

/// How far each edge is moved, so that those between the same two nodes lie beside each other.
fn shifts(graph: &Graph) -> Vec<f64> {
    let pair = |edge: &Edge| (edge.from.min(edge.to), edge.from.max(edge.to));
    let mut counts: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
    for edge in &graph.edges {
        counts.entry(pair(edge)).or_default().0 += 1;
    }
    let shift = |edge: &Edge| {
        let (all, next) = counts.get_mut(&pair(edge)).map_or((1, 0), |(all, next)| {
            *next += 1;
            (*all, *next - 1)
        });
        (next as f64 - (all as f64 - 1.0) / 2.0) * 18.0
    };
    graph.edges.iter().map(shift).collect()
}

fn drawn_edge(at: usize, edge: &Edge, shift: f64, graph: &Graph, layout: &Layout, out: &mut String) {
    let (from, to) = (layout.node(edge.from), layout.node(edge.to));
    let (path, (x, y)) = curve(from, to, shift);
    let kind = match edge.kind {
        EdgeKind::Call => "call",
        EdgeKind::Route => "route",
        EdgeKind::Mirror => "mirror",
        EdgeKind::Egress => "egress",
    };
    let denied = if edge.permission == Permission::Denied { " denied" } else { "" };
    let (source, target) = (&graph.nodes[edge.from].name, &graph.nodes[edge.to].name);
    let said: Vec<String> =
        edge.places.iter().map(|place| format!("{}:{}: {}", place.file, place.line, place.text)).collect();
    let _ = writeln!(
        out,
        "<g class=\"edge {kind}{denied}\" data-edge=\"{at}\" data-shift=\"{shift:.0}\"><path d=\"{path}\" marker-end=\"url(#arrow)\"><title>{} to {}\n{}</title></path>{}</g>",
        escaped(source),
        escaped(target),
        escaped(&said.join("\n")),
        label(edge)
            .map(|label| format!("<text class=\"label\" x=\"{x:.0}\" y=\"{:.0}\">{}</text>", y - 6.0, escaped(&label)))
            .unwrap_or_default()
    );
}

/// A curve from a node to another, and the place of its label: from right to left where there is room, else from top to
/// bottom, else in an arc above. `shift` keeps the edges between the same two nodes apart.
fn curve(from: Rect, to: Rect, shift: f64) -> (String, (f64, f64)) {
    let (x1, y1) = (from.x + from.width, from.y + from.height / 2.0 + shift);
    let (x2, y2) = (to.x, to.y + to.height / 2.0 + shift);
    if x2 > x1 {
        let bend = ((x2 - x1) / 2.0).max(30.0);
        let path = format!("M{x1:.0} {y1:.0} C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}", x1 + bend, x2 - bend);
        return (path, ((x1 + x2) / 2.0, (y1 + y2) / 2.0));
    }
    let (down, up) = (to.y > from.y + from.height, to.y + to.height < from.y);
    if down || up {
        let (x1, x2) = (from.x + from.width / 2.0 + shift, to.x + to.width / 2.0 + shift);
        let (y1, y2) = if down { (from.y + from.height, to.y) } else { (from.y, to.y + to.height) };
        let bend = (y2 - y1) / 2.0;
        let path = format!("M{x1:.0} {y1:.0} C{x1:.0} {:.0} {x2:.0} {:.0} {x2:.0} {y2:.0}", y1 + bend, y2 - bend);
        return (path, ((x1 + x2) / 2.0, (y1 + y2) / 2.0));
    }
    // A node to itself, or back to one in the same row.
    let (x1, x2) = if from == to {
        (from.x + from.width * 0.65, from.x + from.width * 0.35)
    } else {
        (from.x + from.width / 2.0 + shift, to.x + to.width / 2.0 + shift)
    };
    let top = from.y.min(to.y) - 46.0 - shift.abs();
    (
        format!("M{x1:.0} {:.0} C{x1:.0} {top:.0} {x2:.0} {top:.0} {x2:.0} {:.0}", from.y, to.y),
        ((x1 + x2) / 2.0, top + 12.0),
    )
}

fn drawn_node(at: usize, node: &Node, place: Rect, out: &mut String) {
    let kind = match node.kind {
        NodeKind::Gateway => "gateway",
        NodeKind::Service => "service",
        NodeKind::External => "external",
    };
    let elsewhere = if node.elsewhere { " elsewhere" } else { "" };
    let Rect { x, y, width, height } = place;
    let _ = write!(
        out,
        "<g class=\"node {kind}{elsewhere}\" data-node=\"{at}\" transform=\"translate({x:.0},{y:.0})\"><title>{}:{}: {}</title><rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\"/>",
        escaped(&node.place.file),
        node.place.line,
        escaped(&node.place.text)
    );
    for (number, line) in lines(node).iter().enumerate() {
        let class = if number == 0 { "name" } else { "more" };
        let _ = write!(out, "<text class=\"{class}\" x=\"14\" y=\"{}\">{}</text>", 24 + 18 * number, escaped(line));
    }
    let mut x = 14.0;
    for mark in marks(node) {
        let width = pill_width(&mark.0);
        let _ = write!(
            out,
            "<g class=\"mark {}\" transform=\"translate({x:.0},{:.0})\"><rect width=\"{width:.0}\" height=\"16\" rx=\"8\"/><text x=\"{:.0}\" y=\"12\">{}</text></g>",
            mark.1,
            height - 24.0,
            width / 2.0,
            escaped(&mark.0)
        );
        x += width + 6.0;
    }
    out.push_str("</g>\n");
}

/// Text in XML, which has no control characters.
pub(crate) fn escaped(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'));
    let text: String = text.chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
