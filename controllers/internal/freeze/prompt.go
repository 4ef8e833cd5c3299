// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package freeze

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Only get: to list or watch would be to hold every ConfigMap of the cluster in memory.
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get

// Prompt reads the template of the agent's prompt that an environment names in a ConfigMap of its namespace, past any cache;
// empty where it names none. One that cannot be used is a terminal fault.
func Prompt(ctx context.Context, reader client.Reader, env *v1alpha1.WorkEnvironment) (string, error) {
	if env.Spec.Agent.Prompt == nil || env.Spec.Agent.Prompt.ConfigMapKeyRef == nil {
		return "", nil
	}
	ref := env.Spec.Agent.Prompt.ConfigMapKeyRef
	refuse := func(err error) (string, error) {
		return "", fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("spec.agent.prompt: key %s of ConfigMap %s: %w", ref.Key, ref.Name, err))
	}
	found := &corev1.ConfigMap{}
	err := reader.Get(ctx, client.ObjectKey{Namespace: env.Namespace, Name: ref.Name}, found)
	switch {
	case apierrors.IsNotFound(err):
		return refuse(errors.New("there is no such ConfigMap in the environment's namespace: create it"))
	case apierrors.IsForbidden(err):
		return refuse(errors.New("the manager may not read it: name it in the chart's value prompts.configMaps"))
	case err != nil:
		return "", fmt.Errorf("reading ConfigMap %s: %w", ref.Name, err)
	}
	text, ok := found.Data[ref.Key]
	if !ok {
		return refuse(errors.New("the ConfigMap has no such key under data"))
	}
	if err := contract.CheckPrompt(text); err != nil {
		return refuse(err)
	}
	return text, nil
}
