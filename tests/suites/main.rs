//! One binary, one test a case: suites over folders, over every `.mesh` file, over pages and over the sources.
//!
//! A case is a folder whose name states the fact, with its snapshot beside its source. A new one is made by
//! writing the source and running `INSTA_UPDATE=always cargo test`; the snapshot is read before it is committed.

mod abstraction;
mod conformance;
mod corpus;
mod coverage;
mod e2e;
mod folders;
mod generated;
mod graph;
mod grow;
mod judge;
mod library;
mod lsp;
mod mutations;
mod objectives;
mod pages;
mod program;
mod random;
mod releases;
mod robustness;
mod rules;
mod tidy;
mod tree_sitter;
mod watch;
mod words;
mod world;
mod written;

use libtest_mimic::{Arguments, Trial};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(folders::trials());
    trials.extend(pages::trials());
    trials.extend(corpus::trials());
    trials.extend(words::trials());
    trials.extend(mutations::trials());
    trials.extend(robustness::trials());
    trials.extend(rules::trials());
    trials.extend(written::trials());
    trials.extend(coverage::trials());
    trials.extend(releases::trials());
    trials.extend(library::trials());
    trials.extend(objectives::trials());
    trials.extend(watch::trials());
    trials.extend(graph::trials());
    trials.extend(lsp::trials());
    trials.extend(abstraction::trials());
    trials.extend(e2e::trials());
    trials.extend(tidy::trials());
    trials.extend(tree_sitter::trials());
    trials.extend(conformance::trials());
    trials.extend(generated::trials());
    trials.extend(random::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !judge::is_available() {
        eprintln!(
            "not run here: conformance with Istio's own code and the end-to-end suite, which need Go; `.ci/run` runs them"
        );
    }
    if !watch::is_available() {
        eprintln!(
            "not run here: the queries of dashboards by Prometheus, and an alert by Alertmanager; `.ci/run` runs them"
        );
    }
    if !objectives::is_available() {
        eprintln!(
            "not run here: the rules of objectives by promtool, which comes with Prometheus; `.ci/run` runs them"
        );
    }
    conclusion.exit_code()
}

/// A test of a function that panics when it fails.
fn trial(name: impl Into<String>, check: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        check();
        Ok(())
    })
}
