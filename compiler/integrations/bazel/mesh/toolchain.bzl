"""The toolchain: which meshc the rules run."""

load("//mesh/private:toolchain.bzl", _MeshToolchainInfo = "MeshToolchainInfo", _mesh_toolchain = "mesh_toolchain")

mesh_toolchain = _mesh_toolchain

MeshToolchainInfo = _MeshToolchainInfo
