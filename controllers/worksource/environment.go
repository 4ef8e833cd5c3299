// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// findEnvironment reads the source's environment, whose tier gives the interval and whose role reads the credentials, and
// sets EnvironmentReady. It is nil where the board cannot be polled because of it.
func findEnvironment(ctx context.Context, reader client.Reader, source *v1alpha1.WorkSource, now time.Time) (*v1alpha1.WorkEnvironment, error) {
	set, name := conditionsOf(source, now), source.Spec.EnvironmentRef.Name
	environment := &v1alpha1.WorkEnvironment{}
	err := reader.Get(ctx, client.ObjectKey{Namespace: source.Namespace, Name: name}, environment)
	switch {
	case apierrors.IsNotFound(err):
		set.False(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it, or name another in spec.environmentRef. The board is not polled until then.", name))
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the environment: %w", err)
	case !environment.DeletionTimestamp.IsZero():
		set.False(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonEnvironmentDeleting, fmt.Sprintf(
			"WorkEnvironment %q is being deleted. Name another in spec.environmentRef; the board is not polled until then.", name))
		return nil, nil
	}
	if message := unusable(environment); message != "" {
		set.False(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonEnvironmentNotReady, message)
		return environment, nil
	}
	set.True(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonUsable, fmt.Sprintf("WorkEnvironment %q is usable.", name))
	return environment, nil
}

// unusable says why an environment cannot run builds now; empty if it can. The board is polled all the same: its cards
// become items that wait, and say so.
func unusable(environment *v1alpha1.WorkEnvironment) string {
	ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return fmt.Sprintf("WorkEnvironment %q was not checked yet.", environment.Name)
	case ready.Status != metav1.ConditionTrue:
		return fmt.Sprintf("WorkEnvironment %q is not usable: %s", environment.Name, ready.Message)
	}
	return ""
}
