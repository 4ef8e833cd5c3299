// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// slots is how many builds an environment runs at once: the most that there are.
const slots = 50

// creators is how many clients make items at once.
const creators = 16

func environmentName(n int) string { return "env-" + strconv.Itoa(n) }

// createEnvironments makes environments, each with a project of its own.
func (w *world) createEnvironments(ctx context.Context, count int) error {
	for n := range count {
		env := &v1alpha1.WorkEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: environmentName(n)},
			Spec: v1alpha1.WorkEnvironmentSpec{
				Tier:        v1alpha1.TierTest,
				AWS:         v1alpha1.AWSAccess{Region: region, RoleARN: roleARN, EndpointURL: w.AWS},
				GitHub:      v1alpha1.GitHubAPI{APIURL: w.GitHubAPI},
				Lock:        v1alpha1.LockTable{TableName: tableName},
				CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: projectName(n)},
				Concurrency: ptr.To[int32](slots),
				Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: w.TokenARN},
				Gates:       v1alpha1.Gates{TestCommand: "true"},
				Agent:       v1alpha1.Agent{Preset: v1alpha1.AgentCommand, Command: []string{"true"}},
				Artifacts:   v1alpha1.Artifacts{Bucket: bucket},
			},
		}
		if err := w.client.Create(ctx, env); err != nil {
			return fmt.Errorf("making an environment: %w", err)
		}
	}
	return nil
}

// createItems makes items, in turn in each of so many environments. Their branches are there before they are.
func (w *world) createItems(ctx context.Context, count, environments int) error {
	first := w.made
	w.made += count
	if err := w.post("/branches?n=" + strconv.Itoa(w.made)); err != nil {
		return err
	}
	numbers := make(chan int)
	failures := make(chan error, creators)
	var running sync.WaitGroup
	for range creators {
		running.Go(func() {
			var failed error
			for n := range numbers {
				if failed == nil {
					failed = w.client.Create(ctx, itemOf(n, environmentName(n%environments)))
				}
			}
			failures <- failed
		})
	}
	for n := range count {
		numbers <- first + n
	}
	close(numbers)
	running.Wait()
	var errs []error
	for range creators {
		errs = append(errs, <-failures)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("making items: %w", err)
	}
	return nil
}

func itemOf(n int, environment string) *v1alpha1.WorkItem {
	return &v1alpha1.WorkItem{
		// With its finalizer, as a source makes it.
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "item-" + strconv.Itoa(n), Finalizers: []string{v1alpha1.Finalizer}},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: environment},
			Repository:     repository, Branch: branchName(n), SpecPath: specPath,
		},
	}
}

// inPhase is how many items are in a phase.
func (w *world) inPhase(ctx context.Context, phase v1alpha1.Phase) (int, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("WorkItemList"))
	if err := w.client.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{"status.phase": string(phase)}); err != nil {
		return 0, fmt.Errorf("listing items: %w", err)
	}
	return len(list.Items), nil
}

func readAll(r io.Reader) (string, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("reading an answer: %w", err)
	}
	return string(text), nil
}
