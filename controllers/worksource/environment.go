// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// findEnvironment reads the source's environment: its tier gives the interval, its role reads the credentials.
type findEnvironment struct {
	client client.Reader
	clock  clock.PassiveClock
}

func (s findEnvironment) run(ctx context.Context, p *poll) (next, error) {
	set := p.conditions()
	name := p.source.Spec.EnvironmentRef.Name
	environment := &v1alpha1.WorkEnvironment{}
	err := s.client.Get(ctx, client.ObjectKey{Namespace: p.source.Namespace, Name: name}, environment)
	switch {
	case apierrors.IsNotFound(err):
		set.False(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it, or name another in spec.environmentRef. The board is not polled until then.", name))
		return wait, nil
	case err != nil:
		return stop, fmt.Errorf("reading the environment: %w", err)
	case !environment.DeletionTimestamp.IsZero():
		set.False(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonEnvironmentDeleting, fmt.Sprintf(
			"WorkEnvironment %q is being deleted. Name another in spec.environmentRef; the board is not polled until then.", name))
		return wait, nil
	}
	p.environment = environment
	if reason, message := unusable(environment); reason != "" {
		set.False(v1alpha1.ConditionEnvironmentReady, reason, message)
		return goOn, nil
	}
	set.True(v1alpha1.ConditionEnvironmentReady, v1alpha1.ReasonUsable, fmt.Sprintf("WorkEnvironment %q is usable.", name))
	return goOn, nil
}

// unusable says why an environment cannot run builds now. The board is polled all the same: its cards become
// items that wait, and say so.
func unusable(environment *v1alpha1.WorkEnvironment) (reason, message string) {
	ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q was not checked yet.", environment.Name)
	case ready.Status != metav1.ConditionTrue:
		return v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q is not usable: %s", environment.Name, ready.Message)
	}
	return "", ""
}
