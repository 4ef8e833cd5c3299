// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStateOfAnotherBuild(t *testing.T) {
	w := newWorld(t)
	w.must(w.codeOf(PhasePreBuild))
	w.options.Build.ARN = testBuild + "-other"
	before := w.head()
	if code := w.run(t.Context(), PhaseBuild); code != ExitInfrastructure {
		t.Errorf("another build's state is not ours to go on with, got %d", code)
	}
	w.untouched(before)
	_ = os.Remove(filepath.Join(w.options.Dir, stateFile))
}
