// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// exclusionStep warns where a repository is worked on through two lock tables. Exclusion holds for one table: two
// environments that can touch one branch have to share it. It brings no condition of its own: it adds the warning to the one
// of the lock table, which stays True.
type exclusionStep struct {
	client client.Reader
	now    time.Time
}

func (exclusionStep) Condition() string { return "" }

func (s exclusionStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	ready := conditionOf(environment, v1alpha1.ConditionLockTableReady)
	if ready.Status != metav1.ConditionTrue {
		return reconcile.Done(), nil
	}
	environments, all := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkItemList{}
	if err := s.client.List(ctx, environments, client.InNamespace(environment.Namespace)); err != nil {
		return reconcile.Result{}, fmt.Errorf("listing the environments: %w", err)
	}
	if len(environments.Items) < 2 {
		return reconcile.Done(), nil
	}
	if err := s.client.List(ctx, all, client.InNamespace(environment.Namespace)); err != nil {
		return reconcile.Result{}, fmt.Errorf("listing the work items: %w", err)
	}
	if message := splitExclusion(environment, environments.Items, all.Items); message != "" {
		conditionsOf(environment, s.now).True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonInvalidConfiguration, ready.Message+" "+message)
	}
	return reconcile.Done(), nil
}

// splitExclusion names a repository that another environment works on through another table, or nothing.
func splitExclusion(environment *v1alpha1.WorkEnvironment, environments []v1alpha1.WorkEnvironment, items []v1alpha1.WorkItem) string {
	own := map[string]bool{}
	for i := range items {
		if items[i].Spec.EnvironmentRef.Name == environment.Name {
			own[strings.ToLower(items[i].Spec.Repository)] = true
		}
	}
	var found []string
	for i := range environments {
		other := &environments[i]
		if sameTable(environment, other) {
			continue
		}
		for j := range items {
			if items[j].Spec.EnvironmentRef.Name == other.Name && own[strings.ToLower(items[j].Spec.Repository)] {
				found = append(found, fmt.Sprintf("Repository %s is also worked on in environment %q, through table %q, so two builds can work on one branch at once. Use the same table for both.",
					items[j].Spec.Repository, other.Name, other.Spec.Lock.TableName))
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

// sameTable reports whether two environments lock in one table. The account is known from the project's ARN; where that is
// not known yet, the accounts count as the same, so that nobody is warned without reason.
func sameTable(a, b *v1alpha1.WorkEnvironment) bool {
	account := func(e *v1alpha1.WorkEnvironment) string {
		if parts := strings.Split(e.Status.ProjectARN, ":"); len(parts) > 4 {
			return parts[4]
		}
		return ""
	}
	return a.Spec.Lock.TableName == b.Spec.Lock.TableName && a.Spec.LockAccess().Region == b.Spec.LockAccess().Region &&
		a.Spec.AWS.EndpointURL == b.Spec.AWS.EndpointURL &&
		(account(a) == account(b) || account(a) == "" || account(b) == "")
}
