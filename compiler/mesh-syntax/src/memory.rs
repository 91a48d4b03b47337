//! What was parsed of a file before, so that only the statements that changed are parsed again.

use std::ops::Range;

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, FileId, Span};

use crate::again::{Cut, Last};
use crate::marks::{Mark as Token, Marks};
use crate::parser::{Builder, Parsed};
use crate::scan::{Piece, State, examine, statements};
use crate::tree::{Comment, Item, Node, Operand, OperandKind, Tree};

/// The statements of a file as it was, by their texts. It holds what the last text needs and nothing else.
#[derive(Debug, Default)]
pub struct Memory {
    fragments: HashMap<Box<str>, Fragment>,
    parsed: usize,
    /// How many texts there were.
    round: u64,
    /// How large the last tree was: the next one is about as large.
    size: Mark,
    last: Last,
}

/// What a piece of text becomes, its bytes and places counted from its own start.
#[derive(Debug)]
struct Fragment {
    statements: Vec<Node>,
    items: Vec<Item>,
    groups: Vec<Vec<Item>>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    /// The last text that had it.
    round: u64,
    /// It is known to be sound by itself, not only in a text that is balanced.
    examined: bool,
}

/// How far a tree is filled.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    statements: usize,
    items: usize,
    groups: usize,
    comments: usize,
    diagnostics: usize,
}

impl Memory {
    /// Parses a file; the result is that of [`crate::parse`].
    pub fn parse<'a>(&mut self, file: FileId, text: &'a str) -> Parsed<'a> {
        let mut round = Round { memory: self, builder: Builder::new(file, text), start: 0, met: 0 };
        round.memory.parsed = 0;
        round.memory.round += 1;
        round.memory.size.reserve(&mut round.builder.tree);
        round.start = round.builder.start();
        let text = &text[round.start..];
        let mut last = std::mem::take(&mut round.memory.last);
        match last.cut(text) {
            Cut::Balanced(ends) => {
                let mut start = 0;
                for end in ends {
                    round.take(text, start..*end, Soundness::Sure);
                    start = *end;
                }
            }
            Cut::Apart(starts) => {
                let ends = starts.iter().skip(1).copied().chain([text.len()]);
                for (start, end) in starts.iter().zip(ends) {
                    round.take(text, *start..end, Soundness::Asked);
                }
            }
            Cut::Other => {
                for piece in statements(text) {
                    round.take(text, piece.range, Soundness::Is(piece.state));
                }
            }
        }
        let Round { builder, met, .. } = round;
        self.last = last;
        if met < self.fragments.len() {
            self.fragments.retain(|_, fragment| fragment.round == self.round);
        }
        self.size = Mark::of(&builder);
        builder.finish()
    }

    /// How many bytes of the last text had to be parsed.
    #[must_use]
    pub fn parsed(&self) -> usize {
        self.parsed
    }

    /// How many statements are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fragments.len()
    }

    /// True before the first text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty()
    }
}

/// A text that is being parsed.
struct Round<'m, 'a> {
    memory: &'m mut Memory,
    builder: Builder<'a>,
    /// Where the text starts in the file.
    start: usize,
    /// How many of the fragments it has.
    met: usize,
}

/// What is known of a piece before it is looked at.
#[derive(PartialEq, Eq)]
enum Soundness {
    /// It is sound where it stands.
    Sure,
    /// It has to be examined by itself.
    Asked,
    Is(State),
}

impl Round<'_, '_> {
    /// Adds a piece to the tree.
    fn take(&mut self, text: &str, range: Range<usize>, soundness: Soundness) {
        let base = self.start + range.start;
        let own = &text[range.clone()];
        let memory = &mut *self.memory;
        let mut known = memory.fragments.get_mut(own);
        let examined = soundness == Soundness::Asked;
        let state = match soundness {
            Soundness::Sure => State::Sound,
            Soundness::Asked if known.as_ref().is_some_and(|known| known.examined) => State::Sound,
            Soundness::Asked => examine(text, range.clone()),
            Soundness::Is(state) => state,
        };
        // What is broken depends on what stands around it, and a block without a head on the statement above.
        if state != State::Sound || starts_with_block(own) {
            memory.parsed += own.len();
            return self.builder.piece(Piece { range, state }, self.start);
        }
        if let Some(known) = &mut known {
            self.met += usize::from(known.round != memory.round);
            known.round = memory.round;
            known.examined |= examined;
            return known.append(&mut self.builder, base as u32);
        }
        memory.parsed += own.len();
        self.met += 1;
        let before = Mark::of(&self.builder);
        self.builder.piece(Piece { range, state }, self.start);
        let fragment = Fragment::since(before, &self.builder, base as u32);
        memory.fragments.insert(own.into(), Fragment { round: memory.round, examined, ..fragment });
    }
}

/// True for text whose first token, behind comments and `;`, is a `<`.
fn starts_with_block(text: &str) -> bool {
    let mut marks = Marks::new(text, 0..text.len());
    let first = marks.find(|(mark, _)| !matches!(mark, Token::Newline | Token::Comment | Token::Semicolon));
    matches!(first, Some((Token::Open, _)))
}

impl Mark {
    fn of(builder: &Builder<'_>) -> Mark {
        Mark {
            statements: builder.tree.statements.len(),
            items: builder.tree.items.len(),
            groups: builder.tree.groups.len(),
            comments: builder.tree.comments.len(),
            diagnostics: builder.diagnostics.len(),
        }
    }

    /// Makes room for a tree of this size, and for what one key adds.
    fn reserve(self, tree: &mut Tree<'_>) {
        const MORE: usize = 64;
        tree.statements.reserve_exact(self.statements + MORE);
        tree.items.reserve_exact(self.items + MORE);
        tree.groups.reserve_exact(self.groups);
        tree.comments.reserve_exact(self.comments);
    }
}

impl Fragment {
    /// What was added to a tree.
    fn since(before: Mark, builder: &Builder<'_>, base: u32) -> Fragment {
        let Tree { statements, items, groups, comments, .. } = &builder.tree;
        let bytes = |at: u32| at - base;
        let groups_before = before.groups as u32;
        let item = |item: &Item| moved(item, bytes, |group| group - groups_before);
        Fragment {
            statements: statements[before.statements..]
                .iter()
                .map(|node| placed(node, bytes, |at| at - before.statements as u32, |at| at - before.items as u32))
                .collect(),
            items: items[before.items..].iter().map(item).collect(),
            groups: groups[before.groups..].iter().map(|group| group.iter().map(item).collect()).collect(),
            comments: comments[before.comments..]
                .iter()
                .map(|comment| Comment { start: bytes(comment.start), end: bytes(comment.end) })
                .collect(),
            diagnostics: builder.diagnostics[before.diagnostics..]
                .iter()
                .map(|problem| {
                    problem.clone().map_spans(|span| Span::new(span.file, bytes(span.start), bytes(span.end)))
                })
                .collect(),
            round: 0,
            examined: false,
        }
    }

    /// Adds it to a tree again.
    fn append(&self, builder: &mut Builder<'_>, base: u32) {
        let before = Mark::of(builder);
        let file = builder.tree.file;
        let bytes = |at: u32| at + base;
        let groups_before = before.groups as u32;
        let item = |item: &Item| moved(item, bytes, |group| group + groups_before);
        let tree = &mut builder.tree;
        tree.statements.extend(
            self.statements
                .iter()
                .map(|node| placed(node, bytes, |at| at + before.statements as u32, |at| at + before.items as u32)),
        );
        tree.items.extend(self.items.iter().map(item));
        tree.groups.extend(self.groups.iter().map(|group| group.iter().map(item).collect::<Vec<_>>()));
        let comments = self.comments.iter();
        tree.comments.extend(comments.map(|comment| Comment { start: bytes(comment.start), end: bytes(comment.end) }));
        builder.diagnostics.extend(
            self.diagnostics
                .iter()
                .map(|problem| problem.clone().map_spans(|span| Span::new(file, bytes(span.start), bytes(span.end)))),
        );
    }
}

fn placed(node: &Node, bytes: impl Fn(u32) -> u32, statement: impl Fn(u32) -> u32, item: impl Fn(u32) -> u32) -> Node {
    Node {
        items: (item(node.items.0), item(node.items.1)),
        end_of_children: statement(node.end_of_children),
        start: bytes(node.start),
        end: bytes(node.end),
        head_end: bytes(node.head_end),
        block: (bytes(node.block.0), bytes(node.block.1)),
        ..*node
    }
}

fn moved(item: &Item, bytes: impl Fn(u32) -> u32, group: impl Fn(u32) -> u32) -> Item {
    let operand = |operand: Operand| Operand {
        kind: match operand.kind {
            OperandKind::Group(at) => OperandKind::Group(group(at)),
            kind => kind,
        },
        start: bytes(operand.start),
        end: bytes(operand.end),
    };
    Item { key: operand(item.key), value: item.value.map(operand), after_comma: item.after_comma }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(memory: &mut Memory, text: &str) {
        let (fresh, again) = (crate::parse(FileId(3), text), memory.parse(FileId(3), text));
        assert_eq!(format!("{:?}", fresh.tree), format!("{:?}", again.tree), "{text}");
        assert_eq!(fresh.diagnostics, again.diagnostics, "{text}");
    }

    #[test]
    fn only_what_changed_is_parsed_again() {
        let mut memory = Memory::default();
        let text =
            "in shop\n# a comment\nroute a < v1: 80%, v2; retry 2 x (1s,\n 2s) >\n\nroute b < v1 >\nroute b < v1 >\n";
        same(&mut memory, text);
        let text = text.replace("80%", "8%");
        same(&mut memory, &text);
        assert!((1..text.len() / 2 + 20).contains(&memory.parsed()), "{}", memory.parsed());
        same(&mut memory, &format!("route new < v1 >\n{text}"));
        assert_eq!(memory.parsed(), "route new < v1 >\n".len());
        assert_eq!(memory.len(), 5);
    }

    #[test]
    fn broken_text_is_as_if_parsed_anew() {
        let mut memory = Memory::default();
        let texts = [
            "route a < v1 >\n<\n  v2\n>\nroute b < v1 >\n",
            "route a <\n  v1\nroute b < v1 >\nroute c < \"x >\n",
            "route a\n< v1 >\n",
            "route a > \nroute b < v1 >\napiVersion: v1\nkind: Service\nroute c < v1 >\n",
            "route a < v1 v2: >\nroute b < -> >\nx <\n",
            "\u{FEFF}route a < v1 >\r\nroute b <\r\n  v1\r\n>\r\n",
            "route a < resource x \"\"\"\nroute b < v1 >\n\"\"\" >\nroute c < \"\"\"\n",
        ];
        for text in texts {
            for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
                same(&mut memory, &text[..end]);
            }
        }
    }

    #[test]
    fn any_change_is_as_if_parsed_anew() {
        const PARTS: [&str; 20] = [
            "<",
            ">",
            "\"",
            "\"\"\"",
            "\n",
            "\r\n",
            "# ",
            ",",
            ";",
            "(",
            ")",
            " ",
            ":",
            "$x",
            "é",
            "~\"",
            "route b < v1 >\n",
            "kind: x\n",
            "  v1: 80%\n",
            "<\n  v2\n>\n",
        ];
        let mut memory = Memory::default();
        let mut seed = 7_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below.max(1)
        };
        let start =
            "in shop\nroute a < v1: 80%, v2 >\n# about c\nroute c <\n  when path /x < v1 >\n  v2\n>\nmtls a strict\n";
        let mut text = start.to_owned();
        for step in 0..6_000 {
            let mut at = random(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match random(3) {
                0 => text.insert_str(at, PARTS[random(PARTS.len())]),
                1 => {
                    let mut end = (at + random(4)).min(text.len());
                    while !text.is_char_boundary(end) {
                        end += 1;
                    }
                    text.replace_range(at..end, "");
                }
                // Most editing mends what it broke.
                _ if step % 7 == 0 => text = start.repeat(1 + random(3)),
                _ => {}
            }
            same(&mut memory, &text);
        }
    }
}
