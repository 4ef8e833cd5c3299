// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// installationToken asks for a token as App appID, signed by ghinstallation. It signs with the real time, so the
// server's clock is set to it.
func installationToken(t *testing.T, w *world, key *rsa.PrivateKey, appID int64, body string) (status int, token string) {
	t.Helper()
	w.clock.SetTime(time.Now())
	client := &http.Client{Transport: ghinstallation.NewAppsTransportFromPrivateKey(w.http.Client().Transport, appID, key)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.APIURL()+"/app/installations/70/access_tokens", strings.NewReader(body))
	must(t, err)
	res, err := client.Do(req)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	must(t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer.Token
}

func TestAppTokens(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	w := newWorld(t, github.Limits{})
	w.AddApp(github.App{ID: 7, InstallationID: 70, Account: "acme", PublicKey: &key.PublicKey, Rights: github.AllRights()})
	must(t, w.CreateRepository("acme/other", "main", github.Text(map[string]string{"x": "x"})))

	t.Run("Narrowed", func(t *testing.T) {
		_, token := installationToken(t, w, key, 7, `{"repositories":["shop"],"permissions":{"contents":"read"}}`)
		if _, err := gitCLI(t, t.TempDir(), "clone", "-q", w.remote(repo, token), "work"); err != nil {
			t.Errorf("a token for the repository cannot read it: %v", err)
		}
		if out, err := gitCLI(t, t.TempDir(), "clone", "-q", w.remote("acme/other", token), "work"); err == nil {
			t.Errorf("a token for one repository reads another: %s", out)
		}
		got := w.do(t, "GET", "/api/v3/repos/acme/shop/pulls", token, "", nil)
		if got.status != 403 || !strings.Contains(got.body, "Resource not accessible by integration") {
			t.Errorf("a permission that was not asked for: %d %s", got.status, got.body)
		}
		got = w.do(t, "POST", "/api/v3/repos/acme/shop/check-runs", token, "{}", nil)
		if got.status != 403 || !strings.Contains(got.body, "Resource not accessible by integration") {
			t.Errorf("checks were not asked for either: %d %s", got.status, got.body)
		}
		w.clock.SetTime(time.Now().Add(time.Hour))
		if got := w.do(t, "GET", "/api/v3/repos/acme/shop", token, "", nil); got.status != 401 {
			t.Errorf("after an hour: %d", got.status)
		}
	})
	t.Run("Whole", func(t *testing.T) {
		install := ghinstallation.NewFromAppsTransport(ghinstallation.NewAppsTransportFromPrivateKey(w.http.Client().Transport, 7, key), 70)
		install.BaseURL = w.APIURL()
		w.clock.SetTime(time.Now())
		token, err := install.Token(t.Context())
		must(t, err)
		if got := w.do(t, "GET", "/api/v3/repos/acme/other/pulls", token, "", nil); got.status != 200 {
			t.Errorf("ghinstallation's token: %d %s", got.status, got.body)
		}
	})
	for why, attempt := range map[string]struct {
		key    *rsa.PrivateKey
		app    int64
		body   string
		status int
	}{
		"another key":             {other, 7, "", 401},
		"another App":             {key, 8, "", 401},
		"a permission it lacks":   {key, 7, `{"permissions":{"administration":"write"}}`, 422},
		"a body that is not JSON": {key, 7, `{`, 400},
	} {
		if status, token := installationToken(t, w, attempt.key, attempt.app, attempt.body); status != attempt.status || token != "" {
			t.Errorf("%s: %d, want %d", why, status, attempt.status)
		}
	}
}
