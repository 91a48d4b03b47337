//! Free-form values: the configuration of a plugin, a patch of Envoy.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Node, Object, Value};
use mesh_syntax::{Item, Operand, OperandKind, Statement};

use super::typed::{Typed, fraction};

impl<'t, 'a> Typed<'t, 'a> {
    pub(super) fn free_group(&mut self, group: u32, span: Span) -> Node {
        let items = self.reader.tree.group(group);
        if items.iter().any(|item| item.value.is_some()) {
            let mut object = Object::new(span);
            for item in items {
                let (Some(key), Some(value)) = (self.text(item.key), item.value) else { continue };
                if let Some(node) = self.free_operand(value) {
                    object.put(key.into_owned(), node);
                }
            }
            return object.node();
        }
        let list: Vec<Node> = items.iter().filter_map(|item| self.free_operand(item.key)).collect();
        Node::new(list, span)
    }

    fn free_operand(&mut self, operand: Operand) -> Option<Node> {
        let span = self.reader.tree.span(operand);
        if let OperandKind::Group(group) = operand.kind {
            return Some(self.free_group(group, span));
        }
        let text = self.text(operand)?;
        let value = if operand.kind == OperandKind::Bare { free_word(&text) } else { Value::from(text.as_ref()) };
        Some(Node { value, span })
    }

    /// A statement within a free-form value.
    pub(super) fn free_entry(
        &mut self,
        name: Cow<'a, str>,
        statement: Statement<'t, 'a>,
        rest: &[Item],
        object: &mut Object,
    ) {
        let at = statement.head_span();
        let node = if statement.has_block() {
            let mut inner = Object::new(at);
            for child in statement.children().filter(|child| !child.is_broken()) {
                let Some((first, rest)) = child.items().split_first() else { continue };
                let Some(name) = self.name(first) else { continue };
                self.free_entry(name, child, rest, &mut inner);
            }
            Some(inner.node())
        } else {
            match rest {
                [] => None,
                [item] => self.free_operand(item.key),
                list => {
                    Some(Node::new(list.iter().filter_map(|item| self.free_operand(item.key)).collect::<Vec<_>>(), at))
                }
            }
        };
        let Some(node) = node else {
            self.problems.push(
                Diagnostic::new(code::E0302, at.after(), format!("`{name}` lacks its value"))
                    .label("nothing stands here"),
            );
            return;
        };
        match object.get_mut(&name) {
            None => object.put(name.into_owned(), node),
            Some(Node { value: Value::List(old), .. }) => old.push(node),
            Some(old) => {
                let first = std::mem::replace(old, Node::new(Vec::new(), at));
                *old = Node::new(vec![first, node], at);
            }
        }
    }

    /// A free-form value: YAML in quotes, or a word.
    pub(super) fn free(&mut self, text: &str, bare: bool, span: Span) -> Option<Value> {
        if bare {
            return Some(free_word(text));
        }
        match mesh_istio::yaml::read(text, span) {
            Ok(node) => Some(node.value),
            Err(why) => {
                self.problems.push(
                    Diagnostic::new(code::E0502, span, "this text is not YAML")
                        .label(why)
                        .help("write an object, as in `\"\"\"key: value\"\"\"`, or a block"),
                );
                None
            }
        }
    }
}

/// A word within a free-form value: `true`, a number, or a text.
fn free_word(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match (text.parse::<i64>(), fraction(text)) {
            (Ok(number), _) => Value::Int(number),
            (_, Some(number)) if !text.ends_with('%') => Value::Float(number),
            _ => Value::from(text),
        },
    }
}
