package bazel

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The rules in a real Bazel: Debian's, of the line 4.2. It is older than modules, so the root is a WORKSPACE that says
// what the extension says elsewhere; and `run` knows no `toolchain` there, so that line is taken out of the copy.
const newerThanBazel4 = "        toolchain = Label(TOOLCHAIN_TYPE),\n"

// What an old Bazel would fetch for rules that are not used here.
var stubs = map[string]string{
	"rules_cc/cc/BUILD": "",
	"rules_cc/cc/defs.bzl": `cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
`,
	"rules_java/java/BUILD": "",
	"rules_java/java/defs.bzl": `java_binary = native.java_binary
java_import = native.java_import
java_library = native.java_library
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
`,
	"remote_coverage_tools/BUILD": `filegroup(
    name = "coverage_report_generator",
    visibility = ["//visibility:public"],
)
`,
}

// oldBazel is a workspace for it, the example in it, and a server of its own until the test ends.
type oldBazel struct{ program, root, output string }

func (b *oldBazel) run(arguments ...string) (string, error) {
	startup := []string{"--nohome_rc", "--noworkspace_rc", "--output_user_root=" + b.output, "--max_idle_secs=60"}
	command := exec.Command(b.program, append(startup, arguments...)...)
	command.Dir = b.root
	command.Env = append(os.Environ(), "HOME="+b.output)
	said, err := command.CombinedOutput()
	return string(said), err
}

// do is `bazel VERB TARGETS`, in a sandbox, with the stubs in place of what cannot be fetched.
func (b *oldBazel) do(verb string, targets ...string) (string, error) {
	arguments := []string{verb, "--spawn_strategy=sandboxed", "--color=no", "--curses=no"}
	if verb == "test" {
		arguments = append(arguments, "--test_output=errors")
	}
	for _, repo := range []string{"rules_cc", "rules_java", "remote_coverage_tools"} {
		arguments = append(arguments, "--override_repository="+repo+"="+filepath.Join(b.output, "stubs", repo))
	}
	return b.run(append(arguments, targets...)...)
}

// archive is a release: a folder with the compiler in it.
func archive(t *testing.T, program string) []byte {
	t.Helper()
	content := read(t, program)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	writer := tar.NewWriter(packed)
	header := &tar.Header{Name: "meshc-0.1.0/bin/meshc", Mode: 0o755, Size: int64(len(content))}
	if err := writer.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newOldBazel(t *testing.T) *oldBazel {
	t.Helper()
	compiler := meshc(t)
	program := os.Getenv("OLD_BAZEL")
	if program == "" {
		t.Skip("OLD_BAZEL does not say where Debian's Bazel is: the rules are run by stand-ins alone")
	}
	root := copied(t)
	rules := filepath.Join(root, "../../../compiler/integrations/bazel")
	edit(t, rules, "mesh/private/bundle.bzl", newerThanBazel4, "")
	out := &oldBazel{program, root, t.TempDir()}
	packed := archive(t, compiler)
	files := map[string]string{
		filepath.Join(rules, "WORKSPACE"):                "workspace(name = \"rules_mesh\")\n",
		filepath.Join(out.output, "release", "m.tar.gz"): string(packed),
		filepath.Join(root, "local", "BUILD"): `toolchain(
    name = "local",
    toolchain = "@mesh_local//:toolchain",
    toolchain_type = "@rules_mesh//mesh:toolchain_type",
)
`,
		filepath.Join(root, "WORKSPACE"): fmt.Sprintf(`workspace(name = "mesh_example")

local_repository(name = "rules_mesh", path = %q)

load("@rules_mesh//mesh/private:repositories.bzl", "mesh_local", "mesh_release", "mesh_toolchains")

mesh_release(
    name = "mesh_release_here",
    meshc = "bin/meshc",
    sha256 = "%x",
    strip_prefix = "meshc-0.1.0",
    urls = ["file://%s/release/m.tar.gz"],
)

mesh_release(
    name = "mesh_release_elsewhere",
    sha256 = "%064d",
    urls = ["file:///nowhere/m.tar.gz"],
)

mesh_toolchains(
    name = "mesh_toolchains",
    releases = {
        "mesh_release_elsewhere": ["@platforms//os:windows"],
        "mesh_release_here": ["@platforms//os:linux"],
    },
)

mesh_local(name = "mesh_local", path = %q)

register_toolchains("@mesh_toolchains//:all")
`, rules, sha256.Sum256(packed), out.output, 0, compiler),
	}
	for name, content := range stubs {
		files[filepath.Join(out.output, "stubs", name)] = content
		repo, _, _ := strings.Cut(name, "/")
		files[filepath.Join(out.output, "stubs", repo, "WORKSPACE")] = fmt.Sprintf("workspace(name = %q)\n", repo)
	}
	for place, content := range files {
		if err := write(place, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if said, err := out.run("shutdown"); err != nil {
			t.Errorf("the server does not stop: %v\n%s", err, said)
		}
		// What Bazel makes is read-only, and in the way of who removes it.
		_ = filepath.WalkDir(out.output, func(place string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				_ = os.Chmod(place, 0o755)
			}
			return nil
		})
	})
	return out
}

func TestInAnOldBazel(t *testing.T) {
	bazel := newOldBazel(t)
	good := func(said string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	bad := func(said string, err error, words ...string) {
		t.Helper()
		if err == nil {
			t.Fatalf("nothing failed\n%s", said)
		}
		for _, word := range words {
			if !strings.Contains(said, word) {
				t.Errorf("%q is not said:\n%s", word, said)
			}
		}
	}
	good(bazel.do("build", "//..."))
	for _, name := range []string{"prod.yaml", "dev/gateway.yaml", "dev/.meshc-files"} {
		if read(t, filepath.Join(bazel.root, "bazel-bin", name)) != read(t, filepath.Join(exampleFolder, "deploy", name)) {
			t.Errorf("%s is not what is committed", name)
		}
	}
	said, err := bazel.do("test", "//...")
	good(said, err)
	if !strings.Contains(said, "3 tests pass") {
		t.Errorf("want three tests that pass:\n%s", said)
	}
	good(bazel.do("run", "//:prod_test"))
	if said, err := exec.Command(filepath.Join(bazel.root, "bazel-bin", "dev_test")).CombinedOutput(); err != nil {
		t.Errorf("the test by itself: %v\n%s", err, said)
	}

	edit(t, bazel.root, "deploy/prod.yaml", "maxConnections: 500", "maxConnections: 501")
	said, err = bazel.do("test", "//...")
	bad(said, err, "//:prod_test", "deploy/prod.yaml", "2 tests pass and 1 fails")
	edit(t, bazel.root, "deploy/prod.yaml", "maxConnections: 501", "maxConnections: 500")

	edit(t, bazel.root, "catalog/BUILD.bazel", "    modules = [\"//platform\"],\n", "")
	said, err = bazel.do("build", "//:prod")
	bad(said, err, "error[E0209]", "../platform/guards")
	edit(t, bazel.root, "catalog/BUILD.bazel", "    srcs", "    modules = [\"//platform\"],\n    srcs")

	// The compiler of this machine, in place of the release.
	edit(t, bazel.root, "WORKSPACE", "register_toolchains(\"@mesh_toolchains//:all\")", "register_toolchains(\"//local\")")
	good(bazel.do("test", "//..."))
	good(bazel.do("test", "--enable_runfiles=no", "//..."))
}
