// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// asApp gives the worker an App's credentials for the forge.
func (w *world) asApp(rights githubemulator.Rights) {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	w.must(err)
	w.github.AddApp(githubemulator.App{ID: 7, InstallationID: 70, Account: "acme", PublicKey: &key.PublicKey, Rights: rights})
	api, err := githubapi.New(githubapi.Options{
		APIURL: w.github.APIURL(), AllowedEndpoints: []string{w.github.URL()}, Credentials: githubapi.Static(githubapi.Credentials{
			AppID: 7, InstallationID: 70,
			PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		}),
	})
	w.must(err)
	w.options.Ports.Forge = forgegithub.New(api)
}

func TestStatusCheck(t *testing.T) {
	const page, done = "https://console.example.com/b-1", "3 of 3 tasks done, tests and coverage passed"
	withoutChecks := githubemulator.AllRights()
	withoutChecks.Checks = githubemulator.Read
	cases := map[string]struct {
		why     string
		prepare func(*world)

		outcome    contract.Outcome
		state      string // of the commit status
		conclusion string // of the check run
		text       string // how what is said begins
		log        string
	}{
		"Token": {
			why: "A token may set commit statuses and nothing else.", prepare: func(*world) {},
			outcome: contract.OutcomeSucceeded, state: "success", text: done,
		},
		"App": {
			why: "An App makes a check run.", prepare: func(w *world) { w.asApp(githubemulator.AllRights()) },
			outcome: contract.OutcomeSucceeded, conclusion: "success", text: done,
		},
		"AppWorkFailed": {
			why: "What somebody wrote is shown as it was written.",
			prepare: func(w *world) {
				w.asApp(githubemulator.AllRights())
				w.options.Parameters.Settings.SetupCommand = "false @acme/all **fixes #1**"
			},
			outcome: contract.OutcomeAgentFailed, conclusion: "failure", text: `AgentFailed: the setup command "false @acme/all **fixes #1**" ended with exit code 1`,
		},
		"AppUploadFailed": {
			why: "A success that turned out to be none is taken back, in the same check run.",
			prepare: func(w *world) {
				w.asApp(githubemulator.AllRights())
				w.bucket.fail = errors.New("bucket is down")
			},
			outcome: contract.OutcomeUploadFailed, conclusion: "action_required", text: "UploadFailed: uploading ",
		},
		"AppWithoutTheRight": {
			why: "The mark is a convenience: the work is done without it, and the log says what to grant.", prepare: func(w *world) { w.asApp(withoutChecks) },
			outcome: contract.OutcomeSucceeded, log: `Checks: read and write`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Build.URL = page
			c.prepare(w)
			w.codebuild(t.Context())
			if _, result := w.row(); result.Outcome != c.outcome {
				t.Fatalf("%s\nthe outcome is %s, want %s: %s\n%s", c.why, result.Outcome, c.outcome, result.Message, w.log)
			}
			var states, conclusions []string
			statuses, err := w.github.CommitStatuses(testRepository, w.head())
			w.must(err)
			for _, s := range statuses {
				states = append(states, s.State)
				if s.Context != "kiro-worker" || s.TargetURL != page || !strings.HasPrefix(s.Description, c.text) {
					t.Errorf("%s\nthe commit status is %+v", c.why, s)
				}
			}
			runs, err := w.github.CheckRuns(testRepository, w.head())
			w.must(err)
			for _, r := range runs {
				conclusions = append(conclusions, r.Conclusion)
				if r.Name != "kiro-worker" || r.DetailsURL != page || r.ExternalID != "c0ffee" || !strings.HasPrefix(r.Title, c.text) {
					t.Errorf("%s\nthe check run is %+v", c.why, r)
				}
				if r.Summary != "`"+r.Title+"`" {
					t.Errorf("%s\nthe summary is markdown, and not all of it is code: %s", c.why, r.Summary)
				}
			}
			if got := strings.Join(states, " "); got != c.state {
				t.Errorf("%s\ncommit statuses %q, want %q", c.why, got, c.state)
			}
			if got := strings.Join(conclusions, " "); got != c.conclusion {
				t.Errorf("%s\ncheck runs %q, want %q", c.why, got, c.conclusion)
			}
			if !strings.Contains(w.log.String(), c.log) {
				t.Errorf("%s\nthe log lacks %q:\n%s", c.why, c.log, w.log)
			}
			for line := range strings.Lines(w.log.String()) {
				if c.log != "" && strings.Contains(line, c.log) && !strings.Contains(line, `"level":"warn"`) {
					t.Errorf("what a person should look at is not a warning: %s", line)
				}
			}
		})
	}
}
