// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package preflight says, before any controller starts, what keeps this manager from working in its cluster: kinds that are
// missing or older than the manager, and another installation that already works there. It looks at nothing outside the
// cluster; that is package doctor's.
package preflight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Installation is what is looked at.
type Installation struct {
	// Name is this installation's: the same for all of its replicas, and no other's.
	Name string
	// Config is how the API server is reached, and Reader asks it, without a cache.
	Config *rest.Config
	Reader client.Reader
	// Namespaces that it works in; none is all.
	Namespaces []string
}

// Check returns what keeps the installation from working, or nil, and the object that it is about, if there is one. The error
// says what to do.
func (i *Installation) Check(ctx context.Context, now time.Time) (*v1alpha1.WorkEnvironment, error) {
	if err := Kinds(ctx, i.Config); err != nil {
		return nil, err
	}
	return i.Alone(ctx, now)
}

// Alone returns an error if another installation works on an environment of this one's namespaces, and that environment.
func (i *Installation) Alone(ctx context.Context, now time.Time) (*v1alpha1.WorkEnvironment, error) {
	namespaces := i.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, namespace := range namespaces {
		list := &v1alpha1.WorkEnvironmentList{}
		if err := i.Reader.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing the environments: %w", err)
		}
		slices.SortFunc(list.Items, func(a, b v1alpha1.WorkEnvironment) int {
			return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
		})
		for n := range list.Items {
			environment := &list.Items[n]
			if err := environment.AnotherInstallation(i.Name, now); err != nil {
				return environment, err
			}
		}
	}
	return nil, nil
}
