//! The same program for each supported release: the same bundle, or the error that says what the release lacks.

use libtest_mimic::Trial;
use mesh_compiler::compile;
use mesh_istio::SUPPORTED;

use crate::program::{codes, files, root, sources, yaml};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("releases::a_program_is_the_same_for_each_or_refused", a_program_is_the_same_for_each)]
}

fn a_program_is_the_same_for_each() {
    let (mut same, mut refused) = (0, Vec::new());
    for folder in ["tests/compile", "examples"] {
        for path in files(&root().join(folder), ".mesh") {
            let text = std::fs::read_to_string(&path).expect("a program can be read");
            // Programs that choose a release are about that release.
            if text.contains("istio 1.") || !path.ends_with("input.mesh") {
                continue;
            }
            let bundles = SUPPORTED.map(|release| {
                let release = format!("mesh < istio {release} >\n");
                let compilation =
                    compile(&sources([("input.mesh", text.as_str()), ("release.mesh", release.as_str())]));
                let problems: Vec<&str> =
                    codes(&compilation).into_iter().filter(|code| code.starts_with('E')).collect();
                if problems.is_empty() { Ok(yaml(&compilation)) } else { Err(problems.join(" ")) }
            });
            let newest = bundles.last().cloned().expect("there are releases");
            for (release, bundle) in SUPPORTED.iter().zip(&bundles) {
                match bundle {
                    Ok(bundle) => assert_eq!(Ok(bundle), newest.as_ref(), "{}: {release}", path.display()),
                    Err(problems) => {
                        assert!(
                            problems.split(' ').all(|code| code == "E0507"),
                            "{}: {release}: {problems}",
                            path.display()
                        );
                        refused.push(format!(
                            "{release} {}",
                            path.parent().and_then(|p| p.file_name()).unwrap_or_default().display()
                        ));
                    }
                }
            }
            same += 1;
        }
    }
    assert!(same > 100, "{same} programs");
    eprintln!("releases: {same} programs; a release lacks what they need: {refused:?}");
    assert!(refused.iter().all(|case| !case.starts_with("1.31")), "{refused:?}");
    assert!(refused.iter().any(|case| case.starts_with("1.28")), "nothing is younger than 1.28");
}
