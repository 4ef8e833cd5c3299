// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package outside tells tests of ports of services that were given to `make conformance` from outside: a real AWS account, or another
// server that speaks its protocols, and a GitHub. It makes clients of them; what the tests need there was made by test/conformance/cmd.
package outside

import (
	"os"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// The variables that test/conformance/cmd sets.
const (
	EnvRegion  = "CONFORMANCE_REGION"
	EnvURL     = "CONFORMANCE_ENDPOINT_URL"
	EnvTable   = "CONFORMANCE_TABLE"
	EnvBucket  = "CONFORMANCE_BUCKET"
	EnvSecret  = "CONFORMANCE_SECRET"
	EnvProject = "CONFORMANCE_PROJECT"
	EnvTopic   = "CONFORMANCE_TOPIC_ARN"
	EnvQueue   = "CONFORMANCE_QUEUE_URL"

	EnvGitHubAPIURL     = "CONFORMANCE_GITHUB_API_URL"
	EnvGitHubOwner      = "CONFORMANCE_GITHUB_OWNER"
	EnvGitHubProject    = "CONFORMANCE_GITHUB_PROJECT"
	EnvGitHubRepository = "CONFORMANCE_GITHUB_REPOSITORY"
	EnvGitHubToken      = "CONFORMANCE_GITHUB_TOKEN"
	EnvGitHubAppSecret  = "CONFORMANCE_GITHUB_APP_SECRET_FILE"
)

// What the repository holds that was made for the tests: a branch with a spec and an open pull request.
const (
	GitHubBranch   = "feature/conformance"
	GitHubSpecPath = ".kiro/specs/conformance"
	GitHubBody     = "Opened by `make conformance`."
)

// GitHubSpec are the spec's files.
func GitHubSpec() map[string]string {
	return map[string]string{"requirements.md": "# R\n", "design.md": "# Größe\n", "tasks.md": "- [ ] 1. Überall 本\n"}
}

// ReadyStatus is the board's status that makes a card eligible.
const ReadyStatus = "For Implementation"

// SecretValue is what the secret holds that was made for the tests.
const SecretValue = "conformance: this is no secret"

// Given reports whether AWS was given from outside.
func Given() bool { return os.Getenv(EnvRegion) != "" }

// GitHubGiven reports whether a GitHub was given from outside, in which a repository was made.
func GitHubGiven() bool { return os.Getenv(EnvGitHubRepository) != "" }

// GitHubOptions are of a client of the GitHub that is at the API's URL; empty is github.com.
func GitHubOptions(url string, credentials githubapi.Credentials) githubapi.Options {
	o := githubapi.Options{APIURL: url, Credentials: githubapi.Static(credentials), UserAgent: "kiro-worker-conformance"}
	if url != "" {
		o.AllowedEndpoints = []string{strings.TrimSuffix(url, "/api/v3")}
	}
	return o
}

// T is what is needed of a test.
type T interface {
	Helper()
	Skip(args ...any)
}

// Need returns a variable, or leaves the test out.
func Need(t T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Skip("left out: " + name + " was not given")
	}
	return value
}

// LeaveOutFault leaves a test out that needs a server which fails when it is told to.
func LeaveOutFault(t T) {
	t.Helper()
	t.Skip("left out: it needs an injected fault")
}

// LeaveOutState leaves a test out that needs a state which no call of the service's makes at once.
func LeaveOutState(t T) {
	t.Helper()
	t.Skip("left out: it needs a state that only an emulator can be put into")
}

// Clients are clients with the credentials that the AWS SDK finds.
func Clients() *awsapi.Clients {
	o := awsapi.Options{SessionName: "conformance"}
	if url := os.Getenv(EnvURL); url != "" {
		o.AllowedEndpoints = []string{url}
	}
	return awsapi.New(o)
}

// Target is where AWS is.
func Target() awsapi.Target {
	return awsapi.Target{Region: os.Getenv(EnvRegion), EndpointURL: os.Getenv(EnvURL)}
}
