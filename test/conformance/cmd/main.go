// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd runs the ports' tests on an AWS account, and a GitHub, that are given from outside: it says what that costs, makes what
// the tests need, runs them, says which were left out, and removes what it made.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

const awsCosts = `What this uses, at list prices of eu-central-1: about $0.02.
  DynamoDB   one table on demand, some 2,000 reads and writes                      under $0.01
  CodeBuild  one build that is stopped at once, if CONFORMANCE_PROJECT is given    $0.005
  S3, Secrets Manager, CloudWatch, SNS, SQS: a few calls each                      under $0.01
`

const gitHubCosts = `  GitHub     one private repository and, where the token may make one, a board; some 80 calls    $0.00
`

func main() {
	yes := flag.Bool("yes", false, "do not ask")
	prefix := flag.String("prefix", "kiro-conformance", "begins the name of everything that is made")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *prefix, *yes)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// given is what was given from outside; nil is what was not.
type given struct {
	*removals
	aws    *account
	gitHub *gitHub
}

func run(ctx context.Context, prefix string, yes bool) error {
	g := given{removals: &removals{name: prefix + "-" + strconv.FormatInt(time.Now().Unix(), 36)}}
	if err := g.find(ctx); err != nil {
		return err
	}
	if !yes && !agreed() {
		return errors.New("nothing was made")
	}
	err := g.make(ctx)
	if err == nil {
		err = runTests(ctx, g.packages(), g.environment())
	}
	// Also after an interrupt.
	return errors.Join(err, g.remove(context.WithoutCancel(ctx)))
}

// find reads what was given, and says what will be done there and what that costs.
func (g *given) find(ctx context.Context) (err error) {
	region, owner, token := os.Getenv("AWS_REGION"), os.Getenv(outside.EnvGitHubOwner), os.Getenv(outside.EnvGitHubToken)
	if region == "" && (owner == "" || token == "") {
		return fmt.Errorf("neither AWS_REGION is set, where the tests may make a table, a bucket and a secret, nor %s and %s, where they may make a repository",
			outside.EnvGitHubOwner, outside.EnvGitHubToken)
	}
	if region != "" {
		g.aws = &account{removals: g.removals, region: region, url: os.Getenv("AWS_ENDPOINT_URL")}
		who, err := g.aws.identify(ctx)
		if err != nil {
			return fmt.Errorf("asking AWS who you are: %w", err)
		}
		fmt.Print(awsCosts)
		fmt.Printf("It is done as %s, in %s; names begin with %s.\n", who, region, g.name)
	}
	if owner != "" && token != "" {
		if g.gitHub, err = newGitHub(os.Getenv(outside.EnvGitHubAPIURL), owner, token, os.Getenv(outside.EnvGitHubProject), g.removals); err != nil {
			return err
		}
		fmt.Print(gitHubCosts)
		fmt.Printf("It is done in the organisation %s of %s; names begin with %s.\n", owner, g.gitHub.api.Host(), g.name)
	}
	return nil
}

func (g *given) make(ctx context.Context) error {
	if g.aws != nil {
		if err := g.aws.make(ctx); err != nil {
			return err
		}
	}
	if g.gitHub != nil {
		return g.gitHub.make(ctx)
	}
	return nil
}

func (g *given) environment() (env []string) {
	if g.aws != nil {
		env = g.aws.environment()
	}
	if g.gitHub != nil {
		env = append(env, g.gitHub.environment()...)
	}
	return env
}

// packages are whose tests run. They share the table, so they run one after the other.
func (g *given) packages() []string {
	if g.aws == nil {
		return []string{"./test/conformance"}
	}
	return []string{"./internal/lock/dynamodb", "./test/conformance"}
}

func agreed() bool {
	fmt.Print("Go on? [y/N] ")
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}
