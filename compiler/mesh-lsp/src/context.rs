//! Where the cursor is, by the text before it: in which block, behind which word. Broken text has a place too.

use mesh_compiler::vocabulary::{Block, Word, blocks_inside, lookup, words_of};

/// The place of the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The heads of the statements around it, outermost first.
    pub heads: Vec<String>,
    /// The statement so far, up to the cursor.
    pub typed: String,
    /// What the profile around it is used in; nothing where that is not known.
    pub used_in: Vec<Block>,
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
            // A bracket that nobody has closed ends with the next statement of the file.
            b'\n' if depth > 0 && starts_statement(&text[here + 1..]) => {
                (start, depth) = (here + 1, 0);
                heads.clear();
            }
            _ => {}
        }
        here += 1;
    }
    Some(Context { heads, typed: text[start..at].trim_start().to_owned(), used_in: Vec::new() })
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

/// The word that a head begins with, and what stands behind it.
fn parts(head: &str) -> (&str, &str) {
    let mut words = head.split_whitespace();
    let word = words.next().unwrap_or_default();
    (word, words.next().unwrap_or_default().trim_end_matches(','))
}

impl Context {
    /// The blocks that the cursor may be in: several within a profile, which stands for clauses wherever it is used.
    pub fn blocks(&self) -> Vec<Block> {
        self.heads.iter().fold(vec![Block::File], |blocks, head| match parts(head).0 {
            "profile" if !self.used_in.is_empty() => self.used_in.clone(),
            word => blocks_inside(&blocks, word),
        })
    }

    /// The words that the statement may begin with that is being written, once something follows it.
    pub fn words(&self) -> Vec<&'static Word> {
        match self.typed.split_once(char::is_whitespace) {
            Some((first, _)) => words_of(&self.blocks(), first).collect(),
            None => Vec::new(),
        }
    }

    /// The profile around the cursor.
    pub fn profile(&self) -> Option<&str> {
        let mut heads = self.heads.iter().map(|head| parts(head)).chain([parts(&self.typed)]);
        let (_, name) = heads.next().filter(|(word, _)| *word == "profile")?;
        name.split('(').next()
    }

    /// True where only facts stand.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.heads.as_slice(), [head] if parts(head).0 == "elsewhere")
    }

    /// The heads of the statement of a file around the cursor, and of what is in it: without the branches, the profile and the
    /// like around it.
    pub fn inner_heads(&self) -> &[String] {
        let around = |head: &&String| matches!(parts(head).0, "if" | "else" | "profile" | "elsewhere");
        &self.heads[self.heads.iter().take_while(around).count()..]
    }

    /// The word of the statement of the file, and what it is about: the first operand, without its namespace.
    pub fn owner(&self) -> (&str, &str) {
        let (word, name) = parts(self.inner_heads().first().map_or(self.typed.as_str(), String::as_str));
        (word, name.split(['.', '@']).next().unwrap_or_default())
    }

    /// What the statement of the file is about: the first operand, and the namespace that it is in by the head.
    pub fn about(&self) -> (&str, Option<&str>) {
        let head = self.inner_heads().first().map_or(self.typed.as_str(), String::as_str);
        let name = parts(head).1;
        let name = name.split('@').next().unwrap_or_default();
        if let Some((name, namespace)) = name.split_once('.') {
            return (name, Some(namespace));
        }
        let mut words = head.split_whitespace().skip_while(|word| *word != "in").skip(1);
        (name, words.next())
    }

    /// What stands before the word at the cursor: a word, or the comma of a list.
    pub fn last(&self) -> &str {
        let written = self.typed[..self.typed.len() - self.prefix().len()].trim_end();
        if written.ends_with(',') { "," } else { written.split_whitespace().next_back().unwrap_or_default() }
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
    let word = *context.words().first()?;
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
        assert_eq!((place.blocks(), place.typed.as_str()), (vec![Block::Route], "ret"));
        let place = at("route payments < when path /a < v1; time| > >").expect("a place");
        assert_eq!(place.blocks(), [Block::Rule]);
        let place = at("service a < http 80 >\nallow a < from |").expect("a place");
        assert_eq!((place.blocks(), place.words()[0].entry.word), (vec![Block::Policy], "from"));
        assert_eq!(at("allow a < from b,\n  c| >").expect("a place").typed, "from b,\n  c");
        assert_eq!(at("route a < response-headers < set x \"a > b\" >; |").expect("a place").blocks(), [Block::Route]);
    }

    #[test]
    fn what_is_broken_above_ends_with_the_next_statement() {
        let place = at("route a <\n  when path /a < v1\nroute b < t|").expect("a place");
        assert_eq!((place.blocks(), place.owner()), (vec![Block::Route], ("route", "b")));
        assert_eq!(at("allow a < from (b\nroute b |").expect("a place").typed, "route b ");
    }

    #[test]
    fn a_branch_is_in_the_block_around_it_and_a_profile_in_any() {
        assert_eq!(at("if $x is a < route b < if $y is c < |").expect("a place").blocks(), [Block::Route]);
        let mut place = at("profile p(n: 1) < pool < |").expect("a place");
        assert_eq!((place.blocks(), place.profile()), (vec![Block::Pool], Some("p")));
        place.heads.pop();
        assert!(place.blocks().contains(&Block::Route) && place.blocks().contains(&Block::Service));
        place.used_in = vec![Block::Rule];
        assert_eq!(place.blocks(), [Block::Rule]);
    }

    #[test]
    fn strings_and_comments_have_no_words() {
        assert_eq!(at("route a < when path \"/x|"), None);
        assert_eq!(at("# a < b|\n"), None);
        assert_eq!(at("resource EnvoyFilter x < a \"\"\"\n  b: |\n\"\"\" >"), None);
        assert!(at("# a < b\nroute |").is_some_and(|place| place.heads.is_empty()));
    }
}
