// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/counts"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
)

// setupCloudWatch has what is counted sent to the CloudWatch of each environment's account.
func setupCloudWatch(mgr ctrl.Manager, clients *resolver.Resolver) error {
	said := map[string]string{} // what was said last of an environment
	sender := counts.New(counts.Options{
		Gatherer: metrics.Registry, Registerer: metrics.Registry, Clock: clock.RealClock{},
		Places: func(ctx context.Context) ([]counts.Place, error) { return placesOf(ctx, mgr.GetClient(), clients) },
		Lost: func(place string, err error) {
			text := fault.Message(err)
			if text != "" && said[place] != text {
				logging.Warn(mgr.GetLogger(), "Measurements for CloudWatch were dropped; until it takes them, what is counted is in the metrics alone",
					logging.KeyEnvironment, place, logging.KeyError, text)
			}
			said[place] = text
		},
	})
	if err := mgr.Add(sender); err != nil {
		return fmt.Errorf("adding what sends measurements to CloudWatch: %w", err)
	}
	return nil
}

// placesOf are the environments, each with the sources whose cards are worked on there.
func placesOf(ctx context.Context, reader client.Reader, clients *resolver.Resolver) ([]counts.Place, error) {
	environments, sources := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkSourceList{}
	if err := reader.List(ctx, environments); err != nil {
		return nil, fmt.Errorf("listing the environments: %w", err)
	}
	if err := reader.List(ctx, sources); err != nil {
		return nil, fmt.Errorf("listing the sources: %w", err)
	}
	bySource := map[types.NamespacedName][]string{}
	for i := range sources.Items {
		s := &sources.Items[i]
		key := types.NamespacedName{Namespace: s.Namespace, Name: s.Spec.EnvironmentRef.Name}
		bySource[key] = append(bySource[key], s.Name)
	}
	places := make([]counts.Place, 0, len(environments.Items))
	for i := range environments.Items {
		env := &environments.Items[i]
		places = append(places, counts.Place{
			Namespace: env.Namespace, Environment: env.Name, Tier: string(env.Spec.Tier), Sources: bySource[client.ObjectKeyFromObject(env)],
			Sink: func(ctx context.Context) (metricsink.Sink, error) {
				return clients.Measurements(ctx, env.Namespace, env.Spec.AWS)
			},
		})
	}
	return places, nil
}
