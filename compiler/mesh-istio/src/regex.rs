//! What the parser of regular expressions takes and RE2 does not, or takes in another sense.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Ast, ClassSetBinaryOp, ClassSetItem, ClassUnicode, ClassUnicodeKind, Flag, Flags, FlagsItemKind, HexLiteralKind,
    Literal, LiteralKind, RepetitionKind, RepetitionRange, Visitor, visit,
};

/// RE2 refuses to count further.
const MAX_REPEAT: u32 = 1000;

/// Why Envoy cannot read a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is none, and why.
    Syntax(String),
    /// RE2 reads it in another way or not at all, and why.
    Foreign(&'static str),
}

/// What is wrong with a regular expression, as RE2 would find.
#[must_use]
pub fn problem(pattern: &str) -> Option<Problem> {
    if let Err(problem) = regex_syntax::parse(pattern) {
        return Some(Problem::Syntax(match problem {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "it has no such syntax".to_owned(),
        }));
    }
    beyond_re2(pattern).map(Problem::Foreign)
}

/// What RE2 would not take, as a sentence.
fn beyond_re2(pattern: &str) -> Option<&'static str> {
    let ast = Parser::new().parse(pattern).ok()?;
    if repeats(&ast) > u64::from(MAX_REPEAT) {
        return Some("RE2 repeats 1000 times at most, repeats within repeats included");
    }
    visit(&ast, Finder(None)).err()
}

/// How often the innermost part of an expression is repeated at most.
fn repeats(ast: &Ast) -> u64 {
    match ast {
        Ast::Repetition(repetition) => {
            let own = match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n) | RepetitionRange::Bounded(_, n),
                ) => u64::from(*n).max(1),
                _ => 1,
            };
            own.saturating_mul(repeats(&repetition.ast))
        }
        Ast::Group(group) => repeats(&group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().map(repeats).max().unwrap_or(1),
        Ast::Concat(concat) => concat.asts.iter().map(repeats).max().unwrap_or(1),
        _ => 1,
    }
}

/// The classes of letters that RE2 knows by a name of more than two letters, as far as people write them.
const SCRIPTS: [&str; 14] = [
    "Latin",
    "Greek",
    "Cyrillic",
    "Han",
    "Arabic",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Thai",
    "Hangul",
    "Devanagari",
    "Armenian",
    "Georgian",
    "Common",
];

fn literal(literal: &Literal) -> Result<(), &'static str> {
    match literal.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err("RE2 writes a character by its number as `\\x{E9}`, not as `\\u`")
        }
        _ => Ok(()),
    }
}

fn letters(class: &ClassUnicode) -> Result<(), &'static str> {
    let known = match &class.kind {
        ClassUnicodeKind::OneLetter(_) => true,
        ClassUnicodeKind::Named(name) => name.len() <= 2 || SCRIPTS.contains(&name.as_str()),
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if known { Ok(()) } else { Err("RE2 knows classes of letters such as `\\pL`, `\\p{Lu}` and `\\p{Greek}` only") }
}

struct Finder(Option<&'static str>);

impl Visitor for Finder {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), &'static str> {
        self.0.map_or(Ok(()), Err)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), &'static str> {
        match ast {
            Ast::Flags(set) => flags(&set.flags),
            Ast::Group(group) => group.flags().map_or(Ok(()), flags),
            Ast::Repetition(repetition) if matches!(*repetition.ast, Ast::Repetition(_)) => {
                Err("RE2 takes no repetition of a repetition, such as `a**`")
            }
            Ast::Literal(found) => literal(found),
            Ast::ClassUnicode(class) => letters(class),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), &'static str> {
        match item {
            ClassSetItem::Bracketed(_) => Err("RE2 has no class within a class: write `\\[` for the sign itself"),
            ClassSetItem::Literal(found) => literal(found),
            ClassSetItem::Range(range) => literal(&range.start).and(literal(&range.end)),
            ClassSetItem::Unicode(class) => letters(class),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), &'static str> {
        Err("RE2 has no operations between classes, such as `&&`")
    }
}

fn flags(flags: &Flags) -> Result<(), &'static str> {
    let foreign = flags
        .items
        .iter()
        .any(|item| matches!(item.kind, FlagsItemKind::Flag(Flag::IgnoreWhitespace | Flag::Unicode | Flag::CRLF)));
    if foreign { Err("RE2 knows the flags `i`, `m`, `s` and `U` only") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::beyond_re2;

    #[test]
    fn re2_is_smaller() {
        for pattern in [
            "a{2000}",
            "(?x)a b",
            "[a-z&&[^b]]",
            "(a{1000}){1000}",
            "a**",
            "a++",
            "[[:foo:]]",
            "\\u00e9",
            "\\p{Alphabetic}",
            "\\p{sc=Greek}",
            "[a[bc]]",
        ] {
            assert!(beyond_re2(pattern).is_some(), "{pattern}");
        }
        for pattern in ["/v[0-9]+/.*", "(?i)a", "(?:a|b){2,3}", "[[:alpha:]]", "\\p{Greek}\\pL", "(a*)*", "\\x{E9}"] {
            assert!(beyond_re2(pattern).is_none(), "{pattern}");
        }
    }
}
