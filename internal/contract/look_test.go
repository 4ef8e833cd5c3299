// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLook(t *testing.T) {
	whole := Look{
		ID: "0123456789abcdef", Environment: "test", LocksTableName: "locks", Bucket: "artifacts", GitHubTokenSecretARN: "arn:github",
		AgentSecretARN: "arn:agent", AgentPreset: "kiro", Repositories: []string{"acme/app"},
		SecretEnv: []SecretVariable{{Name: "NPM_TOKEN", SecretARN: "arn:npm"}},
	}
	v, err := whole.Encode()
	if err != nil || v.Name != EnvLook {
		t.Fatal(v, err)
	}
	if got, err := ParseLook(v.Value); err != nil || !cmp.Equal(whole, got) {
		t.Errorf("decoded to %+v, %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "without an id": `{"environment":"test","locksTableName":"l","bucket":"b","gitHubTokenSecretARN":"a"}`,
		"an id that is a path": strings.Replace(v.Value, whole.ID, "../../../../../etc/x", 1),
		"too long":             strings.Repeat(" ", MaxLook) + v.Value,
	} {
		if _, err := ParseLook(text); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	whole.Repositories = []string{strings.Repeat("x", MaxLook)}
	if _, err := whole.Encode(); err == nil || !strings.Contains(err.Error(), "fewer repositories") {
		t.Errorf("a look that is too long: %v", err)
	}
	if LookKey("x") == BranchKey("look", 1, "x") {
		t.Error("a report's row may be a branch's")
	}
}
