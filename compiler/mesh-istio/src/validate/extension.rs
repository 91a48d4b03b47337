//! WasmPlugin and TrafficExtension: modules and their environment.

use super::Found;
use crate::resource::Resource;

pub(super) fn extension(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    let machine = spec.get("vmConfig").or_else(|| spec.get("wasm").and_then(|wasm| wasm.get("vmConfig")));
    for variable in machine.map_or(&[][..], |machine| machine.items("env")) {
        // The schema counts characters, and the webhook bytes.
        if let Some(name) = variable.get("name").filter(|name| name.text().is_some_and(|name| name.len() > 256)) {
            found.refuse(name.span, "the name of a variable has 256 bytes at most", "longer");
        }
        if let (Some("HOST"), Some(value)) = (variable.text_of("valueFrom"), variable.get("value")) {
            found.refuse(value.span, "a variable that is taken from the host has no value", "`valueFrom` is HOST");
        }
    }
}
