// Package controlplane runs Istio's own discovery server on a bundle and the Kubernetes objects around it.
package controlplane

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/test"
)

// RoleAnnotation of a Pod says that a gateway runs in it, by the value "gateway".
const RoleAnnotation = "mesh-tests/role"

// World is the objects of Kubernetes around a bundle.
type World struct {
	Objects  []runtime.Object
	Services []*corev1.Service
	Pods     []*corev1.Pod
}

// ReadWorld reads the objects and adds what a cluster would: an EndpointSlice for each Service.
func ReadWorld(objects []json.RawMessage) (*World, error) {
	world := &World{}
	decode := kube.IstioCodec.UniversalDeserializer().Decode
	for _, text := range objects {
		object, _, err := decode(text, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, text)
		}
		world.Objects = append(world.Objects, object)
		switch object := object.(type) {
		case *corev1.Service:
			world.Services = append(world.Services, object)
		case *corev1.Pod:
			world.Pods = append(world.Pods, object)
		}
	}
	for _, service := range world.Services {
		world.Objects = append(world.Objects, world.slice(service))
	}
	return world, nil
}

// slice is the EndpointSlice of a Service: the Pods that it selects.
func (w *World) slice(service *corev1.Service) *discoveryv1.EndpointSlice {
	ready := true
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: service.Name, Namespace: service.Namespace,
			Labels: map[string]string{discoveryv1.LabelServiceName: service.Name},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
	}
	for _, port := range service.Spec.Ports {
		name, number, protocol := port.Name, port.TargetPort.IntVal, corev1.ProtocolTCP
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &name, Port: &number, Protocol: &protocol})
	}
	selector := labels.SelectorFromSet(service.Spec.Selector)
	for _, pod := range w.Pods {
		if pod.Namespace == service.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
				Addresses:  []string{pod.Status.PodIP},
				Conditions: discoveryv1.EndpointConditions{Ready: &ready},
				TargetRef:  &corev1.ObjectReference{Kind: "Pod", Name: pod.Name, Namespace: pod.Namespace},
			})
		}
	}
	return slice
}

// Options of a control plane.
type Options struct {
	// Mesh is the MeshConfig as JSON; none for Istio's default.
	Mesh json.RawMessage
	// Extra objects of Istio, as YAML: what a test adds to a bundle.
	Extra string
	// Plain takes TLS between proxies and pods out: the pods of a test have no certificates.
	Plain bool
	// Ports are the workload ports that a test moves elsewhere, for the policies that name them.
	Ports map[string]string
	// Listen makes it listen on a port of the loopback device, for Envoy.
	Listen func() (net.Listener, error)
}

// Start runs the discovery server until the test ends.
func Start(t test.Failer, bundle string, world *World, options Options) *xds.FakeDiscoveryServer {
	settings, err := meshConfig(options.Mesh)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := Configs(bundle + "\n---\n" + options.Extra)
	if err != nil {
		t.Fatal(err)
	}
	keepKeysHere(configs)
	if options.Plain {
		configs = speakPlain(configs)
	}
	movePorts(configs, options.Ports)
	objects := append([]runtime.Object{}, world.Objects...)
	for _, document := range strings.Split(bundle, "\n---\n") {
		if strings.Contains(document, "\nkind: Namespace\n") || strings.HasPrefix(document, "kind: Namespace\n") {
			object, _, err := kube.IstioCodec.UniversalDeserializer().Decode([]byte(document), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, object)
		}
	}
	return xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
		Configs:                    configs,
		KubernetesObjects:          objects,
		MeshConfig:                 settings,
		ListenerBuilder:            options.Listen,
		DisableSecretAuthorization: true,
	})
}

func meshConfig(text json.RawMessage) (*meshconfig.MeshConfig, error) {
	if len(text) == 0 {
		return mesh.DefaultMeshConfig(), nil
	}
	return mesh.ApplyMeshConfigDefaults(string(text))
}

// Configs reads the objects of Istio in a bundle; those without a namespace land in `default`.
func Configs(bundle string) ([]config.Config, error) {
	configs, _, err := crd.ParseInputs(bundle)
	if err != nil {
		return nil, err
	}
	for i := range configs {
		// By this Istio makes full names of short hosts.
		configs[i].Domain = "cluster.local"
		if configs[i].Namespace == "" {
			configs[i].Namespace = "default"
		}
	}
	return configs, nil
}

// keepKeysHere puts a key set in place of every address of one: the server would go and fetch it, and nothing of a test
// leaves this machine.
func keepKeysHere(configs []config.Config) {
	for _, c := range configs {
		authentication, ok := c.Spec.(*security.RequestAuthentication)
		if !ok {
			continue
		}
		for _, rule := range authentication.JwtRules {
			if rule.JwksUri != "" {
				rule.JwksUri, rule.Jwks = "", `{"keys":[]}`
			}
		}
	}
}

func movePorts(configs []config.Config, moved map[string]string) {
	for _, c := range configs {
		policy, ok := c.Spec.(*security.AuthorizationPolicy)
		if !ok {
			continue
		}
		for _, rule := range policy.Rules {
			for _, to := range rule.To {
				for _, ports := range [][]string{to.Operation.GetPorts(), to.Operation.GetNotPorts()} {
					for i, port := range ports {
						if elsewhere, ok := moved[port]; ok {
							ports[i] = elsewhere
						}
					}
				}
			}
		}
	}
}

func speakPlain(configs []config.Config) []config.Config {
	off := config.Config{
		Meta: config.Meta{GroupVersionKind: gvk.PeerAuthentication, Name: "plain", Namespace: "istio-system"},
		Spec: &security.PeerAuthentication{
			Mtls: &security.PeerAuthentication_MutualTLS{Mode: security.PeerAuthentication_MutualTLS_DISABLE},
		},
	}
	configs = append(slices.DeleteFunc(configs, func(c config.Config) bool {
		return c.GroupVersionKind == gvk.PeerAuthentication
	}), off)
	policy := func(policy *networking.TrafficPolicy) {
		if policy == nil {
			return
		}
		policy.Tls = nil
		for _, port := range policy.PortLevelSettings {
			port.Tls = nil
		}
	}
	for _, c := range configs {
		rule, ok := c.Spec.(*networking.DestinationRule)
		if !ok {
			continue
		}
		policy(rule.TrafficPolicy)
		for _, subset := range rule.Subsets {
			policy(subset.TrafficPolicy)
		}
	}
	return configs
}

// Proxies makes the proxy of each Pod, in the order of their names.
func (w *World) Proxies() []*model.Proxy {
	var out []*model.Proxy
	for _, pod := range w.Pods {
		out = append(out, Proxy(pod))
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Proxy is the proxy that runs in a Pod.
func Proxy(pod *corev1.Pod) *model.Proxy {
	kind := model.SidecarProxy
	if pod.Annotations[RoleAnnotation] == "gateway" {
		kind = model.Router
	}
	return &model.Proxy{
		Type:            kind,
		ID:              pod.Name + "." + pod.Namespace,
		IPAddresses:     []string{pod.Status.PodIP},
		ConfigNamespace: pod.Namespace,
		Labels:          pod.Labels,
		Metadata: &model.NodeMetadata{
			Namespace:      pod.Namespace,
			Labels:         pod.Labels,
			ServiceAccount: pod.Spec.ServiceAccountName,
			ClusterID:      "Kubernetes",
			IstioVersion:   "1.32.0",
		},
	}
}
