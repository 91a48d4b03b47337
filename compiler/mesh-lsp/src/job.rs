//! A check in the background: what an editor asks meanwhile does not wait for it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mesh_compiler::index::Index;
use mesh_compiler::{Choices, Compilation, Memories, Other, compile_and_list, first, parameters_again};
use mesh_diagnostics::Sources;
use mesh_load::Loaded;

use crate::every::{Listed, list};

/// How much text other choices may be looked at in, all together, right behind a check: a hundredth of a second's worth.
const SHORT: usize = 40_000;

/// What is to be done.
pub enum Job {
    Check(Check),
    Every(Every),
}

/// A program that is to be compiled, with all that this needs.
pub struct Check {
    pub key: PathBuf,
    /// The texts that it is about: a later number means that they have changed since.
    pub edition: u64,
    pub loaded: Loaded,
    /// What the editor chooses for parameters, of whatever program.
    pub set: BTreeMap<String, String>,
    pub memories: Memories,
}

/// A program that is to be looked at for other choices.
pub struct Every {
    pub key: PathBuf,
    pub edition: u64,
    pub sources: Sources,
    pub others: Vec<Other>,
    /// The edition of the texts as they are now: nothing more is done once it is a later one.
    pub latest: Arc<AtomicU64>,
}

/// What became of a job.
pub enum Done {
    Check(Box<Checked>),
    Every(Looked),
}

/// What became of a program. The memories come back in any case.
pub struct Checked {
    pub key: PathBuf,
    pub edition: u64,
    pub memories: Memories,
    /// Without anything where the compiler failed, which is said.
    pub made: Result<Made, String>,
}

/// A program as it was compiled.
pub struct Made {
    pub loaded: Loaded,
    pub choices: Choices,
    pub compilation: Compilation,
    pub index: Index,
    /// The choices that a build may make beside these.
    pub others: Vec<Other>,
    /// What they make of it, where that took no time.
    pub every: Option<Vec<Listed>>,
}

/// What other choices make of a program.
pub struct Looked {
    pub key: PathBuf,
    pub edition: u64,
    pub every: Result<Vec<Listed>, String>,
}

impl Job {
    pub fn run(self) -> Done {
        match self {
            Job::Check(check) => Done::Check(Box::new(check.run())),
            Job::Every(Every { key, edition, sources, others, latest }) => {
                let is_wanted = || latest.load(Ordering::Relaxed) == edition;
                Done::Every(Looked { key, edition, every: guarded(|| list(&sources, &others, is_wanted)) })
            }
        }
    }
}

impl Check {
    pub fn run(self) -> Checked {
        let Check { key, edition, loaded, set, mut memories } = self;
        let compiled = guarded(|| {
            let sources = &loaded.sources;
            let parameters = parameters_again(sources, &mut memories);
            let mut chosen = Choices::default();
            for (name, value) in set.iter().filter(|(name, _)| parameters.iter().any(|one| one.name == **name)) {
                chosen.set(name, value);
            }
            let others = Other::all(&parameters, &chosen);
            let choices = first(&chosen, &parameters);
            let (compilation, index) = compile_and_list(sources, &choices, &mut memories);
            (choices, compilation, index, others)
        });
        let made = compiled.map(|(choices, compilation, index, others)| {
            let size: usize = loaded.sources.iter().map(|(_, source)| source.text.len()).sum();
            let is_short = size * others.len() <= SHORT;
            let every = if is_short { guarded(|| list(&loaded.sources, &others, || true)).ok() } else { None };
            Made { loaded, choices, compilation, index, others, every }
        });
        Checked { key, edition, memories, made }
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
