//! `meshc watch` as its users meet it: files change under it, by editors and by git.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use support::folder;

const GOOD: &str = "in shop\nservice a < http 80; versions v1, v2 >\nroute a < v1: 50%, v2: 50% >\n";

/// A session in JSON, whose events are read one by one.
struct Session {
    child: Child,
    events: Receiver<Value>,
    folder: PathBuf,
}

impl Session {
    fn start(folder: &Path, arguments: &[&str]) -> Session {
        let mut child = Command::new(env!("CARGO_BIN_EXE_meshc"))
            .args([&["watch", "--json"], arguments].concat())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("meshc starts");
        let out = BufReader::new(child.stdout.take().expect("meshc writes"));
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("each line is an event");
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        Session { child, events, folder: folder.to_owned() }
    }

    /// The events until it waits again.
    fn turn(&self) -> Vec<Value> {
        let mut turn = Vec::new();
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(30)).expect("something happens");
            if event["event"] == "watching" {
                return turn;
            }
            turn.push(event);
        }
    }

    /// The kinds of events until it waits again.
    fn kinds(&self) -> Vec<String> {
        self.turn().iter().map(|event| event["event"].as_str().expect("it has a kind").to_owned()).collect()
    }

    /// Nothing happens for a while: longer than what an editor does, or the system's late news.
    fn is_quiet(&self) {
        if let Ok(event) = self.events.recv_timeout(Duration::from_millis(800)) {
            panic!("nothing changed: {event}");
        }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).expect("a file can be written");
    }

    fn bundle(&self) -> String {
        std::fs::read_to_string(self.folder.join("all.yaml")).expect("the bundle is there")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_change_builds_again_and_a_mistake_leaves_the_bundle() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let session = Session::start(folder.path(), &["a.mesh", "--out", "all.yaml"]);
    let turn = session.turn();
    assert_eq!(turn[1]["resources"], 2);
    assert_eq!(turn[1]["changed"], serde_json::json!(["all.yaml"]));
    session.is_quiet();

    session.write("a.mesh", &GOOD.replace("50%, v2: 50%", "60%, v2: 40%"));
    assert_eq!(session.kinds(), ["building", "built"]);
    assert!(session.bundle().contains("weight: 60"));

    session.write("a.mesh", &GOOD.replace("50%, v2: 50%", "70%, v2: 40%"));
    let turn = session.turn();
    assert_eq!((&turn[1]["event"], &turn[1]["code"]), (&"problem".into(), &"E0401".into()));
    assert_eq!((&turn[2]["event"], &turn[2]["errors"]), (&"failed".into(), &1.into()));
    assert!(session.bundle().contains("weight: 60"));

    session.write("a.mesh", &format!("# The same.\n{}", GOOD.replace("50%, v2: 50%", "60%, v2: 40%")));
    let turn = session.turn();
    assert_eq!(turn[1]["changed"], serde_json::json!([]));
    session.is_quiet();
}

#[test]
fn editors_that_save_safely_are_one_change() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let session = Session::start(folder.path(), &["a.mesh", "--out", "all.yaml"]);
    session.turn();
    let at = |name: &str| folder.path().join(name);
    let pause = || std::thread::sleep(Duration::from_millis(40));

    // The old file is kept beside, a new one is written, and only then is there a file again.
    std::fs::rename(at("a.mesh"), at("a.mesh~")).expect("it can be renamed");
    pause();
    session.write("a.mesh", "");
    pause();
    session.write("a.mesh", &GOOD.replace("50%, v2: 50%", "60%, v2: 40%"));
    assert_eq!(session.kinds(), ["building", "built"]);
    assert!(session.bundle().contains("weight: 60"));
    session.is_quiet();

    // A new file is written beside, and renamed over the old one; twice, since the first time the old file is gone.
    for share in [30, 20] {
        session.write(".a.mesh.swp", &GOOD.replace("50%, v2: 50%", &format!("{share}%, v2: {}%", 100 - share)));
        std::fs::rename(at(".a.mesh.swp"), at("a.mesh")).expect("it can be renamed");
        assert_eq!(session.kinds(), ["building", "built"]);
        assert!(session.bundle().contains(&format!("weight: {share}")));
    }
    session.is_quiet();
}

#[test]
fn files_come_and_go() {
    let folder =
        folder(&[("mesh/a.mesh", GOOD), ("mesh/deep/b.mesh", "in shop\nservice b < http 80; versions v1 >\n")]);
    let session = Session::start(folder.path(), &["mesh", "--out", "all.yaml"]);
    assert_eq!(session.turn()[1]["resources"], 3);
    session.write("mesh/deep/c.mesh", "in shop\nservice c < http 80; versions v1 >\n");
    assert_eq!(session.turn()[1]["resources"], 4);
    std::fs::remove_file(folder.path().join("mesh/deep/b.mesh")).expect("it is there");
    assert_eq!(session.turn()[1]["resources"], 3);
    session.write("mesh/readme.md", "Nothing of Mesh.\n");
    session.is_quiet();

    // A module that is not there yet.
    session.write("mesh/a.mesh", &format!("use ../facts\n{GOOD}"));
    assert_eq!(session.turn()[1]["code"], "E0209");
    session.write("facts.mesh", "in shop\nservice d < http 80 >\n");
    let kinds = session.kinds();
    assert!(kinds.ends_with(&["built".to_owned()]), "{kinds:?}");
    session.write("facts.mesh", "in shop\nservice d << http 80 >\n");
    assert_eq!(session.turn().last().expect("something happened")["event"], "failed");
}

/// As git does it: files change one by one, folders vanish and come back, and a lock says that it goes on.
#[test]
fn another_branch_is_one_change() {
    let folder =
        folder(&[("mesh/a.mesh", GOOD), ("mesh/deep/b.mesh", "in shop\nservice b < http 80; versions v1 >\n")]);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder can be made");
    let session = Session::start(folder.path(), &["mesh", "--out", "all.yaml"]);
    session.turn();
    let pause = || std::thread::sleep(Duration::from_millis(120));
    for versions in ["v1, v2", "v1, v2, v3"] {
        session.write(".git/index.lock", "");
        std::fs::remove_dir_all(folder.path().join("mesh/deep")).expect("it is there");
        pause();
        session.write("mesh/a.mesh", &GOOD.replace("50%, v2: 50%", "1%, v2: 1%"));
        pause();
        std::fs::create_dir(folder.path().join("mesh/deep")).expect("a folder can be made");
        session.write("mesh/deep/b.mesh", &format!("in shop\nservice b < http 80; versions {versions} >\n"));
        session.write("mesh/a.mesh", GOOD);
        std::fs::remove_file(folder.path().join(".git/index.lock")).expect("it is there");
        assert_eq!(session.kinds(), ["building", "built"]);
        assert!(
            session.bundle().contains(&format!("name: {}", &versions[versions.len() - 2..])),
            "{}",
            session.bundle()
        );
    }
    session.is_quiet();
    // The folder is another one than the first, and still watched.
    session.write("mesh/deep/b.mesh", "in shop\nservice b < http 80; versions v9 >\n");
    session.turn();
    assert!(session.bundle().contains("name: v9"));
}

#[test]
fn a_command_runs_where_it_has_something_to_see() {
    let folder = folder(&[("a.mesh", &GOOD.replace("50%, v2", "5%, v2"))]);
    let session = Session::start(
        folder.path(),
        &["a.mesh", "--out", "b", "--exec", "echo said; grep -c weight b/virtual-service.yaml >>log"],
    );
    assert_eq!(session.kinds(), ["building", "problem", "failed"]);
    session.write("a.mesh", GOOD);
    let turn = session.turn();
    assert_eq!((&turn[2]["event"], &turn[2]["code"]), (&"exec".into(), &0.into()));
    session.write("a.mesh", &format!("# A comment.\n{GOOD}"));
    assert_eq!(session.kinds(), ["building", "built"]);
    session.write("a.mesh", &GOOD.replace("50%, v2: 50%", "60%, v2: 40%"));
    assert_eq!(session.kinds(), ["building", "built", "exec"]);
    let log = std::fs::read_to_string(folder.path().join("log")).expect("the command ran");
    assert_eq!(log, "2\n2\n");
    std::fs::remove_file(folder.path().join("a.mesh")).expect("it is there");
    let turn = session.turn();
    assert_eq!(turn[1]["event"], "fault");
    assert!(turn[1]["message"].as_str().expect("it says what").contains("`a.mesh` cannot be read"), "{turn:?}");
}

#[test]
fn without_a_place_it_checks_and_standard_input_is_not_watched() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let session = Session::start(folder.path(), &["a.mesh"]);
    let turn = session.turn();
    assert!(turn[1]["event"] == "built" && turn[1].get("files").is_none(), "{turn:?}");
    let output = support::meshc(folder.path(), &["watch", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(support::text(&output.stderr).contains("there is nothing to watch"));
    assert_eq!(support::files(folder.path()), ["a.mesh"]);
}

#[test]
fn a_wrong_call_is_not_waited_for() {
    let folder = folder(&[("a.mesh", GOOD)]);
    for arguments in [&["nowhere"][..], &["a.mesh", "--set", "env=prod"], &["a.mesh", "--params", "none.yaml"]] {
        let output = support::meshc(folder.path(), &[&["watch"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// As behind `meshc watch --json | head -1`.
#[test]
fn a_session_ends_where_nobody_reads_it() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .args(["watch", "--json", "a.mesh"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("meshc starts");
    let mut out = BufReader::new(child.stdout.take().expect("it writes"));
    let mut line = String::new();
    while !line.contains("watching") {
        line.clear();
        out.read_line(&mut line).expect("it tells");
    }
    drop(out);
    std::fs::write(folder.path().join("a.mesh"), format!("# Changed.\n{GOOD}")).expect("a file can be written");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
