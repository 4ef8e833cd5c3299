// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"slices"
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
	committed, rare := readCalls(t, file), readCalls(t, filepath.Join("..", "infra", "testdata", "rare-calls.json"))
	for _, c := range permissions.Unrecorded(calls, slices.Concat(committed, rare)) {
		t.Errorf("%s, which is not in test/infra/testdata: run `make infra-calls infra-permissions`", c)
	}
	// What is committed is what test/infra takes for used.
	for _, c := range committed {
		if !slices.ContainsFunc(calls, func(made permissions.Call) bool { return made.Caller == c.Caller && made.Action == c.Action }) {
			t.Errorf("%s, says %s, and it was not called: run `make infra-calls infra-permissions`", c, file)
		}
	}
}

func readCalls(t *testing.T, file string) []permissions.Call {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := permissions.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}
