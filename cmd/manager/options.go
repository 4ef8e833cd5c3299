// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// Log keys.
const (
	keyVersion = "version"
	keyCluster = "cluster"
)

// options are the manager's flags.
type options struct {
	clusterName      string
	allowedEndpoints []string
	namespaces       []string

	leaderElect          bool
	leaderElectNamespace string
	metricsAddress       string
	metricsSecure        bool
	probeAddress         string

	logLevel         string
	watchInterval    time.Duration
	watchSlowest     time.Duration
	settlingTime     time.Duration
	progressInterval time.Duration
	sweepInterval    time.Duration
	concurrency      int
	version          bool
}

// parseOptions reads the flags. lookup is os.LookupEnv: a log level in the environment counts where no flag is given.
func parseOptions(args []string, lookup func(string) (string, bool)) (options, error) {
	o := options{logLevel: logging.DefaultLevel}
	if level, ok := lookup(contract.EnvLogLevel); ok && level != "" {
		o.logLevel = level
	}
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	o.register(flags)
	// --kubeconfig is controller-runtime's own.
	kubeconfig := flag.NewFlagSet("kubeconfig", flag.ContinueOnError)
	config.RegisterFlags(kubeconfig)
	flags.AddGoFlagSet(kubeconfig)
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	return o, o.validate()
}

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.clusterName, "cluster-name", "default",
		"Name of this cluster, unique among all that share a lock table or an AWS account. It is part of external ids and of what holds a lock.")
	flags.StringSliceVar(&o.allowedEndpoints, "allowed-endpoints", nil,
		"Addresses that objects may name in addition to AWS's and github.com's (scheme and host, comma separated). Credentials are sent there.")
	flags.StringSliceVar(&o.namespaces, "namespaces", nil,
		"Namespaces to work in, comma separated. Default: all.")
	flags.BoolVar(&o.leaderElect, "leader-elect", false,
		"Elect a leader, so that one of several replicas works and another continues if it fails.")
	flags.StringVar(&o.leaderElectNamespace, "leader-elect-namespace", "",
		"Namespace of the leader election's lease. Default: the manager's own.")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8443",
		"Address to serve metrics on; 0 serves none.")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true,
		"Serve metrics over HTTPS, and only to clients that the API server allows to read /metrics.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081",
		"Address to serve /healthz and /readyz on; 0 serves none.")
	flags.StringVar(&o.logLevel, "log-level", o.logLevel,
		"Lowest level that is logged: debug, info, warn or error. Default: LOG_LEVEL, else info.")
	flags.DurationVar(&o.watchInterval, "watch-interval", 5*time.Second,
		"Time between two looks at running builds while something changes.")
	flags.DurationVar(&o.watchSlowest, "watch-slowest", 30*time.Second,
		"Longest time between two looks at running builds.")
	flags.DurationVar(&o.settlingTime, "settling-time", awsapi.SettlingTime,
		"How long after a build's end its last request may still arrive. A lock that the build did not release is not freed before that.")
	flags.DurationVar(&o.progressInterval, "progress-interval", 15*time.Second,
		"Shortest time between two status writes of a work item that only report progress.")
	flags.DurationVar(&o.sweepInterval, "sweep-interval", 5*time.Minute,
		"Time between two searches for locks whose holder is gone.")
	flags.IntVar(&o.concurrency, "concurrency", 10,
		"Number of work items that are reconciled at once.")
	flags.BoolVar(&o.version, "version", false, "Print the version and exit.")
}

func (o *options) validate() error {
	var errs []error
	if o.clusterName == "" {
		errs = append(errs, errors.New("--cluster-name must not be empty"))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"watch-interval", o.watchInterval},
		{"watch-slowest", o.watchSlowest},
		{"progress-interval", o.progressInterval},
		{"settling-time", o.settlingTime},
		{"sweep-interval", o.sweepInterval},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("--%s must be longer than zero", d.name))
		}
	}
	if o.watchSlowest < o.watchInterval {
		errs = append(errs, errors.New("--watch-slowest must be at least --watch-interval"))
	}
	if o.concurrency < 1 {
		errs = append(errs, errors.New("--concurrency must be at least 1"))
	}
	return errors.Join(errs...)
}
