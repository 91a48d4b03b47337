package bazel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the rules and the extension refuse, each with the words that say why.

func TestRulesRefuseWhatCannotBe(t *testing.T) {
	type edited struct{ file, old, new, target, word string }
	for name, one := range map[string]edited{
		"out and split":          {"BUILD.bazel", `deny_warnings = True`, `split = "kind"`, "//:prod", "has both out and split"},
		"an ending of out":       {"BUILD.bazel", `"prod.yaml"`, `"prod.txt"`, "//:prod", "out is to end in"},
		"no files":               {"BUILD.bazel", `mesh_library(`, "mesh_bundle(name = \"none\")\n\nmesh_library(", "//:none", "has neither srcs"},
		"two files for one":      {"BUILD.bazel", `["deploy/prod.yaml"]`, `glob(["deploy/**"])`, "//:prod_test", "is one file"},
		"a bundle in folders":    {"BUILD.bazel", `deploy/dev/**`, `deploy/**`, "//:dev_test", "in more than one folder"},
		"a split of nothing":     {"BUILD.bazel", `glob(["deploy/dev/**"])`, `[]`, "//:dev_test", "has split and no bundle"},
		"a split of another":     {"BUILD.bazel", `split = "kind"`, `split = "file"`, "//:dev", "is not one of"},
		"a source of another":    {"BUILD.bazel", `["shop.mesh"]`, `["dev.yaml"]`, "//:shop", "no file that may stand there"},
		"a dep without files":    {"BUILD.bazel", `["//catalog"]`, `["dev.yaml"]`, "//:shop", "does not have MeshInfo"},
		"a dep that hides":       {"catalog/BUILD.bazel", `//:__pkg__`, `//platform:__pkg__`, "//:shop", "not visible"},
		"an attribute of no one": {"BUILD.bazel", `deny_warnings`, `deny`, "//:prod", "there is no attribute deny"},
	} {
		t.Run(name, func(t *testing.T) {
			root := copied(t)
			edit(t, root, one.file, one.old, one.new)
			_, err := opened(t, root).build(one.target)
			wants(t, err, one.word)
		})
	}
}

func TestTheExtensionRefusesWhatCannotBe(t *testing.T) {
	release := "mesh.release(os = \"linux\", cpu = \"x86_64\", urls = [\"file:///meshc.tar.gz\"], sha256 = \"0\")\n"
	for name, one := range map[string]struct{ tags, word string }{
		"two of this machine":    {"mesh.local()\nmesh.local()\n", "mesh.local is said more than once"},
		"a platform twice":       {release + release, "mesh.release is said more than once for linux on x86_64"},
		"no checksum":            {strings.Replace(release, ", sha256 = \"0\"", "", 1), "sha256 is mandatory"},
		"a tag of no one":        {"mesh.nightly()\n", "no tag nightly"},
		"a place with no meshc":  {"mesh.local(path = \"/no/meshc\")\n", "there is no meshc at"},
		"nothing":                {"", "no toolchain of type"},
		"another platform's":     {strings.Replace(release, "linux", "windows", 1), "no toolchain of type"},
		"what is not downloaded": {release, "has no .download_and_extract"},
	} {
		t.Run(name, func(t *testing.T) {
			root := copied(t)
			edit(t, root, "MODULE.bazel", "mesh.local()\n", one.tags)
			w, err := open(root, t.TempDir(), meshc(t))
			if err == nil {
				_, err = w.build("//:prod")
			}
			wants(t, err, one.word)
		})
	}
}

// A release for another platform is named and not fetched, and a compiler of this machine goes first.
func TestAReleaseIsFetchedWhereItIsNeeded(t *testing.T) {
	root := copied(t)
	edit(t, root, "MODULE.bazel", "mesh.local()\n", `
mesh.release(os = "windows", cpu = "x86_64", urls = ["https://a.test/m.zip"], sha256 = "0")
mesh.release(os = "linux", cpu = "x86_64", urls = ["https://a.test/m.tar.gz"], sha256 = "0")
mesh.local()
`)
	w := opened(t, root)
	w.output(t, "//:prod")
	hub := read(t, filepath.Join(w.out, "external", "mesh_toolchains", "BUILD.bazel"))
	for _, words := range []string{`name = "mesh_local"`, `"@platforms//os:windows", "@platforms//cpu:x86_64"`} {
		if !strings.Contains(hub, words) {
			t.Errorf("the registered toolchains do not hold %s:\n%s", words, hub)
		}
	}
	for _, name := range []string{"mesh_release_windows_x86_64", "mesh_release_linux_x86_64"} {
		if _, waits := w.pending["rules_mesh++mesh+"+name]; !waits {
			t.Errorf("%s is fetched", name)
		}
	}
}

func TestWithoutMeshcOnThePathTheMessageSaysSo(t *testing.T) {
	meshc(t)
	w, err := open(copied(t), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.build("//:prod")
	wants(t, err, "there is no meshc on the PATH")
}

// A project's own toolchain, of a meshc that it builds or keeps itself.
func TestAToolchainOfOnesOwn(t *testing.T) {
	root := copied(t)
	if err := os.Symlink(meshc(t), filepath.Join(root, "meshc")); err != nil {
		t.Fatal(err)
	}
	edit(t, root, "BUILD.bazel", "mesh_library(\n", `mesh_toolchain(
    name = "own",
    meshc = "meshc",
)

toolchain(
    name = "own_toolchain",
    toolchain = ":own",
    toolchain_type = "@rules_mesh//mesh:toolchain_type",
)

mesh_library(
`)
	edit(t, root, "BUILD.bazel", "load(", "load(\"@rules_mesh//mesh:toolchain.bzl\", \"mesh_toolchain\")\nload(")
	edit(t, root, "MODULE.bazel", "mesh.local()\n", "")
	w := opened(t, root)
	w.registered = []label{{"", "", "all"}}
	w.output(t, "//:prod")
	for _, how := range []launch{asTest, byItself, byManifest} {
		if err := w.test("//:prod_test", how); err != nil {
			t.Errorf("started %s: %v", how, err)
		}
	}
}
