package bazel

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// extend runs the extension that both modules use, and returns the canonical names of the repositories it declares.
func (w *workspace) extend(main, rules *moduleFile) (map[string]string, error) {
	place, name, _ := strings.Cut(rules.extension, "%")
	at, err := w.parse(place, label{repo: rulesRepo})
	if err != nil {
		return nil, err
	}
	if mainPlace, mainName, used := strings.Cut(main.extension, "%"); used {
		if mainAt, err := w.parse(mainPlace, label{}); err != nil || mainAt != at || mainName != name {
			return nil, fmt.Errorf("the root module uses %s: %v", main.extension, err)
		}
	}
	globals, err := w.load(at)
	if err != nil {
		return nil, err
	}
	found, ok := globals[name].(*extension)
	if !ok {
		return nil, fmt.Errorf("%v has no extension %s", at, name)
	}
	var modules []starlark.Value
	for _, file := range []*moduleFile{main, rules} {
		tags, err := found.tagged(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.name, err)
		}
		modules = append(modules, object("bazel_module", starlark.StringDict{
			"is_root": starlark.Bool(file == main), "name": starlark.String(file.name), "tags": tags,
			"version": starlark.String(file.version),
		}))
	}
	made := map[string]string{}
	thread := &starlark.Thread{Name: name}
	thread.SetLocal("workspace", w)
	thread.SetLocal("repositories", func(repo string, make func() (string, error)) error {
		if made[repo] != "" {
			return fmt.Errorf("the repository %s is declared twice", repo)
		}
		made[repo] = rules.name + "++" + name + "+" + repo
		w.pending[made[repo]] = make
		return nil
	})
	metadata := object("extension_metadata", starlark.StringDict{})
	ctx := object("module_ctx", starlark.StringDict{
		"modules": starlark.NewList(modules),
		"extension_metadata": function("extension_metadata", func(c *call) (starlark.Value, error) {
			var reproducible bool
			return metadata, c.unpack("reproducible?", &reproducible)
		}),
	})
	result, err := starlark.Call(thread, found.call, starlark.Tuple{ctx}, nil)
	if failed, ok := err.(*starlark.EvalError); ok {
		return nil, fmt.Errorf("%s", failed.Backtrace())
	}
	if err == nil && result != metadata && result != starlark.None {
		err = fmt.Errorf("the extension returns a %s", result.Type())
	}
	return made, err
}

// tagged is `module.tags`: a list for each class of tags, empty ones among them.
func (e *extension) tagged(file *moduleFile) (*record, error) {
	lists := map[string][]starlark.Value{}
	for _, one := range file.tags {
		class, ok := e.tags[one.class]
		if !ok {
			return nil, fmt.Errorf("the extension has no tag %s", one.class)
		}
		values, err := fill(class.attributes, one.values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.class, err)
		}
		lists[one.class] = append(lists[one.class], object(one.class, values))
	}
	out := object("bazel_module_tags", starlark.StringDict{})
	for class := range e.tags {
		out.attrs[class] = starlark.NewList(lists[class])
	}
	return out, nil
}
