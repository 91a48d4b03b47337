//! A program for every choice of its parameters: the branches that are not taken have problems and names too.

use mesh_compiler::index::Index;
use mesh_compiler::{Memories, Other, compile_and_list};
use mesh_diagnostics::{Diagnostics, Sources};

/// What another choice makes of a program.
pub struct Listed {
    pub other: Other,
    pub diagnostics: Diagnostics,
    pub index: Index,
}

/// What other choices make of a program, for as long as that is wanted.
pub fn list(sources: &Sources, others: &[Other], is_wanted: impl Fn() -> bool) -> Vec<Listed> {
    let list = |other: &Other| {
        let (compilation, index) = compile_and_list(sources, &other.choices, &mut Memories::default());
        Listed { other: other.clone(), diagnostics: compilation.diagnostics, index }
    };
    others.iter().take_while(|_| is_wanted()).map(list).collect()
}
