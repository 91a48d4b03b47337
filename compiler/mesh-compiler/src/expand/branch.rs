//! `if` and `else`: which statements count.

use mesh_diagnostics::{Diagnostic, code};
use mesh_syntax::{Item, Operand, Statement};

use super::choices::{ParameterKind, unquoted};
use super::names::Found;
use super::write::{Beside, Scope, Writer};
use crate::suggest::nearest;
use crate::vocabulary::Block;

impl<'t, 'a> Writer<'_, 't, 'a> {
    /// The block of an `if` or `else`: here, or among what is not taken.
    pub(super) fn branch(
        &mut self,
        statement: Statement<'t, 'a>,
        taken: bool,
        scope: Scope<'_, 't, 'a>,
        block: Option<Block>,
        beside: Beside<'_, 'a>,
    ) {
        let children: Vec<Statement<'t, 'a>> = statement.children().collect();
        let site = statement.head_span();
        if taken {
            self.put("\n", site, scope.frame);
            return self.inline(&children, site, scope, block, beside);
        }
        let Some(block) = block else { return };
        std::mem::swap(&mut self.out, &mut self.other);
        let uses = self.uses.len();
        for child in &children {
            let before = self.out.text.len();
            if child.keyword().is_some_and(|word| matches!(word, "with" | "if" | "else")) || child.is_broken() {
                // What these stand for is checked where they are taken.
            } else {
                self.out.blocks.push(block);
                self.plain(*child, scope, Some(block));
            }
            if self.out.text.len() > before {
                self.put("\n", site, scope.frame);
            }
        }
        self.uses.truncate(uses);
        std::mem::swap(&mut self.out, &mut self.other);
    }

    /// Whether the block of an `if` or `else` counts; nothing where that cannot be known.
    pub(super) fn is_taken(
        &mut self,
        statement: Statement<'t, 'a>,
        before: &mut Option<bool>,
        scope: Scope<'_, 't, 'a>,
    ) -> Option<bool> {
        self.fits(statement)?;
        if statement.keyword() == Some("else") {
            let taken = before.take();
            if taken.is_none() {
                self.problems.push(
                    Diagnostic::new(code::E0305, statement.head_span(), "`else` stands right behind an `if`")
                        .label("there is none before it"),
                );
            }
            return taken.map(|taken| !taken);
        }
        *before = None;
        let items = statement.items();
        let name = items.get(1)?.key;
        let values = items.get(3..)?;
        let found = self.meaning(scope, name)?;
        self.known_choices(scope, name, values);
        let text = self.plain_text(found, scope.tree.span(name))?;
        let taken = values.iter().any(|item| unquoted(scope.tree.slice(item.key)) == text);
        *before = Some(taken);
        Some(taken)
    }

    /// Reports values that a parameter never has.
    fn known_choices(&mut self, scope: Scope<'_, 't, 'a>, name: Operand, values: &[Item]) {
        let tree = scope.tree;
        let text = tree.slice(name).trim_start_matches('$');
        let Found::One(at) = self.names.constant(text, tree.file()) else { return };
        let Some((kind, _)) = &self.names.constants[at].parameter else { return };
        for item in values {
            let (value, span) = (unquoted(tree.slice(item.key)), tree.span(item.key));
            if kind.takes(value) {
                continue;
            }
            let problem = Diagnostic::new(code::E0221, span, format!("`{text}` is never `{value}`"))
                .label("not one of its values")
                .also(self.names.constants[at].span, "declared here");
            let words = match kind {
                ParameterKind::Choice(words) => words.as_slice(),
                _ => &[],
            };
            self.problems.push(match nearest(value, words.iter().map(String::as_str)) {
                Some(near) => problem.fix(format!("write `{near}`"), span, near),
                None => problem.help(format!("expected {}", kind.expected())),
            });
        }
    }
}
