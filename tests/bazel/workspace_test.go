package bazel

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// workspace stands in for Bazel: repositories on the disk, what their files say, and the targets that come of it.
type workspace struct {
	// Folders of repositories by canonical name; the root's is empty. `pending` are those nothing has asked for yet.
	folders map[string]string
	pending map[string]func() (string, error)
	// What a repository calls others: the apparent names, by canonical ones.
	mapping  map[string]map[string]string
	modules  map[string]starlark.StringDict
	packages map[string]*buildPackage
	targets  map[label]*target
	// Labels of packages whose toolchains are registered.
	registered []label
	// Where outputs go.
	out string
	// Where the meshc of the PATH is.
	meshc string
}

// buildPackage is a folder with a BUILD file.
type buildPackage struct {
	label    label
	folder   string
	declared map[string]any
	exported map[string][]string
}

func (p *buildPackage) declare(name string, what any) error {
	if _, taken := p.declared[name]; taken {
		return fmt.Errorf("//%s:%s is declared twice", p.label.pkg, name)
	}
	p.declared[name] = what
	return nil
}

// parse reads a label as it is written in a file of the repository and the package of `from`.
func (w *workspace) parse(written string, from label) (label, error) {
	out := label{repo: from.repo, pkg: from.pkg}
	rest := written
	if strings.HasPrefix(rest, "@") {
		at := strings.Index(rest, "//")
		if at < 0 {
			return out, fmt.Errorf("%s: want @REPOSITORY//PACKAGE:NAME", written)
		}
		name := rest[:at]
		rest = rest[at:]
		if canonical, ok := strings.CutPrefix(name, "@@"); ok {
			out.repo = canonical
		} else if out.repo, ok = w.mapping[from.repo][name[1:]]; !ok {
			return out, fmt.Errorf("%s: the repository %q knows no %s", written, from.repo, name)
		}
	}
	if named, ok := strings.CutPrefix(rest, "//"); ok {
		var has bool
		if out.pkg, out.name, has = strings.Cut(named, ":"); !has {
			out.name = path.Base(named)
		}
		return out, nil
	}
	out.name = strings.TrimPrefix(rest, ":")
	return out, nil
}

func (w *workspace) labelOf(value starlark.Value, from label) (label, error) {
	if out, ok := value.(label); ok {
		return out, nil
	}
	written, err := text(value)
	if err != nil {
		return label{}, err
	}
	return w.parse(written, from)
}

// folder is where a repository lies; one that is made by a rule is made when it is first asked for.
func (w *workspace) folder(repo string) (string, error) {
	if make, ok := w.pending[repo]; ok {
		delete(w.pending, repo)
		folder, err := make()
		if err != nil {
			return "", fmt.Errorf("the repository %s: %w", repo, err)
		}
		w.folders[repo] = folder
	}
	if folder, ok := w.folders[repo]; ok {
		return folder, nil
	}
	return "", fmt.Errorf("there is no repository %q", repo)
}

// here is the file that a thread evaluates, or, in a function, the file that the function stands in. Files are
// evaluated under the names of their labels.
func (w *workspace) here(thread *starlark.Thread) (label, error) {
	for depth := 0; depth < thread.CallStackDepth(); depth++ {
		if name := thread.CallFrame(depth).Pos.Filename(); strings.HasPrefix(name, "@@") {
			return w.parse(name, label{})
		}
	}
	return label{}, fmt.Errorf("called outside of a file")
}

// evaluate runs a file with these names, and loads what it loads.
func (w *workspace) evaluate(
	at label, place string, predeclared starlark.StringDict, locals map[string]any,
) (starlark.StringDict, error) {
	source, err := os.ReadFile(place)
	if err != nil {
		return nil, err
	}
	load := func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
		wanted, err := w.parse(module, at)
		if err != nil {
			return nil, err
		}
		return w.load(wanted)
	}
	thread := &starlark.Thread{Name: at.String(), Load: load}
	for name, value := range locals {
		thread.SetLocal(name, value)
	}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{}, thread, at.String(), source, predeclared)
	if failed, ok := err.(*starlark.EvalError); ok {
		return nil, fmt.Errorf("%s", failed.Backtrace())
	}
	return globals, err
}

// load evaluates a .bzl file, once. `Label(...)` in it means what it says in this file, wherever it is called from.
func (w *workspace) load(at label) (starlark.StringDict, error) {
	if globals, ok := w.modules[at.String()]; ok {
		return globals, nil
	}
	folder, err := w.folder(at.repo)
	if err != nil {
		return nil, err
	}
	predeclared := starlark.StringDict{
		"DefaultInfo":      defaultInfo,
		"OutputGroupInfo":  outputGroupInfo,
		"attr":             attrModule(),
		"depset":           function("depset", newDepset),
		"module_extension": function("module_extension", newExtension),
		"platform_common":  object("platform_common", starlark.StringDict{"ToolchainInfo": toolchainInfo}),
		"provider":         function("provider", newProvider),
		"repository_rule":  function("repository_rule", newRepositoryRule),
		"rule":             function("rule", w.rule),
		"struct":           newStruct,
		"tag_class":        function("tag_class", newTagClass),
		"Label": function("Label", func(c *call) (starlark.Value, error) {
			var written string
			if err := c.unpack("input", &written); err != nil {
				return nil, err
			}
			from, err := w.here(c.thread)
			if err != nil {
				return nil, err
			}
			return w.parse(written, from)
		}),
	}
	globals, err := w.evaluate(at, filepath.Join(folder, at.pkg, at.name), predeclared, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range globals {
		switch value := value.(type) {
		case *ruleClass:
			if value.name == "" {
				value.name = name
				if value.test != strings.HasSuffix(name, "_test") {
					return nil, fmt.Errorf("%s: rules whose name ends in _test, and no others, are tests", name)
				}
			}
		case *provider:
			if value.name == "" {
				value.name = name
			}
		}
	}
	w.modules[at.String()] = globals
	return globals, nil
}

// pkg evaluates the BUILD file of a package, once.
func (w *workspace) pkg(repo, name string) (*buildPackage, error) {
	key := "@@" + repo + "//" + name
	if found, ok := w.packages[key]; ok {
		return found, nil
	}
	root, err := w.folder(repo)
	if err != nil {
		return nil, err
	}
	out := &buildPackage{
		label: label{repo, name, "BUILD.bazel"}, folder: filepath.Join(root, name), declared: map[string]any{},
		exported: map[string][]string{},
	}
	predeclared := starlark.StringDict{
		"exports_files":  function("exports_files", out.exportsFiles),
		"glob":           function("glob", out.glob),
		"toolchain":      function("toolchain", w.toolchain),
		"toolchain_type": function("toolchain_type", newToolchainType),
	}
	locals := map[string]any{"package": out}
	if _, err := w.evaluate(out.label, filepath.Join(out.folder, "BUILD.bazel"), predeclared, locals); err != nil {
		return nil, err
	}
	w.packages[key] = out
	return out, nil
}

func (p *buildPackage) exportsFiles(c *call) (starlark.Value, error) {
	var names, visibility *starlark.List
	if err := c.unpack("srcs", &names, "visibility?", &visibility); err != nil {
		return nil, err
	}
	allowed, err := texts(visibility)
	if err != nil {
		return nil, err
	}
	list, err := texts(names)
	for _, name := range list {
		p.exported[name] = allowed
	}
	return starlark.None, err
}

// glob knows patterns of the form FOLDER/**, which is what the example needs.
func (p *buildPackage) glob(c *call) (starlark.Value, error) {
	var include *starlark.List
	if err := c.unpack("include", &include); err != nil {
		return nil, err
	}
	patterns, err := texts(include)
	if err != nil {
		return nil, err
	}
	var found []starlark.Value
	for _, pattern := range patterns {
		folder, ok := strings.CutSuffix(pattern, "/**")
		if !ok {
			return nil, fmt.Errorf("glob: %s is not of the form FOLDER/**", pattern)
		}
		err := filepath.WalkDir(filepath.Join(p.folder, folder), func(place string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				name, _ := filepath.Rel(p.folder, place)
				found = append(found, starlark.String(filepath.ToSlash(name)))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("glob: %q finds nothing", patterns)
	}
	return starlark.NewList(found), nil
}

// toolchainType and registration are what `toolchain_type` and `toolchain` declare.
type toolchainType struct{ visibility []string }
type registration struct {
	kind, implementation label
	constraints          []label
}

func newToolchainType(c *call) (starlark.Value, error) {
	var name string
	var visibility *starlark.List
	if err := c.unpack("name", &name, "visibility?", &visibility); err != nil {
		return nil, err
	}
	allowed, err := texts(visibility)
	if err != nil {
		return nil, err
	}
	return starlark.None, c.thread.Local("package").(*buildPackage).declare(name, &toolchainType{allowed})
}

func (w *workspace) toolchain(c *call) (starlark.Value, error) {
	var name, implementation, kind string
	var constraints *starlark.List
	err := c.unpack("name", &name, "toolchain", &implementation, "toolchain_type", &kind,
		"exec_compatible_with?", &constraints)
	if err != nil {
		return nil, err
	}
	in := c.thread.Local("package").(*buildPackage)
	out := &registration{}
	if out.kind, err = w.parse(kind, in.label); err != nil {
		return nil, err
	}
	if out.implementation, err = w.parse(implementation, in.label); err != nil {
		return nil, err
	}
	for _, value := range elements(constraints) {
		constraint, err := w.labelOf(value, in.label)
		if err != nil {
			return nil, err
		}
		out.constraints = append(out.constraints, constraint)
	}
	return starlark.None, in.declare(name, out)
}

// visible says whether a target shows itself to a package.
func visible(allowed []string, of, to label) bool {
	return of.repo == to.repo && of.pkg == to.pkg || slices.ContainsFunc(allowed, func(who string) bool {
		inside := of.repo == to.repo
		switch {
		case who == "//visibility:public":
			return true
		case strings.HasSuffix(who, ":__pkg__"):
			return inside && who == "//"+to.pkg+":__pkg__"
		case strings.HasSuffix(who, ":__subpackages__"):
			above := strings.TrimSuffix(strings.TrimPrefix(who, "//"), ":__subpackages__")
			return inside && (above == "" || to.pkg == above || strings.HasPrefix(to.pkg, above+"/"))
		}
		return false
	})
}
