// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package awsapi is the one place that makes AWS clients, and the one that reads AWS errors.
//
// A Target says where a client talks to and as whom. Clients of equal targets are shared, with their connections,
// their assumed role and their retry budget. All of them speak TLS 1.2 or later, try a bounded number of times,
// end after OperationTimeout and refuse an answer that is not in the service's protocol.
//
// Metrics, if a registerer is given:
//
//	kiro_worker_aws_requests_total{service,operation,code}   calls, retries of one call not counted
//	kiro_worker_aws_request_seconds{service,operation}       their duration, retries included
//	kiro_worker_aws_dynamodb_capacity_units_total{operation} what DynamoDB says that they consumed
package awsapi

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// OperationTimeout is the longest that a call takes, retries included, except an upload's. Whoever must know when
// a request of a process that died cannot arrive any more waits longer than this.
const OperationTimeout = 30 * time.Second

// SettlingTime is how long after its sender's end a request may still take effect, where nobody sets another time: as
// long as an endpoint keeps a request, and ten seconds for what is between its last byte and its effect.
const SettlingTime = OperationTimeout + 10*time.Second

// UploadTimeout is the longest that an upload to S3 takes, retries included.
const UploadTimeout = 2 * time.Minute

const (
	attemptTimeout = 10 * time.Second // so that three attempts fit into OperationTimeout
	maxAttempts    = 4
	maxBackoff     = 3 * time.Second

	// maxTargets bounds the cache: targets come from objects that people make and delete.
	maxTargets = 256

	// credentialsWindow renews a role's credentials before they end, so that none ends under way.
	credentialsWindow = 5 * time.Minute
	credentialsJitter = 0.5
)

// Target is where a client talks to, and as whom. The zero Target is the process's own environment.
type Target struct {
	// Region, for example "eu-central-1"; empty takes the environment's.
	Region string
	// RoleARN is the role to assume; empty uses the process's own credentials.
	RoleARN string
	// ExternalID is presented when the role is assumed.
	ExternalID string
	// EndpointURL replaces the services' public endpoints. It must be on the allow list.
	EndpointURL string
}

// Options make Clients. The zero Options are good for production.
type Options struct {
	// AllowedEndpoints are the origins ("https://host[:port]") that a Target's EndpointURL may name. Without the
	// list, whoever may make an object could send the process's requests anywhere.
	AllowedEndpoints []string
	// SessionName names the sessions of assumed roles in the account's audit log. Empty is "kiro-worker".
	SessionName string
	// UserAgent names the program in AWS's logs, as name/version. Empty is "kiro-worker".
	UserAgent string
	// Credentials replace the default chain; nil is the default chain.
	Credentials aws.CredentialsProvider
	// Registerer takes the metrics; nil makes none.
	Registerer prometheus.Registerer
	// Clock measures calls; nil is the real one.
	Clock clock.PassiveClock
}

// Clients makes clients and keeps them. It is safe for concurrent use.
type Clients struct {
	options Options
	allowed map[string]bool
	metrics *metrics

	mu      sync.Mutex
	targets map[Target]*services
}

// New returns a Clients. It calls nothing: configuration and credentials are read at first use.
func New(options Options) *Clients {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	c := &Clients{
		options: options,
		allowed: map[string]bool{},
		targets: map[Target]*services{},
	}
	for _, endpoint := range options.AllowedEndpoints {
		if o, err := origin(endpoint); err == nil {
			c.allowed[o] = true
		}
	}
	if options.Registerer != nil {
		c.metrics = newMetrics(options.Registerer, options.Clock)
	}
	return c
}

// target returns the services of a target, made at first use. A failure is not kept: the next call tries again.
func (c *Clients) target(ctx context.Context, t Target) (*services, error) {
	if err := c.checkEndpoint(t.EndpointURL); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.targets[t]; ok {
		return s, nil
	}
	cfg, err := c.load(ctx, t)
	if err != nil {
		return nil, err
	}
	if len(c.targets) >= maxTargets {
		clear(c.targets) // those in use go on with their clients; the next look-up makes them again
	}
	s := newServices(cfg)
	c.targets[t] = s
	return s, nil
}

func (c *Clients) load(ctx context.Context, t Target) (aws.Config, error) {
	load := []func(*config.LoadOptions) error{
		config.WithRetryer(newRetryer),
		config.WithHTTPClient(newHTTPClient()),
		config.WithBaseEndpoint(t.EndpointURL),
		config.WithRegion(t.Region),
		// What the SDK would print is about retries and checksums, in no form that a log of ours has.
		config.WithLogger(logging.Nop{}),
	}
	if c.options.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(c.options.Credentials))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return aws.Config{}, fault.NewTerminal(fault.CodeInvalidConfiguration,
			errors.New("no AWS region is known: set spec.aws.region, or AWS_REGION in the environment"))
	}
	// Only now: reading AWS_CA_BUNDLE needs the SDK's own kind of client.
	cfg.HTTPClient = checkedClient{next: cfg.HTTPClient}
	cfg.APIOptions = append(cfg.APIOptions, addTimeout, addSpan, c.addUserAgent())
	if c.metrics != nil {
		cfg.APIOptions = append(cfg.APIOptions, c.metrics.addTo)
	}
	if t.RoleARN != "" {
		cfg.Credentials = c.assume(cfg, t)
	}
	return cfg, nil
}

// assume returns the credentials of the target's role, kept until shortly before they end.
func (c *Clients) assume(cfg aws.Config, t Target) aws.CredentialsProvider {
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), t.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName(c.options.SessionName)
		o.Duration = time.Hour
		if t.ExternalID != "" {
			o.ExternalID = aws.String(t.ExternalID)
		}
	})
	return aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = credentialsWindow
		o.ExpiryWindowJitterFrac = credentialsJitter
	})
}

func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.MaxBackoff = maxBackoff
	})
}

var notInSessionName = regexp.MustCompile(`[^\w+=,.@-]`)

// sessionName makes a name that STS takes: 2 to 64 characters of its alphabet.
func sessionName(name string) string {
	name = notInSessionName.ReplaceAllString(name, "-")
	if len(name) < 2 {
		return "kiro-worker"
	}
	return name[:min(len(name), 64)]
}
