//! What tests of the command line share: folders, the command, its output.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    folder
}

pub fn meshc(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, arguments, "")
}

pub fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("meshc starts");
    let mut stdin = child.stdin.take().expect("meshc reads");
    // A command line that is refused ends before it reads.
    if let Err(problem) = std::io::Write::write_all(&mut stdin, input.as_bytes()) {
        assert_eq!(problem.kind(), std::io::ErrorKind::BrokenPipe, "meshc takes its input");
    }
    drop(stdin);
    child.wait_with_output().expect("meshc ends")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder can be read")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
