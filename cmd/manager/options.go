// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
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
	externalIDs      []string
	ownIdentity      []string
	allowedEndpoints []string
	namespaces       []string

	leaderElect          bool
	leaderElectNamespace string
	metricsAddress       string
	metricsSecure        bool
	metricsAuth          bool
	metricsCertDir       string
	cloudWatchMetrics    bool
	probeAddress         string
	pprofAddress         string

	logLevel         string
	logFormat        string
	watchInterval    time.Duration
	watchSlowest     time.Duration
	settlingTime     time.Duration
	progressInterval time.Duration
	apiQPS           float32
	apiBurst         int
	sweepInterval    time.Duration
	concurrency      int
	version          bool
}

// parseOptions reads the flags. lookup is os.LookupEnv: a log level in the environment counts where no flag is given. further
// adds flags of a subcommand.
func parseOptions(args []string, lookup func(string) (string, bool), further ...func(*pflag.FlagSet)) (options, error) {
	o := options{logLevel: logging.DefaultLevel}
	if level, ok := lookup(contract.EnvLogLevel); ok && level != "" {
		o.logLevel = level
	}
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	o.register(flags)
	for _, add := range further {
		add(flags)
	}
	// --kubeconfig is controller-runtime's own.
	kubeconfig := flag.NewFlagSet("kubeconfig", flag.ContinueOnError)
	config.RegisterFlags(kubeconfig)
	flags.AddGoFlagSet(kubeconfig)
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if o.version {
		return o, nil // it is asked what it is, and not to work
	}
	return o, o.validate()
}

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.clusterName, "cluster-name", "",
		"Name of this cluster, required, unique among all that share a lock table or an AWS account. It is part of external ids and of what holds a lock.")
	flags.StringSliceVar(&o.externalIDs, "external-ids", nil,
		"External ids beside <cluster-name>/<namespace> that a namespace's environments may name, as namespace=id, comma separated.")
	flags.StringSliceVar(&o.ownIdentity, "own-identity-namespaces", nil,
		"Namespaces whose environments may name no role and so work with the manager's own identity, comma separated; * is all. Default: none.")
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
	flags.BoolVar(&o.metricsAuth, "metrics-auth", true,
		"Ask the API server who reads metrics and whether they may. Without it anybody who reaches the address may. Only with --metrics-secure.")
	flags.StringVar(&o.metricsCertDir, "metrics-cert-dir", "",
		"Directory of tls.crt and tls.key for metrics, read again when they change. Empty makes a certificate at each start.")
	flags.BoolVar(&o.cloudWatchMetrics, "cloudwatch-metrics", false,
		"Send a heartbeat and what is counted (polls, errors, locks, attempts that ended) to CloudWatch, namespace KiroWorker, once a minute, in the account of each environment and with its role.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081",
		"Address to serve /healthz and /readyz on; 0 serves none.")
	flags.StringVar(&o.pprofAddress, "pprof-bind-address", "",
		"Address to serve Go's profiles on, such as 127.0.0.1:6060: whoever reaches it may read them. Default: none.")
	flags.StringVar(&o.logLevel, "log-level", o.logLevel,
		"Lowest level that is logged: debug, info, warn or error. Default: LOG_LEVEL, else info.")
	flags.StringVar(&o.logFormat, "log-format", "",
		"Format of the log: json or console. Default: console on a terminal, else json.")
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
	flags.IntVar(&o.concurrency, "concurrency", 32,
		"Number of work items that are reconciled at once.")
	flags.Float32Var(&o.apiQPS, "kube-api-qps", 0,
		"Requests a second to the API server at most. Default: no limit of its own; the API server's priority and fairness decides, and asks to wait.")
	flags.IntVar(&o.apiBurst, "kube-api-burst", 0,
		"Requests at once beyond --kube-api-qps. Default: twice that.")
	flags.BoolVar(&o.version, "version", false, "Print the version and exit.")
}

func (o *options) validate() error {
	var errs []error
	if err := checkClusterName(o.clusterName); err != nil {
		errs = append(errs, err)
	}
	if o.apiQPS < 0 || o.apiBurst < 0 || (o.apiBurst > 0 && o.apiQPS == 0) {
		errs = append(errs, errors.New("--kube-api-qps and --kube-api-burst must not be negative, and a burst needs --kube-api-qps"))
	}
	if !o.metricsSecure && o.metricsCertDir != "" {
		errs = append(errs, errors.New("--metrics-cert-dir needs --metrics-secure"))
	}
	for _, pair := range o.externalIDs {
		if namespace, id, ok := strings.Cut(pair, "="); !ok || namespace == "" || id == "" {
			errs = append(errs, fmt.Errorf("--external-ids: %q is not namespace=id", pair))
		}
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
	if _, err := logging.FormatFor(o.logFormat, false); err != nil {
		errs = append(errs, fmt.Errorf("--log-format: %w", err))
	}
	if o.concurrency < 1 {
		errs = append(errs, errors.New("--concurrency must be at least 1"))
	}
	return errors.Join(errs...)
}

// idsByNamespace are the further external ids.
func (o *options) idsByNamespace() map[string][]string {
	ids := map[string][]string{}
	for _, pair := range o.externalIDs {
		namespace, id, _ := strings.Cut(pair, "=")
		ids[namespace] = append(ids[namespace], id)
	}
	return ids
}

// maxClusterName leaves room for a namespace in the external id, which AWS ends at 1224 characters.
const maxClusterName = 100

var clusterNameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkClusterName refuses a name that two clusters could have by accident: with one name, each takes the other's locks
// for its own, and a role that trusts one trusts both.
func checkClusterName(name string) error {
	switch {
	case name == "":
		return errors.New("--cluster-name must be set: choose a name that no other cluster has, such as prod-eu-1, and do not change it later")
	case name == "default":
		return errors.New("--cluster-name must not be \"default\": choose a name that no other cluster has, such as prod-eu-1, and do not change it later")
	case len(name) > maxClusterName || !clusterNameForm.MatchString(name):
		return fmt.Errorf("--cluster-name %q must begin with a letter or digit, hold only letters, digits, '.', '_' and '-', and have at most %d characters",
			name, maxClusterName)
	}
	return nil
}

// limit keeps requests to the API server to what the flags say. Without them nothing here does: the API server answers who
// asks too much with 429 and when to ask again, which the client keeps to.
func (o *options) limit(config *rest.Config) {
	if o.apiQPS == 0 {
		return
	}
	config.QPS, config.Burst = o.apiQPS, o.apiBurst
	if config.Burst == 0 {
		config.Burst = max(int(2*o.apiQPS), 1)
	}
}
