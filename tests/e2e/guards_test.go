package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"testing"
	"time"
)

// The key of an issuer that is nobody but these tests.
//
//go:embed issuer.key
var issuerKey []byte

// token signs a token of the issuer.
func token(t *testing.T, claims map[string]any) string {
	t.Helper()
	block, _ := pem.Decode(issuerKey)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	part := func(value any) string {
		return base64.RawURLEncoding.EncodeToString(must(json.Marshal(value)))
	}
	text := part(map[string]string{"alg": "RS256", "kid": "test"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, parsed.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func claims(change map[string]any) map[string]any {
	out := map[string]any{
		"iss": "https://issuer.example.com", "sub": "somebody", "aud": "shop", "exp": time.Now().Add(time.Hour).Unix(),
	}
	for key, value := range change {
		out[key] = value
	}
	return out
}

func bearer(token string) map[string]string {
	return map[string]string{"authorization": "Bearer " + token}
}

func TestPolicies(t *testing.T) {
	s := open(t, "guards")
	status := func(line string, headers map[string]string) int {
		return s.edgeAt(80, request{line, "guards.example.com", headers}).status
	}
	want(t, "an allowed method", status("GET /open/x", nil), 200)
	want(t, "an allowed method and path", status("POST /open/x", nil), 200)
	want(t, "the path without the method", status("PUT /open/x", nil), 403)
	want(t, "a denied path", status("GET /admin/users", nil), 403)
	want(t, "a denied method", status("DELETE /open/x", nil), 403)
	want(t, "a header that is asked for", status("PUT /keyed", map[string]string{"x-key": "secret"}), 200)
	want(t, "another value of it", status("PUT /keyed", map[string]string{"x-key": "guess"}), 403)
	want(t, "no token", status("PUT /tokens/x", nil), 403)
	want(t, "a token", status("PUT /tokens/x", bearer(token(t, claims(nil)))), 200)
}

func TestTokens(t *testing.T) {
	s := open(t, "tokens")
	status := func(line string, headers map[string]string) int {
		return s.edgeAt(80, request{line, "tokens.example.com", headers}).status
	}
	expired := map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}
	want(t, "a valid token", status("GET /", bearer(token(t, claims(nil)))), 200)
	want(t, "an expired token", status("GET /", bearer(token(t, claims(expired)))), 401)
	want(t, "a token for another audience", status("GET /", bearer(token(t, claims(map[string]any{"aud": "bank"})))), 403)
	want(t, "a token of another issuer", status("GET /", bearer(token(t, claims(map[string]any{"iss": "https://evil"})))), 401)
	want(t, "no token", status("GET /", nil), 403)
	want(t, "an excepted path", status("GET /healthz", nil), 200)
	want(t, "its neighbour", status("GET /healthz/x", nil), 403)
	want(t, "the excepted path by another method", status("POST /healthz", nil), 403)
	want(t, "an excepted method", status("OPTIONS /", nil), 200)
}

func TestTLSEndsAtTheEdge(t *testing.T) {
	s := open(t, "edges")
	s.gateway()
	secure := &tls.Config{ServerName: "secure.example.com", InsecureSkipVerify: true}
	to := fmt.Sprintf("https://127.0.0.1:%d", s.gateways[443])
	r := s.ask(to, request{line: "GET /x", host: "secure.example.com"}, secure)
	want(t, "status", r.status, 200)
	want(t, "path", r.answer.Path, "/x")
	plain := s.edgeAt(80, request{line: "GET /x", host: "secure.example.com"})
	want(t, "redirect", plain.status, 301)
	want(t, "location", plain.headers.Get("location"), "https://secure.example.com/x")
	other := &tls.Config{ServerName: "other.example.com", InsecureSkipVerify: true}
	if _, err := ask(to, request{line: "GET /x", host: "other.example.com"}, other); err == nil {
		t.Error("a server name of no listener is served")
	}
}

func TestTCPIsSplit(t *testing.T) {
	s := open(t, "edges")
	counts := share(400, func() string { return s.line(15021) })
	within(t, counts, "v1", 200, 45)
	within(t, counts, "v2", 200, 45)
}
