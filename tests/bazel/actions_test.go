package bazel

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// actionsModule is `ctx.actions`.
func (m *making) actionsModule(w *workspace) *record {
	declare := func(name string, directory bool) *starlark.Builtin {
		return function(name, func(c *call) (starlark.Value, error) {
			var place string
			if err := c.unpack("filename", &place); err != nil {
				return nil, err
			}
			at := m.in.label
			out := &file{label: label{at.repo, at.pkg, place}, generated: true, directory: directory}
			m.declared = append(m.declared, out)
			return out, nil
		})
	}
	return object("ctx.actions", starlark.StringDict{
		"args":              function("args", newArgs),
		"declare_directory": declare("declare_directory", true),
		"declare_file":      declare("declare_file", false),
		"expand_template": function("expand_template", func(c *call) (starlark.Value, error) {
			return starlark.None, m.expandTemplate(w, c)
		}),
		"run": function("run", func(c *call) (starlark.Value, error) {
			return starlark.None, m.run(w, c)
		}),
	})
}

func (m *making) run(w *workspace, c *call) error {
	if len(c.args) > 0 {
		return fmt.Errorf("run takes no positional arguments")
	}
	var outputs, arguments *starlark.List
	var inputs *depset
	var executable *record
	var progress string
	var toolchain label
	out := &action{}
	err := c.unpack("outputs", &outputs, "inputs", &inputs, "executable", &executable,
		"arguments", &arguments, "mnemonic", &out.mnemonic, "progress_message", &progress, "toolchain", &toolchain)
	if err != nil {
		return err
	}
	if out.outputs, err = filesOf(elements(outputs)); err != nil {
		return err
	}
	if out.inputs, err = inputs.files(); err != nil {
		return err
	}
	if executable.kind != "FilesToRunProvider" {
		return fmt.Errorf("run: executable is a %s", executable.kind)
	}
	out.executable = executable.attrs["executable"].(*file)
	if !mnemonics.MatchString(out.mnemonic) {
		return fmt.Errorf("run: %q is no mnemonic", out.mnemonic)
	}
	if !slices.Contains(m.in.class.toolchains, toolchain) {
		return fmt.Errorf("run: the rule does not ask for the toolchain %v", toolchain)
	}
	for _, element := range elements(arguments) {
		given, ok := element.(*record)
		if !ok || given.kind != "Args" {
			return fmt.Errorf("run: arguments hold a %s", element.Type())
		}
		words, err := texts(given.attrs["#words"])
		if err != nil {
			return err
		}
		out.arguments = append(out.arguments, words...)
	}
	return m.add(out)
}

func (m *making) expandTemplate(w *workspace, c *call) error {
	var template, made *file
	var substitutions *starlark.Dict
	var executable bool
	err := c.unpack("template", &template, "output", &made,
		"substitutions", &substitutions, "is_executable?", &executable)
	if err != nil {
		return err
	}
	pairs := map[string]string{}
	for _, pair := range substitutions.Items() {
		key, err := text(pair[0])
		if err != nil {
			return err
		}
		if pairs[key], err = text(pair[1]); err != nil {
			return err
		}
	}
	return m.add(&action{
		mnemonic: "TemplateExpand", inputs: []*file{template}, outputs: []*file{made},
		write: func() (string, error) {
			place, err := w.place(template)
			if err != nil {
				return "", err
			}
			source, err := os.ReadFile(place)
			out := string(source)
			for _, key := range names(pairs) {
				if !strings.Contains(out, key) {
					return "", fmt.Errorf("the template has no %s", key)
				}
				out = strings.ReplaceAll(out, key, pairs[key])
			}
			return out, err
		},
	})
}

func (m *making) add(one *action) error {
	if len(one.outputs) == 0 {
		return fmt.Errorf("an action makes nothing")
	}
	for _, output := range one.outputs {
		if !slices.Contains(m.declared, output) {
			return fmt.Errorf("%v is not declared", output)
		}
		for _, other := range m.actions {
			if slices.Contains(other.outputs, output) {
				return fmt.Errorf("two actions make %v", output)
			}
		}
	}
	m.actions = append(m.actions, one)
	return nil
}

// newArgs is `ctx.actions.args()`. Its words lie under a name that Starlark cannot write.
func newArgs(c *call) (starlark.Value, error) {
	words := starlark.NewList(nil)
	out := object("Args", starlark.StringDict{"#words": words})
	word := func(value starlark.Value) error {
		switch value := value.(type) {
		case starlark.String:
			return words.Append(value)
		case *file:
			return words.Append(starlark.String(value.path()))
		}
		return fmt.Errorf("a %s is no argument", value.Type())
	}
	out.attrs["add"] = function("add", func(c *call) (starlark.Value, error) {
		var first, second starlark.Value
		if err := c.positional(1, &first, &second); err != nil {
			return nil, err
		}
		for _, value := range []starlark.Value{first, second} {
			if value == nil {
				continue
			}
			if one, ok := value.(*file); ok && one.directory {
				return nil, fmt.Errorf("add: %v is a folder", one)
			}
			if err := word(value); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	out.attrs["add_all"] = function("add_all", func(c *call) (starlark.Value, error) {
		var values starlark.Value
		var before string
		expand := true
		err := c.unpack("values", &values, "before_each?", &before, "expand_directories?", &expand)
		if err != nil {
			return nil, err
		}
		var all []starlark.Value
		switch values := values.(type) {
		case *starlark.List:
			all = elements(values)
		case *depset:
			all = values.values
		default:
			return nil, fmt.Errorf("add_all: values is a %s", values.Type())
		}
		for _, value := range all {
			if one, ok := value.(*file); ok && one.directory && expand {
				return nil, fmt.Errorf("add_all: the files of %v are not known yet", one)
			}
			if before != "" {
				if err := words.Append(starlark.String(before)); err != nil {
					return nil, err
				}
			}
			if err := word(value); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	return out, c.unpack()
}
