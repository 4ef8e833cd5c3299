// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// checkDoctor runs the doctor with the manager's own rights: it finds everything as it must be, and is denied nothing.
func checkDoctor(t *testing.T, system *demo.System) {
	out, err := system.Doctor(t.Context())
	if err != nil || strings.Contains(out, "FAILED") || strings.Contains(out, "not authorized") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, check := range []string{"environment", "source"} {
		if !strings.Contains(out, check) {
			t.Errorf("the doctor did not look at an %s:\n%s", check, out)
		}
	}
}

// checkUnlock has a person free a lock that nobody else can, with the rights of the operator's policy.
func checkUnlock(t *testing.T, system *demo.System) {
	if err := system.StopManager(); err != nil { // it would free the lock itself: the build is over
		t.Fatal(err)
	}
	key, err := system.LeaveLock(system.Builds()[0].ARN)
	if err != nil {
		t.Fatal(err)
	}
	out, err := system.Unlock(t.Context(), key)
	if err != nil || !strings.Contains(out, "Unlocked "+key) {
		t.Fatalf("%v\n%s", err, out)
	}
	rows, err := system.LockRows()
	if err != nil || rows[key] != "failed" {
		t.Errorf("the row is %q, %v", rows[key], err)
	}
}
