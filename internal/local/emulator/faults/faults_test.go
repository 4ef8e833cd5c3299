// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// service is a server whose operation is the first word of the body and whose effects are counted.
type service struct {
	*httptest.Server
	effects atomic.Int64
}

func serve(t *testing.T, injector *faults.Injector) *service {
	t.Helper()
	s := &service{}
	operation := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		return strings.Fields(string(body) + " none")[0]
	}
	s.Server = httptest.NewServer(injector.Middleware("svc", operation, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			s.effects.Add(1)
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, `{"echo":%q}`, body)
		})))
	t.Cleanup(s.Close)
	return s
}

// call returns the answer in one line, or "cut" if there was none to be read.
func (s *service) call(t *testing.T, body string) string {
	t.Helper()
	res, err := s.Client().Post(s.URL, "application/json", strings.NewReader(body))
	if err != nil {
		return "cut"
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "cut in the body"
	}
	return fmt.Sprintf("%d %s %s", res.StatusCode, res.Header.Get("X-Test"), strings.TrimSpace(string(text)))
}

func TestRules(t *testing.T) {
	fine := func(body string) string { return fmt.Sprintf(`200  {"echo":%q}`, body) }
	tests := map[string]struct {
		why     string
		rule    faults.Rule
		calls   []string
		want    []string
		effects int64
	}{
		"NoMatch": {
			why:   "a rule for another operation leaves a call alone, body and all",
			rule:  faults.Rule{Operation: "Other", Fault: faults.Fault{Status: 500}},
			calls: []string{"Get a"}, want: []string{fine("Get a")}, effects: 1,
		},
		"OtherService": {
			why:   "one injector serves all emulators, so a rule must stay with its service",
			rule:  faults.Rule{Service: "other", Fault: faults.Fault{Status: 500}},
			calls: []string{"Get a"}, want: []string{fine("Get a")}, effects: 1,
		},
		"NthRaw": {
			why: "only the second matching call fails, other operations are not counted, and there is no effect",
			rule: faults.Rule{Operation: "Put", Nth: 2, Fault: faults.Fault{
				Status: 503, Body: "down", Header: http.Header{"X-Test": {"h"}}}},
			calls:   []string{"Get", "Put", "Put", "Put"},
			want:    []string{fine("Get"), fine("Put"), "503 h down", fine("Put")},
			effects: 3,
		},
		"Times": {
			why:   "a fault that goes away by itself tests a retry to its end",
			rule:  faults.Rule{Times: 2, Fault: faults.Fault{Status: 500, Body: "x"}},
			calls: []string{"a", "a", "a"}, want: []string{"500  x", "500  x", fine("a")}, effects: 1,
		},
		"ErrorWriter": {
			why:   "without a body the service's own form is used",
			rule:  faults.Rule{Fault: faults.Fault{Status: 400, Code: "Throttled", Message: "slow down"}},
			calls: []string{"a"}, want: []string{`400  {"code":"Throttled","message":"slow down"}`},
		},
		"LoseAnswer": {
			why:   "the effect is there and the client knows nothing of it",
			rule:  faults.Rule{Nth: 1, Fault: faults.Fault{LoseAnswer: true}},
			calls: []string{"a", "a"}, want: []string{"cut", fine("a")}, effects: 2,
		},
		"Drop": {
			why:   "the same seen by the client, without the effect",
			rule:  faults.Rule{Nth: 1, Fault: faults.Fault{Drop: true}},
			calls: []string{"a", "a"}, want: []string{"cut", fine("a")}, effects: 1,
		},
		"Truncate": {
			why:   "half an answer must never be taken for a whole one",
			rule:  faults.Rule{Fault: faults.Fault{Truncate: true}},
			calls: []string{"a"}, want: []string{"cut in the body"}, effects: 1,
		},
		"NotJSON": {
			why:   "a proxy's page in the place of an answer",
			rule:  faults.Rule{Fault: faults.Fault{NotJSON: true, Status: 200}},
			calls: []string{"a"},
			want:  []string{"200  <html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			injector := faults.New(nil, nil)
			injector.SetErrorWriter("svc", func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, `{"code":%q,"message":%q}`, code, message)
			})
			s := serve(t, injector)
			// The client repeats a request on a connection that it used before and that was cut, which is right
			// and would hide the cut.
			s.Client().Transport.(*http.Transport).DisableKeepAlives = true
			injector.Add(tc.rule)
			var got []string
			for _, body := range tc.calls {
				got = append(got, s.call(t, body))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: answers (-want +got):\n%s", tc.why, diff)
			}
			if got := s.effects.Load(); got != tc.effects {
				t.Errorf("%s: %d effects, want %d", tc.why, got, tc.effects)
			}
		})
	}
}

func TestRateIsRepeatable(t *testing.T) {
	run := func() (failed string) {
		injector := faults.New(rand.New(rand.NewPCG(7, 7)), nil)
		s := serve(t, injector)
		injector.Add(faults.Rule{Rate: 0.3, Fault: faults.Fault{Status: 500, Body: "x"}})
		for range 200 {
			failed += s.call(t, "a")[:1]
		}
		return failed
	}
	first, second := run(), run()
	if first != second {
		t.Errorf("the same seed gave two different runs:\n%s\n%s", first, second)
	}
	if n := strings.Count(first, "5"); n < 40 || n > 80 {
		t.Errorf("%d of 200 calls failed at a rate of 0.3", n)
	}
}

func TestLatencyRunsOnTheGivenClock(t *testing.T) {
	clk := clocktesting.NewFakeClock(time.Unix(0, 0))
	injector := faults.New(nil, clk)
	s := serve(t, injector)
	// Two rules: latencies add up, and the second's error is still given.
	injector.Add(faults.Rule{Fault: faults.Fault{Latency: time.Hour}})
	injector.Add(faults.Rule{Fault: faults.Fault{Latency: time.Hour, Status: 500, Body: "x"}})
	answer := make(chan string)
	go func() { answer <- s.call(t, "a") }()
	for !clk.HasWaiters() {
		select {
		case got := <-answer:
			t.Fatalf("answered %q without waiting", got)
		default:
		}
	}
	clk.Step(2*time.Hour - 1)
	if !clk.HasWaiters() {
		t.Fatal("the call waited for less than both latencies")
	}
	clk.Step(1)
	if got := <-answer; got != "500  x" {
		t.Errorf("got %q", got)
	}
}

func TestLatencyEndsWithTheCaller(t *testing.T) {
	injector := faults.New(nil, nil)
	s := serve(t, injector)
	injector.Add(faults.Rule{Fault: faults.Fault{Latency: time.Hour}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, http.NoBody)
	if _, err := s.Client().Do(req); err == nil {
		t.Error("the call was answered before its latency was over")
	}
	s.Close() // waits until the handler is gone
	if n := s.effects.Load(); n != 0 {
		t.Errorf("a call that was given up had %d effects", n)
	}
}

func TestSlowAnswerComesAfterTheEffect(t *testing.T) {
	clk := clocktesting.NewFakeClock(time.Unix(0, 0))
	injector := faults.New(nil, clk)
	s := serve(t, injector)
	injector.Add(faults.Rule{Times: 2, Fault: faults.Fault{Latency: time.Hour, SlowAnswer: true}})
	ctx, giveUp := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, http.NoBody)
	gone := make(chan error)
	go func() {
		_, err := s.Client().Do(req)
		gone <- err
	}()
	for !clk.HasWaiters() {
		runtime.Gosched()
	}
	if n := s.effects.Load(); n != 1 {
		t.Errorf("%d effects before the answer, want 1", n)
	}
	giveUp()
	if err := <-gone; err == nil {
		t.Error("the call was answered before its latency was over")
	}
	for clk.HasWaiters() { // the handler sees that its client is gone
		runtime.Gosched()
	}
	answer := make(chan string)
	go func() { answer <- s.call(t, "a") }()
	for !clk.HasWaiters() {
		runtime.Gosched()
	}
	clk.Step(time.Hour)
	if got := <-answer; !strings.HasPrefix(got, "200") {
		t.Errorf("who waits long enough gets the answer, not %q", got)
	}
}

func TestCounts(t *testing.T) {
	injector := faults.New(nil, nil)
	s := serve(t, injector)
	remove := injector.Add(faults.Rule{Operation: "Put", Fault: faults.Fault{Status: 500, Body: "x"}})
	s.call(t, "Get")
	s.call(t, "Put")
	remove()
	if got := s.call(t, "Put"); !strings.HasPrefix(got, "200") {
		t.Errorf("a rule that was taken away still applies: %s", got)
	}
	if diff := cmp.Diff(map[string]int{"Get": 1, "Put": 2}, injector.Counts("svc")); diff != "" {
		t.Errorf("counts, failed calls among them (-want +got):\n%s", diff)
	}
	for _, tc := range []struct {
		service, operation string
		want               int
	}{{"svc", "Put", 2}, {"", "Get", 1}, {"svc", "", 3}, {"other", "", 0}} {
		if got := injector.Calls(tc.service, tc.operation); got != tc.want {
			t.Errorf("Calls(%q, %q) = %d, want %d", tc.service, tc.operation, got, tc.want)
		}
	}
	injector.Reset()
	if got := injector.Calls("", ""); got != 0 {
		t.Errorf("%d calls after Reset", got)
	}
}
