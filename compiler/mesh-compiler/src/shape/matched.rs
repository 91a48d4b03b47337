//! What stands in the places of a shape.

use mesh_diagnostics::Span;
use mesh_syntax::Item;
use smallvec::SmallVec;

use crate::operand::Arg;
use crate::vocabulary::Slot;

/// What stands in the places of a shape.
#[derive(Debug, Clone, Default)]
pub(crate) struct Match<'t, 'a> {
    /// The operands of all places, one place after the other.
    args: Vec<Arg<'a>>,
    /// The places that are filled, and where their operands end.
    slots: SmallVec<[(&'static Slot, u32); 3]>,
    words: Vec<(&'static str, Span)>,
    /// What a condition takes: all the rest.
    rest: &'t [Item],
}

impl<'t, 'a> Match<'t, 'a> {
    /// What stands in a place; the first of a list.
    pub fn get(&self, name: &str) -> Option<&Arg<'a>> {
        self.list(name).first()
    }

    /// All that stands in a place.
    pub fn list(&self, name: &str) -> &[Arg<'a>] {
        let Some(at) = self.slots.iter().position(|(slot, _)| slot.name == name) else { return &[] };
        &self.args[self.end(at)..self.end(at + 1)]
    }

    /// Where a word of the shape stands, if it does.
    pub fn word(&self, word: &str) -> Option<Span> {
        self.words.iter().find(|(w, _)| *w == word).map(|(_, span)| *span)
    }

    /// The items of a condition.
    pub fn rest(&self) -> &'t [Item] {
        self.rest
    }

    /// Where the operands of the first places end.
    fn end(&self, places: usize) -> usize {
        places.checked_sub(1).map_or(0, |last| self.slots[last].1 as usize)
    }

    /// What was read since the last place is what stands in this one.
    pub(super) fn fill(&mut self, slot: &'static Slot) {
        self.slots.push((slot, self.args.len() as u32));
    }

    /// All operands so far.
    pub(super) fn taken(&self) -> &[Arg<'a>] {
        &self.args
    }

    /// All operands so far, which may be changed.
    pub(super) fn taken_mut(&mut self) -> &mut [Arg<'a>] {
        &mut self.args
    }

    /// Adds an operand to the place that is being read; with it, at most `left` are still to come.
    pub(super) fn take(&mut self, arg: Arg<'a>, left: usize) {
        if self.args.capacity() == 0 {
            self.args.reserve_exact(left.max(1));
        }
        self.args.push(arg);
    }

    /// A word of the shape stands there.
    pub(super) fn say(&mut self, word: &'static str, span: Span) {
        self.words.push((word, span));
    }

    /// The condition takes all the rest.
    pub(super) fn leave(&mut self, rest: &'t [Item]) {
        self.rest = rest;
    }
}
