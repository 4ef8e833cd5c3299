// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// createSource makes the source whose board is full.
func (w *world) createSource(ctx context.Context) error {
	source := &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "board"},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: environmentName(0)},
			GitHub: v1alpha1.GitHubSource{
				Owner: owner, ProjectNumber: int32(w.Board), APIURL: w.GitHubAPI,
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
			},
			Branch: v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: "Branch"}, SpecPath: specPath,
		},
	}
	if err := w.client.Create(ctx, source); err != nil {
		return fmt.Errorf("making the source: %w", err)
	}
	return nil
}

// items is how many items there are.
func (w *world) items(ctx context.Context) (int, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("WorkItemList"))
	if err := w.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return 0, fmt.Errorf("listing items: %w", err)
	}
	return len(list.Items), nil
}
