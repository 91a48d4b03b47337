//! The stages of a build at growing sizes: `cargo bench --package mesh-tests`.

use divan::Bencher;
use mesh_compiler::compile;
use mesh_diagnostics::{FileId, Sources};
use mesh_istio::{Format, emit};

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() {
    divan::main();
}

fn sources(count: usize) -> Sources {
    let mut sources = Sources::new();
    sources.add("bench.mesh", mesh_generator::mesh(count));
    sources
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn parse(bencher: Bencher<'_, '_>, count: usize) {
    let text = mesh_generator::mesh(count);
    bencher.counter(divan::counter::BytesCount::of_str(&text)).bench(|| mesh_syntax::parse(FileId(0), &text));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn compile_all(bencher: Bencher<'_, '_>, count: usize) {
    let sources = sources(count);
    bencher.bench(|| compile(&sources));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn compile_profiles(bencher: Bencher<'_, '_>, count: usize) {
    let mut sources = Sources::new();
    sources.add("bench.mesh", mesh_generator::profiles(count));
    bencher.bench(|| compile(&sources));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn emit_yaml(bencher: Bencher<'_, '_>, count: usize) {
    let sources = sources(count);
    let compilation = compile(&sources);
    bencher.bench(|| emit(&compilation.lowered.resources, compilation.api, Format::Yaml, |_| Vec::new()));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn format(bencher: Bencher<'_, '_>, count: usize) {
    let text = mesh_generator::mesh(count);
    bencher.bench(|| mesh_fmt::format(FileId(0), &text));
}
