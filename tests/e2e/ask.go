package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// sent counts the requests and connections of a run.
var sent atomic.Int64

// A request, as a test writes it: "GET /path", with headers.
type request struct {
	line    string
	host    string
	headers map[string]string
}

// A reply is what came back, and what the pod said if one answered.
type reply struct {
	status  int
	headers http.Header
	body    string
	answer  answer
	took    time.Duration
}

// edgeAt sends a request to a port of the gateway's Service.
func (s *stand) edgeAt(port int32, r request) reply {
	s.t.Helper()
	s.gateway()
	listen, ok := s.gateways[port]
	if !ok {
		s.t.Fatalf("the gateway has no port %d", port)
	}
	return s.ask(fmt.Sprintf("http://127.0.0.1:%d", listen), r, nil)
}

// inside sends a request from a caller in the mesh to a host of the mesh, through the caller's proxy.
func (s *stand) inside(caller string, r request) reply {
	s.t.Helper()
	return s.ask(fmt.Sprintf("http://127.0.0.1:%d", s.sidecar(caller).http), r, nil)
}

func (s *stand) ask(to string, r request, secure *tls.Config) reply {
	s.t.Helper()
	reply, err := ask(to, r, secure)
	if err != nil {
		s.t.Fatalf("%s of %s: %v", r.line, r.host, err)
	}
	return reply
}

func ask(to string, r request, secure *tls.Config) (reply, error) {
	var method, path string
	if _, err := fmt.Sscanf(r.line, "%s %s", &method, &path); err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	message, err := http.NewRequestWithContext(ctx, method, to+path, nil)
	if err != nil {
		return reply{}, err
	}
	message.Host = r.host
	for name, value := range r.headers {
		message.Header.Set(name, value)
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: secure}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	sent.Add(1)
	start := time.Now()
	response, err := client.Do(message)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return reply{}, err
	}
	out := reply{status: response.StatusCode, headers: response.Header, body: body.String(), took: time.Since(start)}
	_ = json.Unmarshal(body.Bytes(), &out.answer)
	return out, nil
}

// line connects to a TCP port of the gateway and reads what it says.
func (s *stand) line(port int32) string {
	s.t.Helper()
	s.gateway()
	sent.Add(1)
	connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.gateways[port]), 5*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	text, err := io.ReadAll(connection)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(bytes.TrimSpace(text))
}

// share counts which versions answer so many requests.
func share(count int, ask func() string) map[string]int {
	out := map[string]int{}
	for range count {
		out[ask()]++
	}
	return out
}

// within fails where a share is so far from what is wanted that chance is no excuse: at 1,000 requests five points are
// four standard deviations of a fair draw.
func within(t *testing.T, counts map[string]int, version string, wanted, slack int) {
	t.Helper()
	if got := counts[version]; got < wanted-slack || got > wanted+slack {
		t.Errorf("%s got %d of %v, not %d", version, got, counts, wanted)
	}
}

func want[T comparable](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: got %v, want %v", what, got, wanted)
	}
}
