//! Where the cursor is, by the text before it: in which block, behind which word. Broken text has a place too.

use mesh_compiler::vocabulary::{Block, Word, lookup};

/// The place of the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The heads of the statements around it, outermost first.
    pub heads: Vec<String>,
    /// The statement so far, up to the cursor.
    pub typed: String,
}

/// The place of a byte of a text; nothing inside of a string or a comment.
pub fn context(text: &str, at: usize) -> Option<Context> {
    let bytes = text.as_bytes();
    let mut heads: Vec<String> = Vec::new();
    let (mut start, mut here, mut depth) = (0, 0, 0_u32);
    while here < at {
        match bytes[here] {
            b'"' => {
                let long = text[here..].starts_with("\"\"\"");
                let end = if long {
                    text[here + 3..].find("\"\"\"").map(|end| here + 3 + end + 3)
                } else {
                    closing(text, here + 1)
                };
                match end {
                    Some(end) if end <= at => here = end,
                    _ => return None,
                }
                continue;
            }
            // A comment starts where a token may.
            b'#' if here == 0
                || bytes[here - 1].is_ascii_whitespace()
                || matches!(bytes[here - 1], b'<' | b'>' | b';') =>
            {
                let end = text[here..].find('\n').map_or(text.len(), |end| here + end);
                if end >= at {
                    return None;
                }
                here = end;
                continue;
            }
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'<' if depth == 0 => {
                heads.push(text[start..here].trim().to_owned());
                start = here + 1;
            }
            b'>' if depth == 0 => {
                heads.pop();
                start = here + 1;
            }
            b';' if depth == 0 => start = here + 1,
            // A list goes on behind its comma.
            b'\n' if depth == 0 && !text[start..here].trim_end().ends_with(',') => {
                start = here + 1;
                // A statement of a file at column one starts anew, whatever is open above it.
                if !heads.is_empty() && starts_statement(&text[start..]) {
                    heads.clear();
                }
            }
            _ => {}
        }
        here += 1;
    }
    Some(Context { heads, typed: text[start..at].trim_start().to_owned() })
}

/// True where a text begins with a statement of a file.
fn starts_statement(text: &str) -> bool {
    let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or_default();
    !word.is_empty() && lookup(Block::File, word).is_some() && text[word.len()..].starts_with(' ')
}

/// One behind the quote that closes a string, on its line.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        match c {
            '\n' => return None,
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(from + at + 1),
            _ => escaped = false,
        }
    }
    None
}

impl Context {
    /// The block that the cursor is in.
    pub fn block(&self) -> Option<Block> {
        self.heads.iter().try_fold(Block::File, |block, head| {
            let word = head.split_whitespace().next().unwrap_or_default();
            lookup(block, word).or_else(|| lookup(block, ""))?.entry.block()
        })
    }

    /// The word of the statement that is being written, once something follows it.
    pub fn word(&self) -> Option<&'static Word> {
        let block = self.block()?;
        match self.typed.split_once(char::is_whitespace) {
            Some((first, _)) => lookup(block, first).or_else(|| lookup(block, "")),
            None => None,
        }
    }

    /// The word of the statement of the file, and what it is about: the first operand, without its namespace.
    pub fn owner(&self) -> (&str, &str) {
        let head = self.heads.first().map_or(self.typed.as_str(), String::as_str);
        let mut words = head.split_whitespace();
        let word = words.next().unwrap_or_default();
        let name = words.next().unwrap_or_default().trim_end_matches(',');
        (word, name.split(['.', '@']).next().unwrap_or_default())
    }

    /// What is being written right before the cursor.
    pub fn prefix(&self) -> &str {
        let end = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '(' | ')' | '=');
        self.typed.rsplit(end).next().unwrap_or_default()
    }
}

/// The statement that is being written, without the word that the cursor is in.
pub struct Written {
    pub word: &'static Word,
    pub text: String,
    /// A list goes on behind it.
    pub comma: bool,
}

/// The statement at a place; nothing where no word of it is known yet.
pub fn written(text: &str, at: usize) -> Option<Written> {
    let context = context(text, at)?;
    let word = context.word()?;
    let text = context.typed[..context.typed.len() - context.prefix().len()].to_owned();
    let comma = text.trim_end().ends_with(',');
    Some(Written { word, text, comma })
}

/// How many blocks a place stands in; nothing inside of a string or a comment.
pub fn depth(text: &str, at: usize) -> Option<usize> {
    context(text, at).map(|context| context.heads.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Context> {
        let cursor = text.find('|').expect("the cursor is drawn");
        context(&text.replace('|', ""), cursor)
    }

    #[test]
    fn blocks_and_words_are_told_by_what_stands_before() {
        let place = at("in shop\nroute payments <\n  v1: 80%; ret|").expect("a place");
        assert_eq!((place.block(), place.typed.as_str()), (Some(Block::Route), "ret"));
        let place = at("route payments < when path /a < v1; time| > >").expect("a place");
        assert_eq!(place.block(), Some(Block::Rule));
        let place = at("service a < http 80 >\nallow a < from |").expect("a place");
        assert_eq!((place.block(), place.word().map(|word| word.entry.word)), (Some(Block::Policy), Some("from")));
        assert_eq!(at("allow a < from b,\n  c| >").expect("a place").typed, "from b,\n  c");
        assert_eq!(
            at("route a < response-headers < set x \"a > b\" >; |").expect("a place").block(),
            Some(Block::Route)
        );
    }

    #[test]
    fn what_is_broken_above_ends_with_the_next_statement() {
        let place = at("route a <\n  when path /a < v1\nroute b < t|").expect("a place");
        assert_eq!((place.block(), place.owner()), (Some(Block::Route), ("route", "b")));
    }

    #[test]
    fn strings_and_comments_have_no_words() {
        assert_eq!(at("route a < when path \"/x|"), None);
        assert_eq!(at("# a < b|\n"), None);
        assert_eq!(at("resource EnvoyFilter x < a \"\"\"\n  b: |\n\"\"\" >"), None);
        assert!(at("# a < b\nroute |").is_some_and(|place| place.heads.is_empty()));
    }
}
