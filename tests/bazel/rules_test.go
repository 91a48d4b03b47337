// Package bazel holds the rules of Bazel to what they promise. No current Bazel can be had from the registries that the
// tests may ask. So the files of the rules are evaluated by Starlark itself, with stand-ins for what Bazel brings along
// that know what the rules use and refuse everything else; the commands that come of it are run, by a real meshc, in
// folders that hold what they declare and nothing else. old_bazel_test.go runs the same rules in an old Bazel.
package bazel

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	rulesFolder   = "../../compiler/integrations/bazel"
	exampleFolder = "../../examples/integrations/bazel"
)

// meshc is the compiler to run, or the test is skipped.
func meshc(t *testing.T) string {
	t.Helper()
	place := os.Getenv("MESHC")
	if place == "" {
		t.Skip("MESHC does not say where a meshc is: nothing can be compiled")
	}
	absolute, err := filepath.Abs(place)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// copied is a copy of the example beside the rules, which a test may change.
func copied(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	root := filepath.Join(home, "examples", "integrations", "bazel")
	if err := os.CopyFS(root, os.DirFS(exampleFolder)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(home, "compiler", "integrations", "bazel"), os.DirFS(rulesFolder)); err != nil {
		t.Fatal(err)
	}
	return root
}

func opened(t *testing.T, root string) *workspace {
	t.Helper()
	w, err := open(root, t.TempDir(), meshc(t))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func read(t *testing.T, place string) string {
	t.Helper()
	text, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// edit replaces a text in a file of a workspace, which holds it.
func edit(t *testing.T, root, name, old, new string) {
	t.Helper()
	place := filepath.Join(root, name)
	text := read(t, place)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	if err := os.WriteFile(place, []byte(strings.Replace(text, old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// wants checks that an error holds these words.
func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("nothing failed, want an error with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not hold %q:\n%v", word, err)
		}
	}
}

// output builds a target of one output and returns where it is.
func (w *workspace) output(t *testing.T, name string) string {
	t.Helper()
	built, err := w.build(name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := built.files.files()
	if err != nil || len(list) != 1 {
		t.Fatalf("%s has the files %v, want one: %v", name, list, err)
	}
	place, err := w.place(list[0])
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func TestABundleIsOneFile(t *testing.T) {
	w := opened(t, copied(t))
	made := w.output(t, "//:prod")
	committed := filepath.Join(exampleFolder, "deploy", "prod.yaml")
	if filepath.Base(made) != "prod.yaml" || read(t, made) != read(t, committed) {
		t.Errorf("%s is not what is committed", made)
	}
}

func TestABundleIsAFolder(t *testing.T) {
	w := opened(t, copied(t))
	made := w.output(t, "//:dev")
	committed := filepath.Join(exampleFolder, "deploy", "dev")
	for _, folder := range [][2]string{{made, committed}, {committed, made}} {
		entries, err := os.ReadDir(folder[0])
		if err != nil || len(entries) < 3 {
			t.Fatalf("%s holds %v: %v", folder[0], entries, err)
		}
		for _, entry := range entries {
			if read(t, filepath.Join(folder[0], entry.Name())) != read(t, filepath.Join(folder[1], entry.Name())) {
				t.Errorf("%s is not what is committed", entry.Name())
			}
		}
	}
}

func TestOutputGroupsNameTheBundleAndItsSources(t *testing.T) {
	w := opened(t, copied(t))
	built, err := w.build("//:prod")
	if err != nil {
		t.Fatal(err)
	}
	groups := built.providers[outputGroupInfo].values
	if len(groups["bundle"].(*depset).values) != 1 {
		t.Errorf("bundle holds %v", groups["bundle"])
	}
	for _, name := range []string{"shop.mesh", "catalog/catalog.mesh", "platform/guards.mesh"} {
		if !strings.Contains(groups["sources"].String(), "<File "+name+">") {
			t.Errorf("%s is not among the sources %v", name, groups["sources"])
		}
	}
}

// A module is read and not compiled: it is an input, and not among the arguments.
func TestModulesAreInputsAndNoArguments(t *testing.T) {
	w := opened(t, copied(t))
	built, err := w.build("//:prod")
	if err != nil {
		t.Fatal(err)
	}
	arguments := strings.Join(built.actions[0].arguments, " ")
	want := "build shop.mesh catalog/catalog.mesh --set env=prod --namespaces emit --deny warnings " +
		"--out bazel-out/k8-fastbuild/bin/prod.yaml"
	if arguments != want {
		t.Errorf("meshc is run with\n%s\nwant\n%s", arguments, want)
	}
}

func TestATestPassesOnFreshYAML(t *testing.T) {
	for _, how := range []launch{asTest, byItself, byManifest} {
		w := opened(t, copied(t))
		for _, name := range []string{"//:shop_test", "//:dev_test", "//:prod_test"} {
			if err := w.test(name, how); err != nil {
				t.Errorf("%s, started %s: %v", name, how, err)
			}
		}
	}
}

func TestATestFailsOnDriftedYAML(t *testing.T) {
	for _, how := range []launch{asTest, byItself, byManifest} {
		root := copied(t)
		edit(t, root, "deploy/prod.yaml", "maxConnections: 500", "maxConnections: 501")
		edit(t, root, "deploy/dev/gateway.yaml", "number: 80", "number: 81")
		w := opened(t, root)
		for name, words := range map[string][]string{
			"//:prod_test": {"prod.yaml", "501"},
			"//:dev_test":  {"gateway.yaml", "81"},
		} {
			err := w.test(name, how)
			wants(t, err, words...)
			var said *failure
			if !errors.As(err, &said) || said.code != 1 {
				t.Errorf("%s, started %s: want the exit code 1, got %v", name, how, err)
			}
		}
	}
}

func TestATestFailsOnAFileThatIsLeftOver(t *testing.T) {
	root := copied(t)
	edit(t, root, "shop.mesh", "mtls strict", "label team: shop")
	wants(t, opened(t, root).test("//:dev_test", asTest), "peer-authentication.yaml")
}

func TestATestFailsOnAMissingFile(t *testing.T) {
	root := copied(t)
	if err := os.Remove(filepath.Join(root, "deploy", "dev", "gateway.yaml")); err != nil {
		t.Fatal(err)
	}
	wants(t, opened(t, root).test("//:dev_test", asTest), "gateway.yaml")
}

// A file name in a message is the name in the workspace, whichever folder the test runs in.
func TestATestFailsOnAWarning(t *testing.T) {
	root := copied(t)
	edit(t, root, "shop.mesh", "timeout 15s", "timeout 15s; retry 2 x 1s")
	wants(t, opened(t, root).test("//:shop_test", asTest), "warning[retry-never-fires]", "shop.mesh:")
	edit(t, root, "BUILD.bazel", `name = "shop_test",`, `name = "shop_test", deny_warnings = False,`)
	if err := opened(t, root).test("//:shop_test", asTest); err != nil {
		t.Errorf("deny_warnings = False: %v", err)
	}
}

func TestAWarningFailsABundleThatDeniesThem(t *testing.T) {
	root := copied(t)
	edit(t, root, "shop.mesh", "timeout 15s", "timeout 15s; retry 2 x 1s")
	_, err := opened(t, root).build("//:prod")
	wants(t, err, "warning[retry-never-fires]")
	if _, err := opened(t, root).build("//:dev"); err != nil {
		t.Errorf("the other bundle does not deny warnings: %v", err)
	}
}

func TestASourceThatIsNotDeclaredIsNotFound(t *testing.T) {
	root := copied(t)
	edit(t, root, "catalog/BUILD.bazel", "    modules = [\"//platform\"],\n", "")
	_, err := opened(t, root).build("//:prod")
	wants(t, err, "E0209", "../platform/guards")
	wants(t, opened(t, root).test("//:shop_test", asTest), "E0209", "../platform/guards")
}

func TestASourceOfADepThatIsMissingIsNotCompiled(t *testing.T) {
	root := copied(t)
	edit(t, root, "BUILD.bazel", "    deps = [\"//catalog\"],\n", "")
	w := opened(t, root)
	if strings.Contains(read(t, w.output(t, "//:prod")), "catalog-allow") {
		t.Error("the bundle holds what no dep says")
	}
}

func TestWhatATargetSaysReachesTheCompiler(t *testing.T) {
	root := copied(t)
	edit(t, root, "BUILD.bazel", `out = "prod.yaml"`, `out = "prod.json", istio = "1.29", namespaces = "skip"`)
	edit(t, root, "BUILD.bazel", `split = "kind"`, `split = "resource"`)
	w := opened(t, root)
	made := read(t, w.output(t, "//:prod"))
	if !strings.HasPrefix(made, "{") || strings.Contains(made, `"Namespace"`) {
		t.Errorf("want JSON without namespaces:\n%s", made)
	}
	if built, _ := w.build("//:prod"); !strings.Contains(strings.Join(built.actions[0].arguments, " "), "--istio 1.29") {
		t.Errorf("the release is not among %v", built.actions[0].arguments)
	}
	read(t, filepath.Join(w.output(t, "//:dev"), "shop.gateway.public.yaml"))
}

// Values are data for the shell of a test, whatever is in them.
func TestAValueOfAParameterIsQuoted(t *testing.T) {
	root := copied(t)
	edit(t, root, "shop.mesh", "in shop", "in shop\nparam team of string default \"shop\"")
	edit(t, root, "shop.mesh", "inject;", "inject; annotation team: \"${team}\";")
	said := "params = {\"env\": \"prod\"}"
	for range 2 { // The bundle, and its test.
		edit(t, root, "BUILD.bazel", said, said[:len(said)-1]+", \"team\": \"it's $HOME `more`\"}")
	}
	w := opened(t, root)
	fresh := read(t, w.output(t, "//:prod"))
	if !strings.Contains(fresh, "it's $HOME `more`") && !strings.Contains(fresh, "it''s $HOME `more`") {
		t.Errorf("the value is not in the bundle:\n%s", fresh)
	}
	if err := os.WriteFile(filepath.Join(root, "deploy", "prod.yaml"), []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, how := range []launch{asTest, byManifest} {
		if err := w.test("//:prod_test", how); err != nil {
			t.Error(err)
		}
	}
}
