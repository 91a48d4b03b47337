//! `cargo xtask schema`: the tables of fields, from the CRDs that the Go modules of Istio, the Gateway API
//! and the Prometheus operator ship.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use mesh_diagnostics::Span;
use mesh_istio::{Node, Value, yaml};

/// The newest version of `istio.io/api` of each supported release, oldest first.
const ISTIO: [(&str, &str); 4] = [("1.28", "v1.28.3"), ("1.29", "v1.29.6"), ("1.30", "v1.30.8"), ("1.31", "v1.31.4")];

/// The version of `sigs.k8s.io/gateway-api`; its experimental channel has all kinds.
const GATEWAY_API: &str = "v1.6.0";

/// The kinds of the Gateway API that Istio reads.
const GATEWAY_KINDS: [&str; 10] = [
    "GatewayClass",
    "Gateway",
    "ListenerSet",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
    "ReferenceGrant",
    "BackendTLSPolicy",
];

/// The release of the Prometheus operator whose objects are written.
const PROMETHEUS_OPERATOR: &str = "v0.85.0";

/// Its kinds that say what is measured.
const MONITORING_KINDS: [&str; 3] = ["PodMonitor", "PrometheusRule", "ServiceMonitor"];

pub type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// Writes the tables into a folder.
pub fn generate(folder: &Path) -> Done<()> {
    let mut istio: BTreeMap<String, Kind> = BTreeMap::new();
    let mut versions = Vec::new();
    for (at, (release, version)) in ISTIO.iter().enumerate() {
        let text = std::fs::read_to_string(
            module("istio.io/api", version)?.join("kubernetes/customresourcedefinitions.gen.yaml"),
        )?;
        for kind in kinds(&text)? {
            match istio.get_mut(&kind.name) {
                Some(known) => known.spec.unite(&kind.spec, at),
                None => {
                    let mut kind = kind;
                    kind.spec.born(at);
                    istio.insert(kind.name.clone(), kind);
                }
            }
        }
        versions.push(format!("{release} {version}"));
    }
    let head = format!("# The fields of Istio's kinds, from istio.io/api: {}.", versions.join(", "));
    std::fs::write(folder.join("istio.txt"), table(&head, istio.values()))?;

    let crds = module("sigs.k8s.io/gateway-api", GATEWAY_API)?.join("config/crd/experimental");
    let gateway = chosen(&crds, &GATEWAY_KINDS)?;
    let head = format!("# The fields of the kinds of the Gateway API, from sigs.k8s.io/gateway-api {GATEWAY_API}.");
    std::fs::write(folder.join("gateway-api.txt"), table(&head, gateway.values()))?;

    let operator = module("github.com/prometheus-operator/prometheus-operator", PROMETHEUS_OPERATOR)?;
    let monitors = chosen(&operator.join("example/prometheus-operator-crd"), &MONITORING_KINDS)?;
    let head = format!("# The fields of the kinds of the Prometheus operator, from its release {PROMETHEUS_OPERATOR}.");
    std::fs::write(folder.join("monitoring.txt"), table(&head, monitors.values()))?;
    Ok(())
}

/// Some kinds of a folder of CRDs.
fn chosen(folder: &Path, names: &[&str]) -> Done<BTreeMap<String, Kind>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(entry?.path())?;
        for kind in kinds(&text)?.into_iter().filter(|kind| names.contains(&kind.name.as_str())) {
            out.insert(kind.name.clone(), kind);
        }
    }
    Ok(out)
}

/// The folder of a Go module, downloaded where it is not there yet.
pub fn module(path: &str, version: &str) -> Done<PathBuf> {
    let out = Command::new("go").args(["mod", "download", "-json", &format!("{path}@{version}")]).output()?;
    let answer = yaml::read(&String::from_utf8_lossy(&out.stdout), Span::default())?;
    let folder = answer.text_of("Dir").ok_or(format!("`go mod download {path}@{version}` gives no folder"))?;
    Ok(PathBuf::from(folder))
}

fn table<'k>(head: &str, kinds: impl Iterator<Item = &'k Kind>) -> String {
    let mut out = format!("{head}\n# Written by `cargo xtask schema`; the notation is described in table.rs.\n");
    for kind in kinds {
        let _ = writeln!(out, "kind {} {}", kind.name, kind.group);
        kind.spec.write(1, &mut out);
    }
    out
}

struct Kind {
    name: String,
    group: String,
    spec: Field,
}

/// A field and what is under it.
struct Field {
    name: String,
    /// Its type, and how it is repeated: `text`, `[]text`, `{}text`.
    of: String,
    attributes: Vec<String>,
    values: Vec<(String, usize)>,
    since: usize,
    children: Vec<Field>,
}

/// The kinds of a file of CRDs, each by the schema of its newest served version.
fn kinds(text: &str) -> Done<Vec<Kind>> {
    let mut out = Vec::new();
    for document in text.split("\n---").filter(|document| document.contains("CustomResourceDefinition")) {
        let crd = yaml::read(document, Span::default())?;
        let names = crd.at(&["spec", "names", "kind"]).and_then(Node::text);
        let (Some(name), Some(group)) = (names, crd.at(&["spec", "group"]).and_then(Node::text)) else { continue };
        let versions = crd.get("spec").map_or(&[][..], |spec| spec.items("versions"));
        let served =
            versions.iter().filter(|version| version.get("served").is_some_and(|s| s.value == Value::Bool(true)));
        // The storage version of a kind is the one whose schema all served ones share.
        let version =
            served.clone().find(|version| version.get("storage").is_some_and(|s| s.value == Value::Bool(true)));
        let schema = version.or(served.clone().next()).and_then(|version| version.at(&["schema", "openAPIV3Schema"]));
        let Some(root) = schema else { continue };
        let Some(spec) = root.at(&["properties", "spec"]) else { continue };
        let mut field = Field::read("spec", spec, false);
        let demanded = root.items("required").iter().any(|name| name.text() == Some("spec"));
        if demanded {
            field.attributes.push("required".to_owned());
        }
        out.push(Kind { name: name.to_owned(), group: group.to_owned(), spec: field });
    }
    Ok(out)
}

impl Field {
    fn read(name: &str, schema: &Node, required: bool) -> Field {
        let mut attributes = Vec::new();
        let mut values = Vec::new();
        let mut children = Vec::new();
        if required {
            attributes.push("required".to_owned());
        }
        let of = kind_of(schema, &mut attributes, &mut values, &mut children, "");
        Field { name: name.to_owned(), of, attributes, values, since: 0, children }
    }

    fn born(&mut self, at: usize) {
        self.since = at;
        for value in &mut self.values {
            value.1 = at;
        }
        for child in &mut self.children {
            child.born(at);
        }
    }

    /// Takes in the field of a later release.
    fn unite(&mut self, later: &Field, at: usize) {
        for (value, _) in &later.values {
            if !self.values.iter().any(|(known, _)| known == value) {
                self.values.push((value.clone(), at));
            }
        }
        if self.of != later.of || self.attributes != later.attributes {
            eprintln!("{}: {} {:?} became {} {:?}", self.name, self.of, self.attributes, later.of, later.attributes);
            self.of.clone_from(&later.of);
            self.attributes.clone_from(&later.attributes);
        }
        for child in &self.children {
            if !later.children.iter().any(|known| known.name == child.name) {
                eprintln!("{}.{} is gone in a later release", self.name, child.name);
            }
        }
        for child in &later.children {
            match self.children.iter_mut().find(|known| known.name == child.name) {
                Some(known) => known.unite(child, at),
                None => {
                    let mut child = child.copy();
                    child.born(at);
                    self.children.push(child);
                }
            }
        }
    }

    fn copy(&self) -> Field {
        Field {
            name: self.name.clone(),
            of: self.of.clone(),
            attributes: self.attributes.clone(),
            values: self.values.clone(),
            since: self.since,
            children: self.children.iter().map(Field::copy).collect(),
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let _ = write!(out, "{}{} {}", " ".repeat(depth), self.name, self.of);
        if self.since > 0 {
            let _ = write!(out, " since={}", ISTIO[self.since].0);
        }
        let dated = |(value, at): &(String, usize)| {
            if *at > self.since { format!("{value}@{}", ISTIO[*at].0) } else { value.clone() }
        };
        if !self.values.is_empty() {
            let _ = write!(out, " enum={}", self.values.iter().map(dated).collect::<Vec<_>>().join("|"));
        }
        for attribute in &self.attributes {
            let _ = write!(out, " {attribute}");
        }
        out.push('\n');
        for child in &self.children {
            child.write(depth + 1, out);
        }
    }
}

fn kind_of(
    schema: &Node,
    attributes: &mut Vec<String>,
    values: &mut Vec<(String, usize)>,
    children: &mut Vec<Field>,
    each: &str,
) -> String {
    bounds(schema, attributes, each);
    for value in schema.items("enum").iter().filter_map(Node::text).filter(|value| !value.is_empty()) {
        values.push((value.to_owned(), 0));
    }
    if schema.get("x-kubernetes-preserve-unknown-fields").is_some() && schema.get("properties").is_none() {
        return "any".to_owned();
    }
    if schema.get("x-kubernetes-int-or-string").is_some() {
        return "int-or-text".to_owned();
    }
    match schema.text_of("type").unwrap_or("object") {
        "string" if is_duration(schema) => "duration".to_owned(),
        "string" => "text".to_owned(),
        "boolean" => "bool".to_owned(),
        "integer" => "int".to_owned(),
        "number" => "number".to_owned(),
        "array" => {
            let items = schema.get("items");
            format!(
                "[]{}",
                items.map_or("any".to_owned(), |items| kind_of(items, attributes, values, children, "each-"))
            )
        }
        _ => {
            if let Some(of) = schema.get("additionalProperties").filter(|of| matches!(of.value, Value::Object(_))) {
                return format!("{{}}{}", kind_of(of, attributes, values, children, "each-"));
            }
            exclusions(schema, attributes);
            let required: Vec<&str> = schema.items("required").iter().filter_map(Node::text).collect();
            let properties = schema.get("properties");
            for (name, child) in properties.iter().flat_map(|properties| properties.fields()) {
                children.push(Field::read(name, child, required.contains(&name)));
            }
            "object".to_owned()
        }
    }
}

fn is_duration(schema: &Node) -> bool {
    let rules = schema.items("x-kubernetes-validations").iter();
    rules.filter_map(|rule| rule.text_of("rule")).any(|rule| rule.contains("duration(self)"))
}

/// Sizes and bounds; those of the members of a list or a map start with `each-`.
fn bounds(schema: &Node, attributes: &mut Vec<String>, each: &str) {
    for (name, short) in [
        ("minimum", "min"),
        ("maximum", "max"),
        ("minLength", "min-length"),
        ("maxLength", "max-length"),
        ("minItems", "min-items"),
        ("maxItems", "max-items"),
        ("minProperties", "min-keys"),
        ("maxProperties", "max-keys"),
    ] {
        match schema.get(name).map(|node| &node.value) {
            Some(Value::Int(number)) => attributes.push(format!("{each}{short}={number}")),
            Some(Value::Float(number)) => attributes.push(format!("{each}{short}={number}")),
            _ => {}
        }
    }
    if let Some(pattern) = schema.text_of("pattern") {
        attributes.push(format!("{each}pattern={}", pattern.replace(' ', "\\x20")));
    }
    if schema.text_of("format") == Some("int32") && schema.get("minimum").is_none() {
        attributes.push(format!("{each}int32"));
    }
}

/// Fields of which one excludes the others: `oneOf` with a first member that takes none of them is *at most one*.
fn exclusions(schema: &Node, attributes: &mut Vec<String>) {
    let mut groups: Vec<&[Node]> = vec![schema.items("oneOf")];
    groups.extend(schema.items("allOf").iter().map(|part| part.items("oneOf")));
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        let names = |node: &Node| -> Vec<String> {
            node.items("required").iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let fields: Vec<String> = group.iter().flat_map(names).collect();
        let word = if group[0].get("not").is_some() { "one" } else { "exactly" };
        attributes.push(format!("{word}={}", fields.join("|")));
    }
}
