"""The rule mesh_bundle."""

load(":program.bzl", "PROGRAM_ATTRS", "TOOLCHAIN_TYPE", "mesh_program")

_EXTENSIONS = ("json", "yaml", "yml")

def _output(ctx):
    if ctx.attr.split:
        if ctx.outputs.out:
            fail("%s has both out and split: with split the bundle is a folder, named after the target" % ctx.label)
        return ctx.actions.declare_directory(ctx.label.name)
    if not ctx.outputs.out:
        return ctx.actions.declare_file(ctx.label.name + ".yaml")
    if ctx.outputs.out.extension not in _EXTENSIONS:
        fail("%s: out is to end in .yaml, .yml or .json" % ctx.label)
    return ctx.outputs.out

def _mesh_bundle_impl(ctx):
    program = mesh_program(ctx)
    out = _output(ctx)

    args = ctx.actions.args()
    args.add("build")
    args.add_all(program.srcs)
    args.add_all(["%s=%s" % choice for choice in ctx.attr.params.items()], before_each = "--set")
    args.add_all(ctx.files.params_file, before_each = "--params")
    if ctx.attr.istio:
        args.add("--istio", ctx.attr.istio)
    args.add("--namespaces", ctx.attr.namespaces)
    if ctx.attr.deny_warnings:
        args.add("--deny", "warnings")
    if ctx.attr.split:
        args.add("--split", ctx.attr.split)

    args.add_all([out], before_each = "--out", expand_directories = False)

    ctx.actions.run(
        arguments = [args],
        executable = ctx.toolchains[TOOLCHAIN_TYPE].mesh.meshc,
        inputs = program.inputs,
        mnemonic = "MeshBuild",
        outputs = [out],
        progress_message = "Compiling the Mesh program %{label}",
        toolchain = Label(TOOLCHAIN_TYPE),
    )
    return [
        DefaultInfo(
            files = depset([out]),
            runfiles = ctx.runfiles([out]),
        ),
        OutputGroupInfo(
            bundle = depset([out]),
            sources = program.inputs,
        ),
    ]

mesh_bundle = rule(
    implementation = _mesh_bundle_impl,
    attrs = dict(
        PROGRAM_ATTRS,
        deny_warnings = attr.bool(
            doc = "Whether a warning fails the build.",
        ),
        out = attr.output(
            doc = "The file to write, which ends in `.yaml`, `.yml` or `.json`. Not with `split`.",
        ),
    ),
    doc = "Compiles a program to the YAML of Istio: one file, or with `split` a folder.",
    toolchains = [TOOLCHAIN_TYPE],
)
