//! What may follow in a statement that is being written: for completion and for the signature under the cursor.

use mesh_syntax::{Item, Tree};

use super::{Element, Shape, Slot, Word};
use crate::operand::Type;

/// Something that may stand at the end of what is written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A word of the shape.
    Word(&'static str),
    /// An operand.
    Slot(&'static Slot),
}

/// A shape as far as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The place of the shape among those of its word.
    pub shape: usize,
    /// The part of the shape that the end is in, or would go on with, among [`Shape::parts`].
    pub part: usize,
    /// What may stand next; where it is empty, the shape is complete.
    pub expected: Vec<Expected>,
}

/// The shapes of a word that fit what is written behind it, as far as it is. `comma` says that the text ends in a comma,
/// so that the list goes on.
#[must_use]
pub fn follow(word: &'static Word, tree: &Tree<'_>, items: &[Item], comma: bool) -> Vec<Followed> {
    let fits = |(number, shape): (usize, &'static Shape)| {
        let mut walk = Walk { tree, items, at: 0, comma, expected: Vec::new(), last: None, part: 0 };
        let (mut part, mut first) = (0, 0);
        for element in &shape.elements {
            let before = walk.at;
            walk.part = 0;
            let step = walk.element(element);
            if walk.at > before || matches!(step, Step::End) {
                part = first + walk.part;
            }
            match step {
                Step::On => first += element.parts(),
                Step::End => break,
                Step::Miss => return None,
            }
        }
        if walk.at < items.len() {
            return None;
        }
        if let (true, Some(slot)) = (comma, walk.last) {
            return slot.list.then(|| Followed { shape: number, part, expected: vec![Expected::Slot(slot)] });
        }
        Some(Followed { shape: number, part, expected: walk.expected })
    };
    word.shapes.iter().enumerate().filter_map(fits).collect()
}

enum Step {
    /// The element is behind us.
    On,
    /// The text ends here.
    End,
    /// Something else is written.
    Miss,
}

struct Walk<'w, 'a> {
    tree: &'w Tree<'a>,
    items: &'w [Item],
    at: usize,
    comma: bool,
    expected: Vec<Expected>,
    /// The operand that was read last.
    last: Option<&'static Slot>,
    /// The option that was read last, by its place among the options.
    part: usize,
}

impl Walk<'_, '_> {
    fn is_word(&self, word: &str) -> bool {
        self.items.get(self.at).is_some_and(|item| item.value.is_none() && self.tree.slice(item.key) == word)
    }

    fn element(&mut self, element: &'static Element) -> Step {
        match element {
            Element::Word(word) => match self.at < self.items.len() {
                true if self.is_word(word) => {
                    self.at += 1;
                    self.last = None;
                    Step::On
                }
                true => Step::Miss,
                false => {
                    self.expected.push(Expected::Word(word));
                    Step::End
                }
            },
            Element::Slot(slot) => self.slot(slot),
            Element::Options(options) => self.options(options),
        }
    }

    fn slot(&mut self, slot: &'static Slot) -> Step {
        if self.at >= self.items.len() {
            self.expected.push(Expected::Slot(slot));
            return Step::End;
        }
        if slot.of.is_condition() {
            self.at = self.items.len();
            return Step::On;
        }
        // `namespace shop` and `gateway edge` are one target.
        if slot.of == Type::Target && (self.is_word("namespace") || self.is_word("gateway")) {
            self.at += 1;
            if self.at >= self.items.len() {
                self.expected.push(Expected::Slot(slot));
                return Step::End;
            }
        }
        // `= "text"` is one pattern.
        if self.is_word("=") {
            self.at += 1;
        }
        self.at += 1;
        while self.items.get(self.at).is_some_and(|next| next.after_comma) {
            self.at += 1;
        }
        self.at = self.at.min(self.items.len());
        self.last = Some(slot);
        Step::On
    }

    /// Options stand in any order, each once.
    fn options(&mut self, options: &'static [Vec<Element>]) -> Step {
        let mut open: Vec<(usize, &'static Vec<Element>)> = options.iter().enumerate().collect();
        while self.at < self.items.len() {
            let is_named = |(_, option): &(usize, &'static Vec<Element>)| matches!(option[0], Element::Word(word) if self.is_word(word));
            let named = open.iter().position(is_named);
            let found = named.or_else(|| open.iter().position(|(_, option)| self.takes(&option[0])));
            let Some(found) = found else { return Step::On };
            let (part, option) = open.remove(found);
            self.part = part;
            for element in option {
                match self.element(element) {
                    Step::On => {}
                    step => return step,
                }
            }
        }
        if !self.comma {
            self.expected.extend(open.iter().map(|(_, option)| match &option[0] {
                Element::Word(word) => Expected::Word(word),
                Element::Slot(slot) => Expected::Slot(slot),
                Element::Options(_) => Expected::Word(""),
            }));
        }
        Step::On
    }

    /// True where an operand without a word before it may be this one.
    fn takes(&self, element: &Element) -> bool {
        let Element::Slot(slot) = element else { return false };
        match slot.of {
            Type::OneOf(words) => words.split('|').any(|word| self.is_word(word)),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use mesh_diagnostics::FileId;

    use super::*;
    use crate::vocabulary::{Block, lookup};

    fn after(block: Block, text: &str) -> Vec<String> {
        let parsed = mesh_syntax::parse(FileId(0), text);
        let statement = parsed.tree.statements().last().expect("there is a statement");
        let word = lookup(block, statement.keyword().expect("it has a word")).expect("it is known");
        let comma = text.trim_end().ends_with(',');
        let mut out: Vec<String> = follow(word, &parsed.tree, &statement.items()[1..], comma)
            .into_iter()
            .flat_map(|followed| followed.expected)
            .map(|expected| match expected {
                Expected::Word(word) => word.to_owned(),
                Expected::Slot(slot) => slot.of.short().to_owned(),
            })
            .collect();
        out.sort();
        out.dedup();
        out
    }

    #[test]
    fn what_may_follow_is_known_at_every_place() {
        assert_eq!(after(Block::Route, "retry "), ["COUNT", "off"]);
        assert_eq!(after(Block::Route, "retry 3 "), ["backoff", "on", "remote", "same-host", "x"]);
        assert_eq!(after(Block::Route, "retry 3 x "), ["DURATION"]);
        assert_eq!(after(Block::Route, "retry 3 x 2s on 5xx, "), ["RETRY"]);
        assert_eq!(after(Block::File, "mtls web "), ["MODE"]);
        assert_eq!(after(Block::File, "allow "), ["TARGET"]);
        assert_eq!(after(Block::File, "route web "), ["as", "in", "via"]);
        assert!(after(Block::Route, "timeout 3 4 ").is_empty());
    }
}
