// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// prompt looks whether the manager may read the template of the agent's prompt, and whether it can be used. What a repository
// has is the build's to read.
func (d *Doctor) prompt(ctx context.Context, e *v1alpha1.WorkEnvironment) (string, error) {
	ref := e.Spec.Agent.Prompt.ConfigMapKeyRef
	found := &corev1.ConfigMap{}
	if err := d.options.Client.Get(ctx, client.ObjectKey{Namespace: e.Namespace, Name: ref.Name}, found); err != nil {
		return "", fmt.Errorf("ConfigMap %s of spec.agent.prompt: create it in the environment's namespace, and name it in the chart's value prompts.configMaps: %w", ref.Name, err)
	}
	text, ok := found.Data[ref.Key]
	if !ok {
		return "", fmt.Errorf("ConfigMap %s has no key %s under data: add it, or correct spec.agent.prompt", ref.Name, ref.Key)
	}
	if err := contract.CheckPrompt(text); err != nil {
		return "", fmt.Errorf("key %s of ConfigMap %s is no template of a prompt: %w", ref.Key, ref.Name, err)
	}
	return ref.Name + "/" + ref.Key, nil
}
