//! Objects of Kubernetes from files: manifests, what a chart rendered, what a cluster tells.

use std::io::Read;
use std::path::{Path, PathBuf};

use mesh_istio::rendered::Rendered;
use mesh_load::{Failure, STDIN, bytes, files_in};

/// What files of objects are called.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads the objects of files and folders; nothing where there are none to read.
pub fn read(paths: &[PathBuf]) -> Result<Option<Rendered>, Failure> {
    let mut rendered = Rendered::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure(format!("`{STDIN}` cannot be read: {error}")))?;
            add(&mut rendered, STDIN, &text)?;
            continue;
        }
        let files = if path.is_dir() { files_in(path, &is_wanted, &mut Vec::new())? } else { vec![path.clone()] };
        if files.is_empty() {
            return Err(Failure(format!("the folder `{}` holds no file of YAML or JSON", path.display())));
        }
        for file in files {
            add(&mut rendered, &file.display().to_string(), &String::from_utf8_lossy(&bytes(&file)?))?;
        }
    }
    Ok((!paths.is_empty()).then_some(rendered))
}

fn is_wanted(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|wanted| extension == *wanted))
}

fn add(rendered: &mut Rendered, name: &str, text: &str) -> Result<(), Failure> {
    rendered.read_more(text).map_err(|problem| Failure(format!("`{name}` cannot be read: {problem}")))
}
