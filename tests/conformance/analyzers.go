package main

import (
	"bytes"
	"fmt"
	"os"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
)

// analyze runs every analyzer of `istioctl analyze` over the bundle and the objects around it. The reader is the one
// of Istio's own tests: that of the command leaves out Services, Pods, Namespaces and Secrets, and an analyzer that
// lacks one of its inputs says nothing.
func analyze(r request, v *verdict) {
	failed := func(err error) { v.Messages = append(v.Messages, fmt.Sprintf("the analyzers failed: %v", err)) }
	all := analyzers.AllCombined()
	source := local.NewSourceAnalyzer(all, "default", "istio-system", nil)
	source.SetSuppressions(nil)
	if len(r.Mesh) > 0 {
		file, err := os.CreateTemp("", "mesh-*.yaml")
		if err != nil {
			failed(err)
			return
		}
		defer os.Remove(file.Name())
		_, err = file.Write(r.Mesh)
		file.Close()
		if err == nil {
			err = source.AddFileKubeMeshConfig(file.Name())
		}
		if err != nil {
			failed(err)
			return
		}
	}
	readers := []local.ReaderSource{{Name: "bundle", Reader: bytes.NewReader([]byte(r.YAML))}}
	// A second reader of one name would replace what the first one brought.
	for i, object := range r.World {
		name := fmt.Sprintf("world-%d", i)
		readers = append(readers, local.ReaderSource{Name: name, Reader: bytes.NewReader(object)})
	}
	if err := source.AddTestReaderKubeSource(readers); err != nil {
		failed(err)
		return
	}
	done := make(chan struct{})
	defer close(done)
	result, err := source.Analyze(done)
	if err != nil {
		failed(err)
		return
	}
	for _, skipped := range result.SkippedAnalyzers {
		failed(fmt.Errorf("%s was skipped", skipped))
	}
	for _, message := range result.Messages {
		at := ""
		if message.Resource != nil {
			meta := message.Resource.Metadata
			at = fmt.Sprintf(" %s %s", meta.Schema.Kind(), meta.FullName)
		}
		text := fmt.Sprintf(message.Type.Template(), message.Parameters...)
		v.Messages = append(v.Messages, fmt.Sprintf("%s %s%s: %s", message.Type.Code(), message.Type.Level(), at, text))
	}
}
