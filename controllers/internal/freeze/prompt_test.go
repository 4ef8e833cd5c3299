// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package freeze_test

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/freeze"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// closed is a cluster whose role says nothing of ConfigMaps.
type closed struct{ client.Reader }

func (closed) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, key.Name, nil)
}

func TestPrompt(t *testing.T) {
	text := "Read CONTRIBUTING.md. {{.Instructions}}"
	found := fake.NewClientBuilder().WithObjects(
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "prompts"}, Data: map[string]string{"task.md": text, "bad": "{{.Sectret}}"}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "others", Name: "theirs"}, Data: map[string]string{"task.md": text}},
	).Build()
	cases := map[string]struct {
		reader    client.Reader
		name, key string
		says      string
	}{
		"as it is":               {found, "prompts", "task.md", ""},
		"no such ConfigMap":      {found, "none", "task.md", "create it"},
		"another namespace's":    {found, "theirs", "task.md", "no such ConfigMap in the environment's namespace"},
		"no such key":            {found, "prompts", "other", "no such key"},
		"an unknown placeholder": {found, "prompts", "bad", "unknown placeholder {{.Sectret}}"},
		"no right to read it":    {closed{}, "prompts", "task.md", "prompts.configMaps"},
	}
	for why, c := range cases {
		env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: "team"}}
		env.Spec.Agent.Prompt = &v1alpha1.AgentPrompt{ConfigMapKeyRef: &v1alpha1.ConfigMapKey{Name: c.name, Key: c.key}}
		got, err := freeze.Prompt(t.Context(), c.reader, env)
		if c.says == "" && (err != nil || got != text) || c.says != "" && (!fault.IsTerminal(err) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.name)) {
			t.Errorf("%s: got %q, %v", why, got, err)
		}
	}
	// An environment that names none asks nobody.
	if got, err := freeze.Prompt(t.Context(), nil, &v1alpha1.WorkEnvironment{}); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
