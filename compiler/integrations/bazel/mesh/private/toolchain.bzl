"""The rule mesh_toolchain."""

MeshToolchainInfo = provider(
    doc = "The compiler that the rules run.",
    fields = {
        "meshc": "FilesToRunProvider: the compiler, as `ctx.actions.run` takes it.",
        "runfiles": "runfiles: the compiler and what it needs, for what runs it later.",
    },
)

def _mesh_toolchain_impl(ctx):
    default = ctx.attr.meshc[DefaultInfo]
    info = MeshToolchainInfo(
        meshc = default.files_to_run,
        runfiles = ctx.runfiles([ctx.executable.meshc]).merge(default.default_runfiles),
    )
    return [platform_common.ToolchainInfo(mesh = info), info]

mesh_toolchain = rule(
    implementation = _mesh_toolchain_impl,
    attrs = {
        "meshc": attr.label(
            allow_single_file = True,
            cfg = "exec",
            doc = "The compiler: a file, or a target that builds one.",
            executable = True,
            mandatory = True,
        ),
    },
    doc = "Says which meshc the rules run, once a `toolchain` of type `@rules_mesh//mesh:toolchain_type` names it.",
    provides = [MeshToolchainInfo],
)
