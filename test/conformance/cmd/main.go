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
	"strings"
	"syscall"
)

const costs = `What this uses, at list prices of eu-central-1: about $0.02.
  DynamoDB   one table on demand, some 2,000 reads and writes                      under $0.01
  CodeBuild  one build that is stopped at once, if CONFORMANCE_PROJECT is given    $0.005
  S3, Secrets Manager, CloudWatch, SNS, SQS: a few calls each                      under $0.01
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

func run(ctx context.Context, prefix string, yes bool) error {
	region := os.Getenv("AWS_REGION")
	if region == "" {
		return errors.New("AWS_REGION is not set: say in which region the tests may make a table, a bucket and a secret")
	}
	a := newAccount(region, os.Getenv("AWS_ENDPOINT_URL"), prefix)
	who, err := a.identify(ctx)
	if err != nil {
		return fmt.Errorf("asking AWS who you are: %w", err)
	}
	fmt.Print(costs)
	fmt.Printf("It is done as %s, in %s; names begin with %s.\n", who, region, a.name)
	if !yes && !agreed() {
		return errors.New("nothing was made")
	}
	err = a.make(ctx)
	if err == nil {
		err = runTests(ctx, a.environment())
	}
	// Also after an interrupt.
	return errors.Join(err, a.remove(context.WithoutCancel(ctx)))
}

func agreed() bool {
	fmt.Print("Go on? [y/N] ")
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}
