// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

// TestPlainPolicies: the policies in infra/policies, for who makes roles with another tool, allow the same and no more.
func TestPlainPolicies(t *testing.T) {
	rare := rareRecorded(t)
	fill := strings.NewReplacer("${partition}", "aws", "${region}", region, "${account}", account, "${url_suffix}", "amazonaws.com",
		"${key_arn}", "arn:aws:kms:"+region+":"+account+":key/k", "${manager_principal_arn}", managerARN)
	for _, tier := range tiers {
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
		for _, finding := range permissions.Check(allCalls(t, rare, tier), policies, exceptions) {
			t.Errorf("%s: %s", tier, finding)
		}
	}
}
