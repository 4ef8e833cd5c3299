// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func parameters() contract.Parameters {
	return contract.Parameters{
		Environment: "test", BranchName: "feature/x", SpecPath: ".kiro/specs/feature/x", CoverageThreshold: 80,
		LocksTableName: "locks", GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:github",
		SlotKey: "slot#p#0", BranchKey: "branch#h/1#refs/heads/feature/x", CardKey: "card#github/I1",
		LockID: "l", Fence: 7, Trigger: time.UnixMilli(1_750_000_000_123).UTC(), LastAttempt: true, LeaseDuration: 90 * time.Minute,
		WorkItem: "team/card-1", Attempt: 2, Repository: "o/r", PullRequest: 5, Commit: "abc",
		LockRegion: "eu-west-1", CorrelationID: "c", ParametersSHA256: contract.FrozenSHA256("{}"), TraceParent: contract.TraceParent("lock"),
	}
}

// The names are a protocol between versions: a build that was started by the last release reads them with this one.
func TestVariableNamesArePinned(t *testing.T) {
	var names []string
	for _, v := range parameters().Variables() {
		names = append(names, v.Name)
	}
	want := []string{
		"ENVIRONMENT", "BRANCH_NAME", "SPEC_PATH", "COVERAGE_THRESHOLD", "LOCKS_TABLE_NAME", "GITHUB_TOKEN_SECRET_ARN",
		"KIRO_WORKER_SLOT_KEY", "KIRO_WORKER_BRANCH_KEY", "KIRO_WORKER_CARD_KEY", "KIRO_WORKER_LOCK_ID", "KIRO_WORKER_FENCE",
		"KIRO_WORKER_TRIGGER", "KIRO_WORKER_LAST_ATTEMPT", "KIRO_WORKER_LEASE_DURATION_SECONDS", "KIRO_WORKER_WORK_ITEM",
		"KIRO_WORKER_ATTEMPT", "KIRO_WORKER_REPOSITORY", "KIRO_WORKER_PULL_REQUEST", "KIRO_WORKER_COMMIT",
		"KIRO_WORKER_LOCK_REGION", "KIRO_WORKER_CORRELATION_ID", "KIRO_WORKER_PARAMETERS_SHA256", "TRACEPARENT",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestParametersSurviveTheWay(t *testing.T) {
	p := parameters()
	got, err := contract.ParametersFrom(lookup(p.Variables()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
}

func TestParametersFromNamesEveryMiss(t *testing.T) {
	_, err := contract.ParametersFrom(func(name string) (string, bool) {
		if name == contract.EnvFence {
			return "seven", true
		}
		return "", false
	})
	if err == nil {
		t.Fatal("an empty environment was taken")
	}
	for _, name := range []string{contract.EnvBranchName, contract.EnvFence, contract.EnvLockID, contract.EnvParametersSHA256} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func lookup(variables []contract.Variable) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, v := range variables {
			if v.Name == name {
				return v.Value, true
			}
		}
		return "", false
	}
}

// The keys and hashes are written into tables that outlive every release.
func TestKeysArePinned(t *testing.T) {
	got := []string{
		contract.SlotKey("arn:aws:codebuild:eu-west-1:1:project/p", 3),
		contract.BranchKey("github.com", 42, "refs/heads/x"),
		contract.CardKey("github", "PVTI_1"),
		contract.ObjectCardKey("uid"),
		contract.LockID("uid", 1),
		contract.LockID("uid", 2),
		contract.IdempotencyToken(contract.LockID("uid", 1)),
		contract.CorrelationID("uid"),
	}
	want := []string{
		"slot#arn:aws:codebuild:eu-west-1:1:project/p#3",
		"branch#github.com/42#refs/heads/x",
		"card#github/PVTI_1",
		"card#object/uid",
		"bbed2148d5b7a7e13b1396190e11858301dbc183",
		"cd21b758215c05fa69b998c9393875d2e615471d",
		"56b063967515fd4f24abab6335e3419d536a9d001af2c09ba0f278577c8b9331",
		"cb5d263a52bcb500",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(got[6]); n > 64 {
		t.Errorf("CodeBuild takes tokens of at most 64 characters, this has %d", n)
	}
}

func TestParseResult(t *testing.T) {
	for name, c := range map[string]struct {
		why, text string
		ok        bool
	}{
		"plain":            {"what Encode writes", `{"version":1,"outcome":"Succeeded","tasks":{"done":1,"total":1}}`, true},
		"newer":            {"a newer worker may know more", `{"version":9,"outcome":"SomethingNew","novel":true}`, true},
		"no version":       {"some other document", `{"outcome":"Succeeded"}`, false},
		"no outcome":       {"says nothing", `{"version":1}`, false},
		"outcome with gap": {"the API server would refuse it as a reason", `{"version":1,"outcome":"not a reason"}`, false},
		"not JSON":         {"half a document", `{"version":1,`, false},
		"huge":             {"a hostile build could fill the row", `{"version":1,"outcome":"Succeeded","message":"` + strings.Repeat("x", contract.MaxResultBytes) + `"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := contract.ParseResult(c.text); (err == nil) != c.ok {
				t.Errorf("%s: error %v, want ok %t", c.why, err, c.ok)
			}
		})
	}
}

// The zero value of a gate is not measured, and that is not passed.
func TestOnlyMeasuredGatesSucceed(t *testing.T) {
	for _, tests := range []contract.Gate{contract.GateNotMeasured, contract.GatePassed, contract.GateFailed} {
		for _, coverage := range []contract.Gate{contract.GateNotMeasured, contract.GatePassed, contract.GateFailed} {
			r := contract.Result{Outcome: contract.OutcomeSucceeded, TestsGate: tests, CoverageGate: coverage}
			if want := tests == contract.GatePassed && coverage == contract.GatePassed; r.Succeeded() != want {
				t.Errorf("tests %q, coverage %q: succeeded is %t", tests, coverage, r.Succeeded())
			}
		}
	}
}
