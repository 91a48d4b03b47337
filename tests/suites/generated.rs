//! What Istio's discovery server makes of a program: the weights, limits, tests and policies that reach Envoy.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::judge::{Depth, is_available, judge, request};
use crate::program::{compiled, shown};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    vec![
        trial("generated::shares_are_weights_of_clusters", shares),
        trial("generated::limits_of_a_route_reach_envoy", limits),
        trial("generated::tests_of_a_rule_reach_envoy", tests),
        trial("generated::settings_of_traffic_reach_envoy", settings),
        trial("generated::policies_reach_the_workload", policies),
        trial("generated::an_egress_gateway_stands_between_callers_and_hosts", egress),
        trial("generated::a_scope_hides_what_it_does_not_reach", scope),
    ]
}

/// What the discovery server generates for the first pod of a service.
fn generate(program: &str, proxy: &str) -> Value {
    let (sources, compilation) = compiled(program);
    assert!(!compilation.diagnostics.has_errors(), "{}", shown(&sources, &compilation));
    let mut verdicts = judge(vec![request("it", &compilation, Depth::Show)]);
    let verdict = verdicts.remove("it").expect("the judge answers");
    assert!(verdict.rejected.is_empty(), "{:?}", verdict.rejected);
    assert!(verdict.proxies[proxy].is_object(), "no proxy {proxy} in {}", verdict.proxies);
    verdict.proxies[proxy].clone()
}

/// The routes of a virtual host, in their order.
fn routes(generated: &Value, host: &str) -> Vec<Value> {
    let configurations = generated["routes"].as_array().expect("there are routes");
    let hosts = configurations.iter().flat_map(|config| config["virtualHosts"].as_array().into_iter().flatten());
    let found = hosts.clone().find(|virtual_host| virtual_host["name"] == host);
    let found =
        found.unwrap_or_else(|| panic!("{host} is not among {:?}", hosts.map(|h| &h["name"]).collect::<Vec<_>>()));
    found["routes"].as_array().expect("a host has routes").clone()
}

/// The only cluster of a host.
fn cluster(generated: &Value, name: &str) -> Value {
    let clusters = generated["clusters"].as_array().expect("there are clusters");
    clusters.iter().find(|cluster| cluster["name"] == name).unwrap_or_else(|| panic!("{name} is not there")).clone()
}

const MESH: &str = "in shop
service web < http 80 to 8080; account web >
service reviews < http 9080; versions v1, v2; account reviews >
";

fn shares() {
    let program = format!("{MESH}route reviews < when header x-tier \"gold\" < v2 >; v1: 80%, v2: 20% >\n");
    let routes = routes(&generate(&program, "web-0-0.shop"), "reviews.shop.svc.cluster.local:9080");
    assert_eq!(routes.len(), 2);
    assert_eq!(routes[0]["route"]["cluster"], "outbound|9080|v2|reviews.shop.svc.cluster.local");
    let weights: Vec<(&str, u64)> = routes[1]["route"]["weightedClusters"]["clusters"]
        .as_array()
        .expect("the split has clusters")
        .iter()
        .map(|cluster| (cluster["name"].as_str().unwrap_or(""), cluster["weight"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(
        weights,
        [
            ("outbound|9080|v1|reviews.shop.svc.cluster.local", 80),
            ("outbound|9080|v2|reviews.shop.svc.cluster.local", 20)
        ]
    );
}

fn limits() {
    let program = format!("{MESH}route reviews < v1; timeout 10s; retry 3 x 2s on 5xx, reset backoff 25ms >\n");
    let route = &routes(&generate(&program, "web-0-0.shop"), "reviews.shop.svc.cluster.local:9080")[0]["route"];
    assert_eq!(route["timeout"], "10s");
    assert_eq!(route["retryPolicy"]["numRetries"], 3);
    assert_eq!(route["retryPolicy"]["perTryTimeout"], "2s");
    assert_eq!(route["retryPolicy"]["retryOn"], "5xx,reset");
    assert_eq!(route["retryPolicy"]["retryBackOff"]["baseInterval"], "0.025s");
}

fn tests() {
    let program = format!(
        "{MESH}route reviews <
  when path /exact < v1 >
  when path /prefix/* < v2 >
  when path ~\"/re[0-9]+\" < v1 >
  when path /users/{{id}}/orders < v2 >
  when header x-a \"exact\" and header x-b \"pre*\" and not header x-c < v1 >
  when query debug \"1\" and method GET, HEAD < v2 >
  v1
>\n"
    );
    let routes = routes(&generate(&program, "web-0-0.shop"), "reviews.shop.svc.cluster.local:9080");
    let kinds: Vec<Value> = routes.iter().map(|route| route["match"].clone()).collect();
    assert_eq!(kinds[0]["path"], "/exact");
    assert_eq!(kinds[1]["prefix"], "/prefix/");
    assert_eq!(kinds[2]["safeRegex"]["regex"], "/re[0-9]+");
    assert_eq!(kinds[3]["safeRegex"]["regex"], "/users/[^/]+/orders");
    let headers = kinds[4]["headers"].as_array().expect("three headers are tested");
    let of = |name: &str| headers.iter().find(|header| header["name"] == name).expect("the header is tested");
    assert_eq!(of("x-a")["stringMatch"]["exact"], "exact");
    assert_eq!(of("x-b")["stringMatch"]["prefix"], "pre");
    assert_eq!(of("x-c")["presentMatch"], true);
    assert_eq!(of("x-c")["invertMatch"], true);
    assert_eq!(kinds[5]["queryParameters"][0]["stringMatch"]["exact"], "1");
    assert_eq!(kinds[6]["queryParameters"][0]["name"], "debug");
    assert_eq!(kinds[7]["prefix"], "/");
    assert_eq!(routes.len(), 8, "two methods are two tests: {kinds:?}");
}

fn settings() {
    let program = format!(
        "{MESH}traffic reviews <
  balance round-robin
  pool < max-connections 100; max-pending 50; connect-timeout 500ms >
  eject 5 x 5xx every 5s for 30s at-most 50%
  version v2 < pool < max-connections 10 > >
>\n"
    );
    let generated = generate(&program, "web-0-0.shop");
    let whole = cluster(&generated, "outbound|9080||reviews.shop.svc.cluster.local");
    let limits = |cluster: &Value| cluster["circuitBreakers"]["thresholds"][0].clone();
    assert_eq!(limits(&whole)["maxConnections"], 100);
    assert_eq!(limits(&whole)["maxPendingRequests"], 50);
    assert_eq!(whole["connectTimeout"], "0.500s");
    assert_eq!(whole["outlierDetection"]["consecutive5xx"], 5);
    assert_eq!(whole["outlierDetection"]["interval"], "5s");
    assert_eq!(whole["outlierDetection"]["baseEjectionTime"], "30s");
    assert_eq!(whole["outlierDetection"]["maxEjectionPercent"], 50);
    // A version replaces what it says and keeps the rest.
    let version = cluster(&generated, "outbound|9080|v2|reviews.shop.svc.cluster.local");
    assert_eq!(limits(&version)["maxConnections"], 10);
    assert_eq!(limits(&version)["maxPendingRequests"], 50);
    assert_eq!(version["outlierDetection"]["maxEjectionPercent"], 50);
}

fn policies() {
    let program = format!("{MESH}mtls reviews strict\nallow reviews < from web; to GET /reviews/* >\n");
    let listeners = generate(&program, "reviews-0-0.shop")["listeners"].to_string();
    assert!(listeners.contains("ns[shop]-policy[reviews-allow]-rule[0]"), "{listeners}");
    assert!(listeners.contains("spiffe://cluster.local/ns/shop/sa/web"), "{listeners}");
    assert!(listeners.contains("\"prefix\":\"/reviews/\""), "{listeners}");
    // The caller's own proxy is not guarded by it.
    let callers = generate(&program, "web-0-0.shop")["listeners"].to_string();
    assert!(!callers.contains("policy[reviews-allow]"), "{callers}");
}

const EGRESS: &str = "use std/istioctl
in shop
namespace shop < inject >
gateway egress on istio-egressgateway.istio-system
external stripe \"api.stripe.com\" < https 443; via egress >
external billing \"api.billing.example.com\" < http 80 to 443 tls simple; via egress >
service web < http 80; account web; calls stripe, billing >
service orders < http 80; account orders >
scope web < reaches calls; others refuse >
";

/// The server names of a listener's filter chains, and the cluster or the routes behind each.
fn chains(generated: &Value, listener: &str) -> Vec<(String, Value)> {
    let listeners = generated["listeners"].as_array().expect("there are listeners");
    let found = listeners.iter().find(|found| found["name"] == listener).expect("the listener is there");
    let chains = found["filterChains"].as_array().expect("a listener has chains");
    let name = |chain: &Value| chain["filterChainMatch"]["serverNames"][0].as_str().unwrap_or_default().to_owned();
    let end = |chain: &Value| {
        let filter =
            &chain["filters"].as_array().and_then(|list| list.last()).expect("a chain has filters")["typedConfig"];
        if filter["cluster"].is_null() { filter["rds"]["routeConfigName"].clone() } else { filter["cluster"].clone() }
    };
    chains.iter().map(|chain| (name(chain), end(chain))).collect()
}

fn egress() {
    const GATEWAY: &str = "istio-egressgateway.istio-system.svc.cluster.local";
    let caller = generate(EGRESS, "web-0-0.shop");
    // What the application encrypts goes on by its server name.
    let passes = (String::from("api.stripe.com"), Value::from(format!("outbound|443||{GATEWAY}")));
    assert!(chains(&caller, "0.0.0.0_443").contains(&passes), "{:?}", chains(&caller, "0.0.0.0_443"));
    // What it does not encrypt goes in Istio's own TLS, whose server name is the host.
    let to_gateway = format!("outbound|443|billing-egress|{GATEWAY}");
    assert_eq!(routes(&caller, "api.billing.example.com:80")[0]["route"]["cluster"], to_gateway.as_str());
    assert_eq!(cluster(&caller, &to_gateway)["transportSocket"]["typedConfig"]["sni"], "api.billing.example.com");
    let gateway = generate(EGRESS, "istio-egressgateway-0-0.istio-system");
    let behind = chains(&gateway, "0.0.0.0_8443");
    let host = |name: &str| behind.iter().find(|(found, _)| found == name).map(|(_, end)| end.clone());
    assert_eq!(host("api.stripe.com"), Some("outbound|443||api.stripe.com".into()));
    assert_eq!(host("api.billing.example.com"), Some("https.443.https-443.billing-egress.shop".into()));
    let onward = &routes(&gateway, "api.billing.example.com:443")[0]["route"]["cluster"];
    assert_eq!(onward, "outbound|80||api.billing.example.com");
    let host = cluster(&gateway, "outbound|80||api.billing.example.com");
    assert_eq!(host["transportSocket"]["name"], "envoy.transport_sockets.tls");
    let options = &host["typedExtensionProtocolOptions"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    let names = &options["upstreamHttpProtocolOptions"];
    assert_eq!((&names["autoSni"], &names["autoSanValidation"]), (&true.into(), &true.into()));
    let address = &host["loadAssignment"]["endpoints"][0]["lbEndpoints"][0]["endpoint"]["address"]["socketAddress"];
    assert_eq!((&address["address"], &address["portValue"]), (&"api.billing.example.com".into(), &443.into()));
}

fn scope() {
    let generated = generate(EGRESS, "web-0-0.shop");
    let clusters = generated["clusters"].as_array().expect("there are clusters");
    let sees = |host: &str| clusters.iter().any(|c| c["name"].as_str().is_some_and(|name| name.ends_with(host)));
    assert!(sees("api.stripe.com") && sees("api.billing.example.com"));
    assert!(sees("istio-egressgateway.istio-system.svc.cluster.local"), "the gateway of what is called is reached too");
    assert!(!sees("orders.shop.svc.cluster.local"));
    // Nobody else is behind what the rest of the mesh sees.
    let configurations = generated["routes"].as_array().expect("there are routes");
    let hosts = configurations.iter().flat_map(|config| config["virtualHosts"].as_array().into_iter().flatten());
    assert!(hosts.map(|host| &host["name"]).any(|name| name == "block_all"), "others are refused");
}
