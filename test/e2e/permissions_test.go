// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

// checkPermissions compares the calls of AWS that the programs made with those that are committed, which test/infra holds the
// policies of every tier against. In the demo itself the policies of the tier test decided every call.
func checkPermissions(t *testing.T, system *demo.System) {
	file := filepath.Join("..", "infra", "testdata", "calls.json")
	calls := system.Calls()
	if os.Getenv("UPDATE_CALLS") != "" {
		text, err := permissions.Write(calls)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known, err := permissions.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range permissions.Unrecorded(calls, known) {
		t.Errorf("%s, which is not in test/infra/testdata/calls.json: run `make infra-calls` and see what make infra-permissions makes of it", c)
	}
	for _, caller := range []string{permissions.Manager, permissions.Controller, permissions.Build} {
		if !hasCaller(calls, caller) {
			t.Errorf("no call of the %s was recorded", caller)
		}
	}
}

func hasCaller(calls []permissions.Call, caller string) bool {
	for _, c := range calls {
		if c.Caller == caller {
			return true
		}
	}
	return false
}
