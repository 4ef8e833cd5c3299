// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// compareTables warns where a repository is worked on through two lock tables. Exclusion holds for a table: two
// environments that can touch one branch have to share one.
type compareTables struct {
	client client.Reader
}

func (s compareTables) run(ctx context.Context, l *look) error {
	set := l.conditions()
	ready := set.Get(v1alpha1.ConditionLockTableReady)
	if !l.check || ready == nil || ready.Status != metav1.ConditionTrue {
		return nil
	}
	environments, items := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkItemList{}
	if err := s.client.List(ctx, environments, client.InNamespace(l.environment.Namespace)); err != nil {
		return fmt.Errorf("listing the environments: %w", err)
	}
	if len(environments.Items) < 2 {
		return nil
	}
	if err := s.client.List(ctx, items, client.InNamespace(l.environment.Namespace)); err != nil {
		return fmt.Errorf("listing the items: %w", err)
	}
	if message := splitExclusion(l.environment, environments.Items, items.Items); message != "" {
		set.True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonInvalidConfiguration, ready.Message+" "+message)
	}
	return nil
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
				found = append(found, fmt.Sprintf("Repository %s is also worked on in environment %q, through table %q: nothing keeps two builds off one branch. Use one table for both.",
					items[j].Spec.Repository, other.Name, other.Spec.Lock.TableName))
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

// sameTable reports whether two environments lock in one table. The account is known from the project's ARN; an
// environment without one is given the benefit of the doubt.
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
