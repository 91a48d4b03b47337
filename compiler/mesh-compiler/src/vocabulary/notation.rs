//! The notation of shapes, read once.
//!
//! `word` stands for itself; `name:TYPE` is an operand, `name:TYPE,` a list of them, `name:{a|b}` one of some
//! words; `[ … ]` is optional, and optional parts that follow each other stand in any order.

use crate::operand::Type;

/// What follows the word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its parts, in order.
    pub elements: Vec<Element>,
}

/// A part of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A word that stands for itself.
    Word(&'static str),
    /// An operand, or a list of operands.
    Slot(Slot),
    /// Parts that may be left out, in any order; each starts with a word or is a single operand.
    Options(Vec<Vec<Element>>),
}

/// A place for operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The name by which the compiler asks for what stands there.
    pub name: &'static str,
    /// What may stand there.
    pub of: Type,
    /// Several, joined by commas.
    pub list: bool,
}

impl Element {
    /// How many parts of a shape it is.
    pub(super) fn parts(&self) -> usize {
        match self {
            Element::Options(options) => options.len(),
            Element::Word(_) | Element::Slot(_) => 1,
        }
    }
}

impl Shape {
    /// Reads a shape. The notation is ours and tested, so a mistake in it is a panic at the first use.
    ///
    /// # Panics
    ///
    /// When the text is not in the notation.
    #[must_use]
    pub fn read(text: &'static str) -> Shape {
        let mut words = text.split_ascii_whitespace().peekable();
        let elements = read(&mut words, false);
        assert!(words.next().is_none(), "unbalanced brackets in the shape `{text}`");
        Shape { elements }
    }

    /// The shape in the parts that a reader looks at one by one; each option is one.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let one = |element: &Element| Shape { elements: vec![element.clone()] }.to_string();
        let mut out = Vec::new();
        for element in &self.elements {
            match element {
                Element::Options(options) => {
                    out.extend(options.iter().map(|option| one(&Element::Options(vec![option.clone()]))));
                }
                element => out.push(one(element)),
            }
        }
        out
    }

    /// The words that introduce the options of this shape.
    pub fn option_words(&self) -> impl Iterator<Item = &'static str> {
        self.elements.iter().flat_map(|element| {
            let options: &[Vec<Element>] = match element {
                Element::Options(options) => options,
                _ => &[],
            };
            options.iter().filter_map(|option| match option.first() {
                Some(Element::Word(word)) => Some(*word),
                _ => None,
            })
        })
    }

    #[cfg(test)]
    pub(super) fn assert_unambiguous(&self, word: &str) {
        let mut before: Option<&Slot> = None;
        for element in &self.elements {
            match element {
                Element::Slot(slot) => before = Some(slot),
                Element::Options(options) => {
                    for option in options {
                        if let (Some(Element::Word(option)), Some(slot)) = (option.first(), before) {
                            assert!(!slot.of.takes_word(option), "`{word}`: `{option}` could be its {}", slot.name);
                        }
                    }
                }
                Element::Word(_) => before = None,
            }
        }
    }
}

fn read(words: &mut std::iter::Peekable<std::str::SplitAsciiWhitespace<'static>>, inside: bool) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    while let Some(word) = words.peek().copied() {
        if word == "]" {
            assert!(inside, "a `]` closes nothing");
            break;
        }
        words.next();
        if word == "[" {
            let option = read(words, true);
            assert_eq!(words.next(), Some("]"), "a `[` is not closed");
            match elements.last_mut() {
                Some(Element::Options(options)) => options.push(option),
                _ => elements.push(Element::Options(vec![option])),
            }
        } else if let Some((name, of)) = word.split_once(':') {
            let list = of.ends_with(',');
            let of = Type::read(of.trim_end_matches(','));
            elements.push(Element::Slot(Slot { name, of, list }));
        } else {
            elements.push(Element::Word(word));
        }
    }
    elements
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_all(&self.elements, f)
    }
}

fn write_all(elements: &[Element], f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    for (i, element) in elements.iter().enumerate() {
        if i > 0 {
            f.write_str(" ")?;
        }
        match element {
            Element::Word(word) => f.write_str(word)?,
            Element::Slot(slot) => write!(f, "{}{}", slot.of.short(), if slot.list { ", …" } else { "" })?,
            Element::Options(options) => {
                for (i, option) in options.iter().enumerate() {
                    f.write_str(if i > 0 { " [" } else { "[" })?;
                    write_all(option, f)?;
                    f.write_str("]")?;
                }
            }
        }
    }
    Ok(())
}
