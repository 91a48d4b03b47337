"""The rule mesh_test."""

load(":program.bzl", "PROGRAM_ATTRS", "TOOLCHAIN_TYPE", "mesh_program")

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _key(ctx, path):
    """The name of a runfile in its tree, which starts with that of its repository."""
    return path[len("../"):] if path.startswith("../") else ctx.workspace_name + "/" + path

def _place(ctx, path):
    return '"$(place %s)"' % _quote(_key(ctx, path))

def _bundle(ctx):
    """The runfiles path of the committed bundle: one file, or the folder that holds all of several."""
    files = ctx.files.bundle
    if not ctx.attr.split or files[0].is_directory:
        if len(files) != 1:
            fail("%s: without split, bundle is one file; it has %d" % (ctx.label, len(files)))
        return files[0].short_path
    folder = files[0].short_path.rpartition("/")[0]
    for file in files:
        if file.short_path.rpartition("/")[0] != folder:
            fail("%s: the files of bundle lie in more than one folder" % ctx.label)
    return folder

def _mesh_test_impl(ctx):
    program = mesh_program(ctx)
    toolchain = ctx.toolchains[TOOLCHAIN_TYPE].mesh

    shared = [_place(ctx, file.short_path) for file in program.srcs.to_list()]
    for choice in ctx.attr.params.items():
        shared.append("--set " + _quote("%s=%s" % choice))
    for file in ctx.files.params_file:
        shared.append("--params " + _place(ctx, file.short_path))
    if ctx.attr.istio:
        shared.append("--istio " + _quote(ctx.attr.istio))

    commands = [["check"] + shared + (["--deny warnings"] if ctx.attr.deny_warnings else [])]
    if ctx.attr.split and not ctx.attr.bundle:
        fail("%s has split and no bundle: split says what the files of the bundle are" % ctx.label)
    if ctx.attr.bundle:
        build = ["build"] + shared + ["--namespaces " + ctx.attr.namespaces]
        if ctx.attr.split:
            build.append("--split " + ctx.attr.split)
        commands.append(build + ["--check " + _place(ctx, _bundle(ctx))])

    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.expand_template(
        is_executable = True,
        output = script,
        substitutions = {
            "{{commands}}": "\n".join([" \\\n  ".join(['"$meshc"'] + command) for command in commands]),
            "{{compiler}}": _quote(_key(ctx, toolchain.meshc.executable.short_path)),
            "{{workspace}}": _quote(ctx.workspace_name),
        },
        template = ctx.file._template,
    )
    runfiles = ctx.runfiles(ctx.files.bundle, transitive_files = program.inputs)
    return [DefaultInfo(
        executable = script,
        files = depset([script]),
        runfiles = runfiles.merge(toolchain.runfiles),
    )]

mesh_test = rule(
    implementation = _mesh_test_impl,
    attrs = dict(
        PROGRAM_ATTRS,
        bundle = attr.label_list(
            allow_files = True,
            doc = "The committed bundle. It is to be what the program compiles to. One file; with `split` all files " +
                  "of its folder, which glob finds.",
        ),
        deny_warnings = attr.bool(
            default = True,
            doc = "Whether a warning fails the test.",
        ),
        _template = attr.label(
            allow_single_file = True,
            default = Label("//mesh/private:test.sh.tpl"),
        ),
    ),
    doc = "Checks that a program compiles, for every choice of its parameters that `params` leaves open, and with " +
          "`bundle` that the committed YAML is what it compiles to.",
    test = True,
    toolchains = [TOOLCHAIN_TYPE],
)
