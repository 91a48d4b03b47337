//! Compiles the programs in `mesh/`. A mistake in them is an error of the build.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    mesh_build::configure().param("canary", "25%").deny_warnings(true).compile(&["mesh"])?;
    Ok(())
}
