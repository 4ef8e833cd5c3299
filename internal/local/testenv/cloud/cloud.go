// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cloud starts the emulators that a test asks for, GitHub's and AWS's, with one clock and one injector of faults,
// and makes clients of them. It is no cluster: package testenv has the API server.
package cloud

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
)

// The place where everything is, and the access key of the clients, unless Options name others.
const (
	Region    = "eu-central-1"
	Account   = "111122223333"
	AccessKey = "AKIAKIROWORKERTEST"
)

// Options say what there is. AWS's services but CodeBuild cost nothing and are always there; the zero Options have nothing
// in them.
type Options struct {
	// Dir is where GitHub and CodeBuild keep their files. New gives a test a directory of its own.
	Dir string
	// Region and Account are those of every ARN.
	Region, Account string
	// AccessKeys are the only ones that AWS knows, and the first is the clients'; none means that every one is known.
	AccessKeys []string
	// Clock is every service's. CodeBuild, which waits as well, uses it if it can wake somebody; nil is the real one.
	Clock clock.PassiveClock
	// Faults count calls of all services and let them fail; nil makes an injector, with the real clock.
	Faults *faults.Injector

	// GitHub starts GitHub, with a user of all permissions for each token.
	GitHub bool
	Users  map[string]string // login by token
	// Tables are lock tables of DynamoDB.
	Tables []string
	// Builds starts CodeBuild, with projects.
	Builds   bool
	Projects []codebuild.Project
	// CodeBuild changes CodeBuild's own options; it may be nil.
	CodeBuild func(*codebuild.Options)
	// Buckets are S3's, Topics SNS', by their ARNs, and Queues SQS', by their URLs.
	Buckets, Topics, Queues []string
	// Front is put before AWS; it may be nil.
	Front func(http.Handler) http.Handler
}

// Cloud is what was started. GitHub and CodeBuild are nil unless they were asked for.
type Cloud struct {
	Faults    *faults.Injector
	GitHub    *github.Server
	GitHubURL string

	AWS            *aws.Endpoint
	AWSURL         string
	DynamoDB       *dynamodb.Emulator
	CodeBuild      *codebuild.Server
	S3             *s3.Emulator
	SecretsManager *secretsmanager.Emulator
	CloudWatch     *cloudwatch.Emulator
	SNS            *sns.Emulator
	SQS            *sqs.Emulator

	options Options
	servers []*httptest.Server
}

// T is what a Cloud needs of a test.
type T interface {
	Helper()
	TempDir() string
	Cleanup(f func())
	Fatal(args ...any)
}

// New starts a cloud for one test, and ends it with the test.
func New(t T, o Options) *Cloud {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	c, err := Start(o)
	t.Cleanup(c.Close)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Start starts a cloud. Close is to be called, whatever it returns.
func Start(o Options) (*Cloud, error) {
	if o.Region == "" {
		o.Region = Region
	}
	if o.Account == "" {
		o.Account = Account
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Faults == nil {
		o.Faults = faults.New(nil, nil)
	}
	c := &Cloud{options: o, Faults: o.Faults}
	for _, start := range []func() error{c.startGitHub, c.startBuilds, c.startAWS} {
		if err := start(); err != nil {
			return c, fmt.Errorf("starting the emulators: %w", err)
		}
	}
	return c, nil
}

// Close ends the builds with their processes, and then the servers that they talk to.
func (c *Cloud) Close() {
	if c.CodeBuild != nil {
		c.CodeBuild.Close()
	}
	for _, s := range c.servers {
		s.Close()
	}
}

func (c *Cloud) serve(handler http.Handler) (url string) {
	s := httptest.NewServer(handler)
	c.servers = append(c.servers, s)
	return s.URL
}

func (c *Cloud) dir(name string) (string, error) {
	dir := filepath.Join(c.options.Dir, name)
	return dir, os.MkdirAll(dir, 0o700)
}

func (c *Cloud) startGitHub() error {
	if !c.options.GitHub {
		return nil
	}
	dir, err := c.dir("github")
	if err != nil {
		return err
	}
	if c.GitHub, err = github.New(github.Options{Dir: dir, Clock: c.options.Clock, Faults: c.Faults}); err != nil {
		return err
	}
	c.GitHubURL = c.serve(c.GitHub)
	c.GitHub.SetURL(c.GitHubURL)
	for token, login := range c.options.Users {
		c.GitHub.AddToken(token, login, github.AllRights())
	}
	return nil
}

func (c *Cloud) startBuilds() error {
	if !c.options.Builds {
		return nil
	}
	dir, err := c.dir("builds")
	if err != nil {
		return err
	}
	o := codebuild.Options{DataDir: dir, Region: c.options.Region, Account: c.options.Account, Faults: c.Faults}
	if wakes, ok := c.options.Clock.(clock.WithDelayedExecution); ok {
		o.Clock = wakes
	}
	if c.options.CodeBuild != nil {
		c.options.CodeBuild(&o)
	}
	if c.CodeBuild, err = codebuild.New(o); err != nil {
		return err
	}
	for _, p := range c.options.Projects {
		if err := c.CodeBuild.PutProject(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) startAWS() error {
	o := c.options
	c.AWS = aws.New(aws.Options{AccessKeys: o.AccessKeys, Account: o.Account, Faults: c.Faults, Clock: o.Clock})
	c.DynamoDB = dynamodb.New(dynamodb.Options{Region: o.Region, Account: o.Account, Faults: c.Faults, Clock: o.Clock})
	c.S3 = s3.New(s3.Options{Faults: c.Faults})
	c.SecretsManager = secretsmanager.New(secretsmanager.Options{Region: o.Region, Account: o.Account, Faults: c.Faults, Clock: o.Clock})
	c.CloudWatch = cloudwatch.New(cloudwatch.Options{Faults: c.Faults, Clock: o.Clock})
	c.SNS, c.SQS = sns.New(sns.Options{Faults: c.Faults}), sqs.New(sqs.Options{Faults: c.Faults})
	for _, name := range o.Tables {
		if err := c.DynamoDB.CreateLockTable(name); err != nil {
			return err
		}
	}
	for _, name := range o.Buckets {
		if err := c.S3.CreateBucket(name); err != nil {
			return err
		}
	}
	for _, arn := range o.Topics {
		c.SNS.CreateTopic(arn)
	}
	for _, url := range o.Queues {
		c.SQS.CreateQueue(url)
	}
	c.AWS.Handle(aws.DynamoDB, c.DynamoDB, dynamodb.WriteError)
	c.AWS.Handle(aws.S3, c.S3, s3.WriteError)
	c.AWS.Handle(aws.SecretsManager, c.SecretsManager, nil)
	c.AWS.Handle(aws.CloudWatch, c.CloudWatch, nil)
	c.AWS.Handle(aws.SNS, c.SNS, sns.WriteError)
	c.AWS.Handle(aws.SQS, c.SQS, nil)
	if c.CodeBuild != nil {
		c.AWS.Handle(aws.CodeBuild, c.CodeBuild, nil)
	}
	var front http.Handler = c.AWS
	if o.Front != nil {
		front = o.Front(front)
	}
	c.AWSURL = c.serve(front)
	return nil
}

// Target is how a client of AWS reaches it.
func (c *Cloud) Target() awsapi.Target {
	return awsapi.Target{Region: c.options.Region, EndpointURL: c.AWSURL}
}

// Clients makes clients of AWS, with connections of their own.
func (c *Cloud) Clients() *awsapi.Clients {
	key := AccessKey
	if len(c.options.AccessKeys) > 0 {
		key = c.options.AccessKeys[0]
	}
	return awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{c.AWSURL}, Credentials: credentials.NewStaticCredentialsProvider(key, "SECRET", ""),
	})
}

// GitHubClient is a client of GitHub; change may be nil.
func (c *Cloud) GitHubClient(of githubapi.Credentials, change func(*githubapi.Options)) (*githubapi.Client, error) {
	o := githubapi.Options{
		APIURL: c.GitHub.APIURL(), AllowedEndpoints: []string{c.GitHubURL}, Clock: c.options.Clock, Credentials: githubapi.Static(of),
	}
	if change != nil {
		change(&o)
	}
	return githubapi.New(o)
}

// API is a new client of one service of a test's cloud, chosen by the method that makes it:
//
//	rows := cloud.API(t, c, (*awsapi.Clients).DynamoDB)
func API[A any](t interface {
	T
	Context() context.Context
}, c *Cloud, choose func(*awsapi.Clients, context.Context, awsapi.Target) (A, error),
) A {
	t.Helper()
	api, err := choose(c.Clients(), t.Context(), c.Target())
	if err != nil {
		t.Fatal(err)
	}
	return api
}
