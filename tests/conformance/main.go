// The judge: Istio's and Kubernetes' own code says of each bundle what a cluster would make of it.
//
// It reads a line of JSON for each bundle (see request) and answers a line of JSON (see verdict). Its one argument is
// the file of Istio's CRDs. The stages that a request asks for are run in order: schema, webhook, analyzers, discovery.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/log"

	"github.com/mesh-lang/meshc/tests/controlplane"
)

// A request names a bundle and what to ask about it.
type request struct {
	// ID comes back in the verdict.
	ID string `json:"id"`
	// YAML is the bundle, as meshc writes it.
	YAML string `json:"yaml"`
	// World holds the Kubernetes objects that the program's declarations imply: Namespaces, Services, Pods …
	World []json.RawMessage `json:"world"`
	// Mesh is the MeshConfig that the program's facts imply; none for Istio's default.
	Mesh json.RawMessage `json:"mesh"`
	// Prometheus is a configuration of Prometheus; none for nothing to judge.
	Prometheus string `json:"prometheus"`
	// Analyze asks for the analyzers of `istioctl analyze`.
	Analyze bool `json:"analyze"`
	// Discover asks for the discovery server.
	Discover bool `json:"discover"`
	// Show asks for what the discovery server generates, and not only whether it does.
	Show bool `json:"show"`
}

// A verdict is what Istio says of a bundle.
type verdict struct {
	ID        string `json:"id"`
	Resources int    `json:"resources"`
	// Errors of the schema and of the webhook: the API server would refuse the object.
	Errors []string `json:"errors"`
	// Warnings of the webhook: the API server would take the object and say this.
	Warnings []string `json:"warnings"`
	// Messages of the analyzers: "IST0101 Error VirtualService shop/a: …".
	Messages []string `json:"messages"`
	// Rejected says what the discovery server could not generate, or dropped.
	Rejected []string `json:"rejected"`
	// Proxies is what it generated, by proxy: listeners, routes, clusters.
	Proxies map[string]generated `json:"proxies,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(2)
	}
}

func run() error {
	if len(os.Args) < 2 {
		return errors.New("usage: judge CRD-FILE…")
	}
	// Istio logs to standard output, which is for the answers.
	logging := log.DefaultOptions()
	logging.OutputPaths = []string{"stderr"}
	logging.SetDefaultOutputLevel(log.OverrideScopeName, log.ErrorLevel)
	if err := log.Configure(logging); err != nil {
		return err
	}
	// For each bundle the default scope complains that the test server's CRDs do not say their release.
	log.FindScope(log.DefaultScopeName).SetOutputLevel(log.NoneLevel)
	schemas, err := crdvalidation.NewValidatorFromFilesWithOptions(os.Args[1:], crdvalidation.WithoutCRDValidation())
	if err != nil {
		return err
	}
	// A Namespace is Kubernetes' own and has no CRD.
	schemas.SkipMissing = true
	// Requests are judged side by side; their answers come as they are ready.
	requests := make(chan request)
	var workers sync.WaitGroup
	var writing sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for r := range requests {
				v := judge(schemas, r)
				writing.Lock()
				if err := out.Encode(v); err != nil {
					fmt.Fprintln(os.Stderr, "judge:", err)
				}
				writing.Unlock()
			}
		})
	}
	err = read(os.Stdin, requests)
	close(requests)
	workers.Wait()
	return err
}

func read(from io.Reader, requests chan<- request) error {
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var r request
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			requests <- r
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
	v := verdict{ID: r.ID, Errors: []string{}, Warnings: []string{}, Messages: []string{}, Rejected: []string{}}
	if err := controlplane.FillSecrets(r.World); err != nil {
		v.Errors = append(v.Errors, err.Error())
	}
	objects(schemas, r.YAML, &v)
	if r.Prometheus != "" {
		configuration(r.Prometheus, &v)
	}
	if r.Analyze {
		analyze(r, &v)
	}
	if r.Discover {
		discover(r, &v)
	}
	return v
}
