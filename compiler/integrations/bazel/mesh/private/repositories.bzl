"""Repositories that hold a meshc, and the one that registers them."""

_BUILD = """\
load({toolchain}, "mesh_toolchain")

mesh_toolchain(
    name = "toolchain",
    meshc = {meshc},
    visibility = ["//visibility:public"],
)
"""

_ENTRY = """
toolchain(
    name = {name},
    exec_compatible_with = {constraints},
    toolchain = {toolchain},
    toolchain_type = {toolchain_type},
)
"""

def _write_build(rctx, meshc):
    rctx.file("BUILD.bazel", _BUILD.format(
        meshc = repr(meshc),
        toolchain = repr(str(Label("//mesh:toolchain.bzl"))),
    ))

def _mesh_release_impl(rctx):
    # The last argument has another name in other releases of Bazel, and this place in all of them.
    rctx.download_and_extract(rctx.attr.urls, "release", rctx.attr.sha256, "", rctx.attr.strip_prefix)
    _write_build(rctx, "release/" + rctx.attr.meshc)

# What an archive is told by, in the rule here and in the tag of the extension.
RELEASE_ATTRS = {
    "meshc": attr.string(
        default = "meshc",
        doc = "The path of the compiler in the archive, below `strip_prefix`.",
    ),
    "sha256": attr.string(
        doc = "The SHA-256 of the archive.",
        mandatory = True,
    ),
    "strip_prefix": attr.string(
        doc = "The folder of the archive that holds all.",
    ),
    "urls": attr.string_list(
        doc = "Where the archive is. The first that answers is taken.",
        mandatory = True,
    ),
}

mesh_release = repository_rule(
    implementation = _mesh_release_impl,
    attrs = RELEASE_ATTRS,
    doc = "A meshc from the archive of a release.",
)

def _mesh_local_impl(rctx):
    meshc = rctx.path(rctx.attr.path) if rctx.attr.path else rctx.which("meshc")
    if not meshc:
        fail("there is no meshc on the PATH: install it, or give its place with mesh.local(path = ...)")
    if not meshc.exists:
        fail("there is no meshc at %s" % meshc)
    rctx.symlink(meshc, meshc.basename)
    _write_build(rctx, meshc.basename)

mesh_local = repository_rule(
    implementation = _mesh_local_impl,
    attrs = {
        "path": attr.string(
            doc = "The absolute path of the compiler. Empty: the first on the PATH.",
        ),
    },
    configure = True,
    doc = "A meshc of this machine.",
    local = True,
)

_OS = {
    "linux": "linux",
    "mac os x": "macos",
    "windows": "windows",
}

_CPU = {
    "aarch64": "aarch64",
    "amd64": "x86_64",
    "arm64": "aarch64",
    "x86_64": "x86_64",
}

def _host_constraints(rctx):
    """The constraints of the machine that Bazel runs on, as far as they are known."""
    os = _OS.get("windows" if rctx.os.name.startswith("windows") else rctx.os.name)
    cpu = _CPU.get(rctx.os.arch)
    return (["@platforms//os:" + os] if os else []) + (["@platforms//cpu:" + cpu] if cpu else [])

def _mesh_toolchains_impl(rctx):
    entries = {repo: _host_constraints(rctx) for repo in rctx.attr.locals}
    entries.update(rctx.attr.releases)
    rctx.file("BUILD.bazel", "\n".join([
        _ENTRY.format(
            constraints = repr(constraints),
            name = repr(repo),
            toolchain = repr("@%s//:toolchain" % repo),
            toolchain_type = repr(str(Label("//mesh:toolchain_type"))),
        )
        for repo, constraints in entries.items()
    ]))

mesh_toolchains = repository_rule(
    implementation = _mesh_toolchains_impl,
    attrs = {
        "locals": attr.string_list(
            doc = "The repositories of a meshc of this machine.",
        ),
        "releases": attr.string_list_dict(
            doc = "The repositories of releases, each with the constraints of the platforms that it runs on.",
        ),
    },
    doc = "The toolchains to register: what no platform asks for is not fetched.",
)
