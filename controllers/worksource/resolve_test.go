// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestRenamedBackGoesOn(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()
	must(t, w.github.RenameOption(w.projectID, "Ready", "Go"))
	for range 3 {
		w.poll() // however often: nothing is withdrawn
	}
	if i := w.item(card); withdrawal(i) != "" {
		t.Errorf("a renamed status left %v on the item", i.Annotations)
	}
	must(t, w.github.RenameOption(w.projectID, "Go", "Ready"))
	if s := w.poll(); condition(s, v1alpha1.ConditionReady) != "True Polled" || condition(s, v1alpha1.ConditionStalled) != "absent" {
		t.Errorf("after the status has its name back the source is %s", condition(s, v1alpha1.ConditionReady))
	}
}
