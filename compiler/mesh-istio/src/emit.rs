//! Resources to bytes, which cannot fail.

use std::borrow::Borrow;

use rayon::prelude::*;

use crate::release::Api;
use crate::resource::Resource;

/// How a bundle is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A stream of YAML documents.
    #[default]
    Yaml,
    /// A Kubernetes `List` in JSON.
    Json,
}

/// How many resources one thread writes at a time.
const CHUNK: usize = 256;

/// A bundle as text, of resources or of references to them. `comment` gives the lines to write above a resource in YAML,
/// without their `#`.
#[must_use]
pub fn emit<'r, R: Borrow<Resource> + Sync>(
    resources: &'r [R],
    api: Api,
    format: Format,
    comment: impl Fn(&'r Resource) -> Vec<String> + Sync,
) -> String {
    let write = |resource: &'r Resource| match format {
        Format::Yaml => {
            let mut out = String::from("---\n");
            for line in comment(resource) {
                out.push_str("# ");
                out.push_str(&line);
                out.push('\n');
            }
            out.push_str(&document(resource, api, Format::Yaml));
            out
        }
        Format::Json => document(resource, api, Format::Json),
    };
    let parts: Vec<String> = resources
        .par_chunks(CHUNK)
        .map(|chunk| {
            let separator = if format == Format::Json { ",\n" } else { "" };
            chunk.iter().map(|resource| write(resource.borrow())).collect::<Vec<_>>().join(separator)
        })
        .collect();
    match format {
        Format::Yaml => parts.concat(),
        Format::Json => {
            let items = parts.join(",\n");
            let gap = if items.is_empty() { "" } else { "\n" };
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{gap}{items}{gap}]}}\n")
        }
    }
}

/// One resource as text: a YAML document that ends in a line break, or a line of JSON.
#[must_use]
pub fn document(resource: &Resource, api: Api, format: Format) -> String {
    let value = resource.with_api(api);
    match format {
        Format::Yaml => crate::yaml::write(&value),
        Format::Json => serde_json::to_string(&value).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use mesh_diagnostics::Span;

    use super::*;
    use crate::kind::Kind;

    #[test]
    fn what_kubectl_would_misread_is_quoted() {
        let mut resource = Resource::new(Kind::VirtualService, None, "a", Span::default());
        for text in ["on", "yes", "n", "1_000", "0x10", "1e3", "12:30", "~", "", " x", "a: b", "#", "80", "2024-01-01"]
        {
            resource.spec.set(text.to_owned(), text);
        }
        let yaml = document(&resource, Api::Stable, Format::Yaml);
        for line in yaml.lines().skip_while(|line| *line != "spec:").skip(1) {
            let value = line.trim_start();
            assert!(value.contains(['"', '\'']), "unquoted: {line}");
        }
    }

    #[test]
    fn lines_are_read_back_as_they_were() {
        let texts = [
            "a\nb",
            "a\nb\n",
            "a\n\n  b: [c\n",
            "a \nb",
            " a\nb",
            "a\nb\n\n",
            "\na",
            "- a\n# b",
            "a\n\tb",
            "a\r\nb",
            "{\n  \"x\": \"|\"\n}\n",
        ];
        for text in texts {
            let mut resource = Resource::new(Kind::ConfigMap, None, "a", Span::default());
            let mut data = crate::value::Object::new(Span::default());
            data.set("t", text);
            resource.spec.put_object("data", data);
            let yaml = document(&resource, Api::Stable, Format::Yaml);
            let read = crate::yaml::read(&yaml, Span::default()).expect("it is YAML");
            assert_eq!(read.at(&["data", "t"]).and_then(|node| node.text()), Some(text), "{yaml}");
        }
    }

    #[test]
    fn an_empty_bundle_is_an_empty_stream_and_an_empty_list() {
        assert_eq!(emit::<Resource>(&[], Api::Stable, Format::Yaml, |_| Vec::new()), "");
        let json = emit::<Resource>(&[], Api::Stable, Format::Json, |_| Vec::new());
        assert_eq!(json, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}\n");
    }
}
