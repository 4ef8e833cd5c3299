// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/doctor"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// runDoctor runs `manager doctor`: it takes the manager's own flags, so that a pod or a person gives it the same.
func runDoctor(args []string) error {
	var timeout time.Duration
	var running bool
	var build string
	var repositories []string
	o, err := parseOptions(args, os.LookupEnv, func(flags *pflag.FlagSet) {
		flags.DurationVar(&timeout, "timeout", 0, "How long all checks together may take. Default: 5m, and 25m with --build.")
		flags.BoolVar(&running, "running-builds", false, "Check only that no build runs.")
		flags.StringVar(&build, "build", "", "NAMESPACE/NAME of a WorkEnvironment: start a build there that only looks, with the build's own role, and say what it finds. It claims no lock.")
		flags.StringSliceVar(&repositories, "repository", nil, "With --build: repositories (OWNER/NAME) that the build must be able to push to. Default: those that the environment's sources name.")
	})
	if err != nil {
		return err
	}
	// What libraries log would stand between the lines.
	log.SetLogger(logr.Discard())
	config, c, err := doctorsClient()
	if err != nil {
		return err
	}
	clients, err := newResolver(c, o)
	if err != nil {
		return err
	}
	out := redact.NewLineWriter(os.Stdout, redact.New(redact.Options{Known: tracing.Secrets(os.LookupEnv)}))
	defer func() { _ = out.Close() }()
	if timeout == 0 {
		timeout = 5 * time.Minute
		if build != "" {
			timeout = 25 * time.Minute // CodeBuild's queue, and the build
		}
	}
	ctx, cancel := context.WithTimeout(ctrl.SetupSignalHandler(), timeout)
	defer cancel()
	d := doctor.New(doctor.Options{
		Config: config, Client: c, Environments: clients, Destinations: clients, Sources: clients, Namespaces: o.namespaces, Installation: o.installation(),
		Say: func(l doctor.Line) { doctor.Print(out, l) },
	})
	check := d.Run
	switch {
	case running:
		check = d.RunningBuilds
	case build != "":
		namespace, name, ok := strings.Cut(build, "/")
		if !ok || namespace == "" || name == "" {
			return fmt.Errorf("--build=%s is not NAMESPACE/NAME of a WorkEnvironment", build)
		}
		check = func(ctx context.Context) int {
			return d.Build(ctx, client.ObjectKey{Namespace: namespace, Name: name}, repositories)
		}
	}
	failed := check(ctx)
	if running && failed > 0 {
		return errors.New("builds run")
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed: do what their lines say, and run the doctor again", failed)
	}
	return nil
}

// doctorsClient returns a client of the API server that caches nothing, and how it is reached.
func doctorsClient() (*rest.Config, client.Client, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("finding the cluster: %w", err)
	}
	nameTo(config)
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, authorizationv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	return config, c, nil
}
