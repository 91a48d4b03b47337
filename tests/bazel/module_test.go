package bazel

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.starlark.net/starlark"
)

const (
	// The canonical name of the module of the rules, and the folder of the root's files among runfiles.
	rulesRepo    = "rules_mesh+"
	mainRunfiles = "_main"
)

// extension is what `module_extension(...)` makes; tagClass what `tag_class(...)` does.
type extension struct {
	*record
	call *starlark.Function
	tags map[string]*tagClass
}
type tagClass struct {
	*record
	doc        string
	attributes map[string]*attribute
}

func newExtension(c *call) (starlark.Value, error) {
	var doc string
	var tags *starlark.Dict
	out := &extension{record: object("module_extension", nil), tags: map[string]*tagClass{}}
	err := c.unpack("implementation", &out.call, "tag_classes", &tags, "doc?", &doc)
	if err != nil {
		return nil, err
	}
	for _, pair := range tags.Items() {
		class, ok := pair[1].(*tagClass)
		if !ok {
			return nil, fmt.Errorf("module_extension: %v is a %s", pair[0], pair[1].Type())
		}
		out.tags[string(pair[0].(starlark.String))] = class
	}
	return out, nil
}

func newTagClass(c *call) (starlark.Value, error) {
	var attrs *starlark.Dict
	out := &tagClass{record: object("tag_class", nil)}
	err := c.unpack("attrs", &attrs, "doc?", &out.doc)
	if err != nil {
		return nil, err
	}
	out.attributes, err = attributesOf(attrs)
	return out, err
}

// repositoryRule is what `repository_rule(...)` makes. Called in an extension, it says what a repository is made of.
type repositoryRule struct {
	*record
	call       *starlark.Function
	attributes map[string]*attribute
}

func newRepositoryRule(c *call) (starlark.Value, error) {
	var doc string
	var attrs *starlark.Dict
	var local, configure bool
	out := &repositoryRule{record: object("repository_rule", nil)}
	err := c.unpack("implementation", &out.call, "attrs", &attrs, "doc?", &doc,
		"local?", &local, "configure?", &configure)
	if err != nil {
		return nil, err
	}
	out.attributes, err = attributesOf(attrs)
	return out, err
}

func (r *repositoryRule) Name() string { return "repository_rule" }
func (r *repositoryRule) CallInternal(
	thread *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple,
) (starlark.Value, error) {
	declare, ok := thread.Local("repositories").(func(name string, make func() (string, error)) error)
	if !ok || len(args) > 0 {
		return nil, fmt.Errorf("a repository is declared in an extension, by names of attributes")
	}
	w := thread.Local("workspace").(*workspace)
	attributes := map[string]*attribute{"name": {kind: "string", mandatory: true}}
	for name, attribute := range r.attributes {
		attributes[name] = attribute
	}
	values, err := fill(attributes, kwargs)
	if err != nil {
		return nil, err
	}
	name, _ := text(values["name"])
	return starlark.None, declare(name, func() (string, error) {
		folder := filepath.Join(w.out, "external", name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
		ctx := w.repositoryContext(folder, object("repository_ctx.attr", values))
		_, err := starlark.Call(&starlark.Thread{Name: name}, r.call, starlark.Tuple{ctx}, nil)
		return folder, err
	})
}

// repositoryContext is the context of a repository rule. Nothing is downloaded: a release is named and never asked for.
func (w *workspace) repositoryContext(folder string, attr *record) *record {
	path := func(place string) *record {
		_, err := os.Stat(place)
		return object("path", starlark.StringDict{
			"basename": starlark.String(filepath.Base(place)), "exists": starlark.Bool(err == nil),
			"#place": starlark.String(place),
		})
	}
	arch := map[string]string{"amd64": "amd64", "arm64": "aarch64"}[runtime.GOARCH]
	system := map[string]string{"linux": "linux", "darwin": "mac os x"}[runtime.GOOS]
	return object("repository_ctx", starlark.StringDict{
		"attr": attr,
		"os":   object("repository_os", starlark.StringDict{"arch": starlark.String(arch), "name": starlark.String(system)}),
		"file": function("file", func(c *call) (starlark.Value, error) {
			var name, content string
			if err := c.unpack("path", &name, "content?", &content); err != nil {
				return nil, err
			}
			return starlark.None, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o755)
		}),
		"path": function("path", func(c *call) (starlark.Value, error) {
			var place string
			if err := c.unpack("path", &place); err != nil {
				return nil, err
			}
			if !filepath.IsAbs(place) {
				place = filepath.Join(folder, place)
			}
			return path(place), nil
		}),
		"symlink": function("symlink", func(c *call) (starlark.Value, error) {
			var target *record
			var name string
			if err := c.unpack("target", &target, "link_name", &name); err != nil {
				return nil, err
			}
			place, err := text(target.attrs["#place"])
			if err != nil {
				return nil, err
			}
			return starlark.None, os.Symlink(place, filepath.Join(folder, name))
		}),
		"which": function("which", func(c *call) (starlark.Value, error) {
			var program string
			if err := c.unpack("program", &program); err != nil {
				return nil, err
			}
			if program != "meshc" || w.meshc == "" {
				return starlark.None, nil
			}
			return path(w.meshc), nil
		}),
	})
}

// hostHas says whether this machine has these constraints.
func hostHas(constraints []label) bool {
	cpu := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	system := map[string]string{"linux": "linux", "darwin": "macos"}[runtime.GOOS]
	has := []label{{"platforms", "cpu", cpu}, {"platforms", "os", system}}
	return !slices.ContainsFunc(constraints, func(one label) bool { return !slices.Contains(has, one) })
}

// tag is a call such as `mesh.local()` in a MODULE.bazel.
type tag struct {
	class  string
	values []starlark.Tuple
}

// moduleFile is what a MODULE.bazel says.
type moduleFile struct {
	name, version string
	deps          map[string]string
	overrides     map[string]string
	extension     string
	tags          []tag
	used          []string
	registered    []string
}

// readModule evaluates a MODULE.bazel that knows at most one extension.
func (w *workspace) readModule(repo, folder string) (*moduleFile, error) {
	out := &moduleFile{deps: map[string]string{}, overrides: map[string]string{}}
	proxy := &tagger{record: object("extension_proxy", nil), file: out}
	predeclared := starlark.StringDict{
		"module": function("module", func(c *call) (starlark.Value, error) {
			var compatible *starlark.List
			return starlark.None, c.unpack("name", &out.name, "version?", &out.version, "bazel_compatibility?", &compatible)
		}),
		"bazel_dep": function("bazel_dep", func(c *call) (starlark.Value, error) {
			var name, version string
			err := c.unpack("name", &name, "version", &version)
			out.deps[name] = version
			return starlark.None, err
		}),
		"local_path_override": function("local_path_override", func(c *call) (starlark.Value, error) {
			var name, place string
			err := c.unpack("module_name", &name, "path", &place)
			out.overrides[name] = place
			return starlark.None, err
		}),
		"use_extension": function("use_extension", func(c *call) (starlark.Value, error) {
			var name string
			err := c.positional(2, &out.extension, &name)
			out.extension += "%" + name
			return proxy, err
		}),
		"use_repo": function("use_repo", func(c *call) (starlark.Value, error) {
			var of *tagger
			var name string
			err := c.positional(2, &of, &name)
			out.used = append(out.used, name)
			return starlark.None, err
		}),
		"register_toolchains": function("register_toolchains", func(c *call) (starlark.Value, error) {
			var pattern string
			err := c.positional(1, &pattern)
			out.registered = append(out.registered, pattern)
			return starlark.None, err
		}),
	}
	_, err := w.evaluate(label{repo, "", "MODULE.bazel"}, filepath.Join(folder, "MODULE.bazel"), predeclared, nil)
	return out, err
}

// tagger is what `use_extension` returns.
type tagger struct {
	*record
	file *moduleFile
}

func (t *tagger) Attr(class string) (starlark.Value, error) {
	return function(class, func(c *call) (starlark.Value, error) {
		if len(c.args) > 0 {
			return nil, fmt.Errorf("%s takes no positional arguments", class)
		}
		t.file.tags = append(t.file.tags, tag{class, c.kwargs})
		return starlark.None, nil
	}), nil
}

// open reads a workspace whose root module depends on the rules: both modules, then the extension.
func open(root, out, meshc string) (*workspace, error) {
	w := &workspace{
		folders: map[string]string{"": root}, pending: map[string]func() (string, error){},
		mapping: map[string]map[string]string{}, modules: map[string]starlark.StringDict{},
		packages: map[string]*buildPackage{}, targets: map[label]*target{}, out: out, meshc: meshc,
	}
	main, err := w.readModule("", root)
	if err != nil {
		return nil, err
	}
	override, ok := main.overrides["rules_mesh"]
	if !ok {
		return nil, fmt.Errorf("the root module does not say where rules_mesh is")
	}
	w.folders[rulesRepo] = filepath.Join(root, override)
	rules, err := w.readModule(rulesRepo, w.folders[rulesRepo])
	if err != nil {
		return nil, err
	}
	if rules.name != "rules_mesh" || main.deps["rules_mesh"] != rules.version {
		return nil, fmt.Errorf("the root module wants %v, the rules are %s %s", main.deps, rules.name, rules.version)
	}
	w.mapping[""] = map[string]string{main.name: "", "rules_mesh": rulesRepo}
	w.mapping[rulesRepo] = map[string]string{"rules_mesh": rulesRepo}
	for name := range rules.deps {
		w.mapping[rulesRepo][name] = name
	}
	made, err := w.extend(main, rules)
	if err != nil {
		return nil, err
	}
	for _, name := range rules.used {
		if made[name] == "" {
			return nil, fmt.Errorf("the extension makes no repository %s", name)
		}
		w.mapping[rulesRepo][name] = made[name]
	}
	for _, repo := range made {
		w.mapping[repo] = map[string]string{}
		for _, known := range []map[string]string{w.mapping[rulesRepo], made} {
			for apparent, canonical := range known {
				w.mapping[repo][apparent] = canonical
			}
		}
	}
	for _, pattern := range rules.registered {
		at, err := w.parse(pattern, label{repo: rulesRepo})
		if err != nil || at.name != "all" {
			return nil, fmt.Errorf("register_toolchains: %s: %v", pattern, err)
		}
		w.registered = append(w.registered, at)
	}
	return w, nil
}
