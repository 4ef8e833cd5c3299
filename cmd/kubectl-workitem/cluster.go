// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
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

// connect returns a client of the cluster, and the namespace. It sends no request yet.
func (k *kubeOptions) connect() (client.Client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = k.path
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &k.overrides)
	rest, err := config.ClientConfig()
	if err != nil {
		return nil, "", unreadable(err)
	}
	namespace, _, err := config.Namespace()
	if err != nil {
		return nil, "", unreadable(err)
	}
	if rest.Timeout == 0 {
		rest.Timeout = requestTimeout
	}
	rest.UserAgent = "kubectl-workitem/" + version
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, "", fmt.Errorf("building the scheme: %w", err)
	}
	c, err := client.New(rest, client.Options{Scheme: scheme})
	if err != nil {
		return nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	return client.WithFieldOwner(c, fieldOwner), namespace, nil
}

func unreadable(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return errors.New("no cluster is configured: give --kubeconfig, or set KUBECONFIG")
	}
	return fmt.Errorf("reading the kubeconfig: %w", err)
}
