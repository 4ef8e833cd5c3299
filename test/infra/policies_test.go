// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

// TestPlainPolicies: the policies in infra/policies, for who makes roles with another tool, allow the same and no more.
func TestPlainPolicies(t *testing.T) {
	for _, tier := range tiers {
		fill := strings.NewReplacer("${partition}", "aws", "${region}", region, "${account}", account, "${url_suffix}", "amazonaws.com",
			"${key_arn}", keyOf(t, tier), "${manager_principal_arn}", managerARN)
		policies := permissions.Policies{}
		for _, caller := range []string{permissions.Controller, permissions.Build, permissions.Operator} {
			text, err := os.ReadFile(filepath.Join("..", "..", "infra", "policies", tier, caller+".json"))
			if err != nil {
				t.Fatal(err)
			}
			document, err := iam.Parse([]byte(fill.Replace(string(text))))
			if err != nil {
				t.Fatalf("%s of %s: %v", caller, tier, err)
			}
			policies[caller] = []iam.Document{document}
		}
		for _, finding := range permissions.Check(allCalls(t, tier), policies, exceptionsOf(tier)) {
			t.Errorf("%s: %s", tier, finding)
		}
	}
}

// keyOf is the tier's key.
func keyOf(t *testing.T, tier string) string {
	t.Helper()
	a := cloudformation.New(cloudformation.Options{ID: account, Region: region})
	deploy(t, a, tier)
	for arn := range a.ResourcePolicies() {
		if strings.Contains(arn, ":kms:") {
			return arn
		}
	}
	t.Fatal("the tier has no key")
	return ""
}
