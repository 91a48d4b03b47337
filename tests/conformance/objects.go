package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/go-multierror"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/schema/collections"
)

// objects judges every object of a bundle by itself.
func objects(schemas *crdvalidation.Validator, bundle string, v *verdict) {
	documents := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader([]byte(bundle))))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			v.Errors = append(v.Errors, err.Error())
			return
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
		one(schemas, object, v)
	}
}

// one judges an object: its CRD's structural schema and CEL rules, then the webhook's functions.
func one(schemas *crdvalidation.Validator, object *unstructured.Unstructured, v *verdict) {
	name := fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName())
	if err := schemas.ValidateCustomResource(object.DeepCopy()); err != nil {
		v.Errors = append(v.Errors, fmt.Sprintf("%s: schema: %v", name, err))
	}
	kind := object.GroupVersionKind()
	switch kind.Group {
	case "", "gateway.networking.k8s.io", "monitoring.coreos.com":
		// Kubernetes' own kinds, those of the Gateway API and of the Prometheus operator: the webhook of Istio does not see
		// them.
		return
	}
	schema, known := collections.Pilot.FindByGroupVersionAliasesKind(
		config.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind})
	if !known {
		v.Errors = append(v.Errors, name+": webhook: Istio knows no such kind")
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
