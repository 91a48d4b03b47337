//! WasmPlugin and TrafficExtension: modules and their environment.

use super::Found;
use crate::resource::Resource;

pub(super) fn extension(resource: &Resource, found: &mut Found) {
    let spec = &resource.spec;
    let machine = spec.get("vmConfig").or_else(|| spec.get("wasm").and_then(|wasm| wasm.get("vmConfig")));
    for variable in machine.map_or(&[][..], |machine| machine.items("env")) {
        if let (Some("HOST"), Some(value)) = (variable.text_of("valueFrom"), variable.get("value")) {
            found.refuse(value.span, "a variable that is taken from the host has no value", "`valueFrom` is HOST");
        }
    }
}
