package bazel

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// target is what analysis makes of a label: providers, and the actions that make its files.
type target struct {
	label      label
	files      *depset
	executable *file
	runfiles   *runfiles
	providers  map[*provider]*info
	actions    []*action
}

func (t *target) String() string        { return "<target " + t.label.String() + ">" }
func (t *target) Type() string          { return "Target" }
func (t *target) Freeze()               {}
func (t *target) Truth() starlark.Bool  { return true }
func (t *target) Hash() (uint32, error) { return t.label.Hash() }

// Get makes `target[MeshInfo]` and `MeshInfo in target` work.
func (t *target) Get(key starlark.Value) (starlark.Value, bool, error) {
	wanted, ok := key.(*provider)
	if !ok {
		return nil, false, fmt.Errorf("a target is asked for a provider, not for a %s", key.Type())
	}
	if wanted == defaultInfo {
		values := starlark.StringDict{"files": t.files, "default_runfiles": t.runfiles, "files_to_run": starlark.None}
		if t.executable != nil {
			values["files_to_run"] = filesToRun(t.executable)
		}
		return &info{defaultInfo, values}, true, nil
	}
	out, ok := t.providers[wanted]
	return out, ok, nil
}

// find is the target of a label, as far as a package may see it.
func (w *workspace) find(at, from label) (*target, error) {
	in, err := w.pkg(at.repo, at.pkg)
	if err != nil {
		return nil, err
	}
	hidden := fmt.Errorf("%v is not visible to //%s", at, from.pkg)
	switch declared := in.declared[at.name].(type) {
	case *instance:
		if !visible(declared.visibility, at, from) {
			return nil, hidden
		}
		return w.analyse(declared)
	case *output:
		if !visible(declared.by.visibility, at, from) {
			return nil, hidden
		}
		made, err := w.analyse(declared.by)
		if err != nil {
			return nil, err
		}
		return w.ofFile(at, declared.file, made.actions), nil
	case nil:
		if !visible(in.exported[at.name], at, from) {
			return nil, hidden
		}
		place := filepath.Join(in.folder, filepath.FromSlash(at.name))
		if entry, err := os.Stat(place); err != nil || entry.IsDir() {
			return nil, fmt.Errorf("%v: neither a target nor a file", at)
		}
		for folder := filepath.Dir(place); folder != in.folder; folder = filepath.Dir(folder) {
			if _, err := os.Stat(filepath.Join(folder, "BUILD.bazel")); err == nil {
				return nil, fmt.Errorf("%v is a file of another package", at)
			}
		}
		return w.ofFile(at, &file{label: at}, nil), nil
	default:
		return nil, fmt.Errorf("%v is no target that a rule can take", at)
	}
}

func (w *workspace) ofFile(at label, one *file, actions []*action) *target {
	return &target{
		label: at, files: &depset{[]starlark.Value{one}}, executable: one, runfiles: &runfiles{&depset{}}, actions: actions,
	}
}

// prerequisites are the targets that an attribute names, each fit for it.
func (w *workspace) prerequisites(in *instance, name string, attribute *attribute) ([]*target, error) {
	from := in.label
	var written []starlark.Value
	switch value := in.values[name].(type) {
	case *starlark.List:
		written = elements(value)
	case starlark.NoneType:
	default:
		written = []starlark.Value{value}
	}
	var out []*target
	for _, one := range written {
		at, err := w.labelOf(one, from)
		if err != nil {
			return nil, err
		}
		// What a rule needs by itself is seen from where the rule is.
		if strings.HasPrefix(name, "_") {
			from = in.class.definedIn
		}
		found, err := w.find(at, from)
		if err != nil {
			return nil, fmt.Errorf("%v: %s: %w", in.label, name, err)
		}
		if err := fits(found, attribute); err != nil {
			return nil, fmt.Errorf("%v: %s: %v %w", in.label, name, at, err)
		}
		out = append(out, found)
	}
	return out, nil
}

// fits says whether a target may stand in an attribute: it has the providers, or files of the endings.
func fits(found *target, attribute *attribute) error {
	for _, wanted := range attribute.providers {
		if found.providers[wanted] == nil {
			return fmt.Errorf("does not have %s", wanted.name)
		}
	}
	if attribute.providers != nil {
		return nil
	}
	list, err := found.files.files()
	if err != nil {
		return err
	}
	if attribute.single && len(list) != 1 {
		return fmt.Errorf("is not one file")
	}
	if !slices.ContainsFunc(list, func(one *file) bool { return attribute.takesFile(one.label.name) }) {
		return fmt.Errorf("has no file that may stand there")
	}
	return nil
}

// analyse runs the implementation of a rule, once for a target.
func (w *workspace) analyse(in *instance) (*target, error) {
	if found, ok := w.targets[in.label]; ok {
		return found, nil
	}
	ctx, made, err := w.context(in)
	if err != nil {
		return nil, err
	}
	thread := &starlark.Thread{Name: in.label.String()}
	result, err := starlark.Call(thread, in.class.call, starlark.Tuple{ctx}, nil)
	if failed, ok := err.(*starlark.EvalError); ok {
		return nil, fmt.Errorf("%s", failed.Backtrace())
	} else if err != nil {
		return nil, err
	}
	list, ok := result.(*starlark.List)
	if !ok {
		return nil, fmt.Errorf("%s returns a %s", in.class.name, result.Type())
	}
	out := &target{
		label: in.label, files: &depset{}, runfiles: &runfiles{&depset{}}, providers: map[*provider]*info{},
		actions: made.actions,
	}
	for _, element := range elements(list) {
		one, ok := element.(*info)
		if !ok || out.providers[one.provider] != nil {
			return nil, fmt.Errorf("%s returns %v, which is no provider or a second of its kind", in.class.name, element)
		}
		out.providers[one.provider] = one
	}
	if err := out.defaults(in.class); err != nil {
		return nil, fmt.Errorf("%v: %w", in.label, err)
	}
	for _, declared := range made.declared {
		if !slices.ContainsFunc(made.actions, func(one *action) bool { return slices.Contains(one.outputs, declared) }) {
			return nil, fmt.Errorf("%v: no action makes %v", in.label, declared)
		}
	}
	w.targets[in.label] = out
	return out, nil
}

// defaults reads DefaultInfo, and checks what the class of the rule promises.
func (t *target) defaults(class *ruleClass) error {
	if said := t.providers[defaultInfo]; said != nil {
		for name, value := range said.values {
			ok := true
			switch name {
			case "files":
				t.files, ok = value.(*depset)
			case "runfiles":
				t.runfiles, ok = value.(*runfiles)
			case "executable":
				t.executable, ok = value.(*file)
			}
			if !ok {
				return fmt.Errorf("DefaultInfo: %s is a %s", name, value.Type())
			}
		}
	}
	for _, wanted := range class.provides {
		if t.providers[wanted] == nil {
			return fmt.Errorf("%s promises %s and does not return it", class.name, wanted.name)
		}
	}
	if class.test && (t.executable == nil || !t.executable.generated) {
		return fmt.Errorf("a test returns an executable that it makes")
	}
	_, err := t.files.files()
	return err
}

// making is what an implementation asks for while it runs.
type making struct {
	in       *instance
	declared []*file
	actions  []*action
}

// context is `ctx`, with what these rules use of it and nothing else.
func (w *workspace) context(in *instance) (starlark.Value, *making, error) {
	made := &making{in: in}
	attr := object("ctx.attr", starlark.StringDict{})
	one := object("ctx.file", starlark.StringDict{})
	all := object("ctx.files", starlark.StringDict{})
	executable := object("ctx.executable", starlark.StringDict{})
	outputs := object("ctx.outputs", starlark.StringDict{})
	for name, attribute := range in.class.attributes {
		attr.attrs[name] = in.values[name]
		if attribute.kind == "output" {
			outputs.attrs[name] = starlark.None
			if file := in.outputs[name]; file != nil {
				outputs.attrs[name] = file
				made.declared = append(made.declared, file)
			}
		}
		if !attribute.isLabel() {
			continue
		}
		targets, err := w.prerequisites(in, name, attribute)
		if err != nil {
			return nil, nil, err
		}
		var values, files []starlark.Value
		for _, target := range targets {
			values = append(values, target)
			files = append(files, target.files.values...)
		}
		all.attrs[name] = starlark.NewList(files)
		attr.attrs[name] = starlark.NewList(values)
		if attribute.kind == "label" {
			attr.attrs[name], one.attrs[name] = starlark.None, starlark.None
			if len(targets) == 1 {
				attr.attrs[name], one.attrs[name] = targets[0], files[0]
				if attribute.executable {
					executable.attrs[name] = targets[0].executable
				}
			}
			if !attribute.single {
				delete(one.attrs, name)
			}
		}
	}
	toolchains, err := w.toolchains(in.class)
	if err != nil {
		return nil, nil, err
	}
	ctx := object("ctx", starlark.StringDict{
		"actions": made.actionsModule(w), "attr": attr, "executable": executable, "file": one, "files": all,
		"label": in.label, "outputs": outputs, "runfiles": function("ctx.runfiles", newRunfiles), "toolchains": toolchains,
		"workspace_name": starlark.String(mainRunfiles),
	})
	return ctx, made, nil
}

func newRunfiles(c *call) (starlark.Value, error) {
	var direct *starlark.List
	var transitive *depset
	err := c.unpack("files?", &direct, "transitive_files?", &transitive)
	if err != nil {
		return nil, err
	}
	out := &runfiles{&depset{}}
	if err := out.files.add(elements(direct)...); err != nil {
		return nil, err
	}
	if transitive != nil {
		err = out.files.add(transitive.values...)
	}
	if _, wrong := out.files.files(); wrong != nil {
		return nil, wrong
	}
	return out, err
}

// resolved is `ctx.toolchains`: the toolchains of the types that a rule asks for.
type resolved struct {
	*record
	workspace *workspace
	from      label
	found     map[label]*info
}

func (r *resolved) Get(key starlark.Value) (starlark.Value, bool, error) {
	kind, err := r.workspace.labelOf(key, r.from)
	if err != nil {
		return nil, false, err
	}
	out, ok := r.found[kind]
	if !ok {
		return nil, false, fmt.Errorf("the rule does not ask for a toolchain of type %v", kind)
	}
	return out, true, nil
}

// toolchains resolves types: the first registered toolchain that runs on this machine.
func (w *workspace) toolchains(class *ruleClass) (*resolved, error) {
	out := &resolved{object("ctx.toolchains", starlark.StringDict{}), w, class.definedIn, map[label]*info{}}
	for _, kind := range class.toolchains {
		if in, err := w.pkg(kind.repo, kind.pkg); err != nil {
			return nil, err
		} else if _, ok := in.declared[kind.name].(*toolchainType); !ok {
			return nil, fmt.Errorf("%v is no toolchain_type", kind)
		}
		found, err := w.resolve(kind)
		if err != nil {
			return nil, err
		}
		out.found[kind] = found
	}
	return out, nil
}

func (w *workspace) resolve(kind label) (*info, error) {
	for _, place := range w.registered {
		in, err := w.pkg(place.repo, place.pkg)
		if err != nil {
			return nil, err
		}
		for _, name := range names(in.declared) {
			declared, ok := in.declared[name].(*registration)
			if !ok || declared.kind != kind || !hostHas(declared.constraints) {
				continue
			}
			found, err := w.find(declared.implementation, in.label)
			if err != nil {
				return nil, err
			}
			if found.providers[toolchainInfo] == nil {
				return nil, fmt.Errorf("%v has no ToolchainInfo", declared.implementation)
			}
			return found.providers[toolchainInfo], nil
		}
	}
	return nil, fmt.Errorf("no toolchain of type %v is registered for this machine", kind)
}

// action is a command with what it reads and makes, or a file that is written at once.
type action struct {
	mnemonic   string
	executable *file
	arguments  []string
	inputs     []*file
	outputs    []*file
	write      func() (string, error)
}

var mnemonics = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
