"""What Mesh targets say about themselves."""

MeshInfo = provider(
    doc = "The files of a part of a program.",
    fields = {
        "srcs": "depset of File: the target's own `.mesh` files.",
        "transitive_modules": "depset of File: what the target and its deps take in with `use`.",
        "transitive_srcs": "depset of File: the `.mesh` files of the target and its deps; together one program.",
    },
)
