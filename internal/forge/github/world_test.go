// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

const (
	token      = "ghp_all"
	repository = "acme/shop"
	specPath   = ".kiro/specs/cart"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is an emulated GitHub with one repository, and a Forge that speaks to it over HTTP.
type world struct {
	*emulator.Server
	cloud     *cloud.Cloud
	url       string
	clock     *testingclock.FakePassiveClock
	forge     *Forge
	documents *documents
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: testingclock.NewFakePassiveClock(epoch), documents: &documents{t: t, valid: map[string]bool{}}}
	c := cloud.New(t, cloud.Options{Clock: w.clock, GitHub: true, Users: map[string]string{token: "robot"}})
	w.cloud, w.Server, w.url = c, c.GitHub, c.GitHubURL
	check(t, w.CreateRepository(repository, "main", emulator.Text(map[string]string{"README.md": "# Shop\n"})))
	w.forge = w.as(t, token)
	return w
}

// as is a Forge with another token. Every document that it sends is held against GitHub's schema.
func (w *world) as(t *testing.T, token string) *Forge {
	t.Helper()
	return w.with(t, githubapi.Credentials{Token: token})
}

// appKey is made once: it takes long.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// app is a Forge of an App that is installed with the permissions.
func (w *world) app(t *testing.T, id int64, rights emulator.Rights) *Forge {
	t.Helper()
	w.clock.SetTime(time.Now()) // an App signs with the real time
	key, err := appKey()
	check(t, err)
	w.AddApp(emulator.App{ID: id, InstallationID: id * 10, Account: "acme", PublicKey: &key.PublicKey, Rights: rights})
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return w.with(t, githubapi.Credentials{AppID: id, InstallationID: id * 10, PrivateKey: text})
}

func (w *world) with(t *testing.T, credentials githubapi.Credentials) *Forge {
	t.Helper()
	api, err := w.cloud.GitHubClient(credentials, w.checked)
	check(t, err)
	return New(api)
}

// branch pushes a spec to a branch and returns the commit.
func (w *world) branch(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	commit, err := w.PushFiles(repository, name, emulator.Text(files), "spec")
	check(t, err)
	return commit
}

// inspect asks one query.
func (w *world) inspect(t *testing.T, query forge.Query) forge.Report {
	t.Helper()
	reports, err := w.forge.Inspect(t.Context(), []forge.Query{query})
	check(t, err)
	return reports[0]
}

// calls counts the calls of an operation.
func (w *world) calls(operation string) int { return w.Faults().Calls(emulator.Service, operation) }

// fail breaks the nth call of an operation from now on.
func (w *world) fail(operation string, nth int, fault faults.Fault) {
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: operation, Nth: nth, Fault: fault})
}

// checked has every document held against GitHub's schema.
func (w *world) checked(o *githubapi.Options) { o.Base, o.Timeout = w.documents, 10*time.Second }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// documents holds what is sent against GitHub's published schema, and remembers it.
type documents struct {
	t *testing.T
	// pad makes the answer to a document longer.
	pad func(document string) string

	mu    sync.Mutex
	valid map[string]bool // by document
}

// RoundTrip implements http.RoundTripper.
func (d *documents) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil && strings.HasSuffix(req.URL.Path, "/graphql") {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var document struct{ Query string }
		if err := json.Unmarshal(body, &document); err != nil {
			d.t.Errorf("what is sent is not JSON: %v", err)
		}
		if err := emulator.ValidateDocument(document.Query); err != nil {
			d.t.Errorf("a document that GitHub's schema does not take: %v\n%s", err, document.Query)
		}
		d.mu.Lock()
		d.valid[document.Query] = true
		d.mu.Unlock()
		if d.pad != nil {
			if padding := d.pad(string(body)); padding != "" {
				return d.padded(req, padding)
			}
		}
	}
	return http.DefaultTransport.RoundTrip(req)
}

func (d *documents) padded(req *http.Request, padding string) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(padding), resp.Body), resp.Body}
	return resp, nil
}
