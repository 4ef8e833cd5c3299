// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command scale measures how the controller grows with the number of items that wait: a real API server, the manager's
// own binary with its production settings, the emulators of AWS and GitHub in a process of their own, and builds that are
// functions. It prints one line a measure: name, value, unit, and a ratio to what it is compared with. It decides nothing:
// the goals are printed beside the values.
package main

import (
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

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

// plan is what is measured, and for how long.
type plan struct {
	bin      string
	profiles string        // directory; empty is none
	sizes    []int         // lengths of the queue
	window   time.Duration // of a measure
	lives    []int         // items at once
	watched  int           // builds that run at once
	cards    int           // on the board
	measures map[string]bool
}

func (p plan) has(measure string) bool { return len(p.measures) == 0 || p.measures[measure] }

func main() {
	controlplane.ServeAsProgram()
	log.SetLogger(logr.Discard())
	if len(os.Args) > 1 && os.Args[1] == emulatorsRole {
		exit(serveEmulators(os.Args[2:]))
	}
	bin := flag.String("bin", "bin", "directory of the built manager")
	small := flag.Bool("small", false, "shorter queues and windows: a few minutes")
	profiles := flag.String("profiles", "", "directory for the manager's profiles of what is measured")
	sizes := flag.String("sizes", "", "lengths of the queue, comma separated, growing")
	window := flag.Duration("window", 0, "length of a measure; 0 is a minute, or 20 s with -small")
	only := flag.String("only", "", "measures, comma separated: queue, life, watch, intake")
	flag.Parse()
	p := plan{
		bin: *bin, profiles: *profiles, sizes: []int{100, 1000, 3000, 10_000}, window: time.Minute, lives: []int{300, 1000}, watched: 200, cards: 3000,
		measures: map[string]bool{},
	}
	if *small {
		p.sizes, p.window, p.lives, p.watched, p.cards = []int{100, 1000}, 20*time.Second, []int{100}, 50, 300
	}
	if *window > 0 {
		p.window = *window
	}
	if *sizes != "" {
		p.sizes = nil
		for _, s := range strings.Split(*sizes, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				exit(fmt.Errorf("-sizes: %w", err))
			}
			p.sizes = append(p.sizes, n)
		}
	}
	for _, m := range strings.Split(*only, ",") {
		if m != "" {
			p.measures[m] = true
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, p))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run takes each measure in a world of its own, so that none leaves work to the next.
func run(ctx context.Context, p plan) error {
	var errs []error
	for _, m := range []struct {
		name string
		take func(context.Context, *world, plan) error
	}{
		{"queue", measureQueue},
		{"life", measureLives},
		{"watch", measureWatch},
		{"intake", measureIntake},
	} {
		if !p.has(m.name) || ctx.Err() != nil {
			continue
		}
		if err := inWorld(ctx, p, m.take); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
		}
	}
	return errors.Join(errs...)
}

func inWorld(ctx context.Context, p plan, take func(context.Context, *world, plan) error) (err error) {
	w, err := openWorld(ctx, p)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return err
	}
	return take(ctx, w, p)
}
