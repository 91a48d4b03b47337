//! The printer: statements and comments in the order of the text.

use mesh_syntax::{Comment, Item, Operand, OperandKind, Statement, Tree};

/// Comments behind a statement start at this column, where the line leaves room.
const COMMENT_COLUMN: usize = 40;

/// The text of a tree without errors.
pub(crate) fn print(tree: &Tree<'_>) -> String {
    let mut printer = Printer { tree, out: String::with_capacity(tree.text().len()), comments: tree.comments(), at: 0 };
    printer.statements(tree.statements(), 0, 0, tree.text().len() as u32);
    printer.out
}

struct Printer<'t, 'a> {
    tree: &'t Tree<'a>,
    out: String,
    /// The comments that are not printed yet.
    comments: &'t [Comment],
    /// The end of what is printed, in the source.
    at: u32,
}

impl<'t, 'a> Printer<'t, 'a> {
    /// Statements on lines of their own, and the comments between and behind them, up to `end`.
    fn statements(&mut self, statements: impl Iterator<Item = Statement<'t, 'a>>, depth: usize, start: u32, end: u32) {
        self.at = start;
        let mut first = true;
        for statement in statements {
            let begin = statement.span().start;
            first = self.own_lines(begin, depth, first);
            let joins = statement.keyword() == Some("else") && !first && !self.breaks(begin);
            if joins {
                self.out.truncate(self.out.trim_end().len());
                self.out.push(' ');
            } else {
                self.line(begin, depth, first);
            }
            self.statement(statement, depth);
            self.behind();
            self.out.push('\n');
            first = false;
        }
        self.own_lines(end, depth, first);
    }

    /// Comments before `limit`, each on a line of its own.
    fn own_lines(&mut self, limit: u32, depth: usize, mut first: bool) -> bool {
        while let Some(comment) = self.comments.first().copied().filter(|comment| comment.start < limit) {
            self.line(comment.start, depth, first);
            self.comment(comment);
            self.out.push('\n');
            first = false;
        }
        first
    }

    /// Starts a line for what stands at `start`: a blank line before it stays, but not at the start of a block.
    fn line(&mut self, start: u32, depth: usize, first: bool) {
        let between = self.between(start);
        if !first && between.bytes().filter(|b| *b == b'\n').count() > 1 {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    /// The source between what is printed and `start`.
    fn between(&self, start: u32) -> &'a str {
        self.tree.text().get(self.at as usize..start as usize).unwrap_or("")
    }

    fn breaks(&self, start: u32) -> bool {
        self.between(start).contains('\n')
    }

    fn comment(&mut self, comment: Comment) {
        let text = &self.tree.text()[comment.start as usize..comment.end as usize];
        self.out.push_str(text.trim_end());
        self.at = comment.end;
        self.comments = &self.comments[1..];
    }

    /// A comment that stands behind what is printed, on the same line.
    fn behind(&mut self) {
        let Some(comment) = self.comments.first().copied().filter(|comment| !self.breaks(comment.start)) else {
            return;
        };
        let line = self.out.rfind('\n').map_or(0, |n| n + 1);
        let width = self.out[line..].chars().count();
        let gap = COMMENT_COLUMN.saturating_sub(width).max(2);
        self.out.extend(std::iter::repeat_n(' ', gap));
        self.comment(comment);
    }

    fn statement(&mut self, statement: Statement<'t, 'a>, depth: usize) {
        self.items(statement.items(), depth);
        self.at = statement.head_span().end;
        if !statement.has_block() {
            return;
        }
        let block = statement.block_span();
        if !statement.items().is_empty() {
            self.out.push(' ');
        }
        self.out.push('<');
        self.at = block.start + 1;
        let one_line = !self.tree.text()[block.range()].contains('\n');
        if one_line {
            for (i, child) in statement.children().enumerate() {
                self.out.push_str(if i == 0 { " " } else { "; " });
                self.statement(child, depth);
            }
            self.out.push_str(" >");
        } else {
            self.behind();
            self.out.push('\n');
            let at = self.at;
            self.statements(statement.children(), depth + 1, at, block.end);
            self.out.extend(std::iter::repeat_n("  ", depth));
            self.out.push('>');
        }
        self.at = block.end;
    }

    fn items(&mut self, items: &[Item], depth: usize) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(if item.after_comma { "," } else { "" });
                if !self.wrapped(item.key.start, depth) {
                    self.out.push(' ');
                }
            }
            self.operand(item.key, depth);
            self.at = item.key.end;
            if let Some(value) = item.value {
                self.out.push_str(": ");
                self.operand(value, depth);
                self.at = value.end;
            }
        }
    }

    /// Behind a comma, and in a group, a line break of the author's stays, with the comments before it.
    fn wrapped(&mut self, start: u32, depth: usize) -> bool {
        if !self.breaks(start) {
            return false;
        }
        self.behind();
        self.out.push('\n');
        while let Some(comment) = self.comments.first().copied().filter(|comment| comment.start < start) {
            self.out.extend(std::iter::repeat_n("  ", depth + 1));
            self.comment(comment);
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n("  ", depth + 1));
        true
    }

    fn operand(&mut self, operand: Operand, depth: usize) {
        let OperandKind::Group(group) = operand.kind else {
            self.out.push_str(self.tree.slice(operand));
            return;
        };
        self.out.push('(');
        self.at = operand.start + 1;
        let items = self.tree.group(group);
        if let Some(first) = items.first() {
            let start = first.key.start;
            if self.comments.first().is_some_and(|comment| comment.start < start) {
                self.wrapped(start, depth);
            }
        }
        self.items(items, depth);
        // Comments before the closing parenthesis keep their lines.
        let mut broke = false;
        while let Some(comment) = self.comments.first().copied().filter(|comment| comment.start < operand.end) {
            if self.breaks(comment.start) {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n("  ", depth + 1));
                self.comment(comment);
            } else {
                self.behind();
            }
            broke = true;
        }
        if broke {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
        self.out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use mesh_diagnostics::FileId;

    fn formatted(text: &str) -> String {
        crate::format(FileId(0), text).expect("the text parses")
    }

    #[test]
    fn blanks_joints_and_separators_are_fixed() {
        assert_eq!(
            formatted("route   a<v1:80%,v2 :20%,;retry 3  x 2s>"),
            "route a < v1: 80%, v2: 20%; retry 3 x 2s >\n"
        );
        assert_eq!(formatted("a;b;;c"), "a\nb\nc\n");
        assert_eq!(formatted("\u{FEFF}a <\r\n\tb;c\r\n\r\n\r\n d >\r\n"), "a <\n  b\n  c\n\n  d\n>\n");
        assert_eq!(formatted(""), "");
    }

    #[test]
    fn comments_stay_where_they_stand() {
        let text = "# one\na < # two\n\n  # three\n  b, # four\n    c # five\n  # six\n>                                       # seven\n# eight\n";
        let once = formatted(text);
        for word in ["one", "two", "three", "four", "five", "six", "seven", "eight"] {
            assert!(once.contains(word), "{word} is lost in\n{once}");
        }
        assert_eq!(formatted(&once), once);
    }

    #[test]
    fn an_else_stays_with_its_if() {
        let text = "if $a is b <\n  c\n> else <\n  d\n>\n";
        assert_eq!(formatted(text), text);
    }

    #[test]
    fn a_text_with_errors_is_never_formatted() {
        assert!(crate::format(FileId(0), "route a < v1").is_err());
    }

    #[test]
    fn groups_keep_their_lines() {
        for text in ["when (a # x\n  and b) or c < d >\n", "with p (a: 1, b: 2)\n", "x (\n  # y\n  a\n)\n"] {
            let once = formatted(text);
            assert_eq!(formatted(&once), once, "{text}");
        }
    }
}
