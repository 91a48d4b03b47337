//! `slo`: the rules that it becomes, by Prometheus' own tool: each is valid, and each alert fires when it should, is
//! silent when it should, and ends.
//!
//! `.ci/run` names `promtool` in `MESH_PROMTOOL`; without it these tests do not exist.

use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::Trial;
use mesh_compiler::{Compilation, compile};
use mesh_istio::Kind;
use serde_json::{Value, json};

use crate::folders::program;
use crate::program::{compiled, files, root};
use crate::trial;

/// What is promised in the scenarios.
const PROGRAM: &str = "in shop
service payments < http 80; grpc 9090 >
service quiet < http 80 >
slo payments < available 99.9%; fast 99% under 250ms >
slo quiet < available 99.9%; at-least 1000 >
";

pub fn is_available() -> bool {
    std::env::var_os("MESH_PROMTOOL").is_some()
}

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    let mut out = vec![trial("objectives::every_rule_is_one_of_prometheus", every_rule_is_valid)];
    out.push(trial("objectives::the_outage_of_the_example_pages", || {
        promtool(&root().join("examples/observability"), &["test", "rules", "outage.yaml"]);
    }));
    for (name, scenario) in scenarios() {
        out.push(trial(format!("objectives::{name}"), move || hold(name, scenario)));
    }
    out
}

/// The groups of a bundle's PrometheusRules, as a file of Prometheus.
fn groups(compilation: &Compilation) -> Vec<Value> {
    let rules = compilation.lowered.resources.iter().filter(|resource| resource.kind == Kind::PrometheusRule);
    let lists = rules.filter_map(|resource| resource.spec.get("groups"));
    lists.flat_map(|node| node.list()).map(|node| serde_json::to_value(node).expect("a node is a value")).collect()
}

fn promtool(folder: &std::path::Path, arguments: &[&str]) -> String {
    let tool = std::env::var_os("MESH_PROMTOOL").expect("promtool is named");
    let output = Command::new(tool).args(arguments).current_dir(folder).output().expect("promtool starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

/// A folder of its own for a test.
fn folder(name: &str, rules: &[Value]) -> PathBuf {
    let folder = root().join("target/objectives").join(name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::write(folder.join("rules.json"), json!({ "groups": rules }).to_string()).expect("a file can be written");
    folder
}

fn every_rule_is_valid() {
    let mut tried = 0;
    let cases = files(&root().join("tests/compile"), ".mesh").into_iter().map(|path| program(&path));
    let mutations = files(&root().join("tests/mutations"), ".mesh").into_iter().map(|path| program(&path));
    for (at, sources) in cases.chain(mutations).enumerate() {
        let rules = groups(&compile(&sources));
        if rules.is_empty() {
            continue;
        }
        promtool(&folder(&format!("case-{at}"), &rules), &["check", "rules", "rules.json"]);
        tried += rules.len();
    }
    eprintln!("objectives: {tried} groups of rules");
    assert!(tried > 8, "only {tried} groups");
}

/// What happens, and what is firing at some minutes of it.
struct Scenario {
    service: &'static str,
    /// Minutes, requests a minute, and how many of a thousand are bad.
    phases: &'static [(u64, u64, u64)],
    /// How a bad request looks.
    bad: Bad,
    /// Minutes, the alert, and whether it fires.
    expected: &'static [(u64, &'static str, bool)],
    /// Minutes between two looks.
    interval: u64,
}

enum Bad {
    Status,
    Grpc,
    Slow,
}

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;
const PAGE: &str = "ErrorBudgetBurnsFast";
const TICKET: &str = "ErrorBudgetBurns";

fn scenarios() -> Vec<(&'static str, Scenario)> {
    let scenario = |phases, expected| Scenario { service: "payments", phases, bad: Bad::Status, expected, interval: 1 };
    vec![
        // Half of what the budget allows.
        (
            "errors_within_the_budget_are_silent",
            scenario(
                &[(9 * HOUR, 100_000, 0), (9 * HOUR, 200_000, 0)],
                &[(17 * HOUR, PAGE, false), (17 * HOUR, TICKET, false)],
            ),
        ),
        // 2% is 20 times the budget: 1.44% of an hour are reached after 43 minutes, and forgotten by 5 minutes at once.
        (
            "an_outage_pages_within_the_hour_and_ends_with_it",
            scenario(
                &[(6 * HOUR, 1000, 0), (HOUR, 1000, 20), (2 * HOUR, 1000, 0)],
                &[
                    (6 * HOUR + 35, PAGE, false),
                    (6 * HOUR + 50, PAGE, true),
                    (7 * HOUR, PAGE, true),
                    (7 * HOUR + 10, PAGE, false),
                ],
            ),
        ),
        // 1% is 10 times the budget, too slow for the hour: 0.6% of six hours are reached after 3 hours and 36 minutes.
        (
            "a_slower_fire_pages_by_six_hours",
            scenario(
                &[(6 * HOUR, 1000, 0), (5 * HOUR, 1000, 10), (2 * HOUR, 1000, 0)],
                &[(9 * HOUR, PAGE, false), (10 * HOUR, PAGE, true), (11 * HOUR, PAGE, true), (12 * HOUR, PAGE, false)],
            ),
        ),
        // 0.5% is 5 times the budget: no page, and a ticket after 14.4 hours of a day.
        (
            "a_smouldering_fire_is_a_ticket_by_a_day",
            Scenario {
                interval: 2,
                ..scenario(
                    &[(3 * DAY, 1000, 0), (20 * HOUR, 1000, 5), (6 * HOUR, 1000, 0)],
                    &[
                        (3 * DAY + 13 * HOUR, TICKET, false),
                        (3 * DAY + 16 * HOUR, TICKET, true),
                        (3 * DAY + 16 * HOUR, PAGE, false),
                        (3 * DAY + 26 * HOUR - 2, TICKET, false),
                    ],
                )
            },
        ),
        // 0.2% is twice the budget: a ticket after a day and a half of three.
        (
            "a_leak_is_a_ticket_by_three_days",
            Scenario {
                interval: 2,
                ..scenario(
                    &[(3 * DAY, 1000, 0), (2 * DAY, 1000, 2)],
                    &[
                        (3 * DAY + 33 * HOUR, TICKET, false),
                        (3 * DAY + 40 * HOUR, TICKET, true),
                        (3 * DAY + 40 * HOUR, PAGE, false),
                    ],
                )
            },
        ),
        (
            "an_error_of_grpc_is_one",
            Scenario {
                bad: Bad::Grpc,
                ..scenario(
                    &[(6 * HOUR, 1000, 0), (HOUR, 1000, 20)],
                    &[(6 * HOUR, PAGE, false), (6 * HOUR + 50, PAGE, true)],
                )
            },
        ),
        // 20% over 250ms where 1% may be.
        (
            "slow_answers_burn_their_own_budget",
            Scenario {
                bad: Bad::Slow,
                ..scenario(
                    &[(6 * HOUR, 1000, 0), (HOUR, 1000, 200)],
                    &[(6 * HOUR, PAGE, false), (6 * HOUR + 50, PAGE, true)],
                )
            },
        ),
        // Two of ten requests fail, and there are too few of them to tell.
        (
            "too_few_requests_are_no_alert",
            Scenario {
                service: "quiet",
                ..scenario(&[(9 * HOUR, 1, 200)], &[(9 * HOUR, PAGE, false), (HOUR, PAGE, false)])
            },
        ),
        (
            "enough_requests_are_one",
            Scenario { service: "quiet", ..scenario(&[(9 * HOUR, 100, 200)], &[(HOUR, PAGE, true)]) },
        ),
        (
            "no_requests_are_no_alert",
            scenario(&[(9 * HOUR, 0, 0)], &[(9 * HOUR, PAGE, false), (9 * HOUR, TICKET, false)]),
        ),
    ]
}

/// A counter as `promtool` writes it, over the phases.
fn counter(scenario: &Scenario, of: impl Fn(u64, u64) -> u64) -> String {
    let mut parts = Vec::new();
    let mut start = 0;
    for (minutes, requests, bad) in scenario.phases {
        let step = of(*requests, *bad) * scenario.interval;
        let steps = minutes / scenario.interval;
        // The first value of a phase is the last of the one before, a step later.
        parts.push(format!("{}+{step}x{}", start + step, steps - 1));
        start += step * steps;
    }
    parts.join(" ")
}

fn hold(name: &str, scenario: Scenario) {
    let (_, compilation) = compiled(PROGRAM);
    let folder = folder(name, &groups(&compilation));
    let requests = |status: &str, grpc: &str| {
        format!(
            "istio_requests_total{{reporter=\"source\", destination_service_name=\"{}\", \
             destination_service_namespace=\"shop\", response_code=\"{status}\", grpc_response_status=\"{grpc}\"}}",
            scenario.service
        )
    };
    let duration = |part: &str, more: &str| {
        format!(
            "istio_request_duration_milliseconds_{part}{{reporter=\"source\", destination_service_name=\"{}\", \
             destination_service_namespace=\"shop\"{more}}}",
            scenario.service
        )
    };
    let good = |requests: u64, bad: u64| requests - requests * bad / 1000;
    let wrong = |requests: u64, bad: u64| requests * bad / 1000;
    let all = |requests: u64, _: u64| requests;
    let series = match scenario.bad {
        Bad::Status => {
            vec![(requests("200", "0"), counter(&scenario, good)), (requests("503", ""), counter(&scenario, wrong))]
        }
        Bad::Grpc => {
            vec![(requests("200", "0"), counter(&scenario, good)), (requests("200", "14"), counter(&scenario, wrong))]
        }
        Bad::Slow => vec![
            (duration("bucket", ", le=\"250\""), counter(&scenario, good)),
            (duration("bucket", ", le=\"+Inf\""), counter(&scenario, all)),
            (duration("count", ""), counter(&scenario, all)),
        ],
    };
    let series: Vec<Value> =
        series.into_iter().map(|(series, values)| json!({ "series": series, "values": values })).collect();
    let expected: Vec<Value> = scenario
        .expected
        .iter()
        .map(|(minute, alert, fires)| {
            json!({
                "expr": format!("count(ALERTS{{alertname=\"{alert}\", alertstate=\"firing\"}}) or vector(0)"),
                "eval_time": format!("{minute}m"),
                "exp_samples": [{ "labels": "{}", "value": u64::from(*fires) }],
            })
        })
        .collect();
    let test = json!({
        "rule_files": ["rules.json"],
        "evaluation_interval": format!("{}m", scenario.interval),
        "tests": [{ "interval": format!("{}m", scenario.interval), "input_series": series, "promql_expr_test": expected }],
    });
    std::fs::write(folder.join("test.json"), test.to_string()).expect("a file can be written");
    promtool(&folder, &["test", "rules", "test.json"]);
}
