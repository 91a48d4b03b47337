package bazel

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// What the stand-ins of this package share: a value that Starlark can hold, and that has these attributes and no
// others. A name that is not among them is an error, as it is in Bazel.
type record struct {
	kind  string
	attrs starlark.StringDict
}

func (r *record) String() string        { return "<" + r.kind + ">" }
func (r *record) Type() string          { return r.kind }
func (r *record) Freeze()               { r.attrs.Freeze() }
func (r *record) Truth() starlark.Bool  { return true }
func (r *record) Hash() (uint32, error) { return starlark.String(r.kind).Hash() }
func (r *record) AttrNames() []string   { return r.attrs.Keys() }
func (r *record) Attr(name string) (starlark.Value, error) {
	return r.attrs[name], nil
}

func object(kind string, attrs starlark.StringDict) *record { return &record{kind, attrs} }

// call is a call of a function of Bazel.
type call struct {
	thread *starlark.Thread
	name   string
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// unpack reads arguments by their names, and positional those without. What they do not name is an error.
func (c *call) unpack(pairs ...any) error {
	return starlark.UnpackArgs(c.name, c.args, c.kwargs, pairs...)
}

func (c *call) positional(least int, places ...any) error {
	return starlark.UnpackPositionalArgs(c.name, c.args, c.kwargs, least, places...)
}

func function(name string, body func(*call) (starlark.Value, error)) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(
		thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple,
	) (starlark.Value, error) {
		return body(&call{thread, name, args, kwargs})
	})
}

// label is the name of a file or a target, its repository by its canonical name.
type label struct{ repo, pkg, name string }

func (l label) String() string {
	if l.repo == "" {
		return "@@//" + l.pkg + ":" + l.name
	}
	return "@@" + l.repo + "//" + l.pkg + ":" + l.name
}
func (l label) Type() string          { return "Label" }
func (l label) Freeze()               {}
func (l label) Truth() starlark.Bool  { return true }
func (l label) Hash() (uint32, error) { return starlark.String(l.String()).Hash() }
func (l label) AttrNames() []string   { return []string{"name"} }
func (l label) Attr(name string) (starlark.Value, error) {
	if name == "name" {
		return starlark.String(l.name), nil
	}
	return nil, nil
}

// file is a File: of a source tree, or made by an action.
type file struct {
	label     label
	generated bool
	directory bool
}

// path is where an action finds the file, shortPath where a test does.
func (f *file) path() string {
	place := path.Join(f.label.pkg, f.label.name)
	if f.label.repo != "" {
		place = path.Join("external", f.label.repo, place)
	}
	if f.generated {
		place = path.Join("bazel-out/k8-fastbuild/bin", place)
	}
	return place
}

func (f *file) shortPath() string {
	if f.label.repo != "" {
		return path.Join("..", f.label.repo, f.label.pkg, f.label.name)
	}
	return path.Join(f.label.pkg, f.label.name)
}

func (f *file) String() string        { return "<File " + f.path() + ">" }
func (f *file) Type() string          { return "File" }
func (f *file) Freeze()               {}
func (f *file) Truth() starlark.Bool  { return true }
func (f *file) Hash() (uint32, error) { return starlark.String(f.path()).Hash() }
func (f *file) AttrNames() []string   { return []string{"extension", "is_directory", "short_path"} }
func (f *file) Attr(name string) (starlark.Value, error) {
	switch name {
	case "extension":
		return starlark.String(strings.TrimPrefix(path.Ext(f.label.name), ".")), nil
	case "is_directory":
		return starlark.Bool(f.directory), nil
	case "short_path":
		return starlark.String(f.shortPath()), nil
	}
	return nil, nil
}

// depset holds values without doubles. Its order is that of first sight, which rules are not to rely on.
type depset struct{ values []starlark.Value }

func (d *depset) String() string        { return fmt.Sprintf("depset(%v)", d.values) }
func (d *depset) Type() string          { return "depset" }
func (d *depset) Freeze()               {}
func (d *depset) Truth() starlark.Bool  { return len(d.values) > 0 }
func (d *depset) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: depset") }
func (d *depset) AttrNames() []string   { return []string{"to_list"} }
func (d *depset) Attr(name string) (starlark.Value, error) {
	if name != "to_list" {
		return nil, nil
	}
	return function(name, func(c *call) (starlark.Value, error) {
		return starlark.NewList(append([]starlark.Value{}, d.values...)), c.unpack()
	}), nil
}

func (d *depset) add(values ...starlark.Value) error {
	for _, value := range values {
		double := false
		for _, have := range d.values {
			same, err := starlark.Equal(have, value)
			if err != nil {
				return err
			}
			double = double || same
		}
		if len(d.values) > 0 && d.values[0].Type() != value.Type() {
			return fmt.Errorf("a depset of %s cannot hold a %s", d.values[0].Type(), value.Type())
		}
		if !double {
			d.values = append(d.values, value)
		}
	}
	return nil
}

func (d *depset) files() ([]*file, error) { return filesOf(d.values) }

func filesOf(values []starlark.Value) ([]*file, error) {
	var files []*file
	for _, value := range values {
		file, ok := value.(*file)
		if !ok {
			return nil, fmt.Errorf("want a File, got a %s", value.Type())
		}
		files = append(files, file)
	}
	return files, nil
}

func newDepset(c *call) (starlark.Value, error) {
	var direct, transitive *starlark.List
	if err := c.unpack("direct?", &direct, "transitive?", &transitive); err != nil {
		return nil, err
	}
	out := &depset{}
	for _, value := range elements(direct) {
		if err := out.add(value); err != nil {
			return nil, err
		}
	}
	for _, value := range elements(transitive) {
		inner, ok := value.(*depset)
		if !ok {
			return nil, fmt.Errorf("depset: transitive holds a %s", value.Type())
		}
		if err := out.add(inner.values...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func elements(list *starlark.List) []starlark.Value {
	var out []starlark.Value
	for index := 0; list != nil && index < list.Len(); index++ {
		out = append(out, list.Index(index))
	}
	return out
}

// provider makes the values that targets say about themselves. `fields` is nil where every name is welcome.
type provider struct {
	name   string
	doc    string
	fields map[string]string
	check  func(*info) error
}

func (p *provider) String() string        { return "<provider " + p.name + ">" }
func (p *provider) Type() string          { return "Provider" }
func (p *provider) Freeze()               {}
func (p *provider) Truth() starlark.Bool  { return true }
func (p *provider) Hash() (uint32, error) { return starlark.String(p.name).Hash() }
func (p *provider) Name() string          { return p.name }
func (p *provider) CallInternal(
	_ *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple,
) (starlark.Value, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("%s takes no positional arguments", p.name)
	}
	out := &info{p, starlark.StringDict{}}
	for _, pair := range kwargs {
		name := string(pair[0].(starlark.String))
		if _, has := p.fields[name]; p.fields != nil && !has {
			return nil, fmt.Errorf("%s has no field %s", p.name, name)
		}
		out.values[name] = pair[1]
	}
	if p.check != nil {
		return out, p.check(out)
	}
	return out, nil
}

func newProvider(c *call) (starlark.Value, error) {
	var fields *starlark.Dict
	out := &provider{fields: map[string]string{}}
	if err := c.unpack("doc", &out.doc, "fields", &fields); err != nil {
		return nil, err
	}
	for _, pair := range fields.Items() {
		name, err := text(pair[0])
		if err != nil {
			return nil, err
		}
		if out.fields[name], err = text(pair[1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// info is an instance of a provider.
type info struct {
	provider *provider
	values   starlark.StringDict
}

func (i *info) String() string {
	return i.provider.name + "(" + strings.Join(i.values.Keys(), ", ") + ")"
}
func (i *info) Type() string          { return i.provider.name }
func (i *info) Freeze()               { i.values.Freeze() }
func (i *info) Truth() starlark.Bool  { return true }
func (i *info) Hash() (uint32, error) { return starlark.String(i.provider.name).Hash() }
func (i *info) AttrNames() []string   { return i.values.Keys() }
func (i *info) Attr(name string) (starlark.Value, error) {
	return i.values[name], nil
}

// The providers that Bazel brings along.
var (
	defaultInfo = &provider{
		name:   "DefaultInfo",
		fields: map[string]string{"executable": "", "files": "", "runfiles": ""},
	}
	outputGroupInfo = &provider{name: "OutputGroupInfo", check: func(out *info) error {
		for name, value := range out.values {
			if _, ok := value.(*depset); !ok {
				return fmt.Errorf("OutputGroupInfo: %s is not a depset", name)
			}
		}
		return nil
	}}
	toolchainInfo = &provider{name: "ToolchainInfo"}
)

// runfiles are what a program needs when it runs.
type runfiles struct{ files *depset }

func (r *runfiles) String() string        { return "<runfiles>" }
func (r *runfiles) Type() string          { return "runfiles" }
func (r *runfiles) Freeze()               {}
func (r *runfiles) Truth() starlark.Bool  { return true }
func (r *runfiles) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: runfiles") }
func (r *runfiles) AttrNames() []string   { return []string{"merge"} }
func (r *runfiles) Attr(name string) (starlark.Value, error) {
	if name != "merge" {
		return nil, nil
	}
	return function(name, func(c *call) (starlark.Value, error) {
		var other *runfiles
		if err := c.unpack("other", &other); err != nil {
			return nil, err
		}
		out := &runfiles{&depset{append([]starlark.Value{}, r.files.values...)}}
		return out, out.files.add(other.files.values...)
	}), nil
}

// filesToRun is a program that an action can run.
func filesToRun(executable *file) *record {
	return object("FilesToRunProvider", starlark.StringDict{"executable": executable})
}

// newStruct is `struct`, whose fields are what it is given.
var newStruct = starlark.NewBuiltin("struct", starlarkstruct.Make)

func names[V any](of map[string]V) []string {
	var out []string
	for name := range of {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}
