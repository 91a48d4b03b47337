// Package e2e sends real requests through a real Envoy that Istio's own discovery server configures from the bundles
// of Mesh programs.
//
// The bundles are compiled before, by the suites in Rust (see README.md); every address is of the loopback device.
package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pkg/security"

	"github.com/mesh-lang/meshc/tests/controlplane"
)

// A compiled program: the line for the judge that the Rust suite writes.
type program struct {
	YAML  string            `json:"yaml"`
	World []json.RawMessage `json:"world"`
	Mesh  json.RawMessage   `json:"mesh"`
}

// A stand is a program at work: its control plane, its pods, and the proxies in front of them.
type stand struct {
	t     *testing.T
	world *controlplane.World
	pods  map[string]*pod
	// gateways are the ports of the gateway's Service and where Envoy listens for each.
	gateways map[int32]int
	// moved are the workload ports of the gateway that are others here.
	moved map[string]string
	xds   string
	// edge and caller are the proxies, started when they are first asked for.
	edge, caller *envoy
}

// networks counts the stands, each of which has a network of its own in 127.0.0.0/8.
var networks atomic.Int32

func init() {
	// Stock Envoy has none of Istio's own filters.
	features.MetadataExchange = false
	features.ALPNFilter = false
	// The test's own authenticator is asked though nothing is encrypted here.
	security.AuthPlaintext = true
}

// open starts the pods of a case and a control plane for it.
func open(t *testing.T, name string) *stand {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("MESH_E2E"), name+".json"))
	if err != nil {
		t.Fatalf("the case is not compiled: %v", err)
	}
	var p program
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	if err := controlplane.FillSecrets(p.World); err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, pods: map[string]*pod{}, gateways: map[int32]int{}, moved: map[string]string{}}
	s.settle(&p)
	world, err := controlplane.ReadWorld(p.World)
	if err != nil {
		t.Fatal(err)
	}
	s.world = world
	for _, pod := range world.Pods {
		s.serve(pod)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := controlplane.Start(t, p.YAML, world, controlplane.Options{
		Mesh:   quiet(t, p.Mesh),
		Plain:  true,
		Ports:  s.moved,
		Listen: func() (net.Listener, error) { return listener, nil },
	})
	server.Discovery.Authenticators = []security.Authenticator{everyone{world}}
	s.xds = listener.Addr().String()
	return s
}

// settle gives every pod an address of its own, and every port of a gateway a free one to listen on.
func (s *stand) settle(p *program) {
	network := networks.Add(1)
	base := fmt.Sprintf("127.%d.%d", 20+os.Getpid()%200, network)
	gateways := map[string]map[string]string{}
	for i, text := range p.World {
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			s.t.Fatal(err)
		}
		if object["kind"] == "Pod" {
			object["status"].(map[string]any)["podIP"] = fmt.Sprintf("%s.%d", base, i%250+2)
			meta := object["metadata"].(map[string]any)
			if notes, ok := meta["annotations"].(map[string]any); ok && notes[controlplane.RoleAnnotation] == "gateway" {
				own := map[string]string{}
				for key, value := range meta["labels"].(map[string]any) {
					own[key] = value.(string)
				}
				gateways[meta["namespace"].(string)] = own
			}
		}
		p.World[i] = must(json.Marshal(object))
	}
	for i, text := range p.World {
		var service corev1.Service
		if err := json.Unmarshal(text, &service); err != nil || service.Kind != "Service" {
			continue
		}
		own, found := gateways[service.Namespace]
		edge := found && labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(own))
		if edge {
			s.reach(p.YAML, &service)
		}
		for at := range service.Spec.Ports {
			port := &service.Spec.Ports[at]
			if edge {
				free := freePort(s.t)
				s.gateways[port.Port] = free
				s.moved[fmt.Sprint(port.TargetPort.IntVal)] = fmt.Sprint(free)
				port.TargetPort.IntVal = int32(free)
				continue
			}
			// Low ports are not for everybody.
			if port.TargetPort.IntVal < 1024 {
				port.TargetPort.IntVal += 20000
			}
			// The listener for HTTP proxying, by which callers inside the mesh go, knows the hosts of port 80.
			if len(service.Spec.Ports) == 1 && strings.HasPrefix(port.Name, "http-") {
				port.Port = 80
			}
		}
		p.World[i] = must(json.Marshal(service))
	}
}

// reach adds to a gateway's Service the ports of listeners that it lacks: Envoy would open those as they are written,
// and they may be taken on this machine.
func (s *stand) reach(bundle string, service *corev1.Service) {
	configs, err := controlplane.Configs(bundle)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range configs {
		gateway, ok := c.Spec.(*networking.Gateway)
		if !ok {
			continue
		}
		for _, server := range gateway.Servers {
			number := int32(server.Port.Number)
			known := slices.ContainsFunc(service.Spec.Ports, func(port corev1.ServicePort) bool { return port.Port == number })
			if !known {
				service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{
					Name: fmt.Sprintf("http-%d", number), Port: number, TargetPort: intstr.FromInt32(number),
				})
			}
		}
	}
}

// quiet takes out of a MeshConfig the telemetry, whose filters stock Envoy does not have, and mutual TLS by itself, for
// which nobody hands out certificates here.
func quiet(t *testing.T, text json.RawMessage) json.RawMessage {
	settings := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &settings); err != nil {
			t.Fatal(err)
		}
	}
	settings["defaultProviders"] = map[string]any{}
	settings["enableTracing"] = false
	settings["enableAutoMtls"] = false
	return must(json.Marshal(settings))
}

// everyone is known for what it says it is: the proxies of the tests have no certificates.
type everyone struct{ world *controlplane.World }

func (everyone) AuthenticatorType() string { return "everyone" }

func (e everyone) Authenticate(security.AuthContext) (*security.Caller, error) {
	caller := &security.Caller{}
	for _, pod := range e.world.Pods {
		caller.Identities = append(caller.Identities, "spiffe://cluster.local/ns/"+pod.Namespace+"/sa/default")
	}
	return caller, nil
}

// An envoy is a proxy that runs.
type envoy struct {
	admin string
	// http is where a caller's proxy takes requests for any host of the mesh.
	http int
	log  *bytes.Buffer
}

// gateway is the proxy at the edge.
func (s *stand) gateway() *envoy {
	if s.edge == nil {
		for _, pod := range s.world.Pods {
			if pod.Annotations[controlplane.RoleAnnotation] == "gateway" && pod.Labels["istio"] != "egressgateway" {
				s.edge = s.start(pod, "router", 0)
				return s.edge
			}
		}
		s.t.Fatal("the case has no gateway at its edge")
	}
	return s.edge
}

// sidecar is the proxy of a caller inside the mesh: the first pod of a service.
func (s *stand) sidecar(service string) *envoy {
	if s.caller == nil {
		for _, pod := range s.world.Pods {
			if strings.HasPrefix(pod.Name, service+"-") {
				s.caller = s.start(pod, "sidecar", freePort(s.t))
				return s.caller
			}
		}
		s.t.Fatalf("the case has no pod of %s", service)
	}
	return s.caller
}

func (s *stand) start(pod *corev1.Pod, kind string, http int) *envoy {
	s.t.Helper()
	binary := os.Getenv("MESH_ENVOY")
	folder := s.t.TempDir()
	admin := filepath.Join(folder, "admin")
	host, port, err := net.SplitHostPort(s.xds)
	if err != nil {
		s.t.Fatal(err)
	}
	metadata := map[string]any{
		"NAMESPACE": pod.Namespace, "LABELS": pod.Labels, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.32.0",
		"SERVICE_ACCOUNT": "default",
	}
	if http > 0 {
		// Without iptables nothing is intercepted: requests go to the proxy as to an HTTP proxy.
		metadata["HTTP_PROXY_PORT"] = fmt.Sprint(http)
	}
	bootstrap := map[string]any{
		"node": map[string]any{
			"id":      fmt.Sprintf("%s~%s~%s.%s~%s.svc.cluster.local", kind, pod.Status.PodIP, pod.Name, pod.Namespace, pod.Namespace),
			"cluster": pod.Name, "metadata": metadata,
		},
		"admin": map[string]any{"address": address("127.0.0.1", 0)},
		// Names of the outside world are looked up at a port where nobody answers: nothing leaves this machine.
		"typed_dns_resolver_config": map[string]any{
			"name": "envoy.network.dns_resolver.cares",
			"typed_config": map[string]any{
				"@type":                     "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
				"resolvers":                 []any{address("127.0.0.1", freePort(s.t))},
				"query_timeout_seconds":     1,
				"query_tries":               1,
				"use_resolvers_as_fallback": false,
			},
		},
		"dynamic_resources": map[string]any{
			"lds_config": map[string]any{"ads": map[string]any{}, "resource_api_version": "V3"},
			"cds_config": map[string]any{"ads": map[string]any{}, "resource_api_version": "V3"},
			"ads_config": map[string]any{
				"api_type": "GRPC", "transport_api_version": "V3",
				"grpc_services": []any{map[string]any{"envoy_grpc": map[string]any{"cluster_name": "xds-grpc"}}},
			},
		},
		"static_resources": map[string]any{"clusters": []any{
			cluster("xds-grpc", host, port),
			// Certificates of the mesh would come from the agent, which there is none of.
			cluster("sds-grpc", host, port),
		}},
	}
	config := filepath.Join(folder, "envoy.json")
	if err := os.WriteFile(config, must(json.Marshal(bootstrap)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	e := &envoy{http: http, log: &bytes.Buffer{}}
	command := exec.Command(binary, "-c", config, "--admin-address-path", admin, "--use-dynamic-base-id", "--log-level", "warn", "--concurrency", "1", "--drain-time-s", "1")
	command.Stdout, command.Stderr = e.log, e.log
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if s.t.Failed() {
			s.t.Logf("%s of %s says:\n%s", kind, pod.Name, tail(e.log.String()))
		}
	})
	eventually(s.t, "Envoy starts", func() bool {
		text, err := os.ReadFile(admin)
		e.admin = "http://" + string(text)
		return err == nil && len(text) > 0
	})
	eventually(s.t, "Envoy has its configuration", func() bool {
		if strings.Contains(e.get("/stats?filter=update_rejected"), "update_rejected: 1") {
			s.t.Fatalf("Envoy rejects what the discovery server sends:\n%s", tail(e.log.String()))
		}
		warm := e.get("/ready") == "LIVE\n" && strings.Contains(e.get("/stats?filter=lds.update_success"), "update_success: 1")
		return warm && strings.Contains(e.get("/stats?filter=total_listeners_warming"), "total_listeners_warming: 0")
	})
	return e
}

// get asks Envoy's administration.
func (e *envoy) get(path string) string {
	response, err := http.Get(e.admin + path)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(response.Body)
	return text.String()
}

func address(host string, port int) map[string]any {
	return map[string]any{"socket_address": map[string]any{"address": host, "port_value": port}}
}

func cluster(name, host, port string) map[string]any {
	var number int
	_, _ = fmt.Sscan(port, &number)
	return map[string]any{
		"name": name, "type": "STATIC", "connect_timeout": "1s",
		"typed_extension_protocol_options": map[string]any{
			"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
				"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
				"explicit_http_config": map[string]any{"http2_protocol_options": map[string]any{}},
			},
		},
		"load_assignment": map[string]any{
			"cluster_name": name,
			"endpoints": []any{map[string]any{"lb_endpoints": []any{
				map[string]any{"endpoint": map[string]any{"address": address(host, number)}},
			}}},
		},
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("this does not come: %s", what)
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
