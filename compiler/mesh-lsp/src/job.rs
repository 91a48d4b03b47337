//! A check in the background: what an editor asks meanwhile does not wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use mesh_compiler::index::Index;
use mesh_compiler::{Choices, Compilation, Memories, compile_and_list};
use mesh_load::Loaded;

/// A program that is to be compiled, with all that this needs.
pub struct Job {
    pub key: PathBuf,
    /// The texts that it is about: a later number means that they have changed since.
    pub edition: u64,
    pub loaded: Loaded,
    pub choices: Choices,
    pub memories: Memories,
}

/// What became of a job. The memories come back in any case.
pub struct Done {
    pub key: PathBuf,
    pub edition: u64,
    pub memories: Memories,
    /// Without anything where the compiler failed, which is said.
    pub made: Result<(Loaded, Choices, Compilation, Index), String>,
}

impl Job {
    pub fn run(self) -> Done {
        let Job { key, edition, loaded, choices, mut memories } = self;
        let compiled = guarded(|| compile_and_list(&loaded.sources, &choices, &mut memories));
        let made = compiled.map(|(compilation, index)| (loaded, choices, compilation, index));
        Done { key, edition, memories, made }
    }
}

/// Runs something that must not end the session.
pub fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|fault| {
        let text = fault.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| fault.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a fault without a name".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_an_answer() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| -> u8 { panic!("no {}", "way") }), Err("no way".to_owned()));
    }
}
