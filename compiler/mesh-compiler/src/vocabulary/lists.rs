//! Words as plain lists, for the highlighters of editors.

use std::collections::BTreeSet;

use super::{Block, Element, Stage, Word, words};
use crate::operand::Type;

/// The names of the lists: words that start a statement of a file, those that start a clause of a block, those of tests,
/// and those that stand inside of a statement.
pub const LISTS: [&str; 4] = ["statements", "clauses", "tests", "options"];

/// The words of a list, each once, in the order of the alphabet; nothing where there is no such list.
#[must_use]
pub fn list(name: &str) -> Option<BTreeSet<&'static str>> {
    let is_test = |block: &Block| {
        matches!(block, Block::RequestTests | Block::SourceTests | Block::OperationTests | Block::ConditionTests)
    };
    let starts = |wanted: fn(bool, bool) -> bool| {
        let fits =
            move |word: &&Word| word.entry.blocks.iter().any(|block| wanted(*block == Block::File, is_test(block)));
        let lowered = words().filter(|word| word.entry.stage == Stage::Lowered);
        lowered.filter(fits).map(|word| word.entry.word).filter(|word| !word.is_empty()).collect()
    };
    Some(match name {
        "statements" => starts(|file, _| file),
        "clauses" => starts(|file, test| !file && !test),
        "tests" => starts(|_, test| test),
        "options" => {
            let mut found = BTreeSet::new();
            words().flat_map(|word| &word.shapes).for_each(|shape| collect(&shape.elements, &mut found));
            found
        }
        _ => return None,
    })
}

fn collect(elements: &[Element], found: &mut BTreeSet<&'static str>) {
    for element in elements {
        match element {
            Element::Word(word) => found.extend([*word].into_iter().filter(|word| is_word(word))),
            Element::Slot(slot) => {
                if let Type::OneOf(words) = slot.of {
                    found.extend(words.split('|').filter(|word| is_word(word)));
                }
            }
            Element::Options(options) => options.iter().for_each(|option| collect(option, found)),
        }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// A template of an editor with its lists: `@statements:|@` becomes the words of the list with `|` between them, and
/// `@statements:"@` the words in quotes, apart by spaces.
#[must_use]
pub fn filled(template: &str) -> String {
    let mut out = template.to_owned();
    for name in LISTS {
        let words = list(name).unwrap_or_default();
        let plain = |separator: &str| words.iter().copied().collect::<Vec<_>>().join(separator);
        out = out.replace(&format!("@{name}:|@"), &plain("|"));
        out = out.replace(&format!("@{name}: @"), &plain(" "));
        out = out.replace(&format!("@{name}:\"@"), &format!("\"{}\"", plain("\" \"")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_lists_in() {
        let text = filled("a(@statements:|@)b (@tests:\"@)");
        assert!(text.starts_with("a(allow|audit|authorize|") && text.contains("|traffic|"), "{text}");
        assert!(text.contains(")b (\"") && text.contains("\"header\" ") && !text.contains("@s"), "{text}");
    }

    #[test]
    fn options_stand_inside_of_statements() {
        let options = list("options").expect("the list is known");
        assert!(["to", "by", "backoff", "simple", "on"].iter().all(|word| options.contains(word)), "{options:?}");
        assert_eq!(list("nothing"), None);
    }
}
