//! Objects of Kubernetes that others render beside a bundle: charts, kustomizations. What a program says of services, ports,
//! versions and accounts can be compared with them.

use crate::facts::Protocol;
use crate::value::Node;
use crate::yaml;
use mesh_diagnostics::Span;

/// Objects that are rendered beside a bundle.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    objects: Vec<Node>,
}

/// A Kubernetes `Service`.
#[derive(Debug, Clone, Copy)]
pub struct RenderedService<'r>(&'r Node);

/// Pods, as the template of a Deployment or another workload has them, or a Pod itself.
#[derive(Debug, Clone, Copy)]
pub struct RenderedPods<'r> {
    owner: &'r Node,
    /// What has `metadata` and `spec` of a pod.
    pod: &'r Node,
}

/// A port of a Kubernetes `Service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPort<'r> {
    /// `port`
    pub number: u16,
    /// `name`, empty where there is none.
    pub name: &'r str,
    /// `appProtocol`
    pub app: Option<&'r str>,
    /// What Istio takes its protocol to be, by `appProtocol`, else the name, else the number; nothing where Istio looks at the
    /// bytes instead.
    pub protocol: Option<Protocol>,
}

impl Rendered {
    /// Reads YAML documents; what is no object of Kubernetes is left out, and the objects of a `List` stand for it.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong, with its line where that is known.
    pub fn read(text: &str) -> Result<Rendered, String> {
        let mut rendered = Rendered::default();
        rendered.read_more(text)?;
        Ok(rendered)
    }

    /// Adds the objects of further YAML documents.
    ///
    /// # Errors
    ///
    /// As for [`Rendered::read`].
    pub fn read_more(&mut self, text: &str) -> Result<(), String> {
        for document in yaml::documents(text) {
            let raw = yaml::read_raw(document.text).map_err(|problem| document.blamed(&problem))?;
            self.add(raw.node(Span::default()));
        }
        Ok(())
    }

    /// Adds an object, or those of a list.
    pub fn add(&mut self, node: Node) {
        if node.text_of("kind") == Some("List") {
            for item in node.items("items") {
                self.add(item.clone());
            }
        } else if node.text_of("kind").is_some() {
            self.objects.push(node);
        }
    }

    /// The services with a selector.
    pub fn services(&self) -> impl Iterator<Item = RenderedService<'_>> {
        let core = |node: &&Node| node.text_of("kind") == Some("Service") && node.text_of("apiVersion") == Some("v1");
        self.objects.iter().filter(core).map(RenderedService)
    }

    /// All pods that are rendered.
    pub fn pods(&self) -> impl Iterator<Item = RenderedPods<'_>> {
        self.objects.iter().filter_map(|owner| {
            let spec = owner.get("spec")?;
            let pod = match owner.text_of("kind")? {
                "Pod" => Some(owner),
                "CronJob" => spec.at(&["jobTemplate", "spec", "template"]),
                _ => spec.get("template"),
            };
            Some(RenderedPods { owner, pod: pod.filter(|pod| pod.at(&["metadata", "labels"]).is_some())? })
        })
    }

    /// Group, kind, namespace and name of each object. One without a namespace is in the one that it is installed into.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str, Option<&str>, &str)> {
        self.objects.iter().map(|node| {
            let version = node.text_of("apiVersion").unwrap_or_default();
            let group = version.rsplit_once('/').map_or("", |(group, _)| group);
            (group, node.text_of("kind").unwrap_or_default(), namespace_of(node), name_of(node))
        })
    }
}

impl<'r> RenderedService<'r> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'r str {
        name_of(self.0)
    }

    /// Its namespace; nothing where it is the one that it is installed into.
    #[must_use]
    pub fn namespace(self) -> Option<&'r str> {
        namespace_of(self.0)
    }

    /// Its ports.
    pub fn ports(self) -> impl Iterator<Item = RenderedPort<'r>> {
        self.0.get("spec").map_or(&[][..], |spec| spec.items("ports")).iter().filter_map(|port| {
            let number = u16::try_from(port.get("port")?.int()?).ok()?;
            let name = port.text_of("name").unwrap_or_default();
            let is_udp = port.text_of("protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("UDP"));
            let app = port.text_of("appProtocol");
            let protocol = (!is_udp).then(|| protocol(number, name, app)).flatten();
            Some(RenderedPort { number, name, app, protocol })
        })
    }

    /// The labels of the pods that it sends to; none where others say its endpoints.
    pub fn selector(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let selector = self.0.at(&["spec", "selector"]);
        selector.into_iter().flat_map(Node::fields).filter_map(|(key, value)| Some((key, value.text()?)))
    }

    /// True for pods that it sends to; false where it has no selector.
    #[must_use]
    pub fn selects(self, pods: RenderedPods<'_>) -> bool {
        let same = match (namespace_of(self.0), namespace_of(pods.owner)) {
            (Some(here), Some(there)) => here == there,
            _ => true,
        };
        let mut pairs = self.selector().peekable();
        same && pairs.peek().is_some() && pairs.all(|(key, value)| pods.label(key) == Some(value))
    }
}

impl<'r> RenderedPods<'r> {
    /// What makes them, such as `Deployment web-v1`.
    #[must_use]
    pub fn shown(self) -> String {
        format!("{} {}", self.owner.text_of("kind").unwrap_or_default(), name_of(self.owner))
    }

    /// Their labels.
    pub fn labels(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let labels = self.pod.at(&["metadata", "labels"]);
        labels.into_iter().flat_map(Node::fields).filter_map(|(key, value)| Some((key, value.text()?)))
    }

    /// The value of one of their labels.
    #[must_use]
    pub fn label(self, key: &str) -> Option<&'r str> {
        self.pod.at(&["metadata", "labels"])?.get(key)?.text()
    }

    /// The service account that they run as.
    #[must_use]
    pub fn account(self) -> &'r str {
        let said = |key: &str| self.pod.at(&["spec", key]).and_then(Node::text);
        said("serviceAccountName").or_else(|| said("serviceAccount")).unwrap_or("default")
    }
}

/// The protocol that Istio takes a port to speak: `ConvertProtocol` of its registry of Kubernetes.
fn protocol(number: u16, name: &str, app: Option<&str>) -> Option<Protocol> {
    match app {
        Some("kubernetes.io/h2c") => return Some(Protocol::Http2),
        Some("kubernetes.io/ws") => return Some(Protocol::Http),
        Some("kubernetes.io/wss") => return Some(Protocol::Https),
        _ => {}
    }
    let name = app.unwrap_or(name).to_ascii_lowercase();
    let first = if name.starts_with("grpc-web") { "grpc-web" } else { name.split('-').next().unwrap_or_default() };
    match (Protocol::named(first), number) {
        (Some(protocol), _) => Some(protocol),
        // The server speaks first on these, so that nothing can be learned from the client's bytes.
        (None, 25 | 53 | 3306 | 27017) => Some(Protocol::Tcp),
        (None, _) => None,
    }
}

fn name_of(node: &Node) -> &str {
    node.at(&["metadata", "name"]).and_then(Node::text).unwrap_or_default()
}

fn namespace_of(node: &Node) -> Option<&str> {
    node.at(&["metadata", "namespace"]).and_then(Node::text).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_cluster_is_one_list() {
        let labels: String = (0..64).map(|label| format!("      l{label}: x\n")).collect();
        let item = |number: usize| {
            format!("- apiVersion: v1\n  kind: Service\n  metadata:\n    name: s{number}\n    labels:\n{labels}")
        };
        // More nodes than the reader of YAML takes by itself.
        let list: String = (0..2_000).map(item).collect();
        let rendered = Rendered::read(&format!("apiVersion: v1\nkind: List\nitems:\n{list}")).expect("it is read");
        assert_eq!(rendered.services().count(), 2_000);
    }
}
