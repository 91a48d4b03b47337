//! The check before anything is written: the new text says what the old one said.

use mesh_syntax::{Item, OperandKind, Statement, Tree};

/// True when two trees hold the same statements, operands and comments.
pub(crate) fn same(a: &Tree<'_>, b: &Tree<'_>) -> bool {
    flat(a) == flat(b)
}

/// A tree as a row of texts; brackets and joints are texts of their own.
fn flat<'a>(tree: &Tree<'a>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for statement in tree.statements() {
        of_statement(statement, &mut out);
    }
    let text = tree.text();
    out.extend(tree.comments().iter().map(|comment| text[comment.start as usize..comment.end as usize].trim_end()));
    out
}

fn of_statement<'a>(statement: Statement<'_, 'a>, out: &mut Vec<&'a str>) {
    of_items(statement.tree(), statement.items(), out);
    if statement.has_block() {
        out.push("<");
        for child in statement.children() {
            of_statement(child, out);
        }
        out.push(">");
    }
    out.push(";");
}

fn of_items<'a>(tree: &Tree<'a>, items: &[Item], out: &mut Vec<&'a str>) {
    for item in items {
        out.push(if item.after_comma { "," } else { " " });
        for operand in [Some(item.key), item.value].into_iter().flatten() {
            match operand.kind {
                OperandKind::Group(group) => {
                    out.push("(");
                    of_items(tree, tree.group(group), out);
                    out.push(")");
                }
                _ => out.push(tree.slice(operand)),
            }
            out.push(":");
        }
    }
}
