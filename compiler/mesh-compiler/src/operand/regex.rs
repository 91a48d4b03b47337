//! What the parser of regular expressions takes and RE2 does not, or takes in another sense.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Ast, ClassSetBinaryOp, Flag, Flags, FlagsItemKind, RepetitionKind, RepetitionRange, Visitor, visit,
};

/// RE2 refuses to count further.
const MAX_REPEAT: u32 = 1000;

/// What RE2 would not take, as a sentence.
pub(super) fn beyond_re2(pattern: &str) -> Option<&'static str> {
    let ast = Parser::new().parse(pattern).ok()?;
    visit(&ast, Finder(None)).err()
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
            Ast::Repetition(repetition) => match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n) | RepetitionRange::Bounded(_, n),
                ) if *n > MAX_REPEAT => Err("RE2 repeats 1000 times at most"),
                _ => Ok(()),
            },
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
        for pattern in ["a{2000}", "(?x)a b", "[a-z&&[^b]]"] {
            assert!(beyond_re2(pattern).is_some(), "{pattern}");
        }
        for pattern in ["/v[0-9]+/.*", "(?i)a", "(?:a|b){2,3}"] {
            assert!(beyond_re2(pattern).is_none(), "{pattern}");
        }
    }
}
