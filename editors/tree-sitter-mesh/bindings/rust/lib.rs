//! The tree-sitter grammar of Mesh, for Rust.
//!
//! ```ignore
//! let mut parser = tree_sitter::Parser::new();
//! parser.set_language(&tree_sitter_mesh::LANGUAGE.into())?;
//! let tree = parser.parse("route orders < v1: 90%, v2: 10% >\n", None);
//! ```

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_mesh() -> *const ();
}

/// The language, for [`tree_sitter::Parser::set_language`].
///
/// [`tree_sitter::Parser::set_language`]: https://docs.rs/tree-sitter/*/tree_sitter/struct.Parser.html#method.set_language
// SAFETY: the function is the generated one, which returns a pointer to a constant.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_mesh) };

/// The kinds of nodes, as JSON.
pub const NODE_TYPES: &str = include_str!("../../src/node-types.json");

/// What is highlighted how.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");

/// Other languages inside of texts.
pub const INJECTIONS_QUERY: &str = include_str!("../../queries/injections.scm");

/// Which names are declared and used where.
pub const LOCALS_QUERY: &str = include_str!("../../queries/locals.scm");

/// What folds.
pub const FOLDS_QUERY: &str = include_str!("../../queries/folds.scm");

/// How lines are indented.
pub const INDENTS_QUERY: &str = include_str!("../../queries/indents.scm");

/// What an editor selects as a statement, a block, or an argument.
pub const TEXTOBJECTS_QUERY: &str = include_str!("../../queries/textobjects.scm");
