//! What a program is to the server: folders, modules and who takes them in, addresses, files that cannot be read.

use std::path::PathBuf;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::client::Client;
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("lsp::programs::a_folder_and_its_folders_are_one", nested),
        trial("lsp::programs::what_a_module_declares_is_renamed_where_it_is_taken_in", imported),
        trial("lsp::programs::a_module_has_the_problems_of_all_who_take_it_in", shared),
        trial("lsp::programs::a_hidden_folder_is_apart", hidden),
        trial("lsp::programs::an_address_is_known_however_it_is_spelled", spelled),
        trial("lsp::programs::a_file_that_cannot_be_read_hides_no_other", unreadable),
        trial("lsp::programs::documents_that_lie_nowhere_are_apart", untitled),
        trial("lsp::programs::a_module_of_the_library_is_looked_at", library),
        trial("lsp::programs::folders_are_opened_and_closed", folders),
        trial("lsp::programs::the_modules_beside_a_file_are_offered", modules),
        trial("lsp::programs::choices_of_a_large_program_are_looked_at_in_a_pause", large),
    ]
}

/// A folder with files, and a session that has it open.
struct Place {
    home: tempfile::TempDir,
    client: Client,
}

impl Place {
    fn of(texts: &[(&str, &str)]) -> Place {
        let home = tempfile::tempdir().expect("a folder can be made");
        for (name, text) in texts {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("folders can be made");
            std::fs::write(path, text).expect("a file can be written");
        }
        let root = format!("file://{}", home.path().canonicalize().expect("it has a path").display());
        Place { home, client: Client::start(&[root], json!({}), &["utf-8"]) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().expect("it has a path").join(name)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// Opens a file as it is on the disk.
    fn open(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path(name)).expect("it is there");
        let uri = self.uri(name);
        self.client.open(&uri, &text);
        uri
    }

    fn codes(&mut self, uri: &str) -> Vec<String> {
        let problems = self.client.problems(uri);
        problems.iter().filter_map(|problem| Some(problem["code"].as_str()?.to_owned())).collect()
    }

    fn about(&mut self, method: &str, uri: &str, line: usize, column: usize) -> Value {
        let place = json!({
            "textDocument": { "uri": uri },
            "position": { "line": line, "character": column },
            "context": { "includeDeclaration": true, "triggerKind": 1 },
            "newName": "other",
        });
        self.client.request(&format!("textDocument/{method}"), place).expect("it is answered")
    }

    /// The files that another name changes, and how often.
    fn renamed(&mut self, uri: &str, line: usize, column: usize) -> Vec<(String, usize)> {
        let edits = self.about("rename", uri, line, column);
        let root = self.uri("");
        let changes = edits["changes"].as_object().expect("there are changes").iter();
        let mut out: Vec<(String, usize)> = changes
            .map(|(uri, edits)| (uri.trim_start_matches(&root).to_owned(), edits.as_array().map_or(0, Vec::len)))
            .collect();
        out.sort();
        out
    }
}

fn pairs(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn nested() {
    let mut place = Place::of(&[
        ("mesh/a.mesh", "service web < http 80; versions v1, v2; account web >\n"),
        ("mesh/team/b.mesh", "service api < http 80 >\nallow api < from web >\nroute web < v1: 80%, v2 >\n"),
        ("mesh/none/deep/d.mesh", "allow web < from web >\n"),
        ("other/c.mesh", "service web < http 90 >\n"),
    ]);
    let deep = place.open("mesh/none/deep/d.mesh");
    assert_eq!(place.codes(&deep), [""; 0]);
    let uri = place.open("mesh/team/b.mesh");
    assert_eq!(place.codes(&uri), [""; 0]);
    let found = place.about("definition", &uri, 1, 18);
    assert_eq!(found["uri"], place.uri("mesh/a.mesh"));
    assert_eq!(
        place.renamed(&uri, 2, 7),
        pairs(&[("mesh/a.mesh", 1), ("mesh/none/deep/d.mesh", 2), ("mesh/team/b.mesh", 2)])
    );
    place.client.stop();
}

fn imported() {
    let module = "profile patient(each: 1s) < retry 2 x $each on 5xx >\n";
    let user = "use ../common/presets\nservice a < http 80 >\nroute a < with patient(each: 2s) >\n";
    let mut place = Place::of(&[
        ("common/presets.mesh", module),
        ("shop/main.mesh", user),
        ("ops/main.mesh", &user.replace("route a", "route a as second")),
        (
            "none/main.mesh",
            "profile patient < retry 2 x 1s on 5xx >\nservice a < http 80 >\nroute a < with patient >\n",
        ),
    ]);
    let found = place.client.request("workspace/symbol", json!({ "query": "patient" })).expect("there are symbols");
    assert_eq!(found.as_array().map(Vec::len), Some(2), "one of the module, one of a program: {found}");
    let uri = place.open("common/presets.mesh");
    let all = [("common/presets.mesh", 1), ("ops/main.mesh", 1), ("shop/main.mesh", 1)];
    assert_eq!(place.renamed(&uri, 0, 9), pairs(&all));
    assert_eq!(place.about("references", &uri, 0, 9).as_array().map(Vec::len), Some(3));
    let user = place.open("shop/main.mesh");
    assert_eq!(place.renamed(&user, 2, 17), pairs(&all));
    assert_eq!(
        place.renamed(&user, 2, 25),
        pairs(&[("common/presets.mesh", 2), ("ops/main.mesh", 1), ("shop/main.mesh", 1)])
    );
    assert_eq!(place.renamed(&user, 1, 9), pairs(&[("shop/main.mesh", 2)]));
    // What is open counts, whatever path leads to it.
    place.client.change(&uri, 2, None, &format!("# Another line.\n{module}"));
    let edits = place.about("rename", &user, 2, 17);
    assert_eq!(edits["changes"][&uri][0]["range"]["start"], json!({ "line": 1, "character": 8 }), "{edits}");
    place.client.stop();
}

fn shared() {
    let user = |service: &str, each: &str| {
        format!(
            "use ../mid/through\nin shop\nservice {service} < http 80 >\nroute {service} < with patient(each: {each}); timeout $wait >\n"
        )
    };
    let mut place = Place::of(&[
        ("deep/presets.mesh", "profile patient(each: 1s) < retry 2 x $each on 5xx >\nlet wait = 3s\n"),
        ("mid/through.mesh", "use ../deep/presets\n"),
        ("a/main.mesh", &user("a", "2s")),
        ("b/main.mesh", &user("b", "1s")),
    ]);
    let presets = place.uri("deep/presets.mesh");
    let first = place.open("a/main.mesh");
    let (module, user) = (place.codes(&presets), place.codes(&first));
    assert_eq!(module.len() + user.len(), 1, "{module:?} {user:?}");
    place.open("b/main.mesh");
    assert_eq!((place.codes(&presets), place.codes(&first)), (module.clone(), user));
    place.open("deep/presets.mesh");
    assert_eq!(place.codes(&presets), module);
    // By a module that takes it in, too.
    let all = [("a/main.mesh", 1), ("b/main.mesh", 1), ("deep/presets.mesh", 1)];
    assert_eq!(place.renamed(&presets, 0, 9), pairs(&all));
    place.client.stop();
}

fn hidden() {
    let text = "service web < http 80 >\n";
    let mut place = Place::of(&[("a.mesh", text), (".cache/a.mesh", text)]);
    let uris = [place.open("a.mesh"), place.open(".cache/a.mesh")];
    assert!(uris.iter().all(|uri| place.codes(uri).is_empty()));
    place.client.stop();
}

fn spelled() {
    let mut place = Place::of(&[("q@z (1)/m.mesh", "service a < http 80 >\n")]);
    let uri = place.uri("q%40z%20%281%29/m.mesh");
    place.client.open(&uri, "service a < http 80 >\nrout a < v1 >\n");
    assert_eq!(place.codes(&uri), ["E0304"]);
    place.client.change(&uri, 2, None, "service a < http 80 >\nservice b < http 80 >\n");
    assert_eq!(place.codes(&uri), [""; 0]);
    let symbols = place.client.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(symbols.expect("there are symbols").as_array().map(Vec::len), Some(2));
    assert_eq!(place.about("references", &uri, 1, 9).as_array().map(Vec::len), Some(1));
    place.client.stop();
}

fn unreadable() {
    let mut place = Place::of(&[("m.mesh", "service a < http 80 >\nroute a < timeoutt 2s >\n"), ("b.mesh/x", "")]);
    std::fs::create_dir(place.path("dir.mesh")).expect("a folder can be made");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nonexistent/f", place.path("old.mesh")).expect("a link can be made");
    let uri = place.open("m.mesh");
    assert_eq!(place.codes(&uri), ["E0304"]);
    assert!(place.about("hover", &uri, 0, 9).is_object());
    let logged = |client: &Client| {
        let told = client.told.iter().filter(|(method, _)| method == "window/logMessage");
        told.map(|(_, params)| params["message"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    #[cfg(unix)]
    assert!(matches!(logged(&place.client).as_slice(), [one] if one.contains("old.mesh` cannot be read")));
    place.client.change(&uri, 2, None, "service a < http 80 >\n");
    assert_eq!(place.codes(&uri), [""; 0]);
    assert!(logged(&place.client).len() <= 1, "it is said once");
    place.client.stop();
}

fn untitled() {
    let mut place = Place::of(&[]);
    for (name, code) in [("untitled:Untitled-1", "E0304"), ("untitled:Untitled-2", "E0401")] {
        let text = if code == "E0304" {
            "rout a < v1 >\n"
        } else {
            "service a < versions v1, v2 >\nroute a < v1: 1%, v2: 1% >\n"
        };
        place.client.open(name, text);
    }
    assert_eq!(place.codes("untitled:Untitled-1"), ["E0304"]);
    assert_eq!(place.codes("untitled:Untitled-2"), ["E0401"]);
    place.client.stop();
}

fn library() {
    let mut place = Place::of(&[("m.mesh", "use std/resilience\nservice a < http 80 >\nroute a < with read >\n")]);
    let module = "mesh-std:/resilience.mesh";
    let text = place.client.request("workspace/textDocumentContent", json!({ "uri": module })).expect("it is there");
    let text = text["text"].as_str().expect("it is text").to_owned();
    let line = text.lines().position(|line| line.starts_with("profile read")).expect("it is declared");
    let symbols = json!({ "textDocument": { "uri": module } });
    // By itself, in a program that is made for it; then in one that takes it in.
    for users in [1, 2] {
        let found = place.client.request("textDocument/documentSymbol", symbols.clone()).expect("there are symbols");
        assert!(found.as_array().is_some_and(|list| list.len() > 3), "{found}");
        assert!(place.about("hover", module, line, 9).is_object());
        assert_eq!(place.about("references", module, line, 9).as_array().map(Vec::len), Some(users));
        place.open("m.mesh");
        place.client.settle();
    }
    let about_none = place.client.told.iter().any(|(_, params)| params["uri"].to_string().contains("mesh-library"));
    assert!(!about_none, "nothing is told of what nobody opened");
    place.client.stop();
}

fn folders() {
    let mut place =
        Place::of(&[("mesh/a.mesh", "service web < http 80 >\n"), ("mesh/team/b.mesh", "service web < http 80 >\n")]);
    let uri = place.open("mesh/team/b.mesh");
    assert_eq!(place.codes(&uri), ["E0207"]);
    let folder = |name: &str| json!({ "uri": place.uri(name), "name": "mesh" });
    let home = json!({ "uri": place.uri("").trim_end_matches('/'), "name": "mesh" });
    let change = json!({ "event": { "added": [folder("mesh/team")], "removed": [home] } });
    place.client.notify("workspace/didChangeWorkspaceFolders", change);
    assert_eq!(place.codes(&uri), [""; 0]);
    place.client.stop();
}

fn modules() {
    let texts =
        [("a.mesh", "use ./\n"), ("b.mesh", ""), ("common/x.mesh", ""), ("common/y.mesh", ""), ("empty/z.txt", "")];
    let mut place = Place::of(&texts);
    let uri = place.open("a.mesh");
    for (text, expected) in [("use ./", vec!["./b", "./common"]), ("use ./common/", vec!["./common/x", "./common/y"])] {
        place.client.change(&uri, 2, None, text);
        let found = place.about("completion", &uri, 0, text.len());
        let labels: Vec<&str> =
            found.as_array().expect("a list").iter().filter_map(|one| one["label"].as_str()).collect();
        assert_eq!(labels, expected);
    }
    place.client.stop();
}

fn large() {
    let mut place = Place::of(&[]);
    let text = mesh_generator::mesh(400).replacen('\n', "\nparam env of dev, prod\n", 1);
    let uri = "untitled:large";
    place.client.open(uri, &format!("{text}if $env is prod < route svc-1 as more < v9 > >\n"));
    let found = |place: &Place| place.client.told.iter().any(|(_, params)| params.to_string().contains("E0202"));
    // Nothing comes from the editor for a while, as often as that takes.
    for _ in 0..60 {
        std::thread::sleep(std::time::Duration::from_millis(500));
        place.client.request("mesh/memory", json!({})).expect("it is answered");
        if found(&place) {
            break;
        }
    }
    assert!(found(&place), "it is told without being asked");
    // It stays until it is looked at again.
    let text = format!("# Another line.\n{text}if $env is prod < route svc-1 as more < v9 > >\n");
    place.client.change(uri, 2, None, &text);
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        place.client.request("mesh/memory", json!({})).expect("it is answered");
    }
    let told = place.client.told.iter().filter(|(method, _)| method == "textDocument/publishDiagnostics");
    let after: Vec<bool> = told
        .filter(|(_, params)| params["version"] == 2)
        .map(|(_, params)| params.to_string().contains("E0202"))
        .collect();
    assert!(!after.is_empty() && after.iter().all(|told| *told), "{after:?}");
    place.client.stop();
}
