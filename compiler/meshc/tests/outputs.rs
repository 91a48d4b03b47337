//! What is no object of Kubernetes: rules, jobs, dashboards, pictures.

mod support;

use support::{files, folder, meshc, text};

const WATCHED: &str = "mesh < prometheus plain; grafana files >
in shop
service a < http 80; versions v1, v2; account a; calls b >
service b < http 80 >
slo a < available 99.9% >
scrape namespace shop
dashboard a
";

#[test]
fn what_is_no_object_is_told_beside_the_stream_and_written_into_a_folder() {
    let folder = folder(&[("a.mesh", WATCHED)]);
    let output = meshc(folder.path(), &["build", "a.mesh"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!text(&output.stdout).contains("scrape_configs"), "the stream is for kubectl");
    let told = text(&output.stderr);
    for name in ["mesh-shop_a.json", "prometheus-rules.yaml", "prometheus-scrape.yaml"] {
        assert!(told.contains(&format!("`{name}` is no object of Kubernetes: `--out DIR` writes it")), "{told}");
    }
    let output = meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let written = files(&folder.path().join("b"));
    for name in ["mesh-shop_a.json", "prometheus-rules.yaml", "prometheus-scrape.yaml"] {
        assert!(written.iter().any(|known| known == name), "{written:?}");
    }
}

#[test]
fn what_is_no_longer_said_is_removed() {
    let folder = folder(&[("a.mesh", WATCHED)]);
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    std::fs::write(folder.path().join("a.mesh"), WATCHED.replace("dashboard a\n", "")).expect("a file can be written");
    meshc(folder.path(), &["build", "a.mesh", "--out", "b"]);
    assert!(!folder.path().join("b/mesh-shop_a.json").exists());
    assert!(folder.path().join("b/prometheus-rules.yaml").exists());
}

#[test]
fn a_picture_comes_in_five_forms() {
    let folder = folder(&[("a.mesh", WATCHED)]);
    for (form, start) in
        [("html", "<!doctype html>"), ("svg", "<svg "), ("mermaid", "flowchart LR"), ("dot", "digraph"), ("json", "{")]
    {
        let output = meshc(folder.path(), &["graph", "a.mesh", "--format", form]);
        let picture = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(picture.starts_with(start) && picture.ends_with('\n'), "{form}: {picture}");
        let again = meshc(folder.path(), &["graph", "a.mesh", "--format", form, "--out", "picture"]);
        assert!(again.stdout.is_empty());
        assert_eq!(std::fs::read_to_string(folder.path().join("picture")).expect("it is written"), picture);
    }
}

#[test]
fn a_picture_replaces_no_program_and_shows_none_with_errors() {
    let folder = folder(&[("a.mesh", WATCHED), ("b.mesh", "route a < v1: 80%, v2: 30% >\n")]);
    let output = meshc(folder.path(), &["graph", "a.mesh", "--out", "b.mesh"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`b.mesh` is the name of a program"));
    let output = meshc(folder.path(), &["graph", "b.mesh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("E0401"));
}

#[test]
fn what_is_said_in_a_program_ends_no_script() {
    let folder = folder(&[("a.mesh", "in shop\nservice a < http 80; annotation x: \"</script><b>\" >\n")]);
    let output = meshc(folder.path(), &["graph", "a.mesh"]);
    let page = text(&output.stdout);
    assert_eq!(page.matches("</script>").count(), 2, "the data and the script end once each");
    assert!(!page.contains("<b>"));
}
