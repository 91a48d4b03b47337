//! The other direction: what Istio refuses, meshc refuses, or cannot write.
//!
//! The tables under `tests/conformance/rules` name every rule of Istio's webhook (W) and of its schemas' CEL (C).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use libtest_mimic::Trial;
use mesh_diagnostics::{Severity, code_named};

use crate::judge::{is_available, judge, request_of};
use crate::program::{codes, compiled, files, root};
use crate::trial;
use crate::written::documents;
use crate::written::text::resource_text;

/// How many rules there are of each kind.
const WEBHOOK: u32 = 490;
const CEL: u32 = 37;

pub fn trials() -> Vec<Trial> {
    let mut out = vec![
        trial("rules::every_rule_is_classified", every_rule_is_classified),
        trial("rules::what_is_refused_has_a_case", what_is_refused_has_a_case),
        trial("rules::what_istio_refuses_is_refused", what_istio_refuses_is_refused),
        trial("robustness::an_answer_has_a_limit", an_answer_has_a_limit),
    ];
    if is_available() {
        out.push(trial("rules::istio_refuses_what_meshc_refuses", istio_refuses_it_too));
    }
    out
}

/// How a rule is broken that only `resource` can break: by its file, as a statement.
const RESOURCE: &str = "written as a resource";

/// A row of the tables.
struct Rule {
    id: String,
    what: String,
    class: String,
    how: String,
}

fn rules() -> Vec<Rule> {
    let mut out = Vec::new();
    for path in files(&root().join("tests/conformance/rules"), ".md") {
        let text = std::fs::read_to_string(&path).expect("a table can be read");
        for line in text.lines().filter(|line| line.starts_with("| W") || line.starts_with("| C")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [id, _, what, class, how] = cells.as_slice() else { panic!("{line} has {} cells", cells.len()) };
            let how = how.trim_matches('`');
            out.push(Rule { id: (*id).into(), what: (*what).into(), class: (*class).into(), how: how.into() });
        }
    }
    out
}

impl Rule {
    /// The code with which meshc refuses it.
    fn code(&self) -> Option<&str> {
        self.class.strip_prefix("refused ")
    }
}

fn every_rule_is_classified() {
    let rules = rules();
    let mut seen = BTreeSet::new();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &rules {
        assert!(seen.insert(rule.id.clone()), "{} stands twice", rule.id);
        let class = rule.code().map_or(rule.class.as_str(), |_| "refused");
        assert!(["impossible", "refused", "silent"].contains(&class), "{} is `{class}`", rule.id);
        assert!(!rule.how.is_empty() && !rule.what.is_empty(), "{} says nothing", rule.id);
        *classes.entry(class).or_default() += 1;
    }
    let all = (1..=WEBHOOK).map(|n| format!("W{n}")).chain((1..=CEL).map(|n| format!("C{n}")));
    let missing: Vec<String> = all.filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "not classified: {missing:?}");
    assert_eq!(seen.len(), (WEBHOOK + CEL) as usize);
    eprintln!("rules: {} of Istio's rules: {classes:?}", rules.len());
}

fn what_is_refused_has_a_case() {
    for rule in rules() {
        let Some(code) = rule.code() else { continue };
        assert!(code_named(code).is_some(), "{}: there is no {code}", rule.id);
        // A severity of its own: what Istio refuses must not be a mere note.
        let severity = code_named(code).map(|code| code.severity);
        assert!(rule.what.starts_with("warns:") || severity == Some(Severity::Error), "{}: {code}", rule.id);
        if !rule.how.starts_with("errors/") {
            continue;
        }
        let folder = root().join("tests").join(&rule.how);
        assert!(folder.join("input.mesh").exists(), "{}: {} is not there", rule.id, rule.how);
        assert_eq!(folder.parent().and_then(|parent| parent.file_name()), Some(code.as_ref()), "{}", rule.id);
    }
}

/// Each resource that breaks a rule is an error, or a warning, where it is written as one.
fn what_istio_refuses_is_refused() {
    let mut taken = Vec::new();
    for rule in rules() {
        let path = root().join("tests/conformance/refused").join(format!("{}.yaml", rule.id));
        let Ok(yaml) = std::fs::read_to_string(&path) else {
            assert!(rule.how != RESOURCE, "{} is not there", path.display());
            continue;
        };
        // Some have a form that no statement has: a list that is there and empty.
        let Some(texts) = documents(&yaml).iter().map(resource_text).collect::<Option<Vec<_>>>() else {
            assert!(rule.how != RESOURCE, "{} cannot be written as a resource", rule.id);
            continue;
        };
        let text = texts.join("\n");
        let codes = codes(&compiled(&text).1);
        let said = rule.how != RESOURCE || rule.code().is_some_and(|code| codes.contains(&code));
        let silent = rule.class == "silent";
        if codes.is_empty() != silent || !(said || silent) {
            taken.push(format!("{} is {codes:?}, and {} in the table:\n{text}", rule.id, rule.class));
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

/// Each refused rule has a resource, written by hand, that breaks it, and Istio says so too.
fn istio_refuses_it_too() {
    let folder = root().join("tests/conformance/refused");
    let rules: BTreeMap<String, Rule> =
        rules().into_iter().filter(|rule| rule.class != "impossible").map(|rule| (rule.id.clone(), rule)).collect();
    let mut written: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in files(&folder, ".yaml") {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(rules.contains_key(&id), "{} breaks no refused rule", path.display());
        written.insert(id, path);
    }
    let lacking: Vec<&String> = rules
        .values()
        .filter(|rule| rule.how.starts_with("errors/") || rule.how == RESOURCE)
        .map(|rule| &rule.id)
        .filter(|id| !written.contains_key(*id))
        .collect();
    assert!(lacking.is_empty(), "no resource under {} for {lacking:?}", folder.display());
    let requests = written
        .iter()
        .map(|(id, path)| request_of(id, &std::fs::read_to_string(path).expect("a resource can be read")));
    let verdicts = judge(requests.collect());
    let mut accepted = Vec::new();
    for (id, verdict) in &verdicts {
        let said = if rules[id].what.starts_with("warns:") { &verdict.warnings } else { &verdict.errors };
        if said.is_empty() {
            accepted.push(format!("{id}: {verdict:?}"));
        }
    }
    assert!(accepted.is_empty(), "Istio takes what it should refuse:\n{}", accepted.join("\n"));
}

/// Too long for a case of its own.
fn an_answer_has_a_limit() {
    let program =
        |length: usize| format!("service a < http 80 >\nroute a < respond 200 \"{}\" >\n", "x".repeat(length));
    assert_eq!(codes(&compiled(&program(100 << 10)).1), [""; 0]);
    assert_eq!(codes(&compiled(&program((100 << 10) + 1)).1), ["E0310"]);
}
