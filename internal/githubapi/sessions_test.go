// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	pemfile "encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// secret is a CredentialSource that can be rotated, or fail, while it is used.
type secret struct {
	mu    sync.Mutex
	value Credentials
	err   error
	reads int
}

func (s *secret) Credentials(context.Context) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.value, s.err
}

func (s *secret) set(value Credentials, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.err = value, err
}

// onlyToken lets one token in.
func onlyToken(valid *string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+*valid {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"message":"Bad credentials"}`)
			return
		}
		fmt.Fprint(w, goodGraphQL)
	}
}

func TestRefusedCredentialsAreReadAgainOnce(t *testing.T) {
	valid := "old"
	source := &secret{value: Credentials{Token: "old"}}
	s := serve(t, onlyToken(&valid), func(o *Options) { o.Credentials = source })
	if _, err := s.query(t.Context()); err != nil {
		t.Fatal(err)
	}
	valid = "new"
	if _, err := s.query(t.Context()); fault.CodeOf(err) != fault.CodeUnauthorized || source.reads != 2 || s.calls.Load() != 2 {
		t.Errorf("the secret still holds the refused token: asking GitHub again is pointless: %d reads, %d calls, %v", source.reads, s.calls.Load(), err)
	}
	source.set(Credentials{Token: "new"}, nil)
	if login, err := s.query(t.Context()); err != nil || login != "octo" || source.reads != 3 || s.calls.Load() != 4 {
		t.Errorf("a rotated secret counts at once: %d reads, %d calls, %v", source.reads, s.calls.Load(), err)
	}
	valid = "third"
	source.set(Credentials{Token: "wrong again"}, nil)
	if _, err := s.query(t.Context()); fault.CodeOf(err) != fault.CodeUnauthorized || s.calls.Load() != 6 {
		t.Errorf("once is enough: %d calls, %v", s.calls.Load(), err)
	}
}

func TestCredentialsAreReadAgainEveryFiveMinutes(t *testing.T) {
	valid := "old"
	source := &secret{value: Credentials{Token: "old"}}
	s := serve(t, onlyToken(&valid), func(o *Options) { o.Credentials = source })
	expect := func(when string, reads int, code fault.Code) {
		t.Helper()
		_, err := s.query(t.Context())
		if fault.CodeOf(err) != code || (code == "") != (err == nil) || source.reads != reads {
			t.Errorf("%s: %d reads (want %d), %v", when, source.reads, reads, err)
		}
	}
	expect("first", 1, "")
	s.clock.SetTime(epoch.Add(5*time.Minute - 1))
	expect("just before", 1, "")
	s.clock.SetTime(epoch.Add(5 * time.Minute))
	expect("after five minutes", 2, "")
	source.set(Credentials{}, errors.New("the store is down"))
	s.clock.SetTime(epoch.Add(10 * time.Minute))
	expect("the old ones go on while their store is down", 3, "")
	expect("and the store is not asked with each call", 3, "")
	s.clock.SetTime(epoch.Add(10*time.Minute + 30*time.Second))
	expect("but soon again", 4, "")
	source.set(Credentials{}, fault.NewTerminal(fault.CodeCredentialsInvalid, errors.New("there is no such secret")))
	s.clock.SetTime(epoch.Add(11 * time.Minute))
	expect("credentials that were taken away are not used any more", 5, fault.CodeCredentialsInvalid)
}

func TestWhileLimitedNothingIsSent(t *testing.T) {
	status, header := http.StatusOK, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": at(10 * time.Minute), "X-RateLimit-Resource": "graphql"}
	body := `{"errors":[{"type":"RATE_LIMITED","message":"x"}]}`
	limits := NewLimits(testingclock.NewFakePassiveClock(epoch))
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/graphql" {
			fmt.Fprint(w, `{"number":1}`)
			return
		}
		respond(status, header, body)(w, r)
	}
	s := serve(t, handler, func(o *Options) { limits.clock = o.Clock; o.Limits = limits })
	wait := func(want time.Duration) {
		t.Helper()
		_, err := s.query(t.Context())
		if w, ok := fault.AsWait(err); !ok || w.After != want || w.Code != fault.CodeRateLimited {
			t.Errorf("want a wait of %s, got %v", want, err)
		}
	}
	wait(10 * time.Minute)
	s.clock.SetTime(epoch.Add(4 * time.Minute))
	wait(6 * time.Minute)
	if calls := s.calls.Load(); calls != 1 {
		t.Fatalf("%d calls while limited", calls)
	}
	if _, err := s.get(t.Context()); err != nil {
		t.Errorf("REST has a budget of its own: %v", err)
	}
	other, err := New(Options{APIURL: s.URL + "/api/v3", AllowedEndpoints: []string{s.URL}, Clock: s.clock, Limits: limits, Credentials: Static(Credentials{Token: "ghp_secret"})})
	if err != nil {
		t.Fatal(err)
	}
	var q viewer
	if _, err = other.Query(t.Context(), "viewer", &q, nil); fault.CodeOf(err) != fault.CodeRateLimited || s.calls.Load() != 2 {
		t.Errorf("another client with the same token shares the breaker: %d calls, %v", s.calls.Load(), err)
	}
	status, header, body = http.StatusOK, map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": at(time.Hour)}, goodGraphQL
	s.clock.SetTime(epoch.Add(10 * time.Minute))
	if _, err := s.query(t.Context()); err != nil {
		t.Errorf("after the reset calls go out again: %v", err)
	}
	want := RateLimit{Known: true, Limit: 5000, Remaining: 4999, ResetAt: time.Unix(epoch.Add(time.Hour).Unix(), 0)}
	if got := s.client.RateLimit(); got != want || other.RateLimit() != want {
		t.Errorf("known is %+v and %+v, want %+v", got, other.RateLimit(), want)
	}
	header["X-RateLimit-Remaining"] = "0"
	if _, err := s.query(t.Context()); err != nil {
		t.Errorf("the last call of a budget is still good: %v", err)
	}
	wait(50 * time.Minute)
}

func TestRefusalsWithoutATimeDouble(t *testing.T) {
	refuse := true
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if refuse {
			respond(429, nil, `{}`)(w, r)
			return
		}
		respond(200, nil, goodGraphQL)(w, r)
	})
	now := epoch
	for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		_, err := s.query(t.Context())
		w, ok := fault.AsWait(err)
		if !ok || w.After.Minutes() != float64(minutes) {
			t.Fatalf("want %d minutes, got %v", minutes, err)
		}
		if _, err = s.get(t.Context()); fault.CodeOf(err) != fault.CodeRateLimited {
			t.Errorf("a secondary limit counts for REST as well: %v", err)
		}
		now = now.Add(w.After)
		s.clock.SetTime(now)
	}
	refuse = false
	if _, err := s.query(t.Context()); err != nil {
		t.Fatal(err)
	}
	refuse = true
	_, err := s.query(t.Context())
	if w, ok := fault.AsWait(err); !ok || w.After != time.Minute {
		t.Errorf("after a good answer the count starts again: %v", err)
	}
}

func TestConditionalReads(t *testing.T) {
	etag, number, asked := `"one"`, 1, ""
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("If-None-Match")
		w.Header().Set("Etag", etag)
		if asked == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprintf(w, `{"number":%d}`, number)
	})
	for i, want := range []string{"", `"one"`, `"one"`, `"two"`} {
		if i == 2 {
			etag, number = `"two"`, 2
		}
		pr, err := s.get(t.Context())
		if err != nil || pr.GetNumber() != number || asked != want {
			t.Errorf("read %d: %v with If-None-Match %q, want %q; %v", i, pr.GetNumber(), asked, want, err)
		}
	}
}

// key is made once: RSA keys are slow to make.
var key = sync.OnceValues(func() (*rsa.PrivateKey, []byte) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return private, pemfile.EncodeToMemory(&pemfile.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
})

func TestAppOnTheEmulator(t *testing.T) {
	private, text := key()
	server, err := emulator.New(emulator.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	server.SetURL(listener.URL)
	server.AddApp(emulator.App{ID: 12, InstallationID: 34, Account: "acme", PublicKey: &private.PublicKey, Rights: emulator.AllRights()})
	client := func(c Credentials) *Client {
		api, err := New(Options{APIURL: server.APIURL(), AllowedEndpoints: []string{listener.URL}, Credentials: Static(c)})
		if err != nil {
			t.Fatal(err)
		}
		return api
	}
	api := client(Credentials{AppID: 12, InstallationID: 34, PrivateKey: text})
	if app, err := api.AppID(t.Context()); err != nil || app != 12 {
		t.Errorf("the App is %d, %v", app, err)
	}
	var q viewer
	if _, err := api.Query(t.Context(), "viewer", &q, nil); err != nil || q.Viewer.Login == "" {
		t.Fatalf("%+v, %v", q, err)
	}
	first, err := api.GitToken(t.Context())
	if err != nil || first == "" {
		t.Fatalf("%q, %v", first, err)
	}
	if again, _ := api.GitToken(t.Context()); again != first {
		t.Error("a token that is still good is not asked for again")
	}
	server.RevokeToken(first)
	if _, err := api.Query(t.Context(), "viewer", &q, nil); err != nil {
		t.Errorf("a revoked token is replaced: %v", err)
	}
	if next, _ := api.GitToken(t.Context()); next == first || next == "" {
		t.Errorf("the revoked token is still given out")
	}
	_, err = client(Credentials{AppID: 12, InstallationID: 99, PrivateKey: text}).Query(t.Context(), "viewer", &q, nil)
	if fault.CodeOf(err) != fault.CodeUnauthorized || !fault.IsTerminal(err) || !strings.Contains(err.Error(), "installationID") {
		t.Errorf("an installation that does not exist: %v", err)
	}
	_, err = client(Credentials{AppID: 12, InstallationID: 34, PrivateKey: []byte(pem)}).Query(t.Context(), "viewer", &q, nil)
	if fault.CodeOf(err) != fault.CodeCredentialsInvalid || strings.Contains(err.Error(), "AAAA") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestAppTokenFailures(t *testing.T) {
	_, text := key()
	cases := map[string]struct {
		why    string
		status int
		header map[string]string
		body   string
		code   fault.Code
	}{
		"HTML":     {why: "A proxy answered.", status: 200, body: `<html>`, code: fault.CodeInvalidAnswer},
		"NoToken":  {why: "JSON without a token.", status: 201, body: `{}`, code: fault.CodeInvalidAnswer},
		"Refused":  {why: "The key is another App's.", status: 401, body: `{}`, code: fault.CodeUnauthorized},
		"Stopped":  {why: "The installation was suspended.", status: 403, body: `{}`, code: fault.CodeAccessDenied},
		"Limited":  {why: "GitHub counts this call too.", status: 403, header: map[string]string{"Retry-After": "60"}, body: `{}`, code: fault.CodeRateLimited},
		"Overload": {why: "GitHub is down.", status: 503, body: `x`, code: fault.CodeUnreachable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, respond(c.status, c.header, c.body), func(o *Options) {
				o.Credentials = Static(Credentials{AppID: 1, InstallationID: 2, PrivateKey: text})
			})
			_, err := s.query(t.Context())
			if fault.CodeOf(err) != c.code {
				t.Errorf("%s\nquery: %v", c.why, err)
			}
			if _, err = s.client.GitToken(t.Context()); fault.CodeOf(err) != c.code {
				t.Errorf("%s\ngit: %v", c.why, err)
			}
		})
	}
}

func TestGitToken(t *testing.T) {
	s := serve(t, respond(200, nil, goodGraphQL))
	if token, err := s.client.GitToken(t.Context()); err != nil || token != "ghp_secret" || s.calls.Load() != 0 {
		t.Errorf("%q, %v", token, err)
	}
	if app, err := s.client.AppID(t.Context()); err != nil || app != 0 {
		t.Errorf("a token is of no App: %d, %v", app, err)
	}
	if s.client.WebURL() != s.URL || "http://"+s.client.Host() != s.URL {
		t.Errorf("git's address is %s, %s", s.client.WebURL(), s.client.Host())
	}
}
