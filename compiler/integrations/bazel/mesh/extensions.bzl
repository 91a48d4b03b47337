"""The module extension: which meshc there is."""

load("//mesh/private:repositories.bzl", "RELEASE_ATTRS", "mesh_local", "mesh_release", "mesh_toolchains")

_release = tag_class(
    attrs = dict(
        RELEASE_ATTRS,
        cpu = attr.string(
            doc = "The name of a constraint in `@platforms//cpu`, such as `x86_64` or `aarch64`.",
            mandatory = True,
        ),
        os = attr.string(
            doc = "The name of a constraint in `@platforms//os`, such as `linux`, `macos` or `windows`.",
            mandatory = True,
        ),
    ),
    doc = "A release of meshc for one platform.",
)

_local = tag_class(
    attrs = {
        "path": attr.string(
            doc = "The absolute path of the compiler. Empty: the first on the PATH.",
        ),
    },
    doc = "A meshc of this machine. It goes before releases.",
)

def _mesh_impl(mctx):
    # The root module decides alone: one build runs one compiler.
    roots = [module for module in mctx.modules if module.is_root]
    locals = [tag for module in roots for tag in module.tags.local]
    if len(locals) > 1:
        fail("mesh.local is said more than once")
    for tag in locals:
        mesh_local(
            name = "mesh_local",
            path = tag.path,
        )

    releases = {}
    for tag in [tag for module in roots for tag in module.tags.release]:
        name = "mesh_release_%s_%s" % (tag.os, tag.cpu)
        if name in releases:
            fail("mesh.release is said more than once for %s on %s" % (tag.os, tag.cpu))
        releases[name] = ["@platforms//os:" + tag.os, "@platforms//cpu:" + tag.cpu]
        mesh_release(
            name = name,
            meshc = tag.meshc,
            sha256 = tag.sha256,
            strip_prefix = tag.strip_prefix,
            urls = tag.urls,
        )

    mesh_toolchains(
        name = "mesh_toolchains",
        locals = ["mesh_local" for _ in locals],
        releases = releases,
    )
    return mctx.extension_metadata(reproducible = True)

mesh = module_extension(
    doc = "Says which meshc the rules run. Only what the root module says counts.",
    implementation = _mesh_impl,
    tag_classes = {
        "local": _local,
        "release": _release,
    },
)
