package bazel

import (
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.starlark.net/starlark"
)

// starlarkFiles are the files that Bazel reads, of the rules and of the example.
func starlarkFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, folder := range []string{rulesFolder, exampleFolder} {
		err := filepath.WalkDir(folder, func(place string, entry fs.DirEntry, err error) error {
			if name := entry.Name(); err == nil && (strings.HasSuffix(name, ".bzl") || strings.HasSuffix(name, ".bazel")) {
				out = append(out, place)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 15 {
		t.Fatalf("want the files of the rules and the example, found %v", out)
	}
	return out
}

func TestBuildifierHasNothingToSay(t *testing.T) {
	arguments := append([]string{"tool", "buildifier", "-mode=check", "-lint=warn", "-warnings=all"}, starlarkFiles(t)...)
	if said, err := exec.Command("go", arguments...).CombinedOutput(); err != nil {
		t.Errorf("buildifier: %v\n%s", err, said)
	}
}

func TestLinesAreShort(t *testing.T) {
	readmes := []string{filepath.Join(rulesFolder, "README.md"), filepath.Join(exampleFolder, "README.md")}
	for _, place := range append(starlarkFiles(t), readmes...) {
		for number, line := range strings.Split(read(t, place), "\n") {
			if len([]rune(line)) > 120 {
				t.Errorf("%s:%d is longer than 120 columns", place, number+1)
			}
		}
	}
}

// The kinds of attributes as the README names them.
var kinds = map[string]string{
	"bool": "bool", "label": "label", "label_list": "list of labels", "output": "name of a file", "string": "string",
	"string_dict": "dict of strings", "string_list": "list of strings",
}

// entries are the lines of a README about these attributes.
func entries(attributes map[string]*attribute) []string {
	var out []string
	for _, name := range names(attributes) {
		attribute := attributes[name]
		if strings.HasPrefix(name, "_") {
			continue
		}
		default_ := "mandatory"
		if !attribute.mandatory {
			default_ = fmt.Sprintf("default `%v`", attribute.defaultValue)
		}
		out = append(out, fmt.Sprintf("- `%s` (%s, %s): %s", name, kinds[attribute.kind], default_, attribute.doc))
	}
	return out
}

// The README says of each rule, tag and provider what the rules say themselves.
func TestTheReadmeSaysWhatTheRulesSay(t *testing.T) {
	w := &workspace{
		folders: map[string]string{rulesRepo: rulesFolder},
		mapping: map[string]map[string]string{rulesRepo: {"rules_mesh": rulesRepo}},
		modules: map[string]starlark.StringDict{},
	}
	sections := map[string][]string{}
	for _, name := range []string{"defs.bzl", "toolchain.bzl", "extensions.bzl"} {
		globals, err := w.load(label{rulesRepo, "mesh", name})
		if err != nil {
			t.Fatal(err)
		}
		for name, found := range globals {
			if strings.HasPrefix(name, "_") {
				continue
			}
			switch found := found.(type) {
			case *ruleClass:
				sections[name] = append([]string{found.doc}, entries(found.attributes)...)
			case *provider:
				sections[name] = []string{found.doc}
				for _, field := range names(found.fields) {
					sections[name] = append(sections[name], fmt.Sprintf("- `%s`: %s", field, found.fields[field]))
				}
			case *extension:
				for tag, class := range found.tags {
					sections[name+"."+tag] = append([]string{class.doc}, entries(class.attributes)...)
				}
			}
		}
	}
	if len(sections) != 8 {
		t.Errorf("want four rules, two providers and two tags, found %v", names(sections))
	}
	readme := read(t, filepath.Join(rulesFolder, "README.md"))
	for _, name := range names(sections) {
		_, rest, ok := strings.Cut(readme, "\n### "+name+"\n")
		section, _, _ := strings.Cut(rest, "\n#")
		want := strings.Join(sections[name], "\n")
		if !ok || !strings.Contains(strings.Join(strings.Fields(section), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the README has no section `### %s` that says\n%s", name, want)
		}
	}
}
