package bazel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// place is where a file lies on this machine: in its repository, or among the outputs.
func (w *workspace) place(one *file) (string, error) {
	if one.generated {
		return filepath.Join(w.out, one.path()), nil
	}
	folder, err := w.folder(one.label.repo)
	return filepath.Join(folder, one.label.pkg, filepath.FromSlash(one.label.name)), err
}

// failure is what a command says that ends with another code than 0.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return fmt.Sprintf("exit code %d:\n%s", f.code, f.text) }

// build runs the actions of a target, each where nothing lies but what it declares.
func (w *workspace) build(written string) (*target, error) {
	at, err := w.parse(written, label{})
	if err != nil {
		return nil, err
	}
	found, err := w.find(at, at)
	if err != nil {
		return nil, err
	}
	for _, one := range found.actions {
		if err := w.perform(one); err != nil {
			return nil, fmt.Errorf("%v: %s: %w", at, one.mnemonic, err)
		}
	}
	return found, nil
}

func (w *workspace) perform(one *action) error {
	if one.write != nil {
		content, err := one.write()
		if err != nil {
			return err
		}
		place, err := w.place(one.outputs[0])
		if err != nil {
			return err
		}
		return write(place, content, 0o755)
	}
	sandbox, err := os.MkdirTemp(w.out, "sandbox")
	if err != nil {
		return err
	}
	for _, input := range append(slices.Clone(one.inputs), one.executable) {
		if err := w.link(input, filepath.Join(sandbox, input.path())); err != nil {
			return err
		}
	}
	for _, output := range one.outputs {
		place := filepath.Join(sandbox, output.path())
		if !output.directory {
			place = filepath.Dir(place)
		}
		if err := os.MkdirAll(place, 0o755); err != nil {
			return err
		}
	}
	if err := run(sandbox, []string{}, filepath.Join(sandbox, one.executable.path()), one.arguments...); err != nil {
		return err
	}
	for _, output := range one.outputs {
		made := filepath.Join(sandbox, output.path())
		if entry, err := os.Lstat(made); err != nil || entry.IsDir() != output.directory {
			return fmt.Errorf("%v is declared and was not made", output)
		}
		place, err := w.place(output)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return err
		}
		if err := os.Rename(made, place); err != nil {
			return err
		}
	}
	return nil
}

func (w *workspace) link(one *file, to string) error {
	place, err := w.place(one)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(place, to); !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// run runs a command with this environment and no other.
func run(folder string, environment []string, program string, arguments ...string) error {
	command := exec.Command(program, arguments...)
	command.Dir, command.Env = folder, environment
	said, err := command.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok {
		return &failure{exit.ExitCode(), string(said)}
	}
	return err
}

// launch is how Bazel can start a test, each with other hints about where the runfiles are.
type launch string

const (
	asTest     launch = "as `bazel test` does"
	byItself   launch = "by itself, from another folder"
	byManifest launch = "by a manifest alone"
)

// test builds a test and starts it.
func (w *workspace) test(written string, how launch) error {
	built, err := w.build(written)
	if err != nil {
		return err
	}
	script, err := w.place(built.executable)
	if err != nil {
		return err
	}
	tree := script + ".runfiles"
	if err := os.RemoveAll(tree); err != nil {
		return err
	}
	if err := built.runfiles.files.add(built.executable); err != nil {
		return err
	}
	list, err := built.runfiles.files.files()
	if err != nil {
		return err
	}
	var manifest strings.Builder
	for _, one := range list {
		key, ok := strings.CutPrefix(one.shortPath(), "../")
		if !ok {
			key = mainRunfiles + "/" + key
		}
		place, err := w.place(one)
		if err != nil {
			return err
		}
		fmt.Fprintf(&manifest, "%s %s\n", key, place)
		if how == byManifest {
			continue
		}
		if err := w.link(one, filepath.Join(tree, key)); err != nil {
			return err
		}
	}
	environment := []string{"PATH=" + os.Getenv("PATH")}
	folder := filepath.Join(tree, mainRunfiles)
	switch how {
	case asTest:
		environment = append(environment, "RUNFILES_DIR="+tree, "TEST_SRCDIR="+tree, "TEST_WORKSPACE="+mainRunfiles)
	case byItself:
		folder = w.out
	case byManifest:
		folder = w.out
		place := script + ".runfiles_manifest"
		if err := write(place, manifest.String(), 0o644); err != nil {
			return err
		}
		environment = append(environment, "RUNFILES_MANIFEST_ONLY=1", "RUNFILES_MANIFEST_FILE="+place)
	}
	return run(folder, environment, script)
}

func write(place, content string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	return os.WriteFile(place, []byte(content), mode)
}
