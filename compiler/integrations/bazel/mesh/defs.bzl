"""The public rules and providers."""

load("//mesh/private:bundle.bzl", _mesh_bundle = "mesh_bundle")
load("//mesh/private:library.bzl", _mesh_library = "mesh_library")
load("//mesh/private:providers.bzl", _MeshInfo = "MeshInfo")
load("//mesh/private:test.bzl", _mesh_test = "mesh_test")

mesh_bundle = _mesh_bundle
mesh_library = _mesh_library
mesh_test = _mesh_test

MeshInfo = _MeshInfo
