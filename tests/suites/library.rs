//! The standard library: every profile has an example that compiles without a word, and that Istio takes.

use libtest_mimic::Trial;
use mesh_compiler::{Item, library_items, library_modules};

use crate::judge::{Depth, is_available, judge, request};
use crate::program::{compiled, shown};
use crate::trial;

/// The modules that hold profiles.
const MODULES: [&str; 6] =
    ["std/edge", "std/egress", "std/observability", "std/resilience", "std/rollout", "std/security"];

pub fn trials() -> Vec<Trial> {
    let mut out = vec![
        trial("library::every_profile_is_documented", every_profile_is_documented),
        trial("library::profiles_cost_what_they_stand_for", profiles_are_what_they_stand_for),
    ];
    for (name, item) in items() {
        out.push(trial(format!("library::{name}"), move || example(&name, &item)));
    }
    out
}

fn items() -> Vec<(String, Item)> {
    let modules = library_modules().flat_map(|module| {
        library_items(module).into_iter().map(move |item| (format!("{module}/{}", item.name), item))
    });
    modules.collect()
}

fn every_profile_is_documented() {
    let with_profiles: Vec<&str> = library_modules().filter(|module| !library_items(module).is_empty()).collect();
    assert_eq!(with_profiles, MODULES);
    for (name, item) in items() {
        assert!(item.purpose.ends_with('.'), "{name} has no purpose: {}", item.purpose);
        assert!(item.reason.ends_with('.'), "{name} does not say where its numbers come from");
        assert!(item.example.contains(&format!("with {}", item.name)), "the example of {name} does not use it");
    }
}

fn example(name: &str, item: &Item) {
    let (sources, compilation) = compiled(&item.example);
    assert_eq!(compilation.diagnostics.len(), 0, "{name}:\n{}", shown(&sources, &compilation));
    assert!(!compilation.lowered.resources.is_empty(), "{name} makes nothing");
    if is_available() {
        let verdict = judge(vec![request(name, &compilation, Depth::Discovery)]).remove(name).expect("an answer");
        let errors = verdict.messages.iter().filter(|message| message.contains(" Error "));
        let problems: Vec<&String> = verdict.errors.iter().chain(&verdict.rejected).chain(errors).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
}

/// A mesh that takes profiles in is the mesh that spells their clauses out.
fn profiles_are_what_they_stand_for() {
    let spelled = compiled(&mesh_generator::mesh(30)).1;
    let taken = compiled(&mesh_generator::profiles(30)).1;
    let same = crate::program::yaml(&spelled) == crate::program::yaml(&taken);
    assert!(same, "the two meshes of the generator differ");
}
