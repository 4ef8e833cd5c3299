// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd kills, freezes and cuts off real processes at every point, and reports what happened.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/test/chaosreal"
)

func main() {
	bin := flag.String("bin", "bin", "directory of the programs manager and kiro-worker")
	parallel := flag.Int("parallel", 4, "how many worlds go on at once")
	only := flag.String("only", "", "run only what matches this expression")
	flag.Parse()
	log.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	sum := &chaosreal.Sum{}
	err := run(ctx, *bin, *parallel, *only, sum)
	for _, failure := range sum.Failures() {
		fmt.Println("FAILED", failure)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	fmt.Println(sum)
	if err != nil || len(sum.Failures()) > 0 {
		os.Exit(1) //nolint:gocritic // nothing is left to be deferred
	}
}

func run(ctx context.Context, bin string, parallel int, only string, sum *chaosreal.Sum) (err error) {
	if bin, err = filepath.Abs(bin); err != nil {
		return err
	}
	plan := chaosreal.Plan{Parallel: parallel, Say: say(time.Now())}
	if only != "" {
		if plan.Only, err = regexp.Compile(only); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "chaos-real-")
	if err != nil {
		return err
	}
	lab, err := chaosreal.Open(chaosreal.Options{Bin: bin, Dir: dir})
	defer func() {
		err = errors.Join(err, lab.Close())
		if err == nil && len(sum.Failures()) == 0 { // what a failure left is looked at
			err = os.RemoveAll(dir)
		}
	}()
	if err != nil {
		return err
	}
	return lab.All(ctx, plan, sum)
}

// say prints how runs end, one line each.
func say(began time.Time) func(name string, err error) {
	return func(name string, err error) {
		how := "ok"
		if err != nil {
			how = "FAILED"
		}
		fmt.Printf("%5.0fs %-6s %s\n", time.Since(began).Seconds(), how, name)
	}
}
