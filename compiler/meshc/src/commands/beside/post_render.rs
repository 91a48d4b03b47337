//! `meshc post-render`: what a chart renders comes in, and goes out with the bundles of the programs beside it and in it.

use std::io::Read;

use mesh_bundle::{Layout, Namespaces, Request, layout};
use mesh_diagnostics::Span;
use mesh_istio::rendered::Rendered;
use mesh_istio::yaml::{self, Document, Raw};
use mesh_istio::{Format, emit};
use mesh_load::{Failure, STDIN};

use super::program::{API_VERSION, KIND, MeshProgram};
use super::{accept, added, is_namespace, label};
use crate::cli::PostRender;
use crate::report;

/// A document of the chart.
struct Part<'s> {
    document: Document<'s>,
    object: Raw,
    changed: bool,
}

/// A program that is to be compiled, and how.
struct Wanted {
    request: Request,
    deny_warnings: bool,
    compares: bool,
    namespaces: Namespaces,
    may_be_empty: bool,
}

pub fn run(args: &PostRender) -> Result<bool, crate::Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("`{STDIN}` cannot be read: {error}"))?;
    let mut parts = Vec::new();
    let mut programs = Vec::new();
    let mut rendered = Rendered::default();
    for document in yaml::documents(&text) {
        let wrong = |problem: String| Failure(format!("what the chart renders: {}", document.blamed(&problem)));
        let object = yaml::read_raw(document.text).map_err(wrong)?;
        let is = |key: &str, value: &str| object.get(key).and_then(Raw::text) == Some(value);
        if is("kind", KIND) && is("apiVersion", API_VERSION) {
            programs.push(MeshProgram::read(document.text)?);
            continue;
        }
        rendered.add(object.node(Span::default()));
        parts.push(Part { document, object, changed: false });
    }
    let mut wanted = programs.iter().map(|program| of_chart(args, program)).collect::<Result<Vec<_>, _>>()?;
    wanted.extend((!args.files.is_empty()).then(|| of_arguments(args)));
    if wanted.is_empty() {
        return Err(Failure(format!(
            "there is no program: neither a file behind `post-render` nor a {KIND} of `{API_VERSION}` in the chart"
        ))
        .into());
    }
    let (mut out, mut good) = (String::new(), true);
    for wanted in &wanted {
        good &= add(args, wanted, &rendered, &mut parts, &mut out)?;
    }
    if good {
        let chart: String = parts.iter().map(Part::text).collect();
        let gap = if chart.is_empty() || chart.ends_with('\n') { "" } else { "\n" };
        report::print(&format!("{chart}{gap}{out}"))?;
    }
    Ok(good)
}

/// Compiles a program, says what is wrong, and adds its bundle.
fn add(
    args: &PostRender,
    wanted: &Wanted,
    rendered: &Rendered,
    parts: &mut [Part<'_>],
    out: &mut String,
) -> Result<bool, crate::Failure> {
    let compiled = wanted.request.compile_beside(wanted.compares.then_some(rendered))?.for_this_choice();
    report::problems(compiled.diagnostics(), compiled.sources(), args.options.diagnostics, false)?;
    if !compiled.is_good(wanted.deny_warnings) {
        return Ok(false);
    }
    accept(&compiled, wanted.may_be_empty)?;
    let layout =
        Layout { format: Format::Yaml, explain: args.explain, namespaces: wanted.namespaces, ..Layout::default() };
    let new = added(&compiled, layout, |resource| {
        let there = parts.iter_mut().find(|part| is_namespace(&part.object, resource));
        there.is_some_and(|part| {
            label(&mut part.object, resource);
            part.changed = true;
            true
        })
    });
    let comment = |resource: &_| match args.explain {
        true => layout::origins(resource, compiled.sources()),
        false => Vec::new(),
    };
    out.push_str(&emit(&new, compiled.compilation.api, Format::Yaml, comment));
    Ok(true)
}

/// The program of a chart; what `--set` and `--istio` say wins.
fn of_chart(args: &PostRender, program: &MeshProgram) -> Result<Wanted, Failure> {
    let mut request = program.request()?;
    request.params.extend(args.options.params.iter().cloned());
    request.set.extend(args.options.set.iter().cloned());
    request.release = args.options.istio.or(request.release);
    Ok(Wanted {
        request,
        deny_warnings: program.denies_warnings() || args.options.deny.is_some(),
        compares: program.compares() && !args.no_compare,
        namespaces: if args.skip_namespaces { Namespaces::Skip } else { program.layout().namespaces },
        may_be_empty: program.may_be_empty(),
    })
}

/// The program of the arguments.
fn of_arguments(args: &PostRender) -> Wanted {
    Wanted {
        request: Request {
            files: args.files.clone(),
            texts: Vec::new(),
            params: args.options.params.clone(),
            set: args.options.set.clone(),
            release: args.options.istio,
        },
        deny_warnings: args.options.deny.is_some(),
        compares: !args.no_compare,
        namespaces: if args.skip_namespaces { Namespaces::Skip } else { Namespaces::Emit },
        may_be_empty: false,
    }
}

impl Part<'_> {
    /// As the chart rendered it, to the byte; what was changed is written again.
    fn text(&self) -> String {
        match self.changed {
            true => format!("---\n{}", yaml::write(&self.object)),
            false => self.document.whole.to_owned(),
        }
    }
}
