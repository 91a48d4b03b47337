//! Prints the bundle that the crate carries, as in `mesh-in-cargo | kubectl apply -f -`.

const BUNDLE: &str = include_str!(concat!(env!("OUT_DIR"), "/mesh.yaml"));

fn main() {
    print!("{BUNDLE}");
}
