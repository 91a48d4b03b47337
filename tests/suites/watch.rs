//! What is seen: a real Prometheus reads the compiled scrape configuration and rules, fetches a mesh that exports what
//! Istio's proxies would, and every query of every dashboard has data; an alert reaches a receiver through Alertmanager.
//!
//! `.ci/run` names both in `MESH_PROMETHEUS` and `MESH_ALERTMANAGER`; without them these tests do not exist.

mod http;
mod mesh;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use mesh_compiler::{Compilation, compile_with};
use mesh_istio::Kind;
use serde_json::{Value, json};

use self::http::{escaped, free_port, get, serve};
use self::mesh::Mesh;
use crate::folders::program;
use crate::program::{choices, root, shown};
use crate::trial;

/// The programs whose dashboards are looked at.
const PROGRAMS: [&str; 4] = [
    "tests/suites/watched.mesh",
    "examples/shop/shop.mesh",
    "examples/payments/payments.mesh",
    "examples/tour/tour.mesh",
];

/// Files in place of objects, for programs that do not say how Prometheus and Grafana are set up.
const FILES: &str = "mesh < prometheus plain; grafana files >\n";

/// Where metrics come from, for programs that do not say it.
const SCRAPE: &str = "scrape mesh\n";

/// How long to wait for something that takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn is_available() -> bool {
    std::env::var_os("MESH_PROMETHEUS").is_some() && std::env::var_os("MESH_ALERTMANAGER").is_some()
}

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    let name = |path: &str| Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut out: Vec<Trial> = PROGRAMS
        .into_iter()
        .map(|path| trial(format!("watch::every_query_of_{}_has_data", name(path)), move || every_query_has_data(path)))
        .collect();
    out.push(trial("watch::an_alert_reaches_its_receiver", an_alert_reaches_its_receiver));
    out
}

/// A program with its rules, scrape configuration and dashboards as files.
fn files_of(path: &str) -> Compilation {
    let mut sources = program(&root().join(path));
    for (said, text) in [("prometheus plain", FILES), ("\nscrape ", SCRAPE)] {
        if !sources.iter().any(|(_, source)| source.text.contains(said)) {
            sources.add(format!("added-{}.mesh", sources.iter().count()), text.to_owned());
        }
    }
    let (_, choices) = choices(&sources).swap_remove(0);
    let compilation = compile_with(&sources, &choices);
    assert!(!compilation.diagnostics.has_errors(), "{}", shown(&sources, &compilation));
    compilation
}

fn file<'c>(compilation: &'c Compilation, name: &str) -> Option<&'c str> {
    let files = &compilation.lowered.files;
    files.iter().find(|file| file.name == name).map(|file| file.text.as_str())
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(tool: &str, folder: &Path, arguments: &[String]) -> Running {
    let log = std::fs::File::create(folder.join(format!("{tool}.log"))).expect("a file can be written");
    let path = std::env::var_os(tool).expect("the tool is named");
    let child = Command::new(path)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the tool starts");
    Running(child)
}

fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "in vain waited for {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A Prometheus over the mesh of a program.
struct Stand {
    _prometheus: Running,
    port: u16,
    /// The pods carry the annotation that makes their proxies export more.
    more: Arc<AtomicBool>,
}

fn folder(name: &str) -> PathBuf {
    let folder = root().join("target/watch").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

impl Stand {
    fn of(name: &str, compilation: &Compilation, alertmanager: Option<u16>) -> Stand {
        let folder = folder(name);
        let mesh = Mesh::of(compilation);
        let names: Vec<(String, String)> =
            mesh.pods.iter().map(|pod| (pod.name.clone(), pod.namespace.clone())).collect();
        let more = Arc::new(AtomicBool::new(false));
        let (annotated, begun) = (more.clone(), Instant::now());
        let proxies = serve(move |path, _| {
            let Some(name) = path.strip_prefix("/stats/prometheus?pod=") else { return String::new() };
            let pod = mesh.pods.iter().find(|pod| pod.name == name).expect("a pod of the mesh");
            mesh.export(pod, begun.elapsed().as_secs_f64(), annotated.load(Ordering::Relaxed))
        });
        // What Kubernetes would have found, for the compiled configuration to choose from.
        let targets = names.iter().flat_map(|(pod, namespace)| {
            ["http-envoy-prom", "http"].map(|port| {
                json!({
                    "targets": [format!("127.0.0.1:{proxies}")],
                    "labels": {
                        "__param_pod": pod, "__meta_kubernetes_namespace": namespace, "__meta_kubernetes_pod_name": pod,
                        "__meta_kubernetes_pod_container_name": "istio-proxy", "__meta_kubernetes_pod_phase": "Running",
                        "__meta_kubernetes_pod_container_port_name": port,
                    },
                })
            })
        });
        let targets: Vec<Value> = targets.collect();
        let scrape = file(compilation, "prometheus-scrape.yaml").expect("the program scrapes something");
        let mut scrape: Value =
            serde_json::to_value(mesh_istio::yaml::read(scrape, Default::default()).expect("it is YAML"))
                .expect("a node is a value");
        for job in scrape["scrape_configs"].as_array_mut().expect("a list of jobs") {
            let job = job.as_object_mut().expect("a job");
            job.remove("kubernetes_sd_configs");
            job.insert("static_configs".to_owned(), Value::Array(targets.clone()));
        }
        let rules = file(compilation, "prometheus-rules.yaml").unwrap_or("groups: []\n");
        std::fs::write(folder.join("rules.yaml"), rules).expect("a file can be written");
        let managers: Vec<Value> = alertmanager
            .map(|port| json!({ "static_configs": [{ "targets": [format!("127.0.0.1:{port}")] }] }))
            .into_iter()
            .collect();
        let configuration = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
            "rule_files": ["rules.yaml"], "scrape_configs": scrape["scrape_configs"],
            "alerting": { "alertmanagers": managers },
        });
        std::fs::write(folder.join("prometheus.json"), configuration.to_string()).expect("a file can be written");
        let port = free_port();
        let arguments = [
            "--config.file=prometheus.json".to_owned(),
            "--storage.tsdb.path=data".to_owned(),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--log.level=warn".to_owned(),
        ];
        let prometheus = start("MESH_PROMETHEUS", &folder, &arguments);
        wait_for("Prometheus", || get(port, "/-/ready").filter(|text| text.contains("Ready")));
        Stand { _prometheus: prometheus, port, more }
    }

    /// The values of a query now; those that are no number are none.
    fn ask(&self, query: &str) -> Vec<(Value, f64)> {
        let answer = get(self.port, &format!("/api/v1/query?query={}", escaped(query))).expect("Prometheus answers");
        let answer: Value = serde_json::from_str(&answer).expect("it answers in JSON");
        assert_eq!(answer["status"], "success", "{query}\n{answer}");
        let result = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let number =
            |sample: &Value| sample["value"][1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        result.iter().map(|sample| (sample["metric"].clone(), number(sample))).filter(|(_, n)| !n.is_nan()).collect()
    }
}

/// A query of a panel, with what the reader chose filled in.
fn filled(expr: &str, namespace: &str) -> String {
    expr.replace("$__rate_interval", "8s")
        .replace("$namespace", namespace)
        .replace("$cluster", ".*")
        .replace("$service", ".*")
        .replace("$reporter", "source")
}

/// What a test wants to know of a panel.
struct Panel {
    title: String,
    /// What it says of itself.
    about: String,
    /// The legend and the expression of each query.
    queries: Vec<(String, String)>,
}

fn panels(dashboard: &Value) -> Vec<Panel> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = dashboard["panels"].as_array().cloned().unwrap_or_default();
    let panel = |panel: &Value| {
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let queries = targets.iter().map(|target| (text(&target["legendFormat"]), text(&target["expr"]))).collect();
        Panel { title: text(&panel["title"]), about: text(&panel["description"]), queries }
    };
    list.iter().map(panel).collect()
}

/// Panels of which nothing is exported unless the pods carry an annotation, as they say themselves.
fn needs_annotation(about: &str) -> bool {
    about.contains("Istio does not export this by itself")
}

fn every_query_has_data(path: &str) {
    let compilation = files_of(path);
    let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stand = Stand::of(&name, &compilation, None);
    let boards: Vec<(&str, Value)> = compilation
        .lowered
        .files
        .iter()
        .filter(|file| file.name.ends_with(".json"))
        .map(|file| (file.name.as_str(), serde_json::from_str(&file.text).expect("a dashboard is JSON")))
        .collect();
    assert!(!boards.is_empty(), "{path} has no dashboard");
    let (mut asked, mut without) = (0, Vec::new());
    for annotated in [false, true] {
        stand.more.store(annotated, Ordering::Relaxed);
        for (board, dashboard) in &boards {
            let variables = dashboard["templating"]["list"].as_array().cloned().unwrap_or_default();
            let namespace =
                variables.iter().find(|variable| variable["name"] == "namespace").expect("a namespace to choose");
            let namespace =
                namespace["current"]["value"].as_str().filter(|value| !value.starts_with('$')).unwrap_or(".*");
            for Panel { title, about, queries } in panels(dashboard) {
                if needs_annotation(&about) != annotated {
                    if !annotated {
                        for (_, expr) in queries {
                            assert!(
                                stand.ask(&filled(&expr, namespace)).is_empty(),
                                "{title} of {board} has data without the annotation"
                            );
                        }
                    }
                    continue;
                }
                for (legend, expr) in queries {
                    let query = filled(&expr, namespace);
                    let begun = Instant::now();
                    let mut values = stand.ask(&query);
                    while values.is_empty() && begun.elapsed() < Duration::from_secs(20) {
                        std::thread::sleep(Duration::from_millis(500));
                        values = stand.ask(&query);
                    }
                    asked += 1;
                    if values.is_empty() {
                        without.push(format!("{board}: {title} ({legend}): {query}"));
                    }
                    // A legend that names a label has one.
                    for (labels, _) in &values {
                        for label in
                            legend.split("{{").skip(1).filter_map(|part| part.split_once("}}")).map(|(label, _)| label)
                        {
                            assert!(labels.get(label).is_some(), "{board}: {title}: no label `{label}` in {labels}");
                        }
                    }
                }
            }
        }
    }
    assert!(without.is_empty(), "{} of {asked} queries have no data:\n{}", without.len(), without.join("\n"));
    eprintln!("watch: {asked} queries of {} dashboards of {path} have data", boards.len());
}

fn an_alert_reaches_its_receiver() {
    let alerts = Arc::new(Mutex::new(Vec::<Value>::new()));
    let received = alerts.clone();
    let receiver = serve(move |_, body| {
        let alert = serde_json::from_str(body).expect("an alert is JSON");
        received.lock().expect("nobody panics with it").push(alert);
        String::new()
    });
    let folder = folder("alertmanager");
    let configuration = json!({
        "route": { "receiver": "test", "group_by": ["alertname", "sloth_service"], "group_wait": "1s", "group_interval": "1s" },
        "receivers": [{ "name": "test", "webhook_configs": [{ "url": format!("http://127.0.0.1:{receiver}/alert") }] }],
    });
    std::fs::write(folder.join("alertmanager.json"), configuration.to_string()).expect("a file can be written");
    let port = free_port();
    let arguments = [
        "--config.file=alertmanager.json".to_owned(),
        "--storage.path=data".to_owned(),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--cluster.listen-address=".to_owned(),
        "--log.level=warn".to_owned(),
    ];
    let _manager = start("MESH_ALERTMANAGER", &folder, &arguments);
    wait_for("Alertmanager", || get(port, "/-/ready").filter(|text| text.contains("OK")));
    let compilation = files_of(PROGRAMS[0]);
    let _stand = Stand::of("alerts", &compilation, Some(port));
    let alert = wait_for("the alert", || {
        let alerts = alerts.lock().expect("nobody panics with it");
        let all = alerts.iter().flat_map(|message| message["alerts"].as_array().cloned().unwrap_or_default());
        all.into_iter().find(|alert| {
            alert["labels"]["alertname"] == "ErrorBudgetBurnsFast"
                && alert["labels"]["sloth_id"] == "payments.shop-available"
        })
    });
    // By the labels and annotations that the program says, people find the runbook and what to look at.
    assert_eq!(alert["status"], "firing");
    assert_eq!(alert["labels"]["team"], "payments");
    assert_eq!(alert["labels"]["sloth_severity"], "page");
    assert_eq!(alert["annotations"]["runbook_url"], "https://runbooks.example.com/payments");
    assert_eq!(alert["annotations"]["dashboard_url"], "https://grafana.example.com/d/mesh-shop_payments");
    // The dashboard that the link leads to is one of the program.
    assert!(
        file(&compilation, "mesh-shop_payments.json")
            .is_some_and(|text| text.contains("\"uid\": \"mesh-shop_payments\""))
    );
    let objects = compilation.lowered.resources.iter().filter(|resource| resource.kind == Kind::ConfigMap);
    assert_eq!(objects.count(), 0, "dashboards are files here");
}
