//! The command line as its users meet it: exit codes, streams, files.

mod support;

use std::process::{Command, Stdio};

use support::{files, folder, meshc, run, text};

const GOOD: &str = "in shop\nservice a < http 80; versions v1, v2 >\nroute a < v1: 50%, v2: 50% >\n";

#[test]
fn a_good_program_prints_its_bundle_and_ends_with_0() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let output = meshc(folder.path(), &["build", "a.mesh"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("kind: VirtualService"));
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_program_with_errors_prints_no_bundle_and_ends_with_1() {
    let folder = folder(&[("a.mesh", "route a < v1: 80% >\n")]);
    let output = meshc(folder.path(), &["build", "a.mesh"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(text(&output.stderr).contains("error[E0401]"));
}

#[test]
fn wrong_usage_and_missing_files_end_with_2() {
    let folder = folder(&[]);
    for arguments in [&["build"][..], &["build", "missing.mesh"], &["check", "."], &["nonsense"], &["explain", "E9999"]]
    {
        assert_eq!(meshc(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn folders_files_and_standard_input_make_one_program() {
    let folder = folder(&[
        ("mesh/a.mesh", "in shop\nservice a < http 80; versions v1 >\n"),
        ("mesh/deep/b.mesh", "in shop\nroute a < v1 >\n"),
        ("mesh/.hidden/c.mesh", "nonsense\n"),
        ("mesh/node_modules/x/d.mesh", "nonsense\n"),
    ]);
    assert_eq!(meshc(folder.path(), &["build", "mesh"]).status.code(), Some(0));
    let output = run(folder.path(), &["build", "mesh/a.mesh", "-"], "in shop\nroute a < v1 >\n");
    assert!(text(&output.stdout).contains("subset: v1"));
    let output = run(folder.path(), &["check", "-"], "rout a < v1 >\n");
    assert!(text(&output.stderr).contains("<stdin>:1:1"), "{}", text(&output.stderr));
}

#[test]
fn modules_of_ones_own_give_facts_and_emit_nothing() {
    let folder = folder(&[
        ("main.mesh", "use ./facts\nin shop\nroute a < v1 >\n"),
        ("facts.mesh", "in shop\nservice a < http 80; versions v1 >\n"),
    ]);
    let output = meshc(folder.path(), &["build", "main.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("DestinationRule"));
    let output = meshc(folder.path(), &["check", "facts.mesh", "main.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn out_writes_one_file_a_kind_and_removes_only_its_own() {
    let folder = folder(&[("a.mesh", GOOD), ("out/mine.yaml", "mine\n")]);
    let out = folder.path().join("out");
    assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--out", "out"]).status.code(), Some(0));
    assert_eq!(files(&out), [".meshc-files", "destination-rule.yaml", "mine.yaml", "virtual-service.yaml"]);
    std::fs::write(folder.path().join("a.mesh"), "in shop\nservice a < http 80; versions v1 >\n").expect("written");
    assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--out", "out"]).status.code(), Some(0));
    assert_eq!(files(&out), [".meshc-files", "destination-rule.yaml", "mine.yaml"]);
    assert_eq!(std::fs::read_to_string(out.join("mine.yaml")).expect("still there"), "mine\n");
}

#[test]
fn out_never_overwrites_what_meshc_did_not_write() {
    let folder = folder(&[("a.mesh", GOOD), ("out/virtual-service.yaml", "mine\n")]);
    let output = meshc(folder.path(), &["build", "a.mesh", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files(&folder.path().join("out")), ["virtual-service.yaml"]);
    let kept = std::fs::read_to_string(folder.path().join("out/virtual-service.yaml")).expect("still there");
    assert_eq!(kept, "mine\n");
}

#[test]
fn a_failed_build_leaves_the_folder_as_it_was() {
    let folder = folder(&[("a.mesh", GOOD)]);
    assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--out", "out"]).status.code(), Some(0));
    let before = files(&folder.path().join("out"));
    std::fs::write(folder.path().join("a.mesh"), "route a < v1: 80% >\n").expect("written");
    assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--out", "out"]).status.code(), Some(1));
    assert_eq!(files(&folder.path().join("out")), before);
}

#[test]
fn unchanged_files_are_not_touched() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let path = folder.path().join("out/virtual-service.yaml");
    let build = || assert_eq!(meshc(folder.path(), &["build", "a.mesh", "--out", "out"]).status.code(), Some(0));
    build();
    let first = std::fs::metadata(&path).and_then(|meta| meta.modified()).expect("there");
    build();
    assert_eq!(std::fs::metadata(&path).and_then(|meta| meta.modified()).expect("there"), first);
}

#[test]
fn namespaces_stand_in_a_file_of_their_own_or_as_commands_or_not_at_all() {
    let program = "namespace shop < inject >\nin shop\nservice a < http 80; versions v1 >\n";
    let folder = folder(&[("a.mesh", program)]);
    let build = |mode: &str, out: &str| meshc(folder.path(), &["build", "a.mesh", "--namespaces", mode, "--out", out]);
    assert_eq!(build("emit", "emit").status.code(), Some(0));
    assert_eq!(files(&folder.path().join("emit")), [".meshc-files", "destination-rule.yaml", "namespaces.yaml"]);
    assert_eq!(build("labels", "labels").status.code(), Some(0));
    let script = std::fs::read_to_string(folder.path().join("labels/namespaces.sh")).expect("a script");
    assert!(script.contains("kubectl label --overwrite namespace shop 'istio-injection=enabled'"), "{script}");
    assert_eq!(build("skip", "skip").status.code(), Some(0));
    assert_eq!(files(&folder.path().join("skip")), [".meshc-files", "destination-rule.yaml"]);
}

#[test]
fn split_by_resource_and_json_are_one_file_an_object() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let output = meshc(folder.path(), &["build", "a.mesh", "--out", "out", "--split", "resource", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let out = folder.path().join("out");
    assert_eq!(files(&out), [".meshc-files", "shop.destination-rule.a.json", "shop.virtual-service.a.json"]);
    let json = std::fs::read_to_string(out.join("shop.virtual-service.a.json")).expect("there");
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(value["items"][0]["kind"], "VirtualService");
}

#[test]
fn explain_says_where_each_resource_comes_from() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let output = text(&meshc(folder.path(), &["build", "a.mesh", "--explain"]).stdout);
    assert!(output.contains("# a.mesh:3: route a"), "{output}");
    assert!(output.contains("# Istio adds by itself"), "{output}");
}

#[test]
fn problems_are_text_lines_json_or_sarif() {
    let folder = folder(&[("a.mesh", "route a < v1: 80% >\n")]);
    let short = text(&meshc(folder.path(), &["check", "a.mesh", "--diagnostics", "short"]).stderr);
    assert!(short.starts_with("a.mesh:1:11: error[E0401]"), "{short}");
    let json = text(&meshc(folder.path(), &["check", "a.mesh", "--diagnostics", "json"]).stdout);
    let value: serde_json::Value = serde_json::from_str(json.lines().next().expect("a line")).expect("it is JSON");
    assert_eq!((&value["code"], &value["primary"]["line"]), (&"E0401".into(), &1.into()));
    let sarif = text(&meshc(folder.path(), &["check", "a.mesh", "--diagnostics", "sarif"]).stdout);
    let value: serde_json::Value = serde_json::from_str(&sarif).expect("it is JSON");
    assert_eq!((&value["version"], &value["runs"][0]["results"][0]["ruleId"]), (&"2.1.0".into(), &"E0401".into()));
}

#[test]
fn warnings_fail_where_they_are_denied() {
    let program = "service a < http 80 >\nroute a < retry 3 x 2s >\n";
    let folder = folder(&[("a.mesh", program)]);
    assert_eq!(meshc(folder.path(), &["check", "a.mesh"]).status.code(), Some(0));
    let denied = meshc(folder.path(), &["build", "a.mesh", "--deny", "warnings"]);
    assert_eq!((denied.status.code(), text(&denied.stdout)), (Some(1), String::new()));
}

#[test]
fn fixes_are_applied_and_the_rest_is_reported() {
    let folder = folder(&[("a.mesh", "service a < http 80 >\nroute a < timeout 10 >\n")]);
    let output = meshc(folder.path(), &["check", "--fix", "a.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let fixed = std::fs::read_to_string(folder.path().join("a.mesh")).expect("there");
    assert_eq!(fixed, "service a < http 80 >\nroute a < timeout 10s >\n");
}

#[test]
fn a_file_that_is_not_utf_8_is_said_to_be_none() {
    let folder = folder(&[]);
    std::fs::write(folder.path().join("a.mesh"), b"service caf\xe9 < http 80 >\n").expect("written");
    let output = meshc(folder.path(), &["check", "a.mesh"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert_eq!((said.matches("error[").count(), said.contains("error[E0101]")), (1, true), "{said}");
    assert_eq!(meshc(folder.path(), &["fmt", "a.mesh"]).status.code(), Some(2));
}

#[test]
fn fmt_writes_checks_and_leaves_broken_files_alone() {
    let folder = folder(&[("a.mesh", "route   a<v1>\n"), ("b.mesh", "route a < v1\n")]);
    assert_eq!(meshc(folder.path(), &["fmt", "--check", "a.mesh"]).status.code(), Some(1));
    assert_eq!(meshc(folder.path(), &["fmt", "a.mesh"]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.mesh")).expect("there"), "route a < v1 >\n");
    assert_eq!(meshc(folder.path(), &["fmt", "--check", "a.mesh"]).status.code(), Some(0));
    assert_eq!(meshc(folder.path(), &["fmt", "b.mesh"]).status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(folder.path().join("b.mesh")).expect("there"), "route a < v1\n");
    let output = run(folder.path(), &["fmt", "-"], "in  shop\n");
    assert_eq!(text(&output.stdout), "in shop\n");
}

#[test]
fn init_writes_a_starter_that_builds_and_overwrites_nothing() {
    let folder = folder(&[]);
    assert_eq!(meshc(folder.path(), &["init"]).status.code(), Some(0));
    let output = meshc(folder.path(), &["build", "mesh.mesh", "--deny", "warnings"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(meshc(folder.path(), &["init"]).status.code(), Some(2));
}

#[test]
fn explain_knows_codes_words_and_modules() {
    let folder = folder(&[]);
    let explain = |topic: &str| text(&meshc(folder.path(), &["explain", topic]).stdout);
    assert!(explain("e0401").starts_with("# E0401"));
    assert!(explain("shadowed-rule").starts_with("# shadowed-rule"));
    assert!(explain("retry").contains("retry 3 x 2s on 5xx, reset"));
    assert!(explain("std/istioctl").contains("istio-ingressgateway"));
    assert!(text(&meshc(folder.path(), &["explain"]).stdout).contains("Statements:"));
    assert!(text(&meshc(folder.path(), &["explain", "retyr"]).stderr).contains("did you mean `retry`?"));
}

#[test]
fn completions_and_manual_pages_are_made() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(text(&meshc(folder.path(), &["completions", shell]).stdout).contains("meshc"), "{shell}");
    }
    assert_eq!(meshc(folder.path(), &["man", "--out", "man"]).status.code(), Some(0));
    assert!(files(&folder.path().join("man")).contains(&"meshc-build.1".to_owned()));
}

#[test]
fn colour_follows_the_flag_and_the_environment() {
    let folder = folder(&[("a.mesh", "route a < v1: 80% >\n")]);
    let plain = meshc(folder.path(), &["check", "a.mesh"]).stderr;
    let colored = meshc(folder.path(), &["check", "a.mesh", "--color", "always"]).stderr;
    assert!(!text(&plain).contains('\u{1b}') && text(&colored).contains('\u{1b}'));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_ends_with_2() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there is a device that is full");
    let output = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .args(["build", "a.mesh"])
        .current_dir(folder.path())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("meshc runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("standard output cannot be written"));
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link() {
    let folder = folder(&[("real.mesh", "in   shop\n")]);
    let link = folder.path().join("link.mesh");
    std::os::unix::fs::symlink("real.mesh", &link).expect("a link can be made");
    assert_eq!(meshc(folder.path(), &["fmt", "link.mesh"]).status.code(), Some(0));
    assert!(link.is_symlink());
    let written = std::fs::read_to_string(folder.path().join("real.mesh")).expect("the file is there");
    assert_eq!(written, "in shop\n");
}

#[test]
fn no_two_resources_have_one_file() {
    let program = "namespace virtual-service < inject >\nservice a < http 80 >\nservice b < http 80 >\n\
                   route a as destination-rule.x < timeout 1s >\n\
                   traffic b in virtual-service as x < pool < max-connections 1 > >\n";
    let folder = folder(&[("a.mesh", program)]);
    assert_eq!(
        meshc(folder.path(), &["build", "a.mesh", "--split", "resource", "--out", "out"]).status.code(),
        Some(0)
    );
    let written = files(&folder.path().join("out"));
    assert!(written.contains(&"_.virtual-service.destination-rule.x.yaml".to_owned()), "{written:?}");
    assert_eq!(written.iter().filter(|name| name.ends_with(".yaml")).count(), 3, "{written:?}");
}

#[test]
fn commands_for_namespaces_set_annotations_too() {
    let folder = folder(&[("a.mesh", "namespace a < inject; annotation q: \"a b\" >\n")]);
    let output = text(&meshc(folder.path(), &["build", "a.mesh", "--namespaces", "labels"]).stdout);
    assert!(output.contains("kubectl label --overwrite namespace a 'istio-injection=enabled'"), "{output}");
    assert!(output.contains("kubectl annotate --overwrite namespace a 'q=a b'"), "{output}");
}

#[test]
fn what_cannot_be_done_is_said_and_not_left_out() {
    let folder = folder(&[("a.mesh", GOOD)]);
    let explained = meshc(folder.path(), &["build", "a.mesh", "--explain", "--format", "json"]);
    assert_eq!(explained.status.code(), Some(2));
    let mended = run(folder.path(), &["check", "--fix", "-"], GOOD);
    assert_eq!(mended.status.code(), Some(2));
}

#[test]
fn the_starter_goes_to_standard_output() {
    let folder = folder(&[]);
    let output = meshc(folder.path(), &["init", "-"]);
    assert_eq!(run(folder.path(), &["check", "-"], &text(&output.stdout)).status.code(), Some(0));
    assert!(files(folder.path()).is_empty());
}

const CHOICES: &str = "in shop
param env of dev, prod default dev
param connections of count default 10
service a < http 80 >
traffic a < pool < max-connections $connections > >
if $env is prod < mtls a strict > else < mtls a permissive >
";

#[test]
fn parameters_are_chosen_by_arguments_and_files() {
    let folder = folder(&[
        ("a.mesh", CHOICES),
        ("prod.yaml", "env: prod\nconnections: 100\n"),
        ("wrong.yaml", "- env\n"),
        ("deep.json", "{\"env\": {\"a\": 1}}"),
        ("twice.yaml", "env: prod\nenv: dev\n"),
        ("release.yaml", "release: 1.10\n"),
        ("b.mesh", "param release of string\nin shop\nservice a < http 80 >\nroute a < respond 200 \"${release}\" >\n"),
    ]);
    let build = |arguments: &[&str]| meshc(folder.path(), &[&["build", "a.mesh"], arguments].concat());
    assert!(text(&build(&[]).stdout).contains("mode: PERMISSIVE"));
    let chosen = text(&build(&["--set", "env=prod"]).stdout);
    assert!(chosen.contains("mode: STRICT") && chosen.contains("maxConnections: 10\n"));
    let chosen = text(&build(&["--params", "prod.yaml"]).stdout);
    assert!(chosen.contains("mode: STRICT") && chosen.contains("maxConnections: 100"));
    let chosen = text(&build(&["--params", "prod.yaml", "--set", "connections=7"]).stdout);
    assert!(chosen.contains("mode: STRICT") && chosen.contains("maxConnections: 7\n"));
    // A number keeps its digits.
    let release = meshc(folder.path(), &["build", "b.mesh", "--params", "release.yaml"]);
    assert!(text(&release.stdout).contains("string: \"1.10\""), "{}", text(&release.stderr));
    let refused = [
        (&["--set", "env=prd"][..], "`env` cannot be `prd`; expected `dev` or `prod`"),
        (&["--set", "connections=many"], "expected a whole number"),
        (&["--set", "evn=prod"], "no parameter `evn`; is `env` meant?"),
        (&["--set", "env"], "it chooses nothing; write NAME=VALUE"),
        (&["--params", "wrong.yaml"], "no map of names and values"),
        (&["--params", "deep.json"], "the value of `env` is no single value"),
        (&["--params", "none.yaml"], "cannot be read"),
        (&["--params", "twice.yaml"], "`twice.yaml`: line 2: duplicate mapping key: env\n"),
    ];
    for (arguments, said) in refused {
        let output = build(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn check_looks_at_every_choice_and_build_at_one() {
    let program = "in shop
param env of dev, prod default dev
service a < http 80; versions v1 >
if $env is prod < route a < v2 > > else < route a < v1 > >
";
    let folder = folder(&[
        ("a.mesh", program),
        ("b.mesh", "param env of dev, prod\nin shop\nif $env is dev < mtls namespace strict >\n"),
    ]);
    assert_eq!(meshc(folder.path(), &["build", "a.mesh"]).status.code(), Some(0));
    let output = meshc(folder.path(), &["check", "a.mesh"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("E0202") && said.contains("this holds with `env` as `prod`"), "{said}");
    assert_eq!(meshc(folder.path(), &["check", "--set", "env=dev", "a.mesh"]).status.code(), Some(0));
    // Nothing is guessed when building, and every choice is looked at when checking.
    assert!(text(&meshc(folder.path(), &["build", "b.mesh"]).stderr).contains("E0222"));
    assert_eq!(meshc(folder.path(), &["check", "b.mesh"]).status.code(), Some(0));
}

#[test]
fn what_one_choice_does_not_need_is_kept_for_another() {
    let program = "param env of dev, prod default dev
in shop
service a < http 80 >
traffic a < if $env is prod < eject 5 x 5xx every 5s for 30s >; ignore eject-needs-at-most \"many endpoints\" >
service b < http 80 >
traffic b < balance random; ignore eject-needs-at-most \"many endpoints\" >
";
    let folder = folder(&[("a.mesh", program)]);
    let said = text(&meshc(folder.path(), &["build", "a.mesh"]).stderr);
    assert!(!said.contains("ignored-nothing"), "{said}");
    meshc(folder.path(), &["check", "--fix", "a.mesh"]);
    let mended = std::fs::read_to_string(folder.path().join("a.mesh")).expect("the file is there");
    let kept = mended.lines().filter(|line| line.contains("ignore eject-needs-at-most")).collect::<Vec<_>>();
    assert!(matches!(kept.as_slice(), [line] if line.contains("$env")), "{mended}");
}

#[test]
fn expand_prints_a_program_without_abstraction() {
    let folder = folder(&[("a.mesh", CHOICES), ("bad.mesh", "in shop\nroute a < with nobody >\n")]);
    let output = meshc(folder.path(), &["expand", "--set", "env=prod", "a.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let expanded = text(&output.stdout);
    assert!(expanded.contains("pool < max-connections 10 >") && expanded.contains("mtls a strict"), "{expanded}");
    assert!(!["param", "$", "if "].iter().any(|word| expanded.contains(word)), "{expanded}");
    // It is the same program.
    let again = run(folder.path(), &["build", "-"], &expanded);
    assert_eq!(again.stdout, meshc(folder.path(), &["build", "--set", "env=prod", "a.mesh"]).stdout);
    let output = meshc(folder.path(), &["expand", "bad.mesh"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn a_module_of_ones_own_wins_over_the_library() {
    let folder = folder(&[
        ("main.mesh", "use std/resilience\nuse ./common\nin shop\nservice a < http 80 >\nroute a < with read >\n"),
        ("common/retries.mesh", "profile read < timeout 99s >\n"),
    ]);
    let output = meshc(folder.path(), &["build", "main.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("timeout: 99s"), "{}", text(&output.stdout));
}

#[test]
fn profiles_come_from_modules_of_ones_own() {
    let folder = folder(&[
        ("main.mesh", "use ./common\nin shop\nservice a < http 80 >\nroute a < with patient (total: 9s) >\n"),
        (
            "common/retries.mesh",
            "let tries = 2\nprofile patient (total) < retry $tries x 1s on reset; timeout $total >\n",
        ),
    ]);
    let output = meshc(folder.path(), &["build", "--explain", "main.mesh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let bundle = text(&output.stdout);
    assert!(
        bundle.contains("timeout: 9s") && bundle.contains("# from the profile patient (common/retries.mesh:2)"),
        "{bundle}"
    );
}

#[test]
fn fixes_in_a_profile_are_made_where_it_is_written() {
    let program = "in shop\nprofile patient < timout 9s >\nservice a < http 80 >\nroute a < with patient >\n";
    let folder = folder(&[("a.mesh", program)]);
    assert_eq!(meshc(folder.path(), &["check", "--fix", "a.mesh"]).status.code(), Some(0));
    let mended = std::fs::read_to_string(folder.path().join("a.mesh")).expect("the file can be read");
    assert_eq!(mended, program.replace("timout", "timeout"));
}
