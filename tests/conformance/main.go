// The judge: Istio's and Kubernetes' own code says of each bundle what an API server and Istio's webhook would.
//
// It reads a line of JSON for each bundle, {"id": "...", "yaml": "..."}, and answers a line of JSON,
// {"id": "...", "errors": [...], "warnings": [...]}. Its one argument is the file of Istio's CRDs.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/go-multierror"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/log"
)

type request struct {
	ID   string `json:"id"`
	YAML string `json:"yaml"`
}

type verdict struct {
	ID        string   `json:"id"`
	Resources int      `json:"resources"`
	Errors    []string `json:"errors"`
	Warnings  []string `json:"warnings"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(2)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: judge CRD-FILE")
	}
	// Istio logs to standard output, which is for the answers.
	logging := log.DefaultOptions()
	logging.OutputPaths = []string{"stderr"}
	if err := log.Configure(logging); err != nil {
		return err
	}
	schemas, err := crdvalidation.NewValidatorFromFilesWithOptions(os.Args[1:], crdvalidation.WithoutCRDValidation())
	if err != nil {
		return err
	}
	// A Namespace is Kubernetes' own and has no CRD.
	schemas.SkipMissing = true
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var r request
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			if err := out.Encode(judge(schemas, r)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func judge(schemas *crdvalidation.Validator, r request) verdict {
	v := verdict{ID: r.ID, Errors: []string{}, Warnings: []string{}}
	documents := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader([]byte(r.YAML))))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return v
		}
		if err != nil {
			v.Errors = append(v.Errors, err.Error())
			return v
		}
		text, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			v.Errors = append(v.Errors, err.Error())
			continue
		}
		if string(text) == "null" {
			continue
		}
		v.Resources++
		// As an API server reads it: whole numbers stay whole.
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			v.Errors = append(v.Errors, err.Error())
			continue
		}
		one(schemas, object, &v)
	}
}

// one judges an object: its CRD's structural schema and CEL rules, then the webhook's functions.
func one(schemas *crdvalidation.Validator, object *unstructured.Unstructured, v *verdict) {
	name := fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName())
	if err := schemas.ValidateCustomResource(object.DeepCopy()); err != nil {
		v.Errors = append(v.Errors, fmt.Sprintf("%s: schema: %v", name, err))
	}
	kind := object.GroupVersionKind()
	schema, known := collections.Pilot.FindByGroupVersionAliasesKind(
		config.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind})
	if !known {
		if object.GetKind() != "Namespace" {
			v.Errors = append(v.Errors, name+": webhook: Istio knows no such kind")
		}
		return
	}
	// An object always has a namespace by the time Istio sees it.
	if object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	text, err := json.Marshal(object.Object)
	if err != nil {
		v.Errors = append(v.Errors, fmt.Sprintf("%s: %v", name, err))
		return
	}
	parsed, _, err := crd.ParseInputs(string(text))
	if err != nil || len(parsed) != 1 {
		v.Errors = append(v.Errors, fmt.Sprintf("%s: decode: %v", name, err))
		return
	}
	warnings, err := schema.ValidateConfig(parsed[0])
	v.Errors = append(v.Errors, list(name, err)...)
	v.Warnings = append(v.Warnings, list(name, warnings)...)
}

func list(name string, err error) []string {
	if err == nil {
		return nil
	}
	var many *multierror.Error
	if !errors.As(err, &many) {
		return []string{fmt.Sprintf("%s: webhook: %v", name, err)}
	}
	var out []string
	for _, err := range many.Errors {
		out = append(out, fmt.Sprintf("%s: webhook: %v", name, err))
	}
	return out
}
