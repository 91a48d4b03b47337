//! `meshc krm`, `meshc post-render` and `meshc check --beside` by themselves; the hosts of the first two run them in
//! `tests/integrations`.

mod support;

use std::process::{Command, Stdio};

use support::{folder, run, text};

const PROGRAM: &str =
    "in shop\nnamespace shop < inject >\nservice web < http 80; versions v1, v2 >\nroute web < timeout 5s >\n";

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n  creationTimestamp: null\nspec:\n  ports:\n  - port: 80\n    name: http\n";

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

/// A ResourceList with these items, whose function is a MeshProgram with this `spec`, both in the indentation of their place.
fn list(items: &[&str], spec: &str) -> String {
    let mut out = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:");
    for item in items {
        let lines = item.trim_end().replace('\n', "\n  ");
        out.push_str(&format!("\n- {lines}"));
    }
    if items.is_empty() {
        out.push_str(" []");
    }
    out.push_str("\nfunctionConfig:\n  apiVersion: mesh-lang.github.io/v1\n  kind: MeshProgram\n  metadata: {name: m}\n  spec:\n");
    out + spec
}

#[test]
fn a_function_adds_its_bundle_to_what_is_there() {
    let folder = folder(&[("mesh/shop.mesh", PROGRAM)]);
    let output = run(folder.path(), &["krm"], &list(&[NAMESPACE, SERVICE], "    files: [mesh]\n"));
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let kinds: Vec<&str> = out.lines().filter_map(|line| line.trim_start().strip_prefix("kind: ")).collect();
    assert_eq!(kinds, ["ResourceList", "Namespace", "Service", "DestinationRule", "VirtualService", "MeshProgram"]);
    assert!(out.contains("creationTimestamp: null"), "what others wrote stays as it is: {out}");
    assert!(out.contains("istio-injection: enabled"), "a Namespace that is there gets the labels: {out}");
}

#[test]
fn a_function_of_a_broken_program_tells_and_adds_nothing() {
    let folder = folder(&[]);
    let spec = "    sources:\n      a.mesh: |\n        in shop\n        route web < v1: 80%, v2: 30% >\n";
    let output = run(folder.path(), &["krm"], &list(&[SERVICE], spec));
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("error[E0401]") && !out.contains("VirtualService"));
    assert!(
        out.contains("- message: \"E0401: ") && out.contains("severity: error") && out.contains("path: a.mesh"),
        "{out}"
    );
}

#[test]
fn a_function_that_is_asked_wrongly_says_what_is_wrong() {
    let folder = folder(&[("good.mesh", PROGRAM)]);
    let wrong = [
        ("kind: Deployment\n".to_owned(), "is no ResourceList"),
        ("kind: ResourceList\nitems: []\n".to_owned(), "no `functionConfig`"),
        (list(&[], "    fiels: [good.mesh]\n"), "unknown field `fiels`"),
        (list(&[], "    params: {a: b}\n"), "names no program"),
        (list(&[], "    files: [nowhere]\n"), "`nowhere` cannot be read"),
        (list(&[], "    files: [good.mesh]\n    istio: \"1.2\"\n"), "this meshc knows 1.28"),
        (list(&[], "    sources: {a.mesh: in shop}\n"), "compiles to no object at all"),
        (
            list(&[], "    files: [good.mesh]\n").replace("MeshProgram", "Mesh"),
            "a `MeshProgram` of `mesh-lang.github.io/v1` is expected",
        ),
    ];
    for (input, said) in wrong {
        let output = run(folder.path(), &["krm"], &input);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{said}");
        assert!(text(&output.stderr).contains(said), "{said}: {}", text(&output.stderr));
    }
    let output = run(folder.path(), &["krm"], &list(&[], "    sources: {a.mesh: in shop}\n    allowEmpty: true\n"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn an_exec_plugin_reads_its_program_from_a_file_and_documents_from_its_input() {
    let config = "apiVersion: mesh-lang.github.io/v1\nkind: MeshProgram\nspec:\n  files: [shop.mesh]\n";
    let folder = folder(&[("root/shop.mesh", PROGRAM), ("config.yaml", config)]);
    let plugin = |input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_meshc"))
            .args(["krm", "config.yaml"])
            .current_dir(folder.path())
            .env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", folder.path().join("root"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("meshc starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("it reads"), input.as_bytes()).expect("it takes it");
        child.wait_with_output().expect("it ends")
    };
    let output = plugin(&format!("{SERVICE}---\n{NAMESPACE}"));
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(out.matches("---\n").count(), 4, "{out}");
    assert!(out.contains("istio-injection: enabled"));
    assert_eq!(text(&plugin("").stdout).matches("---\n").count(), 3, "as a generator it gets nothing");
    let output = plugin(&SERVICE.replace("80", "81"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(text(&output.stderr).contains("error[E0428]"));
}

#[test]
fn what_a_chart_renders_goes_out_as_it_came_in() {
    let folder = folder(&[("shop.mesh", PROGRAM)]);
    let chart = format!(
        "---\n# Source: a\n{SERVICE}---\n# nothing\n---\n# Source: b\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: 'x'}}   # as it is\n"
    );
    let output = run(folder.path(), &["post-render", "shop.mesh"], &chart);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let added = out.strip_prefix(&chart).expect("the chart stands first, to the byte");
    assert_eq!(added.matches("---\n").count(), 3);
    let skipped = run(folder.path(), &["post-render", "shop.mesh", "--skip-namespaces", "--explain"], &chart);
    assert!(
        !text(&skipped.stdout).contains("kind: Namespace")
            && text(&skipped.stdout).contains("# shop.mesh:4: route web")
    );
    let output = run(folder.path(), &["post-render", "shop.mesh"], &format!("{chart}---\n{NAMESPACE}"));
    assert_eq!(text(&output.stdout).matches("kind: Namespace").count(), 1);
    assert!(text(&output.stdout).contains("istio-injection: enabled"));
}

#[test]
fn programs_of_a_chart_take_values_and_leave_the_stream() {
    let folder = folder(&[]);
    let program = "apiVersion: mesh-lang.github.io/v1\nkind: MeshProgram\nmetadata: {name: m}\nspec:\n  sources:\n    shop.mesh: |\n      param share of percent default 10%\n      in shop\n      service web < http 80; versions v1, v2 >\n      route web < v2: $share, v1 >\n  params: {share: 30%}\n";
    let chart = format!("{SERVICE}---\n{program}");
    let output = run(folder.path(), &["post-render"], &chart);
    let out = text(&output.stdout);
    assert!(out.contains("weight: 30") && !out.contains("MeshProgram"), "{out}{}", text(&output.stderr));
    let output = run(folder.path(), &["post-render", "--set", "share=40%"], &chart);
    assert!(text(&output.stdout).contains("weight: 40"), "{}", text(&output.stderr));
    for (arguments, input, code, said) in [
        (&["post-render"][..], SERVICE, 2, "there is no program"),
        (&["post-render"], "a: [", 2, "what the chart renders: line 1"),
        (&["post-render"], &chart.replace("port: 80", "port: 81"), 1, "error[E0428]"),
        (&["post-render", "--set", "share=110%"], &chart, 1, "110% is more than everything"),
        (&["post-render"], &chart.replace("  params:", "  parms:"), 2, "unknown field `parms`"),
    ] {
        let output = run(folder.path(), arguments, input);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), String::new()), "{said}");
        assert!(text(&output.stderr).contains(said), "{said}: {}", text(&output.stderr));
    }
    let output = run(folder.path(), &["post-render", "--no-compare"], &chart.replace("port: 80", "port: 81"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_service_that_is_not_rendered_may_be_meant() {
    let program = PROGRAM.replace("service web", "service cart < http 80 >\nservice web");
    let ignoring = program
        .replace("service cart < http 80", "service cart < http 80; ignore not-rendered \"another chart has it\"");
    let folder = folder(&[("a.mesh", &program), ("b.mesh", &ignoring)]);
    let said = |file: &str| {
        let output =
            run(folder.path(), &["krm"], &list(&[SERVICE], &format!("    files: [{file}]\n    deny: warnings\n")));
        (output.status.code(), text(&output.stderr))
    };
    let (code, problems) = said("a.mesh");
    assert!(code == Some(1) && problems.contains("warning[not-rendered]: no Service `cart` is rendered"), "{problems}");
    assert_eq!(said("b.mesh"), (Some(0), String::new()));
    let alone = run(folder.path(), &["check", "b.mesh", "--deny", "warnings"], "");
    assert_eq!((alone.status.code(), text(&alone.stderr)), (Some(0), String::new()));
}

#[test]
fn a_check_compares_with_manifests_and_with_what_a_cluster_tells() {
    let other = SERVICE.replace("80", "81");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", other.trim_end().replace('\n', "\n  "));
    let another = SERVICE.replace("name: web", "name: api");
    let values = "replicas: 3\n";
    let folder = folder(&[
        ("shop.mesh", PROGRAM),
        ("good/chart/templates/web.yml", &format!("{NAMESPACE}---\n{SERVICE}")),
        ("good/values.yaml", values),
        ("good/notes.txt", "{{ no YAML }}"),
        ("good/.hidden.yaml", "a: ["),
        ("other.yaml", &other),
        ("none/readme.md", ""),
        ("bad/a.yaml", "kind: Service\na: [\n"),
        (
            "json/web.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"}, \"spec\": {\"ports\": [{\"port\": 81}]}}",
        ),
    ]);
    let check = |arguments: &[&str], input: &str| {
        let output = run(folder.path(), &[&["check"], arguments].concat(), input);
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    assert_eq!(check(&["shop.mesh", "--deny", "warnings", "--beside", "good"], ""), (Some(0), String::new()));
    for (arguments, input, code, said) in [
        (&["shop.mesh", "--beside", "other.yaml"][..], "", 1, "error[E0428]"),
        (&["shop.mesh", "--beside", "json"], "", 1, "error[E0428]"),
        (&["shop.mesh", "--beside", "-"], &list, 1, "error[E0428]"),
        (&["-", "--beside", "good", "--beside", "other.yaml"], PROGRAM, 1, "error[E0428]"),
        (&["shop.mesh", "--beside", "-"], &another, 0, "warning[not-rendered]: no Service `web` is rendered"),
        (&["-", "--beside", "-"], PROGRAM, 2, "standard input cannot be both"),
        (&["shop.mesh", "--beside", "none"], "", 2, "the folder `none` holds no file of YAML or JSON"),
        (&["shop.mesh", "--beside", "nowhere.yaml"], "", 2, "`nowhere.yaml` cannot be read"),
        (&["shop.mesh", "--beside", "bad"], "", 2, "`bad/a.yaml` cannot be read: line 2"),
    ] {
        let (found, out) = check(arguments, input);
        assert!(found == Some(code) && out.contains(said), "{arguments:?}: {found:?} {out}");
    }
}

#[test]
fn a_check_compares_for_every_choice() {
    let must = "param env of dev, prod\nin shop\nservice web < http 80 >\nservice api < http 80; ignore not-rendered \"later\" >\nif $env is prod < mtls web strict >\n";
    let one = "param env of dev, prod default dev\nin shop\nif $env is prod < service web < http 81 > > else < service web < http 80 > >\n";
    let folder = folder(&[
        ("must.mesh", must),
        ("one.mesh", one),
        ("web.yaml", SERVICE),
        ("other.yaml", &SERVICE.replace("80", "82")),
    ]);
    let check = |file: &str, beside: &str| {
        let output = run(folder.path(), &["check", file, "--beside", beside, "--deny", "warnings"], "");
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    assert_eq!(check("must.mesh", "web.yaml"), (Some(0), String::new()));
    let (code, said) = check("must.mesh", "other.yaml");
    assert!(code == Some(1) && said.contains("error[E0428]"), "{said}");
    let (code, said) = check("one.mesh", "web.yaml");
    assert!(code == Some(1) && said.contains("E0428") && said.contains("this holds with `env` as `prod`"), "{said}");
}

#[test]
fn a_program_without_a_namespace_is_not_compared_with_services_of_several() {
    let folder = folder(&[("web.mesh", "service web < http 80 >\n")]);
    let check = |objects: &str| run(folder.path(), &["check", "web.mesh", "--beside", "-"], objects).status.code();
    let other = SERVICE.replace("80", "81").replace("shop", "other");
    assert_eq!(check(&other), Some(1));
    assert_eq!(check(&format!("{SERVICE}---\n{other}")), Some(0));
}
