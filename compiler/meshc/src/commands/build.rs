//! `meshc build`: the bundle, to standard output, into a folder or a file; or how a folder differs from it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mesh_bundle::{Difference, Guard, Layout, Place, State, before_changes, layout, write, write_file};
use mesh_istio::Format;

use super::{Compiled, report_problems, request};
use crate::cli::{self, Build, LayoutArgs};
use crate::{Failure, report};

pub fn run(args: &Build) -> Result<bool, Failure> {
    let depfile = args.depfile.as_deref().map(|path| (path, before_changes()));
    let place = args.out.as_deref().or(args.check.as_deref()).map(Place::of);
    let layout = layout_of(&args.layout, place.as_ref())?;
    if args.check.is_some() && args.program.options.diagnostics == cli::Diagnostics::Sarif {
        return Err(Failure(
            "drift has no place in a program, as SARIF wants one; `--diagnostics json` has a line a file".to_owned(),
        ));
    }
    let request = request(&args.program);
    let compiled = request.compile()?.for_this_choice();
    report_problems(&compiled, &args.program, args.check.is_some())?;
    if !compiled.is_good(args.program.options.deny.is_some()) {
        return Ok(false);
    }
    let Some(place) = &place else {
        report::print(&layout::stream(&compiled.compilation, compiled.sources(), layout))?;
        tell_others(&compiled, "--out DIR");
        return Ok(true);
    };
    let outputs = layout::outputs(&compiled.compilation, compiled.sources(), layout, place);
    if matches!(place, Place::File(_)) {
        tell_others(&compiled, "a folder behind `--out`");
    }
    if args.check.is_some() {
        let differences = mesh_bundle::check(place, &outputs)?;
        tell_drift(&differences, place, args)?;
        return Ok(differences.is_empty());
    }
    let inputs = compiled.inputs(&request);
    let guard = Guard { inputs: &inputs, refuses: compiled.is_empty(layout) && !args.layout.allow_empty };
    if let Some((path, _)) = depfile {
        guard.spare(path)?;
        let is_output = outputs.iter().any(|output| place.path().join(&output.name) == path) || place.target() == path;
        if is_output {
            return Err(Failure(format!(
                "`{}` is a file of the bundle; write the list to another path",
                path.display()
            )));
        }
    }
    write(place, &outputs, guard)?;
    if let Some((path, began)) = depfile {
        write_depfile(path, place, &inputs, began)?;
    }
    Ok(true)
}

/// The layout that the arguments ask for, at a place.
pub fn layout_of(args: &LayoutArgs, place: Option<&Place>) -> Result<Layout, Failure> {
    let named_json = matches!(place, Some(Place::File(path)) if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")));
    let format = match args.format {
        Some(cli::Format::Yaml) => Format::Yaml,
        Some(cli::Format::Json) => Format::Json,
        None if named_json => Format::Json,
        None => Format::Yaml,
    };
    if args.explain && format == Format::Json {
        return Err(Failure("`--explain` writes comments, and JSON has none".to_owned()));
    }
    if let (Some(Place::File(path)), Some(_)) = (place, args.split) {
        return Err(Failure(format!("`--split` is about the files of a folder, and `{}` is one file", path.display())));
    }
    Ok(Layout {
        split: args.split.map_or_else(Default::default, Into::into),
        format,
        explain: args.explain,
        namespaces: args.namespaces.into(),
    })
}

/// What is no object of Kubernetes does not stand in a stream, which is for kubectl.
fn tell_others(compiled: &Compiled, way: &str) {
    let way = if way.contains('`') { way.to_owned() } else { format!("`{way}`") };
    for file in &compiled.compilation.lowered.files {
        report::say(&format!("`{}` is no object of Kubernetes: {way} writes it", file.name));
    }
}

/// Says how a place differs from the bundle, and what to do.
fn tell_drift(differences: &[Difference], place: &Place, args: &Build) -> Result<(), Failure> {
    if differences.is_empty() {
        return Ok(());
    }
    if args.program.options.diagnostics == cli::Diagnostics::Json {
        for difference in differences {
            let file = difference.path.to_string_lossy();
            let line = serde_json::json!({ "drift": difference.state.word(), "file": file });
            report::print(&format!("{line}\n"))?;
        }
        return Ok(());
    }
    report::fault(&format!("`{}` is not what the program compiles to", place.path().display()));
    for Difference { path, state } in differences {
        report::say(&format!("  {:<12} {}", state.word(), path.display()));
        if let State::Differs(lines) = state
            && args.program.options.diagnostics == cli::Diagnostics::Text
        {
            report::say(lines.trim_end());
        }
    }
    let some = |wanted: fn(&State) -> bool| differences.iter().any(|difference| wanted(&difference.state));
    let only = |wanted: fn(&State) -> bool| differences.iter().all(|difference| wanted(&difference.state));
    if some(|state| *state == State::LineEndings) {
        report::say("git rewrites line endings on some machines: `* text eol=lf` in `.gitattributes` keeps them");
    }
    if some(|state| *state == State::Foreign) {
        report::say(
            "by its list `.meshc-files`, meshc did not write what is not meshc's, and `--out` would not write over it",
        );
    }
    if !place.path().exists() {
        report::say("there is nothing at this path; `meshc build … --out` makes it");
    } else if only(|state| matches!(state, State::Missing | State::LeftOver)) && some(|state| *state == State::LeftOver)
    {
        report::say("no file is what another build wrote: was that with another `--split` or `--format`?");
    } else {
        report::say("what was changed by hand belongs into the program; `meshc build … --out` writes the rest");
    }
    Ok(())
}

/// Writes what was read. In a folder the list of files is what stands for all of them, and is as new as the beginning of the
/// last good build: what changes while it runs, or right behind it, is newer.
fn write_depfile(path: &Path, place: &Place, inputs: &[PathBuf], began: SystemTime) -> Result<(), Failure> {
    let target = place.target();
    if matches!(place, Place::Folder(_)) {
        let touched = std::fs::File::options().write(true).open(&target);
        touched
            .and_then(|file| file.set_modified(began))
            .map_err(|error| Failure(format!("`{}` cannot be touched: {error}", target.display())))?;
    }
    mesh_bundle::make_parent(path)?;
    write_file(path, mesh_bundle::depfile(&target, inputs).as_bytes())?;
    Ok(())
}
