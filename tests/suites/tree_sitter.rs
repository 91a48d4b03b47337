//! The tree-sitter grammar against the compiler's own parser: the same shape wherever the compiler sees no syntax error,
//! and no crash anywhere.

use std::ops::Range;

use ::tree_sitter::{Node, Parser, Query};
use libtest_mimic::Trial;
use mesh_diagnostics::FileId;
use mesh_syntax::{Item, Operand, OperandKind, Statement, Tree};

use crate::program::{files, root};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("tree_sitter::has_the_shape_of_the_compiler_on_every_file", same_shape),
        trial("tree_sitter::reads_every_beginning_of_a_file", beginnings),
        trial("tree_sitter::queries_name_nodes_that_there_are", queries),
    ]
}

/// A part of a tree, in the order of the text.
#[derive(Debug, PartialEq)]
enum Part {
    /// A statement: how deep it stands, its head, its block.
    Statement(usize, Range<usize>, Option<Range<usize>>),
    /// An item, and whether it follows a comma.
    Item(bool),
    Operand(String, Range<usize>),
    GroupEnds,
    Comment(Range<usize>),
}

fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_mesh::LANGUAGE.into()).expect("the parser was generated for this library");
    parser
}

fn same_shape() {
    let mut parser = parser();
    let (mut sound, mut broken) = (0, 0);
    for path in files(&root(), ".mesh") {
        let bytes = std::fs::read(&path).expect("a file can be read");
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let tree = parser.parse(&text, None).expect("nothing stops the parser");
        let parsed = mesh_syntax::parse(FileId(0), &text);
        if !parsed.diagnostics.is_empty() {
            broken += 1;
            continue;
        }
        sound += 1;
        assert!(!tree.root_node().has_error(), "{}: {}", path.display(), tree.root_node().to_sexp());
        let (ours, theirs) = (of_compiler(&parsed.tree), of_tree_sitter(tree.root_node()));
        let differs = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at));
        if let Some(at) = differs {
            panic!("{}: {:?} is {:?} to tree-sitter", path.display(), ours.get(at), theirs.get(at));
        }
    }
    assert!(sound > 800 && broken > 20, "{sound} sound and {broken} broken files are too few");
}

/// A text that is being typed, at every character: nothing crashes, and the tree covers the text.
fn beginnings() {
    let mut parser = parser();
    let examples = files(&root().join("examples"), ".mesh");
    for path in examples.iter().chain(&files(&root().join("tests/errors/E0102"), ".mesh")) {
        let text = std::fs::read_to_string(path).expect("a file can be read");
        let ends = (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(7);
        for end in ends {
            let tree = parser.parse(&text[..end], None).expect("nothing stops the parser");
            assert!(tree.root_node().end_byte() <= end, "{}", path.display());
        }
    }
}

fn queries() {
    let language = tree_sitter_mesh::LANGUAGE.into();
    for (name, text) in [
        ("highlights", tree_sitter_mesh::HIGHLIGHTS_QUERY),
        ("injections", tree_sitter_mesh::INJECTIONS_QUERY),
        ("locals", tree_sitter_mesh::LOCALS_QUERY),
        ("folds", tree_sitter_mesh::FOLDS_QUERY),
        ("indents", tree_sitter_mesh::INDENTS_QUERY),
        ("textobjects", tree_sitter_mesh::TEXTOBJECTS_QUERY),
    ] {
        let query = Query::new(&language, text).unwrap_or_else(|error| panic!("{name}.scm: {error}"));
        assert!(query.pattern_count() > 0, "{name}.scm says nothing");
    }
}

fn of_compiler(tree: &Tree<'_>) -> Vec<Part> {
    let mut out = Vec::new();
    for statement in tree.statements() {
        statement_of_compiler(tree, statement, 0, &mut out);
    }
    out.extend(tree.comments().iter().map(|comment| Part::Comment(comment.start as usize..comment.end as usize)));
    out
}

fn statement_of_compiler(tree: &Tree<'_>, statement: Statement<'_, '_>, depth: usize, out: &mut Vec<Part>) {
    let block = statement.has_block().then(|| statement.block_span().range());
    out.push(Part::Statement(depth, statement.head_span().range(), block));
    items_of_compiler(tree, statement.items(), out);
    for child in statement.children() {
        statement_of_compiler(tree, child, depth + 1, out);
    }
}

fn items_of_compiler(tree: &Tree<'_>, items: &[Item], out: &mut Vec<Part>) {
    for item in items {
        out.push(Part::Item(item.after_comma));
        for operand in std::iter::once(item.key).chain(item.value) {
            operand_of_compiler(tree, operand, out);
        }
    }
}

fn operand_of_compiler(tree: &Tree<'_>, operand: Operand, out: &mut Vec<Part>) {
    let kind = match operand.kind {
        OperandKind::Bare => "bare",
        OperandKind::Path => "path",
        OperandKind::String => "string",
        OperandKind::Text => "text",
        OperandKind::Regex => "regex",
        OperandKind::Equals => "equals",
        OperandKind::Group(_) => "group",
    };
    out.push(Part::Operand(kind.to_owned(), operand.start as usize..operand.end as usize));
    if let OperandKind::Group(group) = operand.kind {
        items_of_compiler(tree, tree.group(group), out);
        out.push(Part::GroupEnds);
    }
}

fn of_tree_sitter(root: Node<'_>) -> Vec<Part> {
    let mut out = Vec::new();
    statements_of_tree_sitter(root, 0, &mut out);
    comments_of_tree_sitter(root, &mut out);
    out
}

fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children(&mut node.walk()).collect()
}

fn statements_of_tree_sitter(node: Node<'_>, depth: usize, out: &mut Vec<Part>) {
    for statement in children(node).into_iter().filter(|child| child.kind() == "statement") {
        let head = statement.child_by_field_name("head").expect("a statement has a head");
        let block = statement.child_by_field_name("block");
        out.push(Part::Statement(depth, head.byte_range(), block.map(|block| block.byte_range())));
        items_of_tree_sitter(head, out);
        if let Some(block) = block {
            statements_of_tree_sitter(block, depth + 1, out);
        }
    }
}

fn items_of_tree_sitter(node: Node<'_>, out: &mut Vec<Part>) {
    for child in children(node).into_iter().filter(|child| child.kind() != "comment") {
        if child.kind() == "list" {
            let members = children(child).into_iter().filter(|member| member.kind() != "comment");
            members.enumerate().for_each(|(at, member)| item_of_tree_sitter(member, at > 0, out));
        } else {
            item_of_tree_sitter(child, false, out);
        }
    }
}

fn item_of_tree_sitter(node: Node<'_>, after_comma: bool, out: &mut Vec<Part>) {
    out.push(Part::Item(after_comma));
    let (key, value) = match node.kind() {
        "pair" => (node.child_by_field_name("key"), node.child_by_field_name("value")),
        _ => (Some(node), None),
    };
    for operand in key.into_iter().chain(value) {
        out.push(Part::Operand(operand.kind().to_owned(), operand.byte_range()));
        if operand.kind() == "group" {
            items_of_tree_sitter(operand, out);
            out.push(Part::GroupEnds);
        }
    }
}

fn comments_of_tree_sitter(node: Node<'_>, out: &mut Vec<Part>) {
    if node.kind() == "comment" {
        out.push(Part::Comment(node.byte_range()));
    }
    for child in children(node) {
        comments_of_tree_sitter(child, out);
    }
}
