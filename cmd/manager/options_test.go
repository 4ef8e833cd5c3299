// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseOptions(t *testing.T) {
	defaults := options{
		clusterName: "prod", metricsAddress: ":8443", metricsSecure: true, metricsAuth: true, probeAddress: ":8081", logLevel: "info",
		watchInterval: 5 * time.Second, watchSlowest: 30 * time.Second, settlingTime: 40 * time.Second,
		progressInterval: 15 * time.Second, sweepInterval: 5 * time.Minute, concurrency: 32,
	}
	with := func(change func(*options)) options {
		o := defaults
		change(&o)
		return o
	}
	cases := map[string]struct {
		why  string
		args []string
		env  string // LOG_LEVEL
		want options
		err  string
	}{
		"Defaults": {why: "a settling time is 10 s more than the longest call", want: defaults},
		"Endpoints": {
			why:  "several addresses in one flag, as a Deployment's args have it",
			args: []string{"--allowed-endpoints=http://127.0.0.1:1,https://ghe.example.com"},
			want: with(func(o *options) {
				o.allowedEndpoints = []string{"http://127.0.0.1:1", "https://ghe.example.com"}
			}),
		},
		"LevelOfTheEnvironment": {
			why: "LOG_LEVEL works the same in all programs", env: "debug",
			want: with(func(o *options) { o.logLevel = "debug" }),
		},
		"FlagOverEnvironment": {
			why: "a flag is closer to the person than the environment", env: "debug", args: []string{"--log-level=warn"},
			want: with(func(o *options) { o.logLevel = "warn" }),
		},
		"NoName": {
			why: "without a name, external ids of clusters would be the same",
			err: "--cluster-name must be set",
		},
		"DefaultName": {
			why:  "a name that two clusters have by accident makes one take the other's locks for its own",
			args: []string{"--cluster-name=default"}, err: `--cluster-name must not be "default"`,
		},
		"SlashInTheName": {
			why:  "external ids are <cluster>/<namespace>: with a slash one cluster could have another's",
			args: []string{"--cluster-name=prod/team"}, err: `--cluster-name "prod/team" must begin with`,
		},
		"LongName": {
			why: "an external id has an end", args: []string{"--cluster-name=" + strings.Repeat("a", 101)}, err: "at most 100 characters",
		},
		"MetricsCertificate": {
			why: "a certificate of cert-manager's is mounted", args: []string{"--metrics-cert-dir=/certificate", "--metrics-auth=false"},
			want: with(func(o *options) { o.metricsCertDir, o.metricsAuth = "/certificate", false }),
		},
		"CertificateWithoutTLS": {
			why: "a certificate that nobody sees is a mistake", args: []string{"--metrics-secure=false", "--metrics-cert-dir=/certificate"},
			err: "--metrics-cert-dir needs --metrics-secure",
		},
		"ExternalIDs": {
			why: "an account's owner may ask for an id, and the operator says which namespace uses it", args: []string{"--external-ids=team=agreed,other=x", "--own-identity-namespaces=ops"},
			want: with(func(o *options) {
				o.externalIDs, o.ownIdentity = []string{"team=agreed", "other=x"}, []string{"ops"}
			}),
		},
		"IDWithoutANamespace": {
			why: "an id for every namespace would be no protection", args: []string{"--external-ids=agreed"},
			err: "is not namespace=id",
		},
		"NoWatch": {
			why: "an interval of zero would poll without a pause", args: []string{"--watch-interval=0s"},
			err: "--watch-interval must be longer than zero",
		},
		"SlowerThanSlowest": {
			why: "a slowest pace below the fastest is a mistake", args: []string{"--watch-interval=1m"},
			err: "--watch-slowest must be at least --watch-interval",
		},
		"BurstWithoutLimit": {
			why: "a burst beyond no limit is a mistake", args: []string{"--cluster-name=prod", "--kube-api-burst=10"}, err: "a burst needs --kube-api-qps",
		},
		"APILimit": {
			why: "a cluster without priority and fairness needs a limit here", args: []string{"--cluster-name=prod", "--kube-api-qps=50"},
			want: with(func(o *options) { o.clusterName, o.apiQPS = "prod", 50 }),
		},
		"AllAtOnce": {
			why: "every mistake is reported at once", args: []string{"--concurrency=0", "--settling-time=-1s", "--sweep-interval=0"},
			err: "--settling-time must be longer than zero\n--sweep-interval must be longer than zero\n--concurrency must be at least 1",
		},
		"VersionAlone": {
			why: "who asks for the version has no cluster", args: []string{"--cluster-name=", "--version"},
			want: with(func(o *options) { o.clusterName, o.version = "", true }),
		},
		"Unknown": {why: "a misspelt flag is no default", args: []string{"--leader-elct"}, err: "unknown flag"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--cluster-name=prod"}, tc.args...)
			if name == "NoName" {
				args = nil
			}
			got, err := parseOptions(args, func(name string) (string, bool) {
				return tc.env, name == "LOG_LEVEL" && tc.env != ""
			})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s: error %v, want %q", tc.why, err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(options{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}
