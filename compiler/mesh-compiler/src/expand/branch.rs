//! `if` and `else`: which statements count.

use mesh_diagnostics::{Diagnostic, code};
use mesh_syntax::{Item, Operand, Statement};

use super::choices::{ParameterKind, unquoted};
use super::names::Found;
use super::write::{Before, Beside, Scope, Writer};
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
        children.iter().for_each(|child| self.names.mark(*child));
        let Some(block) = block.filter(|block| !block.is_free()) else { return };
        // It stands by itself, also where it is within a branch that is not taken either.
        let around = std::mem::take(&mut self.out);
        let uses = self.uses.len();
        for child in &children {
            let before = self.out.text.len();
            if child.keyword().is_some_and(|word| matches!(word, "with" | "if" | "else")) || child.is_broken() {
                // What these stand for is checked where they are taken.
            } else if !self.declares_inside(*child, Some(block)) {
                self.out.blocks.push(block);
                self.plain(*child, scope, Some(block));
            }
            if self.out.text.len() > before {
                self.put("\n", site, scope.frame);
            }
        }
        self.uses.truncate(uses);
        let written = std::mem::replace(&mut self.out, around);
        self.other.append(written);
    }

    /// Whether the block of an `if` or `else` counts; nothing where that cannot be known.
    pub(super) fn is_taken(
        &mut self,
        statement: Statement<'t, 'a>,
        before: &mut Before,
        scope: Scope<'_, 't, 'a>,
    ) -> Option<bool> {
        if self.fits(statement).is_none() {
            *before = Before::Doubt;
            return None;
        }
        if statement.keyword() == Some("else") {
            return match std::mem::replace(before, Before::Nothing) {
                Before::Taken(taken) => Some(!taken),
                Before::Doubt => None,
                Before::Nothing => {
                    self.problems.push(
                        Diagnostic::new(code::E0305, statement.head_span(), "`else` stands right behind an `if`")
                            .label("there is none before it"),
                    );
                    None
                }
            };
        }
        *before = Before::Doubt;
        let items = statement.items();
        let name = items.get(1)?.key;
        let found = self.meaning(scope, name)?;
        self.known_choices(scope, name, &items[3..]);
        let text = self.plain_text(found, scope.tree.span(name))?;
        let mut taken = false;
        for item in &items[3..] {
            let word = match scope.tree.slice(item.key) {
                value if value.starts_with('$') => {
                    let meaning = self.meaning(scope, item.key)?;
                    self.plain_text(meaning, scope.tree.span(item.key))?
                }
                value => unquoted(value).to_owned(),
            };
            self.compare(scope, name, item, word == text);
            taken |= word == text;
        }
        *before = Before::Taken(taken);
        Some(taken)
    }

    /// Remembers whether a comparison ever held: those of constants, and of parameters of profiles, have no list of
    /// values to be checked against.
    fn compare(&mut self, scope: Scope<'_, 't, 'a>, name: Operand, item: &Item, holds: bool) {
        let tree = scope.tree;
        let text = tree.slice(name).trim_start_matches('$');
        let formal = scope.bound.is_some_and(|bound| bound.profile.formals.iter().any(|formal| formal.name == text));
        let constant = match self.names.constant(text, tree.file()) {
            Found::One(at) => self.names.constants[at].parameter.is_none(),
            _ => false,
        };
        if formal || constant {
            *self.compared.entry(tree.span(item.key)).or_insert(false) |= holds;
        }
    }

    /// Reports values that a parameter never has.
    fn known_choices(&mut self, scope: Scope<'_, 't, 'a>, name: Operand, values: &[Item]) {
        let tree = scope.tree;
        let text = tree.slice(name).trim_start_matches('$');
        if scope.bound.is_some_and(|bound| bound.profile.formals.iter().any(|formal| formal.name == text)) {
            return;
        }
        let Found::One(at) = self.names.constant(text, tree.file()) else { return };
        let Some((kind, _)) = &self.names.constants[at].parameter else { return };
        for item in values {
            let (value, span) = (unquoted(tree.slice(item.key)), tree.span(item.key));
            if kind.takes(value) || value.starts_with('$') {
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
