"""The rule mesh_library."""

load(":program.bzl", "FILE_ATTRS", "mesh_info")
load(":providers.bzl", "MeshInfo")

def _mesh_library_impl(ctx):
    info = mesh_info(ctx)
    return [
        DefaultInfo(
            files = info.srcs,
            runfiles = ctx.runfiles(transitive_files = depset(
                transitive = [info.transitive_srcs, info.transitive_modules],
            )),
        ),
        info,
    ]

mesh_library = rule(
    implementation = _mesh_library_impl,
    attrs = FILE_ATTRS,
    doc = "A part of a program. It runs nothing: a `mesh_bundle` or a `mesh_test` compiles it with all other parts.",
    provides = [MeshInfo],
)
