package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/mesh-lang/meshc/tests/controlplane"
)

// A pod answers on the ports of its services, says which one it is, and can be told to misbehave.
type pod struct {
	name string
	// version is its label `version`, else its name.
	version string
	// calls counts the requests that arrived.
	calls atomic.Int64
	mu    sync.Mutex
	// behave, if set, may answer in place of the pod; it returns false to leave the answer to it.
	behave func(call int64, w http.ResponseWriter, r *http.Request) bool
}

// An answer is what a pod says of a request.
type answer struct {
	Pod     string      `json:"pod"`
	Version string      `json:"version"`
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Host    string      `json:"host"`
	Headers http.Header `json:"headers"`
}

// serve lets a pod listen on every port of every service that selects it.
func (s *stand) serve(object *corev1.Pod) {
	if object.Annotations[controlplane.RoleAnnotation] == "gateway" {
		return
	}
	p := &pod{name: object.Name, version: object.Labels["version"]}
	if p.version == "" {
		p.version = object.Name
	}
	s.pods[object.Name] = p
	for _, service := range s.world.Services {
		selected := labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(object.Labels))
		if service.Namespace != object.Namespace || !selected {
			continue
		}
		for _, port := range service.Spec.Ports {
			listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", object.Status.PodIP, port.TargetPort.IntVal))
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { listener.Close() })
			if strings.HasPrefix(port.Name, "tcp-") {
				go p.serveTCP(listener)
				continue
			}
			server := &http.Server{Handler: p}
			go func() { _ = server.Serve(listener) }()
			s.t.Cleanup(func() { server.Close() })
		}
	}
}

// serveTCP says the version to whoever connects.
func (p *pod) serveTCP(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		p.calls.Add(1)
		_, _ = io.WriteString(connection, p.version+"\n")
		connection.Close()
	}
}

func (p *pod) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := p.calls.Add(1)
	p.mu.Lock()
	behave := p.behave
	p.mu.Unlock()
	if behave != nil && behave(call, w, r) {
		return
	}
	w.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(w).Encode(answer{
		Pod: p.name, Version: p.version, Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host, Headers: r.Header,
	})
}

// does changes how a pod answers.
func (p *pod) does(behave func(call int64, w http.ResponseWriter, r *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behave = behave
}

// fails answers every request with a status.
func fails(status int) func(int64, http.ResponseWriter, *http.Request) bool {
	return func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		return true
	}
}

// hangs waits before it answers, as long as the caller does.
func hangs(wait time.Duration) func(int64, http.ResponseWriter, *http.Request) bool {
	return func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
		}
		return false
	}
}
