// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// requestTimeout bounds a call of the API server where --request-timeout does not: a person waits for the answer.
const requestTimeout = 30 * time.Second

// fieldOwner is the name of this program's writes in an object's managed fields.
const fieldOwner = "kubectl-workitem"

// kubeOptions say which cluster and namespace is meant, as kubectl's flags do.
type kubeOptions struct {
	path      string
	overrides clientcmd.ConfigOverrides
}

func (k *kubeOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&k.path, clientcmd.RecommendedConfigPathFlag, "", "Path of the kubeconfig file. Default: $KUBECONFIG, or ~/.kube/config.")
	clientcmd.BindOverrideFlags(&k.overrides, flags, clientcmd.RecommendedConfigOverrideFlags(""))
}

// connect returns a client of the cluster, what it is made of, and the namespace. It sends no request yet.
func (k *kubeOptions) connect() (client.Client, *rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = k.path
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &k.overrides)
	own, err := config.ClientConfig()
	if err != nil {
		return nil, nil, "", unreadable(err)
	}
	namespace, _, err := config.Namespace()
	if err != nil {
		return nil, nil, "", unreadable(err)
	}
	if own.Timeout == 0 {
		own.Timeout = requestTimeout
	}
	own.UserAgent = "kubectl-workitem/" + version
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, nil, "", fmt.Errorf("building the scheme: %w", err)
		}
	}
	c, err := client.New(own, client.Options{Scheme: scheme})
	if err != nil {
		return nil, nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	return client.WithFieldOwner(c, fieldOwner), own, namespace, nil
}

func unreadable(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return errors.New("no cluster is configured: give --kubeconfig, or set KUBECONFIG")
	}
	return fmt.Errorf("reading the kubeconfig: %w", err)
}
