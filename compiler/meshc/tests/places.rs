//! Where a bundle goes, what build systems are told, and how drift is found.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use support::{files, folder, meshc, text};

const GOOD: &str = "in shop\nservice a < http 80; versions v1, v2 >\nroute a < v1: 50%, v2: 50% >\n";

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file can be written");
}

/// Makes a file old, so that what writes it again shows.
fn age(path: &Path) -> SystemTime {
    let old = SystemTime::now() - Duration::from_secs(3600);
    let file = std::fs::File::options().write(true).open(path).expect("it is there");
    file.set_modified(old).expect("its time can be set");
    modified(path)
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|meta| meta.modified()).expect("it has a time")
}

#[test]
fn a_name_that_ends_in_yaml_or_json_is_one_file() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let printed = text(&meshc(folder.path(), &["build", "a.mesh"]).stdout);
    for name in ["deep/all.yaml", "all.YML"] {
        let output = meshc(folder.path(), &["build", "a.mesh", "--out", name]);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
        assert_eq!(read(&folder.path().join(name)), printed);
    }
    meshc(folder.path(), &["build", "a.mesh", "--out", "all.json"]);
    assert!(read(&folder.path().join("all.json")).starts_with('{'), "the name says the format");
    std::fs::create_dir(folder.path().join("odd.yaml")).expect("a folder can be made");
    meshc(folder.path(), &["build", "a.mesh", "--out", "odd.yaml"]);
    assert!(folder.path().join("odd.yaml/virtual-service.yaml").exists(), "a folder stays one");
    let output = meshc(folder.path(), &["build", "a.mesh", "--out", "all.yaml", "--split", "kind"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`all.yaml` is one file"), "{}", text(&output.stderr));
}

#[test]
fn files_with_the_same_bytes_are_not_touched() {
    let folder = folder(&[("a.mesh", GOOD)]);
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    let of = |name: &str| folder.path().join("b").join(name);
    let names = files(&folder.path().join("b"));
    let before: Vec<_> = names.iter().map(|name| age(&of(name))).collect();
    write(&folder.path().join("a.mesh"), &GOOD.replace("50%, v2: 50%", "60%, v2: 40%"));
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    let changed: Vec<&str> = names
        .iter()
        .zip(before)
        .filter(|(name, old)| modified(&of(name)) != *old)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(changed, ["virtual-service.yaml"]);
}

#[test]
fn a_depfile_names_what_was_read() {
    let folder = folder(&[
        ("mesh/a.mesh", "use ../facts\nparam n of percent default 50%\nin shop\nroute a < v1: $n, v2 >\n"),
        ("facts.mesh", "in shop\nservice a < http 80; versions v1, v2 >\n"),
        ("values.yaml", "n: 40%\n"),
    ]);
    let build = |out: &str| {
        let output =
            meshc(folder.path(), &["build", "mesh", "--params", "values.yaml", "--out", out, "--depfile", "d/x.d"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        read(&folder.path().join("d/x.d"))
    };
    let inputs = "mesh/a.mesh \\\n  mesh/../facts.mesh \\\n  values.yaml \\\n  mesh\n";
    assert!(build("all.yaml").starts_with(&format!("all.yaml: \\\n  {inputs}")), "{}", build("all.yaml"));
    assert!(build("b").starts_with(&format!("b/.meshc-files: \\\n  {inputs}")));
    let old = age(&folder.path().join("b/.meshc-files"));
    build("b");
    let target = modified(&folder.path().join("b/.meshc-files"));
    assert_ne!(target, old, "the target is as new as the build");
    write(&folder.path().join("mesh/b.mesh"), GOOD);
    assert!(target < modified(&folder.path().join("mesh")), "what changes right behind a build is newer");
    let output = meshc(folder.path(), &["build", "mesh", "--depfile", "x.d"]);
    assert_eq!(output.status.code(), Some(2), "without a file there is no target");
}

#[test]
fn a_broken_program_leaves_bundle_and_depfile_as_they_were() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let arguments = ["build", "a.mesh", "--out", "all.yaml", "--depfile", "all.d"];
    meshc(folder.path(), &arguments);
    let before = (read(&folder.path().join("all.yaml")), read(&folder.path().join("all.d")));
    write(&folder.path().join("a.mesh"), &GOOD.replace("50%, v2", "5%, v2"));
    assert_eq!(meshc(folder.path(), &arguments).status.code(), Some(1));
    assert_eq!((read(&folder.path().join("all.yaml")), read(&folder.path().join("all.d"))), before);
}

#[test]
fn builds_into_one_folder_at_a_time_leave_it_whole() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let children: Vec<_> = (0..8)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_meshc"))
                .args(["build", "a.mesh", "--out", "b"])
                .current_dir(folder.path())
                .spawn()
                .expect("meshc starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("meshc ends").success());
    }
    assert_eq!(files(&folder.path().join("b")), [".meshc-files", "destination-rule.yaml", "virtual-service.yaml"]);
    let check = meshc(folder.path(), &["build", "a.mesh", "--check", "b"]);
    assert_eq!((check.status.code(), text(&check.stderr).as_str()), (Some(0), ""));
}

#[test]
fn drift_is_shown_and_mends_nothing() {
    let folder = folder(&[("a.mesh", GOOD)]);
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    let file = folder.path().join("b/virtual-service.yaml");
    let good = read(&file);
    let check = |arguments: &[&str]| {
        let output = meshc(folder.path(), &[&["build", "a.mesh"], arguments].concat());
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(check(&["--check", "b"]), (Some(0), String::new()));

    write(&file, &good.replacen("weight: 50", "weight: 90", 1));
    let (code, said) = check(&["--check", "b"]);
    assert_eq!(code, Some(1));
    for part in [
        "error: `b` is not what the program compiles to",
        "  differs      b/virtual-service.yaml",
        "-      weight: 90",
        "+      weight: 50",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(read(&file).contains("weight: 90"), "nothing is written");

    write(&file, &good.replace('\n', "\r\n"));
    let (code, said) = check(&["--check", "b"]);
    assert!(code == Some(1) && said.contains("line endings") && said.contains("eol=lf"), "{said}");

    std::fs::remove_file(&file).expect("it is there");
    let output = meshc(folder.path(), &["build", "a.mesh", "--check", "b", "--diagnostics", "json"]);
    let line = r#"{"drift":"missing","file":"b/virtual-service.yaml"}"#;
    assert_eq!((output.status.code(), text(&output.stdout).trim()), (Some(1), line));
    let (code, said) = check(&["--check", "b", "--diagnostics", "sarif"]);
    assert!(code == Some(2) && said.contains("drift has no place in a program"), "{said}");

    write(&file, &good);
    write(&folder.path().join("a.mesh"), "in shop\nservice a < http 80 >\n");
    write(&folder.path().join("b/kustomization.yaml"), "resources: []\n");
    let (code, said) = check(&["--check", "b"]);
    assert!(code == Some(1) && said.contains("left over    b/virtual-service.yaml"), "{said}");
    assert!(!said.contains("kustomization"), "what meshc did not write is not its own: {said}");

    let (code, said) = check(&["--check", "nowhere"]);
    assert_eq!(code, Some(0), "a program without resources is no files: {said}");
}

#[test]
fn drift_says_what_it_may_come_from() {
    let folder = folder(&[("a.mesh", GOOD), ("own/virtual-service.yaml", "mine: true\n")]);
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    let check = |arguments: &[&str]| {
        let output = meshc(folder.path(), &[&["build", "a.mesh"], arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(check(&["--check", "nowhere"]).contains("there is nothing at this path"));
    assert!(check(&["--check", "b", "--split", "resource"]).contains("another `--split`"));
    let said = check(&["--check", "own"]);
    assert!(
        said.contains("not meshc's  own/virtual-service.yaml") && said.contains("would not write over it"),
        "{said}"
    );
    std::fs::remove_file(folder.path().join("b/.meshc-files")).expect("it is there");
    assert!(check(&["--check", "b"]).contains("missing      b/.meshc-files"), "without its list nothing is left over");
}

#[test]
fn a_build_writes_over_nothing_that_it_reads_or_writes_otherwise() {
    let folder = folder(&[("a.mesh", GOOD), ("p.yaml", "{}\n"), ("prog.yaml", GOOD)]);
    let refused = [
        (&["a.mesh", "--params", "p.yaml", "--out", "p.yaml"][..], "`p.yaml` is read by this build"),
        (&["a.mesh", "--out", "z.yaml", "--depfile", "./a.mesh"], "`./a.mesh` is read by this build"),
        (&["prog.yaml", "--out", "prog.yaml"], "`prog.yaml` is read by this build"),
        (&["a.mesh", "--out", "z.yaml", "--depfile", "z.yaml"], "`z.yaml` is a file of the bundle"),
        (&["a.mesh", "--out", "b", "--depfile", "b/virtual-service.yaml"], "is a file of the bundle"),
    ];
    for (arguments, said) in refused {
        let output = meshc(folder.path(), &[&["build"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{said}: {}", text(&output.stderr));
    }
    assert_eq!(files(folder.path()), ["a.mesh", "p.yaml", "prog.yaml"]);
    assert_eq!(
        (read(&folder.path().join("a.mesh")), read(&folder.path().join("p.yaml"))),
        (GOOD.to_owned(), "{}\n".to_owned())
    );
}

#[test]
fn nothing_does_not_take_the_place_of_something_by_accident() {
    let folder = folder(&[("a.mesh", GOOD)]);
    for (place, file) in [("b", "b/virtual-service.yaml"), ("all.yaml", "all.yaml"), ("all.json", "all.json")] {
        write(&folder.path().join("a.mesh"), GOOD);
        meshc(folder.path(), &["build", "a.mesh", "--out", place]);
        write(&folder.path().join("a.mesh"), "");
        let output = meshc(folder.path(), &["build", "a.mesh", "--out", place]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("--allow-empty"), "{}", text(&output.stderr));
        assert!(read(&folder.path().join(file)).contains("VirtualService"));
        let output = meshc(folder.path(), &["build", "a.mesh", "--out", place, "--allow-empty"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let left = std::fs::read_to_string(folder.path().join(file)).unwrap_or_default();
        let nothing =
            if file.ends_with("json") { "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}\n" } else { "" };
        assert_eq!(left, nothing);
        write(&folder.path().join("a.mesh"), "namespace shop < inject >\n");
        let skipped = meshc(folder.path(), &["build", "a.mesh", "--out", place, "--namespaces", "skip"]);
        assert_eq!(skipped.status.code(), Some(0), "{}", text(&skipped.stderr));
        let again = meshc(folder.path(), &["build", "a.mesh", "--out", place]);
        assert_eq!(again.status.code(), Some(0), "where there is nothing, nothing is lost");
    }
}

#[test]
fn a_file_of_parameters_is_named_and_may_choose_nothing() {
    let program = GOOD.replace("in shop", "param env of dev, prod default dev\nin shop");
    let folder = folder(&[("a.mesh", &program), ("p.yaml", "evn: dev\n"), ("none.yaml", "# env: prod\n")]);
    let output = meshc(folder.path(), &["build", "a.mesh", "--params", "p.yaml"]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("`p.yaml`: the program has no parameter `evn`"), "{said}");
    let output = meshc(folder.path(), &["build", "a.mesh", "--params", "none.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn one_file_is_checked_too() {
    let folder = folder(&[("a.mesh", GOOD)]);
    meshc(folder.path(), &["build", "a.mesh", "--out", "all.yaml"]);
    assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--check", "all.yaml"]).status.code(), Some(0));
    let explained = meshc(folder.path(), &["build", "a.mesh", "--check", "all.yaml", "--explain"]);
    assert_eq!(explained.status.code(), Some(1), "a file is made as it is checked");
    let both = meshc(folder.path(), &["build", "a.mesh", "--check", "all.yaml", "--out", "b"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn another_release_of_istio_may_be_meant() {
    let program = "mesh < istio 1.30 >\nservice orders < http 8080 >\ntraffic orders <\n  eject 5 x 503 every 5s for 30s at-most 50%\n>\n";
    let folder = folder(&[("a.mesh", program)]);
    assert_eq!(meshc(folder.path(), &["check", "a.mesh", "--istio", "1.31"]).status.code(), Some(0));
    let output = meshc(folder.path(), &["check", "a.mesh"]);
    assert!(text(&output.stderr).contains("E0507"), "{}", text(&output.stderr));
    let output = meshc(folder.path(), &["check", "a.mesh", "--istio", "1.2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("this meshc knows 1.28, 1.29, 1.30, 1.31"), "{}", text(&output.stderr));
}
