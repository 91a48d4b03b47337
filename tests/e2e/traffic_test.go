package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestSplitInsideTheMesh(t *testing.T) {
	s := open(t, "traffic")
	host := "orders.shop.svc.cluster.local:80"
	counts := share(1000, func() string {
		return s.inside("web", request{line: "GET /", host: host}).answer.Version
	})
	within(t, counts, "v1", 500, 65)
	beta := map[string]string{"x-beta": "1"}
	want(t, "a header picks", s.inside("web", request{"GET /", host, beta}).answer.Version, "v2")
}

func TestFailingEndpointsAreEjected(t *testing.T) {
	s := open(t, "traffic")
	host := "stock.shop.svc.cluster.local:80"
	get := func() string { return s.inside("web", request{line: "GET /", host: host}).answer.Pod }
	if all := share(30, get); len(all) != 3 {
		t.Fatalf("three pods answer in turn, not %v", all)
	}
	sick := s.pods["stock-0-1"]
	sick.does(fails(500))
	for range 30 {
		get()
	}
	// Three errors in a row put it out, and at most half of the three endpoints: one.
	eventually(t, "the sick endpoint is put out", func() bool {
		before := sick.calls.Load()
		for range 12 {
			get()
		}
		return sick.calls.Load() == before
	})
}

func TestPendingRequestsAreLimited(t *testing.T) {
	s := open(t, "traffic")
	host := "narrow.shop.svc.cluster.local:80"
	s.pods["narrow-0-0"].does(hangs(700 * time.Millisecond))
	s.sidecar("web")
	var group sync.WaitGroup
	var lock sync.Mutex
	statuses := map[int]int{}
	for range 8 {
		group.Go(func() {
			r, err := ask(fmt.Sprintf("http://127.0.0.1:%d", s.caller.http), request{line: "GET /", host: host}, nil)
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				statuses[0]++
				return
			}
			statuses[r.status]++
		})
	}
	group.Wait()
	// One is under way and one waits; the others are turned away at once.
	if statuses[503] < 5 || statuses[200] < 1 || statuses[200]+statuses[503] != 8 {
		t.Errorf("one connection and one pending request gave %v", statuses)
	}
}

func TestSameUserSamePod(t *testing.T) {
	s := open(t, "traffic")
	host := "sticky.shop.svc.cluster.local:80"
	pods := map[string]bool{}
	for user := range 20 {
		headers := map[string]string{"x-user": fmt.Sprint("user-", user)}
		first := s.inside("web", request{"GET /", host, headers}).answer.Pod
		pods[first] = true
		for range 5 {
			want(t, "the pod of a user", s.inside("web", request{"GET /", host, headers}).answer.Pod, first)
		}
	}
	if len(pods) < 2 {
		t.Errorf("20 users all meet %v", pods)
	}
}
