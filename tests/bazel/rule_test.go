package bazel

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// attribute is what `attr.KIND(...)` says.
type attribute struct {
	kind         string
	doc          string
	defaultValue starlark.Value
	mandatory    bool
	values       []string
	anyFile      bool
	extensions   []string
	single       bool
	providers    []*provider
	executable   bool
	configured   string
}

func (a *attribute) String() string        { return "attr." + a.kind }
func (a *attribute) Type() string          { return "Attribute" }
func (a *attribute) Freeze()               {}
func (a *attribute) Truth() starlark.Bool  { return true }
func (a *attribute) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: Attribute") }

func (a *attribute) isLabel() bool { return a.kind == "label" || a.kind == "label_list" }

// What each kind can be told, and what it is when nothing is said.
var attributeKinds = map[string]struct {
	takes string
	empty func() starlark.Value
}{
	"bool":             {"default doc mandatory", func() starlark.Value { return starlark.False }},
	"label":            {"default doc mandatory allow_single_file executable cfg", func() starlark.Value { return starlark.None }},
	"label_list":       {"default doc mandatory allow_files providers", func() starlark.Value { return starlark.NewList(nil) }},
	"output":           {"doc mandatory", func() starlark.Value { return starlark.None }},
	"string":           {"default doc mandatory values", func() starlark.Value { return starlark.String("") }},
	"string_dict":      {"default doc mandatory", func() starlark.Value { return starlark.NewDict(0) }},
	"string_list":      {"default doc mandatory", func() starlark.Value { return starlark.NewList(nil) }},
	"string_list_dict": {"default doc mandatory", func() starlark.Value { return starlark.NewDict(0) }},
}

func attrModule() *record {
	module := object("attr", starlark.StringDict{})
	for kind, spec := range attributeKinds {
		takes := strings.Fields(spec.takes)
		module.attrs[kind] = function("attr."+kind, func(c *call) (starlark.Value, error) {
			if len(c.args) > 0 {
				return nil, fmt.Errorf("attr.%s takes no positional arguments", kind)
			}
			out := &attribute{kind: kind, defaultValue: spec.empty()}
			for _, pair := range c.kwargs {
				name := string(pair[0].(starlark.String))
				if !slices.Contains(takes, name) {
					return nil, fmt.Errorf("attr.%s has no argument %s", kind, name)
				}
				if err := out.set(name, pair[1]); err != nil {
					return nil, fmt.Errorf("attr.%s: %s: %w", kind, name, err)
				}
			}
			if out.executable && out.configured == "" {
				return nil, fmt.Errorf("attr.label: cfg is mandatory where executable is True")
			}
			return out, nil
		})
	}
	return module
}

func (a *attribute) set(name string, value starlark.Value) (err error) {
	switch name {
	case "default":
		a.defaultValue = value
	case "doc":
		a.doc, err = text(value)
	case "mandatory":
		a.mandatory = bool(value.Truth())
	case "executable":
		a.executable = bool(value.Truth())
	case "cfg":
		if a.configured, err = text(value); err == nil && a.configured != "exec" && a.configured != "target" {
			err = fmt.Errorf("%s is no configuration", a.configured)
		}
	case "values":
		a.values, err = texts(value)
	case "allow_files", "allow_single_file":
		a.single = name == "allow_single_file"
		if all, ok := value.(starlark.Bool); ok {
			a.anyFile = bool(all)
			return nil
		}
		a.extensions, err = texts(value)
	case "providers":
		list, ok := value.(*starlark.List)
		if !ok {
			return fmt.Errorf("want a list")
		}
		for _, element := range elements(list) {
			wanted, ok := element.(*provider)
			if !ok {
				return fmt.Errorf("want providers, got a %s", element.Type())
			}
			a.providers = append(a.providers, wanted)
		}
	}
	return err
}

func text(value starlark.Value) (string, error) {
	out, ok := starlark.AsString(value)
	if !ok {
		return "", fmt.Errorf("want a string, got a %s", value.Type())
	}
	return out, nil
}

func texts(value starlark.Value) ([]string, error) {
	list, ok := value.(*starlark.List)
	if !ok {
		return nil, fmt.Errorf("want a list of strings, got a %s", value.Type())
	}
	var out []string
	for _, element := range elements(list) {
		one, err := text(element)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// checked is the value of an attribute, of its type and among its values. Labels are names still.
func (a *attribute) checked(value starlark.Value) (starlark.Value, error) {
	var err error
	switch a.kind {
	case "bool":
		if _, ok := value.(starlark.Bool); !ok {
			err = fmt.Errorf("want a bool, got a %s", value.Type())
		}
	case "string":
		var one string
		if one, err = text(value); err == nil && a.values != nil && !slices.Contains(a.values, one) {
			err = fmt.Errorf("%q is not one of %q", one, a.values)
		}
	case "output":
		_, err = text(value)
	case "label":
		if _, ok := value.(label); !ok {
			_, err = text(value)
		}
	case "label_list", "string_list":
		_, err = texts(value)
	case "string_dict", "string_list_dict":
		dict, ok := value.(*starlark.Dict)
		if !ok {
			return nil, fmt.Errorf("want a dict, got a %s", value.Type())
		}
		for _, pair := range dict.Items() {
			if _, err := text(pair[0]); err != nil {
				return nil, err
			}
			if a.kind == "string_dict" {
				_, err = text(pair[1])
			} else {
				_, err = texts(pair[1])
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return value, err
}

// takesFile says whether a file may stand in an attribute.
func (a *attribute) takesFile(name string) bool {
	return a.anyFile || slices.ContainsFunc(a.extensions, func(end string) bool { return strings.HasSuffix(name, end) })
}

// fill gives each attribute its value from the arguments of a call. Names that are not attributes are errors.
func fill(attributes map[string]*attribute, kwargs []starlark.Tuple) (starlark.StringDict, error) {
	out := starlark.StringDict{}
	for _, pair := range kwargs {
		name := string(pair[0].(starlark.String))
		attribute, ok := attributes[name]
		if !ok || strings.HasPrefix(name, "_") {
			return nil, fmt.Errorf("there is no attribute %s", name)
		}
		value, err := attribute.checked(pair[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = value
	}
	for name, attribute := range attributes {
		if _, said := out[name]; said {
			continue
		}
		if attribute.mandatory {
			return nil, fmt.Errorf("%s is mandatory", name)
		}
		out[name] = attribute.defaultValue
	}
	return out, nil
}

func attributesOf(dict *starlark.Dict) (map[string]*attribute, error) {
	out := map[string]*attribute{}
	for _, pair := range dict.Items() {
		attribute, ok := pair[1].(*attribute)
		if !ok {
			return nil, fmt.Errorf("attrs: %v is a %s", pair[0], pair[1].Type())
		}
		out[string(pair[0].(starlark.String))] = attribute
	}
	return out, nil
}

// ruleClass is what `rule(...)` makes.
type ruleClass struct {
	name       string
	definedIn  label
	call       *starlark.Function
	attributes map[string]*attribute
	doc        string
	test       bool
	toolchains []label
	provides   []*provider
}

func (r *ruleClass) String() string        { return "<rule " + r.name + ">" }
func (r *ruleClass) Type() string          { return "rule" }
func (r *ruleClass) Freeze()               {}
func (r *ruleClass) Truth() starlark.Bool  { return true }
func (r *ruleClass) Hash() (uint32, error) { return starlark.String(r.name).Hash() }
func (r *ruleClass) Name() string          { return r.name }

func (w *workspace) rule(c *call) (starlark.Value, error) {
	var attrs *starlark.Dict
	var toolchains, provides *starlark.List
	from, err := w.here(c.thread)
	if err != nil {
		return nil, err
	}
	out := &ruleClass{definedIn: from}
	err = c.unpack("implementation", &out.call, "attrs?", &attrs, "doc?", &out.doc,
		"test?", &out.test, "toolchains?", &toolchains, "provides?", &provides)
	if err != nil {
		return nil, err
	}
	if out.attributes, err = attributesOf(attrs); err != nil {
		return nil, err
	}
	for _, element := range elements(toolchains) {
		name, err := w.labelOf(element, out.definedIn)
		if err != nil {
			return nil, err
		}
		out.toolchains = append(out.toolchains, name)
	}
	for _, element := range elements(provides) {
		wanted, ok := element.(*provider)
		if !ok {
			return nil, fmt.Errorf("rule: provides holds a %s", element.Type())
		}
		out.provides = append(out.provides, wanted)
	}
	return out, nil
}

// instance is a target as a BUILD file says it.
type instance struct {
	label      label
	class      *ruleClass
	values     starlark.StringDict
	visibility []string
	outputs    map[string]*file
}

// What every rule can be told besides its attributes, and every test.
var common = map[string]*attribute{
	"tags":       {kind: "string_list", defaultValue: starlark.NewList(nil)},
	"testonly":   {kind: "bool", defaultValue: starlark.False},
	"visibility": {kind: "string_list", defaultValue: starlark.NewList(nil)},
}
var ofTests = map[string]*attribute{
	"size": {
		kind: "string", values: []string{"small", "medium", "large", "enormous"}, defaultValue: starlark.String("medium"),
	},
}

func (r *ruleClass) CallInternal(
	thread *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple,
) (starlark.Value, error) {
	in, ok := thread.Local("package").(*buildPackage)
	if !ok {
		return nil, fmt.Errorf("%s is called outside of a BUILD file", r.name)
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("%s takes no positional arguments", r.name)
	}
	attributes := map[string]*attribute{"name": {kind: "string", mandatory: true}}
	layers := []map[string]*attribute{common, r.attributes}
	if r.test {
		layers = append(layers, ofTests)
	}
	for _, layer := range layers {
		for name, attribute := range layer {
			if attributes[name] != nil {
				return nil, fmt.Errorf("%s: the attribute %s is taken", r.name, name)
			}
			attributes[name] = attribute
		}
	}
	values, err := fill(attributes, kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", r.name, in.label.pkg, err)
	}
	name, _ := text(values["name"])
	out := &instance{
		class: r, label: label{in.label.repo, in.label.pkg, name}, values: values, outputs: map[string]*file{},
	}
	if out.visibility, err = texts(values["visibility"]); err != nil {
		return nil, err
	}
	for name, attribute := range r.attributes {
		if attribute.kind != "output" || values[name] == starlark.None {
			continue
		}
		place, _ := text(values[name])
		made := &file{label: label{in.label.repo, in.label.pkg, place}, generated: true}
		out.outputs[name] = made
		if err := in.declare(path.Clean(place), &output{made, out}); err != nil {
			return nil, err
		}
	}
	return starlark.None, in.declare(name, out)
}

// output is a file that a BUILD file gives a name of its own.
type output struct {
	file *file
	by   *instance
}
