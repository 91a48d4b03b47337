//! Mesh text to tree: every text has one, and what is wrong with it is reported beside it.
//!
//! [`parse`] never fails. A broken statement never hides the next one: it keeps its place in the tree and
//! is marked [`Statement::is_broken`], and later stages stay quiet about it.

mod again;
mod fold;
mod marks;
mod memory;
mod message;
mod parser;
mod scan;
mod string;
mod tree;

pub use memory::Memory;
pub use parser::{Parsed, parse};
pub use scan::MAX_DEPTH;
pub use string::unescape;
pub use tree::{Comment, Item, Operand, OperandKind, Statement, Tree};
