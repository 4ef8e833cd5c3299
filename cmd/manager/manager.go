// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
)

// leaseName is the election's lease.
const leaseName = "kiro-worker-manager"

// newManager wires everything together; what it returns only has to be started. yield ends it, where another installation
// works already.
func newManager(ctx context.Context, config *rest.Config, o options, yield func(error)) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                  scheme,
		Logger:                  log.FromContext(ctx),
		Cache:                   cacheOptions(o),
		Client:                  clientOptions(o),
		Metrics:                 metricsOptions(o),
		HealthProbeBindAddress:  o.probeAddress,
		PprofBindAddress:        o.pprofAddress,
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        leaseName,
		LeaderElectionNamespace: o.leaderElectNamespace,
		// The process ends when the manager does, so the next leader need not wait until the lease ends.
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	clients, err := newResolver(mgr.GetAPIReader(), o)
	if err != nil {
		return nil, err
	}
	if err := setupControllers(ctx, mgr, clients, o, yield); err != nil {
		return nil, err
	}
	if err := mgr.Add(newLeadership(metrics.Registry)); err != nil {
		return nil, fmt.Errorf("adding the leader's metric: %w", err)
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("adding /healthz: %w", err)
	}
	if err := mgr.AddReadyzCheck("caches", cachesSynced(mgr)); err != nil {
		return nil, fmt.Errorf("adding /readyz: %w", err)
	}
	return mgr, nil
}

// readyTimeout is how long one check of the caches may take.
const readyTimeout = 2 * time.Second

// cachesSynced makes a replica ready once it has read the objects that it decides on.
func cachesSynced(mgr ctrl.Manager) healthz.Checker {
	return func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), readyTimeout)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the caches are not synced yet")
		}
		return nil
	}
}

// newResolver makes the clients of GitHub and AWS. secrets must not cache.
func newResolver(secrets client.Reader, o options) (*resolver.Resolver, error) {
	github, err := githubapi.NewMetrics(metrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("registering GitHub's metrics: %w", err)
	}
	return resolver.New(resolver.Options{
		Secrets: secrets,
		AWS: awsapi.New(awsapi.Options{
			AllowedEndpoints: o.allowedEndpoints, SessionName: "kiro-worker-" + o.clusterName, UserAgent: userAgent(), Registerer: metrics.Registry,
		}),
		Cluster:          o.clusterName,
		ExternalIDs:      o.idsByNamespace(),
		OwnIdentity:      o.ownIdentity,
		AllowedEndpoints: o.allowedEndpoints,
		Metrics:          github,
		UserAgent:        userAgent(),
		Clock:            clock.RealClock{},
	}), nil
}

// clientOptions have a read wait until the cache has seen this process's own writes. Without it most reconciles that
// follow a status write would decide on the object before it, only for their own write to be refused as a conflict.
// controller-runtime cannot do it where several namespaces are named.
func clientOptions(o options) client.Options {
	wait := len(o.namespaces) < 2
	return client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: &wait}}
}

// cacheOptions have the cache keep as little as it can of each object.
func cacheOptions(o options) cache.Options {
	made := cache.Options{DefaultTransform: workitem.NewCompactor().Transform}
	if len(o.namespaces) > 0 {
		made.DefaultNamespaces = make(map[string]cache.Config, len(o.namespaces))
	}
	for _, name := range o.namespaces {
		made.DefaultNamespaces[name] = cache.Config{}
	}
	return made
}

func metricsOptions(o options) metricsserver.Options {
	m := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.metricsSecure, CertDir: o.metricsCertDir}
	if o.metricsSecure {
		if o.metricsAuth {
			m.FilterProvider = filters.WithAuthenticationAndAuthorization
		}
		m.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }}
	}
	return m
}
