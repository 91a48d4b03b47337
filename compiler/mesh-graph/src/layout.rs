//! Where everything is drawn: nodes in boxes, one a namespace, and the boxes in columns, callers on the left.
//!
//! Ranks and orders come from `rust-sugiyama`. It draws from top to bottom, so that its axes are exchanged here.

use std::collections::{HashMap, HashSet};

use mesh_compiler::Permission;
use mesh_compiler::graph::{Edge, Graph, Node, NodeKind};
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use rust_sugiyama::configure::Config;

/// The space around nodes, inside of boxes and between them.
const GAP: f64 = 28.0;
const MARGIN: f64 = 24.0;

/// The height of the title of a box.
pub const TITLE: f64 = 34.0;

/// The height of a box that is folded, and the width that it has at least.
pub const FOLDED: (f64, f64) = (190.0, 64.0);

/// The width of a text, about: letters differ.
pub fn text_width(text: &str, size: f64) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | '-' | ' ' | '\'' | '|' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
        c if c.is_ascii_uppercase() => 0.74,
        c if c.is_ascii() => 0.6,
        _ => 1.0,
    };
    text.chars().map(letter).sum::<f64>() * size
}

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A box of nodes: a namespace, or what is outside of the mesh.
#[derive(Debug, Clone)]
pub struct Group {
    pub title: String,
    /// Its nodes, by their places in the graph.
    pub nodes: Vec<usize>,
    /// Its place on the page.
    pub rect: Rect,
    /// Its column, from the left.
    pub column: usize,
    /// Its width where it is folded.
    pub folded: f64,
}

/// A graph with places.
#[derive(Debug, Clone)]
pub struct Layout {
    pub groups: Vec<Group>,
    /// The group of each node.
    pub group_of: Vec<usize>,
    /// The place of each node, from the corner of its group.
    pub nodes: Vec<Rect>,
    pub width: f64,
    pub height: f64,
    /// The space between columns, in which labels are written.
    pub between: f64,
}

impl Layout {
    /// The place of a node on the page.
    pub fn node(&self, at: usize) -> Rect {
        let (group, node) = (self.groups[self.group_of[at]].rect, self.nodes[at]);
        Rect { x: group.x + node.x, y: group.y + node.y, ..node }
    }
}

/// Lays a graph out.
pub fn layout(graph: &Graph) -> Layout {
    let (mut groups, group_of) = grouped(graph);
    let sizes: Vec<(f64, f64)> = graph.nodes.iter().map(size).collect();
    let mut nodes = vec![Rect::default(); graph.nodes.len()];
    let longest = graph.edges.iter().filter_map(label).map(|label| label.chars().count()).max().unwrap_or(0);
    let between = (longest as f64 * 6.2 + 40.0).max(90.0);
    let mut inside: Vec<Vec<(usize, usize)>> = vec![Vec::new(); groups.len()];
    for edge in graph.edges.iter().filter(|edge| group_of[edge.from] == group_of[edge.to]) {
        inside[group_of[edge.from]].push((edge.from, edge.to));
    }
    for (group, edges) in groups.iter_mut().zip(&inside) {
        let (width, height) = place(&group.nodes, edges, &sizes, between, &mut nodes);
        group.rect.width = (width + 2.0 * MARGIN).max(group.folded);
        group.rect.height = height + 2.0 * MARGIN + TITLE;
    }
    columns(graph, &mut groups, &group_of);
    let (width, height) = stack(&mut groups, between);
    Layout { groups, group_of, nodes, width, height, between }
}

/// Nodes by namespace; externals and gateways that are in none have a box of their own.
pub fn grouped(graph: &Graph) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut group_of = Vec::with_capacity(graph.nodes.len());
    for (at, node) in graph.nodes.iter().enumerate() {
        let title = match (node.kind, &node.namespace) {
            (NodeKind::External, _) => "outside the mesh".to_owned(),
            (_, Some(namespace)) => namespace.clone(),
            _ => "this namespace".to_owned(),
        };
        let group = *known.entry(title.clone()).or_insert_with(|| {
            let folded = (text_width(&title, 14.5) + 32.0).max(FOLDED.0);
            groups.push(Group { title, nodes: Vec::new(), rect: Rect::default(), column: 0, folded });
            groups.len() - 1
        });
        groups[group].nodes.push(at);
        group_of.push(group);
    }
    (groups, group_of)
}

/// The size of a node, by its longest line.
fn size(node: &Node) -> (f64, f64) {
    let lines = lines(node);
    let width = lines.iter().enumerate().map(|(at, line)| text_width(line, if at == 0 { 15.5 } else { 12.5 }));
    let marks = marks(node);
    let pills: f64 = marks.iter().map(|(mark, _)| pill_width(mark) + 6.0).sum();
    let widest = width.fold(96.0_f64.max(pills), f64::max);
    let extra = if marks.is_empty() { 0.0 } else { 22.0 };
    ((widest + 30.0).round(), 20.0 + 18.0 * lines.len() as f64 + extra)
}

/// What is written on an edge, in the space between columns: as many parts of its label as fit.
pub fn label(edge: &Edge) -> Option<String> {
    const MOST: usize = 22;
    let denied = (edge.permission == Permission::Denied).then_some("denied");
    let parts: Vec<&str> = denied.into_iter().chain(edge.label.split(", ").filter(|part| !part.is_empty())).collect();
    let mut out = (*parts.first()?).to_owned();
    if out.chars().count() > MOST {
        return Some(out.chars().take(MOST - 1).chain(['…']).collect());
    }
    for part in &parts[1..] {
        if out.chars().count() + part.chars().count() + 2 > MOST {
            out.push_str(", …");
            break;
        }
        out.push_str(", ");
        out.push_str(part);
    }
    Some(out)
}

/// What is marked on a node, each with how it is meant: `good`, `warn`, `bad` or nothing.
pub fn marks(node: &Node) -> Vec<(String, &'static str)> {
    let mode = node.mtls.as_deref().map(|mode| {
        let class = match mode {
            "strict" => "good",
            "permissive" => "warn",
            _ => "bad",
        };
        (format!("mTLS {mode}"), class)
    });
    mode.into_iter().chain(node.guards.iter().map(|guard| ((*guard).to_owned(), ""))).collect()
}

/// The width of what is marked.
pub fn pill_width(mark: &str) -> f64 {
    mark.chars().count() as f64 * 5.8 + 14.0
}

/// What is written in a node: its name, what it speaks, its versions with their shares.
pub fn lines(node: &Node) -> Vec<String> {
    let mut out = vec![node.name.clone()];
    let shown = node.detail.iter().take(2).cloned().collect::<Vec<_>>().join(", ");
    if !shown.is_empty() {
        let more = node.detail.len().saturating_sub(2);
        out.push(if more > 0 { format!("{shown} and {more} more") } else { shown });
    }
    if !node.versions.is_empty() {
        let version = |version: &mesh_compiler::graph::Version| match version.share {
            Some(share) => format!("{} {}%", version.name, share),
            None => version.name.clone(),
        };
        let versions: Vec<String> = node.versions.iter().map(version).collect();
        out.extend(versions.chunks(4).map(|some| some.join(" · ")));
    }
    out
}

/// Places the nodes of a box, from its corner; the size of what is in it.
fn place(
    members: &[usize],
    edges: &[(usize, usize)],
    sizes: &[(f64, f64)],
    between: f64,
    out: &mut [Rect],
) -> (f64, f64) {
    let ends: HashSet<usize> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let (joined, alone): (Vec<usize>, Vec<usize>) = members.iter().copied().partition(|at| ends.contains(at));
    let (mut width, mut top) = (0.0_f64, 0.0_f64);
    for part in ranked(&joined, edges, |at| sizes[at]) {
        // Each layer is a column as wide as its widest node.
        let mut layers: Vec<f64> = part.iter().map(|(_, layer, _)| *layer).collect();
        layers.sort_by(f64::total_cmp);
        layers.dedup_by(|a, b| (*a - *b).abs() < 1.0);
        let layer_of = |layer: f64| layers.iter().position(|known| (known - layer).abs() < 1.0).unwrap_or(0);
        let mut widths = vec![0.0_f64; layers.len()];
        for (at, layer, _) in &part {
            let column = layer_of(*layer);
            widths[column] = widths[column].max(sizes[*at].0);
        }
        let lowest = part.iter().map(|(at, _, y)| y - sizes[*at].1 / 2.0).fold(f64::INFINITY, f64::min);
        let mut bottom = top;
        for (at, layer, y) in part {
            let column = layer_of(layer);
            let x: f64 = widths[..column].iter().map(|width| width + between).sum();
            let (own_width, own_height) = sizes[at];
            let y = top + y - own_height / 2.0 - lowest;
            out[at] = Rect { x: MARGIN + x, y: MARGIN + TITLE + y, width: own_width, height: own_height };
            width = width.max(x + own_width);
            bottom = bottom.max(y + own_height);
        }
        top = bottom + GAP;
    }
    // What is joined to nothing in its box stands below, in rows that are about as wide as the rest.
    let total: f64 = alone.iter().map(|at| (sizes[*at].0 + GAP) * (sizes[*at].1 + GAP)).sum();
    let limit = width.max((total * 1.6).sqrt()).max(240.0);
    let (mut x, mut row) = (0.0_f64, 0.0_f64);
    for at in alone {
        let (own_width, own_height) = sizes[at];
        if x > 0.0 && x + own_width > limit {
            top += row + GAP;
            (x, row) = (0.0, 0.0);
        }
        out[at] = Rect { x: MARGIN + x, y: MARGIN + TITLE + top, width: own_width, height: own_height };
        width = width.max(x + own_width);
        x += own_width + GAP;
        row = row.max(own_height);
    }
    (width, if row > 0.0 { top + row } else { (top - GAP).max(0.0) })
}

/// Layers and positions: for each connected part its nodes, each with the coordinate of its layer and the one within.
fn ranked(
    members: &[usize],
    edges: &[(usize, usize)],
    size: impl Fn(usize) -> (f64, f64),
) -> Vec<Vec<(usize, f64, f64)>> {
    let mut graph: StableDiGraph<usize, ()> = StableDiGraph::new();
    let index: HashMap<usize, NodeIndex> = members.iter().map(|at| (*at, graph.add_node(*at))).collect();
    for (from, to) in edges {
        // One edge between two is enough to rank them.
        if from != to && graph.find_edge(index[from], index[to]).is_none() {
            graph.add_edge(index[from], index[to], ());
        }
    }
    // What is thick with edges is not read one by one, and is not worth seconds of untangling.
    let thick = graph.edge_count() > 600;
    let config = Config {
        vertex_spacing: GAP,
        dummy_size: 0.5,
        transpose: members.len() < 200 && !thick,
        dummy_vertices: !thick,
        ..Config::default()
    };
    let turned = |_: NodeIndex, at: &usize| {
        let (width, height) = size(*at);
        (height, width)
    };
    let parts = rust_sugiyama::from_graph(&graph, &turned, &config);
    let mut out: Vec<Vec<(usize, f64, f64)>> = parts
        .into_iter()
        .map(|(nodes, _, _)| nodes.into_iter().map(|(node, (x, y))| (graph[node], y, x)).collect())
        .collect();
    // The order of parts is that of their first nodes, so that the same program is always the same picture.
    for part in &mut out {
        part.sort_by_key(|(at, ..)| *at);
    }
    out.sort_by_key(|part| part.first().map(|(at, ..)| *at));
    out
}

/// The column of each box, by who calls whom across boxes, and their order from top to bottom.
fn columns(graph: &Graph, groups: &mut [Group], group_of: &[usize]) {
    let mut edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|edge| (group_of[edge.from], group_of[edge.to]))
        .filter(|(from, to)| from != to)
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let members: Vec<usize> = (0..groups.len()).collect();
    let sizes: Vec<(f64, f64)> = groups.iter().map(|group| (group.rect.width, group.rect.height)).collect();
    let mut within = vec![0.0_f64; groups.len()];
    for part in ranked(&members, &edges, |at| sizes[at]) {
        let mut layers: Vec<f64> = part.iter().map(|(_, layer, _)| *layer).collect();
        layers.sort_by(f64::total_cmp);
        layers.dedup_by(|a, b| (*a - *b).abs() < 1.0);
        for (at, layer, y) in part {
            groups[at].column = layers.iter().position(|known| (known - layer).abs() < 1.0).unwrap_or(0);
            within[at] = y;
        }
    }
    let mut order: Vec<usize> = members;
    order.sort_by(|a, b| within[*a].total_cmp(&within[*b]));
    let place: HashMap<usize, usize> = order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    // Boxes of one column are stacked in this order; their numbers stay.
    for (at, group) in groups.iter_mut().enumerate() {
        group.rect.y = place[&at] as f64;
    }
}

/// How much wider than high a picture is to be, about.
const SHAPE: f64 = 1.75;

/// Puts boxes into their columns; the size of the whole. Many columns are broken into bands below each other, as words
/// into lines.
fn stack(groups: &mut [Group], between: f64) -> (f64, f64) {
    let columns = groups.iter().map(|group| group.column + 1).max().unwrap_or(0);
    let members = |column: usize| {
        let mut of: Vec<usize> = (0..groups.len()).filter(|at| groups[*at].column == column).collect();
        of.sort_by(|a, b| groups[*a].rect.y.total_cmp(&groups[*b].rect.y));
        of
    };
    let columns: Vec<Vec<usize>> = (0..columns).map(members).collect();
    let widths: Vec<f64> =
        columns.iter().map(|of| of.iter().map(|at| groups[*at].rect.width).fold(0.0, f64::max)).collect();
    let heights: Vec<f64> =
        columns.iter().map(|of| of.iter().map(|at| groups[*at].rect.height + GAP).sum::<f64>() - GAP).collect();
    let all: f64 = widths.iter().map(|width| width + between).sum::<f64>();
    let highest = heights.iter().copied().fold(1.0, f64::max);
    let bands = (all / (SHAPE * highest)).sqrt().round().max(1.0);
    let (mut x, mut top, mut width, mut height) = (MARGIN, MARGIN, 0.0_f64, 0.0_f64);
    let mut start = 0;
    for column in 0..columns.len() {
        // A band ends where it is as wide as its share of the whole.
        if column > start && x + widths[column] > all / bands + MARGIN {
            top += height + between;
            (x, height, start) = (MARGIN, 0.0, column);
        }
        let mut y = top;
        for at in &columns[column] {
            groups[*at].rect.x = x;
            groups[*at].rect.y = y;
            y += groups[*at].rect.height + GAP;
        }
        height = height.max(heights[column]);
        x += widths[column] + between;
        width = width.max(x - between);
        // The columns of a band are centred once its height is known: at its end.
        let last = column + 1 == columns.len() || x + widths[column + 1] > all / bands + MARGIN;
        if last {
            for column in start..=column {
                let shift = (height - heights[column]) / 2.0;
                columns[column].iter().for_each(|at| groups[*at].rect.y += shift);
            }
        }
    }
    (width + MARGIN, top + height + MARGIN)
}

#[cfg(test)]
mod tests {
    use mesh_compiler::Choices;
    use mesh_compiler::graph::graph;
    use mesh_diagnostics::Sources;

    use super::*;

    fn drawn(text: &str) -> (Graph, Layout) {
        let mut sources = Sources::new();
        sources.add("input.mesh", text.to_owned());
        let graph = graph(&sources, &Choices::default());
        let layout = layout(&graph);
        (graph, layout)
    }

    fn apart(a: Rect, b: Rect) -> bool {
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
    }

    /// Nodes lie in their box and boxes on the page, and none covers another.
    fn is_sound(text: &str) -> (Graph, Layout) {
        let (graph, layout) = drawn(text);
        for (at, group) in layout.groups.iter().enumerate() {
            let Rect { x, y, width, height } = group.rect;
            assert!(x >= 0.0 && y >= 0.0 && x + width <= layout.width && y + height <= layout.height, "{group:?}");
            for other in &layout.groups[at + 1..] {
                assert!(apart(group.rect, other.rect), "{group:?} {other:?}");
            }
            for (number, node) in group.nodes.iter().enumerate() {
                let own = layout.node(*node);
                assert!(own.x >= x && own.y >= y && own.x + own.width <= x + width && own.y + own.height <= y + height);
                for other in &group.nodes[number + 1..] {
                    assert!(apart(own, layout.node(*other)), "{own:?} {:?}", layout.node(*other));
                }
            }
        }
        (graph, layout)
    }

    #[test]
    fn callers_are_left_of_whom_they_call() {
        let (graph, layout) = is_sound(
            "in a\nservice x < http 80; calls y, z >\nservice y < http 80; calls z >\nservice z < http 80 >\nservice alone < http 80 >\n",
        );
        assert_eq!(graph.edges.len(), 3);
        for edge in &graph.edges {
            assert!(layout.node(edge.from).x < layout.node(edge.to).x);
        }
    }

    #[test]
    fn circles_and_many_namespaces_have_places() {
        is_sound("");
        is_sound("in a\nservice x < http 80; calls y >\nservice y < http 80; calls x, x >\n");
        let mut text = String::new();
        for team in 0..30 {
            for at in 0..20 {
                let next = (team + 1) % 30;
                let calls = if at % 5 == 0 {
                    format!("s{team}-{}, s{next}-{at}.t{next}", at + 1)
                } else {
                    format!("s{team}-{}", (at * 7) % 20)
                };
                text.push_str(&format!(
                    "service s{team}-{at} in t{team} < http 80; versions v1, v2; calls {calls} >\n"
                ));
            }
        }
        let (graph, layout) = is_sound(&text);
        assert_eq!((graph.nodes.len(), layout.groups.len()), (600, 30));
    }
}
