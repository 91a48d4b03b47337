package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestTutorialSplitsTheUserService(t *testing.T) {
	s := open(t, "tutorial")
	counts := share(1000, func() string {
		r := s.inside("payment-service", request{line: "GET /", host: "user-service.default.svc.cluster.local"})
		return r.answer.Version
	})
	within(t, counts, "v1", 800, 50)
	within(t, counts, "v2", 200, 50)
}

func TestTutorialRoutesPayments(t *testing.T) {
	s := open(t, "tutorial")
	host := "payment-service.default.svc.cluster.local"
	want(t, "status", s.inside("user-service", request{line: "GET /", host: host}).status, 200)
	// Three retries are said, without a reason: an answer of the service is none.
	pod := s.pods["payment-service-0-0"]
	pod.does(fails(503))
	before := pod.calls.Load()
	want(t, "status", s.inside("user-service", request{line: "GET /", host: host}).status, 503)
	want(t, "tries", pod.calls.Load()-before, 1)
}

func TestBookinfo(t *testing.T) {
	s := open(t, "bookinfo")
	r := s.edgeAt(8080, request{line: "GET /productpage", host: "bookinfo.example.com"})
	want(t, "the product page", r.status, 200)
	want(t, "path", r.answer.Path, "/productpage")
	want(t, "another path", s.edgeAt(8080, request{line: "GET /elsewhere", host: "bookinfo.example.com"}).status, 404)
	jason := map[string]string{"end-user": "jason"}
	reviews := "reviews.default.svc.cluster.local"
	want(t, "reviews", s.inside("productpage", request{line: "GET /", host: reviews}).answer.Version, "v3")
	want(t, "reviews for jason", s.inside("productpage", request{"GET /", reviews, jason}).answer.Version, "v2")
	ratings := "ratings.default.svc.cluster.local"
	want(t, "ratings", s.inside("productpage", request{line: "GET /", host: ratings}).answer.Version, "v1")
	want(t, "ratings for jason", s.inside("productpage", request{"GET /", ratings, jason}).status, 500)
}

func TestShop(t *testing.T) {
	s := open(t, "shop")
	s.gateway()
	host := "shop.example.pk"
	secure := &tls.Config{ServerName: host, InsecureSkipVerify: true}
	get := func(line string, headers map[string]string) reply {
		to := fmt.Sprintf("https://127.0.0.1:%d", s.gateways[443])
		return s.ask(to, request{line, host, headers}, secure)
	}
	plain := s.edgeAt(80, request{line: "GET /x", host: host})
	want(t, "plain HTTP", plain.status, 301)
	want(t, "where it leads", plain.headers.Get("location"), "https://shop.example.pk/x")
	static := get("GET /static/logo.png", nil)
	want(t, "version for static files", static.answer.Version, "v1")
	want(t, "cache-control", static.headers.Get("cache-control"), "public, max-age=3600")
	want(t, "version for beta users", get("GET /", map[string]string{"x-beta": "1"}).answer.Version, "v2")
	want(t, "debugging from outside", get("GET /v1/cart?debug=1", nil).status, 404)
	want(t, "the same without it", get("GET /v1/cart", nil).status, 200)
	counts := share(1000, func() string { return get("GET /", nil).answer.Version })
	within(t, counts, "v1", 950, 30)
	within(t, counts, "v2", 50, 30)
	site := map[string]string{"origin": "https://shop.example.pk", "access-control-request-method": "POST"}
	want(t, "a preflight", get("OPTIONS /", site).headers.Get("access-control-allow-methods"), "GET,POST")
}

func TestRulesTestRequests(t *testing.T) {
	s := open(t, "routes")
	cases := []struct {
		line, header, value, version string
	}{
		{"GET /exact", "", "", "v2"},
		{"GET /exact/below", "", "", "v1"},
		{"GET /prefix/a/b", "", "", "v2"},
		{"GET /prefix", "", "", "v1"},
		{"GET /re42", "", "", "v2"},
		{"GET /re42x", "", "", "v1"},
		{"GET /users/7/orders", "", "", "v2"},
		{"GET /users/7/8/orders", "", "", "v1"},
		{"GET /", "x-exact", "yes", "v2"},
		{"GET /", "x-exact", "yes!", "v1"},
		{"GET /", "x-prefix", "abc", "v2"},
		{"GET /", "x-prefix", "xabc", "v1"},
		{"GET /?debug=1", "", "", "v2"},
		{"GET /?trace=on", "", "", "v2"},
		{"GET /?debug=2", "", "", "v1"},
		{"PUT /method", "", "", "v2"},
		{"DELETE /method", "", "", "v2"},
		{"GET /method", "", "", "v1"},
		{"GET /", "cookie", "a=b; user=dev; c=d", "v2"},
		{"GET /", "cookie", "a=b; user=device", "v1"},
		{"GET /order/late", "", "", "v1"},
		{"GET /", "", "", "v1"},
	}
	for _, c := range cases {
		headers := map[string]string{}
		if c.header != "" {
			headers[c.header] = c.value
		}
		r := s.edgeAt(80, request{c.line, "tests.example.com", headers})
		want(t, c.line+" "+c.header+" "+c.value, r.answer.Version, c.version)
	}
	both := map[string]string{"x-prefix": "abc", "x-off": "1"}
	want(t, "a header that must not be there", s.edgeAt(80, request{"GET /", "tests.example.com", both}).answer.Version, "v1")
	want(t, "a host of no route", s.edgeAt(80, request{line: "GET /", host: "other.example.com"}).status, 404)
}

func TestRulesAct(t *testing.T) {
	s := open(t, "routes")
	get := func(line string, headers map[string]string) reply {
		return s.edgeAt(80, request{line, "acts.example.com", headers})
	}
	want(t, "a prefix is rewritten", get("GET /api/x?y=1", nil).answer.Path, "/v2/x?y=1")
	want(t, "an expression rewrites", get("GET /old/a/b", nil).answer.Path, "/new/a/b")
	want(t, "the host is rewritten", get("GET /host", nil).answer.Host, "inner.example.com")
	moved := get("GET /moved", nil)
	want(t, "redirect", moved.status, 308)
	want(t, "location", moved.headers.Get("location"), "http://www.example.com/there")
	teapot := get("GET /teapot", nil)
	want(t, "fixed answer", teapot.status, 418)
	want(t, "its body", teapot.body, "short and stout")
	changed := get("GET /headers", map[string]string{"x-set": "zero", "x-add": "one", "x-gone": "here"})
	want(t, "x-set", changed.answer.Headers.Get("x-set"), "one")
	want(t, "x-gone", changed.answer.Headers.Get("x-gone"), "")
	want(t, "x-add", len(changed.answer.Headers.Values("x-add")), 2)
	want(t, "x-answer", changed.headers.Get("x-answer"), "three")
}

func TestCors(t *testing.T) {
	s := open(t, "routes")
	preflight := func(origin string) reply {
		return s.edgeAt(80, request{"OPTIONS /cors", "acts.example.com", map[string]string{
			"origin": origin, "access-control-request-method": "GET",
		}})
	}
	good := preflight("https://site.example.com")
	want(t, "origin", good.headers.Get("access-control-allow-origin"), "https://site.example.com")
	want(t, "methods", good.headers.Get("access-control-allow-methods"), "GET")
	want(t, "max age", good.headers.Get("access-control-max-age"), "3600")
	want(t, "another origin", preflight("https://evil.example.com").headers.Get("access-control-allow-origin"), "")
}

func TestTimeoutsAndRetries(t *testing.T) {
	s := open(t, "routes")
	pod := s.pods["orders-0-0"]
	want(t, "the first pod", pod.version, "v1")
	get := func(line string) (reply, int64) {
		before := pod.calls.Load()
		r := s.edgeAt(80, request{line: line, host: "acts.example.com"})
		return r, pod.calls.Load() - before
	}
	pod.does(hangs(3 * time.Second))
	slow, _ := get("GET /slow")
	want(t, "timeout", slow.status, 504)
	if slow.took > 2*time.Second {
		t.Errorf("the timeout of 300ms took %v", slow.took)
	}
	// A try that runs out of its time is tried again where the reason says so.
	patience, tries := get("GET /patience")
	want(t, "tries that ran out", patience.status, 504)
	want(t, "tries of /patience", tries, 2)
	pod.does(fails(500))
	again, tries := get("GET /again")
	want(t, "status of /again", again.status, 500)
	want(t, "tries of /again", tries, 3)
	_, tries = get("GET /never")
	want(t, "tries of /never", tries, 1)
	pod.does(func(call int64, w http.ResponseWriter, _ *http.Request) bool {
		if call%2 == 1 {
			return false
		}
		w.WriteHeader(500)
		return true
	})
	for range 4 {
		recovered, _ := get("GET /again")
		want(t, "a retry helps", recovered.status, 200)
	}
}

func TestFaults(t *testing.T) {
	s := open(t, "routes")
	delayed := s.edgeAt(80, request{line: "GET /delayed", host: "acts.example.com"})
	want(t, "status", delayed.status, 200)
	if delayed.took < 390*time.Millisecond {
		t.Errorf("the delay of 400ms took %v", delayed.took)
	}
	before := s.pods["orders-0-0"].calls.Load()
	want(t, "abort", s.edgeAt(80, request{line: "GET /broken", host: "acts.example.com"}).status, 503)
	want(t, "requests that got through", s.pods["orders-0-0"].calls.Load()-before, 0)
}

func TestMirror(t *testing.T) {
	s := open(t, "routes")
	for range 20 {
		r := s.edgeAt(80, request{line: "GET /copied", host: "acts.example.com"})
		want(t, "who answers", r.answer.Version, "v1")
	}
	eventually(t, "20 copies", func() bool { return s.pods["audit-0-0"].calls.Load() == 20 })
}

func TestSplitAtTheEdge(t *testing.T) {
	s := open(t, "routes")
	counts := share(1000, func() string {
		return s.edgeAt(80, request{line: "GET /", host: "acts.example.com"}).answer.Version
	})
	within(t, counts, "v1", 800, 50)
}
