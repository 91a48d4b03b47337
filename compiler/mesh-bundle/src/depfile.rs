//! What was read, for Make and Ninja: the format that compilers write with `-MD -MP`.

use std::path::{Path, PathBuf};

/// The text of a dependency file: a target, what it was made from, and an empty rule for each of these, so that Make does
/// not stop where one of them was deleted.
#[must_use]
pub fn depfile(target: &Path, inputs: &[PathBuf]) -> String {
    let mut out = format!("{}:", escaped(target));
    for input in inputs {
        out.push_str(" \\\n  ");
        out.push_str(&escaped(input));
    }
    out.push('\n');
    for input in inputs {
        out.push_str(&format!("{}:\n", escaped(input)));
    }
    out
}

/// A path as Make and Ninja read it.
fn escaped(path: &Path) -> String {
    let mut out = String::new();
    for c in path.to_string_lossy().chars() {
        match c {
            '$' => out.push_str("$$"),
            ' ' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_make_takes_for_its_own_is_escaped() {
        let inputs = [PathBuf::from("a b.mesh"), PathBuf::from("c$d#e.mesh")];
        assert_eq!(
            depfile(Path::new("out/all.yaml"), &inputs),
            "out/all.yaml: \\\n  a\\ b.mesh \\\n  c$$d\\#e.mesh\na\\ b.mesh:\nc$$d\\#e.mesh:\n"
        );
    }
}
