//! The tree: statements in the order of the text, kept in flat arrays.

use mesh_diagnostics::{FileId, Span};

/// The tree of one file. It borrows the text: an operand's text is a slice of it.
#[derive(Debug, Clone, Default)]
pub struct Tree<'a> {
    pub(crate) text: &'a str,
    pub(crate) file: FileId,
    /// In the order of the text, each before its children.
    pub(crate) statements: Vec<Node>,
    pub(crate) items: Vec<Item>,
    /// The items of groups, apart from those of statements, which must stay consecutive.
    pub(crate) groups: Vec<Vec<Item>>,
    pub(crate) comments: Vec<Comment>,
}

/// A statement as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub items: (u32, u32),
    /// One behind the last statement inside this one.
    pub end_of_children: u32,
    pub start: u32,
    pub end: u32,
    /// The end of the head: behind its last token.
    pub head_end: u32,
    /// The bytes of the block, brackets included; empty where there is none.
    pub block: (u32, u32),
    pub has_block: bool,
    pub broken: bool,
}

/// A comment, from its `#` to the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// The first byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

/// An operand or a pair of operands, at its place in a list or a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The operand, or the left half of a pair.
    pub key: Operand,
    /// The right half of a pair.
    pub value: Option<Operand>,
    /// A comma joins this item to the one before; without one, a new phrase starts here.
    pub after_comma: bool,
}

/// One operand and where it stands, quotes and brackets included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// What it is to the syntax.
    pub kind: OperandKind,
    /// The first byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

/// What an operand is to the syntax. What a bare word means depends on its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperandKind {
    /// `user-service`, `80%`, `2s`, `10.0.0.0/8`, `$canary`, `*`
    Bare,
    /// `/api/*`
    Path,
    /// `"text"`
    String,
    /// `"""text"""`
    Text,
    /// `~"regular expression"`
    Regex,
    /// `( … )`, by its number among the groups of the tree
    Group(u32),
    /// `=`
    Equals,
}

/// A statement of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'t, 'a> {
    tree: &'t Tree<'a>,
    index: u32,
}

impl<'a> Tree<'a> {
    /// The file that the tree is of.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The text that the tree is of.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The statements of the file itself, without those inside blocks.
    pub fn statements<'t>(&'t self) -> impl Iterator<Item = Statement<'t, 'a>> {
        self.range(0, self.statements.len() as u32)
    }

    /// All statements, those inside blocks too, in the order of the text.
    pub fn all_statements<'t>(&'t self) -> impl Iterator<Item = Statement<'t, 'a>> {
        (0..self.statements.len() as u32).map(|index| Statement { tree: self, index })
    }

    /// All comments, in the order of the text.
    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The items of a group.
    #[must_use]
    pub fn group(&self, group: u32) -> &[Item] {
        &self.groups[group as usize]
    }

    /// The span of an operand.
    #[must_use]
    pub fn span(&self, operand: Operand) -> Span {
        Span::new(self.file, operand.start, operand.end)
    }

    /// The text of an operand as it is written, quotes included.
    #[must_use]
    pub fn slice(&self, operand: Operand) -> &'a str {
        &self.text[operand.start as usize..operand.end as usize]
    }

    fn range<'t>(&'t self, start: u32, end: u32) -> impl Iterator<Item = Statement<'t, 'a>> + use<'t, 'a> {
        let mut at = start;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let statement = Statement { tree: self, index: at };
                at = self.statements[at as usize].end_of_children;
                statement
            })
        })
    }
}

impl Item {
    /// The item's extent.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.value.map_or(self.key.end, |value| value.end)
    }
}

impl<'t, 'a> Statement<'t, 'a> {
    fn node(&self) -> &'t Node {
        &self.tree.statements[self.index as usize]
    }

    /// The tree it belongs to.
    #[must_use]
    pub fn tree(&self) -> &'t Tree<'a> {
        self.tree
    }

    /// A number that no other statement of this tree has; it grows with the text.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The head: the items before the block.
    #[must_use]
    pub fn items(&self) -> &'t [Item] {
        let (start, end) = self.node().items;
        &self.tree.items[start as usize..end as usize]
    }

    /// The statements of the block; none where there is no block.
    pub fn children(&self) -> impl Iterator<Item = Statement<'t, 'a>> + use<'t, 'a> {
        self.tree.range(self.index + 1, self.node().end_of_children)
    }

    /// True when the statement has a block, be it empty.
    #[must_use]
    pub fn has_block(&self) -> bool {
        self.node().has_block
    }

    /// The block with its brackets; empty and behind the head where there is none.
    #[must_use]
    pub fn block_span(&self) -> Span {
        let (start, end) = self.node().block;
        Span::new(self.tree.file, start, end)
    }

    /// Head and block.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.tree.file, self.node().start, self.node().end)
    }

    /// The head alone.
    #[must_use]
    pub fn head_span(&self) -> Span {
        Span::new(self.tree.file, self.node().start, self.node().head_end)
    }

    /// True when the syntax of the head is wrong; that has been reported already.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.node().broken
    }

    /// The first word of the head, if it is a bare word that stands alone.
    #[must_use]
    pub fn keyword(&self) -> Option<&'a str> {
        let items = self.items();
        let first = items.first()?;
        let lone = first.value.is_none() && items.get(1).is_none_or(|next| !next.after_comma);
        (lone && first.key.kind == OperandKind::Bare).then(|| self.tree.slice(first.key))
    }

    /// The lines of the `##` comments right above the statement, without their marks.
    #[must_use]
    pub fn documentation(&self) -> Vec<&'a str> {
        self.raw_documentation().into_iter().map(str::trim).collect()
    }

    /// The same, each line with the spaces that it starts with behind its mark and the one after it.
    #[must_use]
    pub fn raw_documentation(&self) -> Vec<&'a str> {
        let comments = &self.tree.comments;
        let mut below = self.node().start as usize;
        let mut at = comments.partition_point(|comment| (comment.start as usize) < below);
        let mut lines = Vec::new();
        while at > 0 {
            let comment = comments[at - 1];
            let text = &self.tree.text[comment.start as usize..comment.end as usize];
            let between = &self.tree.text[comment.end as usize..below];
            let adjacent = between.bytes().filter(|b| *b == b'\n').count() == 1 && between.trim().is_empty();
            let Some(line) = text.strip_prefix("##").filter(|_| adjacent) else { break };
            lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
            below = comment.start as usize;
            at -= 1;
        }
        lines.reverse();
        lines
    }
}
