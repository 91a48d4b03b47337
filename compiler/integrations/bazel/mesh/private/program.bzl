"""What the rules share: the files of a program, and the choices it is built with."""

load(":providers.bzl", "MeshInfo")

TOOLCHAIN_TYPE = "@rules_mesh//mesh:toolchain_type"

FILE_ATTRS = {
    "deps": attr.label_list(
        doc = "Other parts of the program: their files, and those of their deps, are compiled together with `srcs`.",
        providers = [MeshInfo],
    ),
    "modules": attr.label_list(
        doc = "What the files take in with `use ./NAME`: `.mesh` files, or `mesh_library` targets. " +
              "They lend their names and emit nothing. The standard library needs no entry.",
        allow_files = [".mesh"],
    ),
    "srcs": attr.label_list(
        doc = "The `.mesh` files.",
        allow_files = [".mesh"],
    ),
}

PROGRAM_ATTRS = dict(FILE_ATTRS, **{
    "istio": attr.string(
        doc = "The release of Istio to compile for, such as `1.30`. Empty: the one that the program says.",
    ),
    "namespaces": attr.string(
        default = "emit",
        doc = "What becomes of Namespace objects: `emit` writes them, `labels` writes `kubectl label` commands, " +
              "`skip` leaves them out.",
        values = ["emit", "labels", "skip"],
    ),
    "params": attr.string_dict(
        doc = "Values of parameters by name, as `--set` gives them. They win over `params_file`.",
    ),
    "params_file": attr.label(
        allow_single_file = [".json", ".yaml", ".yml"],
        doc = "A YAML or JSON file of `name: value`.",
    ),
    "split": attr.string(
        doc = "Makes the bundle a folder: with one file a `kind`, or one file a `resource`. Empty: one file.",
        values = ["", "kind", "resource"],
    ),
})

def mesh_info(ctx):
    """Collects the files of a target.

    Args:
      ctx: the context of a rule with FILE_ATTRS.

    Returns:
      A MeshInfo.
    """
    deps = [dep[MeshInfo] for dep in ctx.attr.deps]
    libraries = [module[MeshInfo] for module in ctx.attr.modules if MeshInfo in module]
    return MeshInfo(
        srcs = depset(ctx.files.srcs),
        transitive_modules = depset(
            ctx.files.modules,
            transitive = [info.transitive_modules for info in deps + libraries] +
                         [library.transitive_srcs for library in libraries],
        ),
        transitive_srcs = depset(ctx.files.srcs, transitive = [dep.transitive_srcs for dep in deps]),
    )

def mesh_program(ctx):
    """Collects the files of a program and checks that there are any.

    Args:
      ctx: the context of a rule with PROGRAM_ATTRS.

    Returns:
      A struct: `srcs`, the files to compile; `inputs`, all that meshc reads, `srcs` among them.
    """
    if not ctx.attr.srcs and not ctx.attr.deps:
        fail("%s has neither srcs nor deps: a program has at least one file" % ctx.label)
    info = mesh_info(ctx)
    return struct(
        inputs = depset(ctx.files.params_file, transitive = [info.transitive_srcs, info.transitive_modules]),
        srcs = info.transitive_srcs,
    )
