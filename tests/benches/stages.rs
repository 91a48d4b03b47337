//! The stages of a build at growing sizes: `cargo bench --package mesh-tests`.

use divan::Bencher;
use mesh_compiler::{Choices, Memories, compile, compile_and_list};
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

/// What an editor does after a key: one statement of the program is another.
fn again(bencher: Bencher<'_, '_>, text: &str) {
    let place = text.find("\nservice svc-50 ").expect("the service stands there");
    let changed = |share: usize| {
        let mut text = text.to_owned();
        text.insert_str(place, &format!("\nroute svc-49 from svc-3 < v1: {share}%, v2 >"));
        let mut sources = Sources::new();
        sources.add("bench.mesh", text);
        sources
    };
    let mut memories = Memories::default();
    let mut share = 0;
    bencher
        .with_inputs(|| {
            share = share % 99 + 1;
            changed(share)
        })
        .bench_local_refs(|sources| compile_and_list(sources, &Choices::default(), &mut memories));
}

#[divan::bench(args = SIZES, sample_count = 50, sample_size = 1)]
fn compile_again(bencher: Bencher<'_, '_>, count: usize) {
    again(bencher, &mesh_generator::mesh(count));
}

#[divan::bench(args = SIZES, sample_count = 50, sample_size = 1)]
fn compile_profiles_again(bencher: Bencher<'_, '_>, count: usize) {
    again(bencher, &mesh_generator::profiles(count));
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
