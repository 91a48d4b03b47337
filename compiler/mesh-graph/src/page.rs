//! The page: the picture to walk about in, with a search, boxes that fold, and what is said of each node.

use mesh_compiler::graph::Graph;

use crate::layout::{FOLDED, Layout, layout};
use crate::svg::{STYLE, content, escaped, summary};

/// Above so many nodes, boxes are folded at first.
const MANY: usize = 60;

const PAGE: &str = include_str!("page.html");
const LOOKS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The graph as a page that needs nothing else. `title` names the program.
#[must_use]
pub fn html(graph: &Graph, title: &str) -> String {
    let layout = layout(graph);
    let data = serde_json::json!({ "graph": graph, "layout": places(&layout), "folded": graph.nodes.len() > MANY });
    // In JSON it stands in texts alone; `</script>` or `<!--` there must not be read as HTML.
    let data = data.to_string().replace('<', "\\u003c");
    let parts = [
        ("{{title}}", escaped(title)),
        ("{{summary}}", escaped(&summary(graph))),
        ("{{looks}}", format!("{STYLE}{LOOKS}")),
        ("{{picture}}", content(graph, &layout)),
        ("{{script}}", SCRIPT.to_owned()),
        ("{{data}}", data),
    ];
    // Each place is filled once, and what fills it is not looked at again.
    let mut out = String::with_capacity(PAGE.len() * 4);
    let mut rest = PAGE;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        let (mark, text) = parts
            .iter()
            .find(|(mark, _)| rest[start..].starts_with(mark))
            .map_or(("{{", "{{"), |(mark, text)| (*mark, text.as_str()));
        out.push_str(text);
        rest = &rest[start + mark.len()..];
    }
    out.push_str(rest);
    out
}

/// Boxes and nodes with their places, for the script.
fn places(layout: &Layout) -> serde_json::Value {
    let groups = layout.groups.iter().map(|group| {
        serde_json::json!({
            "title": group.title, "nodes": group.nodes, "column": group.column, "x": group.rect.x, "y": group.rect.y,
            "width": group.rect.width, "height": group.rect.height, "folded": group.folded,
        })
    });
    let nodes = layout.nodes.iter().zip(&layout.group_of).map(|(rect, group)| {
        serde_json::json!({ "group": group, "x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height })
    });
    serde_json::json!({
        "groups": groups.collect::<Vec<_>>(), "nodes": nodes.collect::<Vec<_>>(), "width": layout.width,
        "height": layout.height, "between": layout.between, "folded": FOLDED.1,
    })
}
