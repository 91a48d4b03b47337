package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"istio.io/istio/pilot/test/xdstest"
	"istio.io/istio/pkg/test"

	"github.com/mesh-lang/meshc/tests/controlplane"
)

// What the discovery server generates for one proxy.
type generated struct {
	Listeners []json.RawMessage `json:"listeners"`
	Routes    []json.RawMessage `json:"routes"`
	Clusters  []json.RawMessage `json:"clusters"`
}

// Proxy statuses that say nothing of a bundle: pods and endpoints are the tests' own.
var harmless = map[string]bool{
	"pilot_no_ip": true, "pilot_endpoint_not_ready": true, "endpoint_no_pod": true, "pilot_virt_services": true,
}

// discover lets Istio's discovery server generate the configuration of every proxy.
func discover(r request, v *verdict) {
	world, err := controlplane.ReadWorld(r.World)
	if err != nil {
		v.Rejected = append(v.Rejected, err.Error())
		return
	}
	err = test.Wrap(func(t test.Failer) {
		server := controlplane.Start(t, r.YAML, world, controlplane.Options{Mesh: r.Mesh})
		if r.Show {
			v.Proxies = map[string]generated{}
		}
		for _, proxy := range world.Proxies() {
			proxy = server.SetupProxy(proxy)
			check := &checker{verdict: v, proxy: proxy.ID}
			listeners := server.Listeners(proxy)
			routes := server.RoutesFromListeners(proxy, listeners)
			clusters := server.Clusters(proxy)
			xdstest.ValidateListeners(check, listeners)
			xdstest.ValidateRouteConfigurations(check, routes)
			xdstest.ValidateClusters(check, clusters)
			if r.Show {
				v.Proxies[proxy.ID] = generated{jsonOf(listeners), jsonOf(routes), jsonOf(clusters)}
			}
		}
		statuses := server.PushContext().ProxyStatus
		names := make([]string, 0, len(statuses))
		for name := range statuses {
			if !harmless[name] {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		for _, name := range names {
			for id, status := range statuses[name] {
				v.Rejected = append(v.Rejected, fmt.Sprintf("%s: %s: %s", name, id, status.Message))
			}
		}
	})
	if err != nil {
		v.Rejected = append(v.Rejected, err.Error())
	}
	sort.Strings(v.Rejected)
}

func jsonOf[T proto.Message](messages []T) []json.RawMessage {
	out := []json.RawMessage{}
	for _, message := range messages {
		text, err := protojson.Marshal(message)
		if err != nil {
			text = []byte(fmt.Sprintf("%q", err.Error()))
		}
		out = append(out, text)
	}
	return out
}

// A checker takes what Istio's own test functions say as part of the verdict. The embedded interface is never called:
// it is what makes this a testing.TB.
type checker struct {
	testing.TB
	verdict *verdict
	proxy   string
}

func (c *checker) Helper() {}

func (c *checker) say(text string) {
	c.verdict.Rejected = append(c.verdict.Rejected, c.proxy+": "+text)
}

func (c *checker) Error(args ...any)                 { c.say(fmt.Sprint(args...)) }
func (c *checker) Errorf(format string, args ...any) { c.say(fmt.Sprintf(format, args...)) }
func (c *checker) Fatal(args ...any)                 { c.say(fmt.Sprint(args...)) }
func (c *checker) Fatalf(format string, args ...any) { c.say(fmt.Sprintf(format, args...)) }
func (c *checker) Logf(string, ...any)               {}
