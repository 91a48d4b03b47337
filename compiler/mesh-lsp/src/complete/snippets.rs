//! Words with places to fill in: the first shape of a word, and its block.

use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Body, Element, Word};

/// A statement of a word as a snippet; every place says what belongs there.
pub fn of(word: &Word) -> String {
    let mut out = word.entry.word.to_owned();
    let mut place = 0;
    let elements = word.shapes.first().map_or(&[][..], |shape| &shape.elements);
    for element in elements {
        match element {
            Element::Word(word) => out.push_str(&format!(" {word}")),
            Element::Slot(slot) => {
                place += 1;
                match slot.of.words().as_slice() {
                    // A choice of a few words is a list to pick from.
                    words if !words.is_empty() && words.len() <= 12 => {
                        out.push_str(&format!(" ${{{place}|{}|}}", words.join(",")));
                    }
                    _ if slot.of == Type::Param => out.push_str(&format!(" \\$${{{place}:{}}}", slot.name)),
                    _ => out.push_str(&format!(" ${{{place}:{}}}", slot.name)),
                }
            }
            // What may be left out is left out.
            Element::Options(_) => {}
        }
    }
    if let Body::Must(block) = word.entry.body {
        let line = matches!(block, Block::Headers | Block::Destination);
        out.push_str(if line { " < $0 >" } else { " <\n  $0\n>" });
    } else if place > 0 {
        out.push_str("$0");
    }
    out
}

#[cfg(test)]
mod tests {
    use mesh_compiler::vocabulary::{Block, lookup};

    use super::*;

    #[test]
    fn a_snippet_has_the_operands_that_must_stand() {
        let snippet = |block, word| of(lookup(block, word).expect("the word is known"));
        assert_eq!(snippet(Block::File, "route"), "route ${1:targets} <\n  $0\n>");
        assert_eq!(snippet(Block::File, "if"), "if \\$${1:name} is ${2:choices} <\n  $0\n>");
        assert_eq!(snippet(Block::Route, "retry"), "retry ${1:count}$0");
        assert_eq!(snippet(Block::File, "mtls"), "mtls ${1:targets} ${2|strict,permissive,off,inherit|}$0");
    }
}
