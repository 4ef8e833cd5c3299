// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// The template of the agent's prompt is frozen in the lock's row when the attempt begins; without it no lock is acquired.
func TestThePromptIsFrozen(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.change(func(spec *v1alpha1.WorkEnvironmentSpec) {
		spec.Agent.Prompt = &v1alpha1.AgentPrompt{ConfigMapKeyRef: &v1alpha1.ConfigMapKey{Name: "prompts", Key: "task.md"}}
	})
	w.item("one", "feature/x")
	for range 5 {
		w.look("one")
		w.clock.Step(time.Minute)
	}
	if c := w.get("one").Condition(v1alpha1.ConditionLocked); c.Reason != v1alpha1.ReasonInvalidConfiguration || !strings.Contains(c.Message, "ConfigMap prompts") || len(w.rows()) != 0 {
		t.Errorf("Locked says %+v with %d rows", c, len(w.rows()))
	}
	w.must(w.client.Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "prompts"}, Data: map[string]string{"task.md": "House rules. {{.Instructions}}"},
	}))
	w.until("one", "locked", func(item *v1alpha1.WorkItem) bool { return item.Status.Attempt != nil })
	frozen := false
	for _, row := range w.rows() {
		text, _ := row[contract.AttrParameters]["S"].(string)
		frozen = frozen || strings.Contains(text, `"prompt":"House rules. {{.Instructions}}"`)
	}
	if !frozen {
		t.Errorf("no row has the template: %v", w.rows())
	}
}
