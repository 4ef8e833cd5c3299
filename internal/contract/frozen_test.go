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

func frozen() contract.Frozen {
	return contract.Frozen{
		Version: contract.FrozenVersion, Bucket: "artifacts", GitHubAPIURL: "https://ghe.example.com/api/v3", GitSecretARN: "arn:git", AgentSecretARN: "arn:agent",
		BuildTimeout: contract.Duration(time.Hour),
		Settings: contract.Settings{
			TestCommand: "npm test && echo '<ok>'", RetryGit: contract.Retry{Tries: 5}, Env: []contract.Variable{{Name: "NODE_ENV", Value: "test"}},
		},
	}
}

func TestFrozenSurvivesTheWay(t *testing.T) {
	text, sha256, err := frozen().Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := contract.FrozenFrom(text, sha256)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(frozen(), got); diff != "" {
		t.Error(diff)
	}
	if again, hash, _ := frozen().Encode(); again != text || hash != sha256 {
		t.Error("one environment gives one document, or an attempt that is found again after a crash would be given up")
	}
}

func TestFrozenFromRefuses(t *testing.T) {
	text, sha256, err := frozen().Encode()
	if err != nil {
		t.Fatal(err)
	}
	of := func(text string) (string, string) { return text, contract.FrozenSHA256(text) }
	for name, c := range map[string]struct {
		why  string
		text string
		hash string
	}{
		"changed":    {"who may write the table does not choose what a build does", strings.Replace(text, "npm test", "curl evil", 1), sha256},
		"longer":     {"nor by what comes after the document", text + " ", sha256},
		"gone":       {"a row without parameters", "", sha256},
		"no hash":    {"a build that was told no hash takes no row's word", text, ""},
		"other case": {"a hash is compared as it is written", text, strings.ToUpper(sha256)},
	} {
		if _, err := contract.FrozenFrom(c.text, c.hash); err == nil {
			t.Errorf("%s: %s", name, c.why)
		}
	}
	for name, document := range map[string]string{
		"not JSON": "{", "no version": `{"bucket":"b","buildTimeout":"1h"}`, "no bucket": `{"version":1,"buildTimeout":"1h"}`, "no time-out": `{"version":1,"bucket":"b"}`,
	} {
		if _, err := contract.FrozenFrom(of(document)); err == nil {
			t.Errorf("%s: a document that is not complete was taken", name)
		}
	}
	huge := `{"version":1,"bucket":"` + strings.Repeat("b", contract.MaxFrozenBytes) + `","buildTimeout":"1h"}`
	if _, err := contract.FrozenFrom(of(huge)); err == nil || strings.Contains(err.Error(), "bbb") {
		t.Errorf("a row can hold 400 KB: %v", err)
	}
}

func TestFrozenIsBounded(t *testing.T) {
	f := frozen()
	f.Settings.Env = append(f.Settings.Env, contract.Variable{Name: "WIDE", Value: strings.Repeat("x", contract.MaxFrozenBytes)})
	if _, _, err := f.Encode(); err == nil || !strings.Contains(err.Error(), "spec.codeBuild.env") {
		t.Errorf("a document that no row should hold must be refused, and say what to do: %v", err)
	}
}

// CodeBuild's troubleshooting page warns at about 5,500 characters of all variables together, and a report shows 4,096 a
// value as the most: with every id as long as the schema allows, a build's variables stay below.
func TestVariablesStaySmall(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	const arn, projectARN = 640, 64 + 150
	p := contract.Parameters{
		Environment: "production", BranchName: long(244), SpecPath: long(512), CoverageThreshold: 100, LocksTableName: long(255), GitHubTokenSecretARN: long(arn),
		SlotKey: contract.SlotKey(long(projectARN), 49), BranchKey: contract.BranchKey(long(253), 1<<62, "refs/heads/"+long(244)), CardKey: contract.CardKey("github", long(128)),
		LockID: contract.LockID("uid", 1), Fence: 1 << 62, Trigger: time.Now(), LastAttempt: true, LeaseDuration: 24 * time.Hour,
		WorkItem: long(63) + "/" + long(253), Attempt: 1 << 30, Repository: long(141), PullRequest: 1 << 62, Commit: long(64), LockRegion: long(32),
		CorrelationID: contract.CorrelationID("uid"), ParametersSHA256: contract.FrozenSHA256(""),
	}
	all := 0
	for _, v := range p.Variables() {
		all += len(v.Name) + len(v.Value)
		if len(v.Value) > 2048 {
			t.Errorf("%s has %d characters", v.Name, len(v.Value))
		}
	}
	if all > 5000 {
		t.Errorf("all variables together have %d characters", all)
	}
}
