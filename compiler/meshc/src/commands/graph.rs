//! `meshc graph`: the declared mesh as a picture.

use mesh_compiler::graph::graph;

use super::{compiled, report_problems};
use crate::cli::{Graph, Picture};
use crate::{Failure, report};
use mesh_bundle::write_file;

pub fn run(args: &Graph) -> Result<bool, Failure> {
    let compiled = compiled(&args.program)?;
    report_problems(&compiled, &args.program, false)?;
    if !compiled.is_good(args.program.options.deny.is_some()) {
        return Ok(false);
    }
    let graph = graph(compiled.sources(), &compiled.choices);
    let text = match args.format {
        Picture::Html => mesh_graph::html(&graph, &title(args)),
        Picture::Svg => mesh_graph::svg(&graph),
        Picture::Mermaid => mesh_graph::mermaid(&graph),
        Picture::Dot => mesh_graph::dot(&graph),
        Picture::Json => mesh_graph::json(&graph),
    };
    match &args.out {
        None => report::print(&text)?,
        Some(path) if path.extension().is_some_and(|extension| extension == "mesh") => {
            return Err(Failure(format!("`{}` is the name of a program; a picture would replace it", path.display())));
        }
        Some(path) => {
            write_file(path, text.as_bytes())?;
        }
    }
    Ok(true)
}

/// The name of the program: that of its file or folder.
fn title(args: &Graph) -> String {
    let first = args.program.files.first().filter(|path| path.as_os_str() != "-");
    let name = first.and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    format!("Mesh of {}", name.unwrap_or_else(|| "standard input".to_owned()))
}
