// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package freeze_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/freeze"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Proxies, certificates, a preloaded library: as a variable of the build each would be the worker's and git's.
func TestOwnVariablesAreForSetupAgentAndTests(t *testing.T) {
	env := &v1alpha1.WorkEnvironmentSpec{}
	env.CodeBuild.Env = []v1alpha1.EnvironmentVariable{{Name: "HTTPS_PROXY", Value: "http://evil.test"}, {Name: "SSL_CERT_FILE", Value: "/proc/self/environ"}}
	got := freeze.Of(env, time.Hour, "", "").Settings.Env
	want := []contract.Variable{{Name: "HTTPS_PROXY", Value: "http://evil.test"}, {Name: "SSL_CERT_FILE", Value: "/proc/self/environ"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCheck(t *testing.T) {
	wide := func(bytes int) *v1alpha1.WorkEnvironmentSpec {
		env := &v1alpha1.WorkEnvironmentSpec{}
		for n := range bytes / 1024 {
			env.CodeBuild.Env = append(env.CodeBuild.Env, v1alpha1.EnvironmentVariable{Name: fmt.Sprintf("V%d", n), Value: strings.Repeat("x", 1024)})
		}
		return env
	}
	if err := freeze.Check(wide(56<<10), ""); err != nil {
		t.Errorf("56 KB fit: %v", err)
	}
	env := wide(64 << 10)
	if err := freeze.Check(env, ""); err == nil {
		t.Error("64 KB of values do not fit")
	}
	// Whatever an item adds, what was found good does not fail once a lock is to be acquired.
	env = wide(63 << 10)
	for freeze.Check(env, "") != nil {
		env.CodeBuild.Env = env.CodeBuild.Env[1:]
	}
	if _, _, err := freeze.Of(env, 36*time.Hour, "https://"+strings.Repeat("x", 504), "").Encode(); err != nil {
		t.Error(err)
	}
}

func TestSettingsHaveTheArtifactsKey(t *testing.T) {
	env := &v1alpha1.WorkEnvironmentSpec{}
	env.Artifacts.KMSKeyARN = "arn:aws:kms:eu-central-1:111122223333:key/0123"
	if got := freeze.Of(env, time.Hour, "", "").Settings.ArtifactsKMSKeyARN; got != env.Artifacts.KMSKeyARN {
		t.Errorf("the build is given the key %q", got)
	}
}

// The repository has a say unless the environment forbids it.
func TestSettingsHaveTheRepositorysSay(t *testing.T) {
	for said, want := range map[v1alpha1.RepositoryFile]bool{"": true, v1alpha1.RepositoryFileAllow: true, v1alpha1.RepositoryFileForbid: false} {
		env := &v1alpha1.WorkEnvironmentSpec{RepositoryFile: said}
		if got := freeze.Of(env, time.Hour, "", "").Settings.RepositoryFile; got != want {
			t.Errorf("with %q: %t", said, got)
		}
	}
}

// A placeholder that nobody fills is found before an item waits for it.
func TestCheckFindsUnknownPlaceholders(t *testing.T) {
	env := &v1alpha1.WorkEnvironmentSpec{}
	env.Agent = v1alpha1.Agent{Preset: v1alpha1.AgentCommand, Command: []string{"agent", "{{.Token}}"}}
	if err := freeze.Check(env, ""); err == nil || !strings.Contains(err.Error(), "spec.agent.command: argument 1") || !strings.Contains(err.Error(), "Token") {
		t.Errorf("got %v", err)
	}
}

// The next attempt knows how the last one with a build ended.
func TestWith(t *testing.T) {
	item := &v1alpha1.WorkItem{}
	if got := freeze.With(contract.Frozen{}, item).Previous; got != nil {
		t.Errorf("nothing was before the first attempt, got %+v", got)
	}
	item.Status.PastAttempts = []v1alpha1.PastAttempt{
		{Number: 1, Outcome: "WorkerLost"}, {Number: 2, Outcome: "TestsFailed", Message: "2 of 9 tests failed"}, {Number: 3, Outcome: "Abandoned"},
	}
	want := &contract.Previous{Attempt: 2, Outcome: contract.OutcomeTestsFailed, Message: "2 of 9 tests failed"}
	if diff := cmp.Diff(want, freeze.With(contract.Frozen{}, item).Previous); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
