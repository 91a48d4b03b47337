//! Programs beside what others render: charts of Helm, kustomizations, manifests.

pub mod files;
pub mod krm;
pub mod post_render;
mod program;

use mesh_bundle::{Compiled, Layout, Namespaces};
use mesh_istio::yaml::Raw;
use mesh_istio::{Kind, Resource, document};
use mesh_load::Failure;

use crate::report;

/// Refuses a bundle that is empty, unless that is meant, and names the files that are no objects.
fn accept(compiled: &Compiled, may_be_empty: bool) -> Result<(), Failure> {
    let lowered = &compiled.compilation.lowered;
    // An empty list is what Kustomize takes from a function that did not run, and what a pruning tool deletes by.
    if lowered.resources.is_empty() && !may_be_empty {
        return Err(Failure(
            "the program compiles to no object at all; `spec.allowEmpty: true` in a MeshProgram says that this is meant"
                .to_owned(),
        ));
    }
    for file in &lowered.files {
        report::say(&format!("`{}` is no object of Kubernetes: `meshc build --out DIR` writes it", file.name));
    }
    Ok(())
}

/// The resources of a bundle that are to be added. A Namespace that is rendered too gets the labels and annotations of the
/// bundle's instead; `at` finds it.
fn added(compiled: &Compiled, layout: Layout, mut at: impl FnMut(&Resource) -> bool) -> Vec<&Resource> {
    let resources = compiled.compilation.lowered.resources.iter();
    let kept = |resource: &&Resource| {
        resource.kind != Kind::Namespace || (layout.namespaces == Namespaces::Emit && !at(resource))
    };
    resources.filter(kept).collect()
}

/// Sets the labels and annotations of a resource at an object that is there.
fn label(object: &mut Raw, resource: &Resource) {
    for (field, pairs) in [("labels", &resource.labels), ("annotations", &resource.annotations)] {
        for (key, value) in pairs {
            let place = object.entry("metadata").and_then(|metadata| metadata.entry(field)?.entry(key));
            if let Some(place) = place {
                *place = Raw::Text(value.to_string());
            }
        }
    }
}

/// True for the Namespace that a resource is too.
fn is_namespace(object: &Raw, resource: &Resource) -> bool {
    let name = object.get("metadata").and_then(|metadata| metadata.get("name"));
    object.get("kind").and_then(Raw::text) == Some("Namespace") && name.and_then(Raw::text) == Some(&resource.name)
}

/// A resource as a tree.
fn raw(resource: &Resource, compiled: &Compiled) -> Result<Raw, Failure> {
    let text = document(resource, compiled.compilation.api, mesh_istio::Format::Yaml);
    Ok(mesh_istio::yaml::read_raw(&text)?)
}
