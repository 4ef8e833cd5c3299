// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
)

type observeOptions struct {
	dir, config, pictures string
	keep                  bool
}

func parseObserve(args []string) (observeOptions, error) {
	var o observeOptions
	flags := pflag.NewFlagSet("observe", pflag.ContinueOnError)
	flags.BoolVar(&o.keep, "keep", false, "Stay up when the alerts have fired, until Ctrl-C.")
	flags.StringVar(&o.dir, "dir", defaultDir, "Directory for all state, logs and artifacts. Files of an earlier demo in it are removed.")
	flags.StringVar(&o.config, "config", "config", "Directory of the alerts and dashboards.")
	flags.StringVar(&o.pictures, "pictures", "", "Draw the dashboards after the cards, as SVG files in this directory.")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	o.dir, err = filepath.Abs(o.dir)
	return o, err
}

// runObserve returns 0 if every card ended as it should, no panel is empty, and each planted fault had its alert fire.
func runObserve(args []string) (int, error) {
	o, err := parseObserve(args)
	if err != nil {
		return 0, err
	}
	self, err := selfPath()
	if err != nil {
		return 0, err
	}
	return withSystem(demo.Options{Dir: o.dir}, func(ctx context.Context, system *demo.System) (code int, err error) {
		prometheus, err := startPrometheus(ctx, o, filepath.Join(filepath.Dir(self), "prometheus"), system)
		defer func() { err = errors.Join(err, prometheus.Close()) }()
		if err != nil {
			return 0, err
		}
		return o.watch(ctx, system, prometheus)
	})
}

// startPrometheus starts a Prometheus that scrapes the system's manager.
func startPrometheus(ctx context.Context, o observeOptions, program string, system *demo.System) (*observe.Prometheus, error) {
	dir := filepath.Join(o.dir, "prometheus")
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("emptying Prometheus' directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making Prometheus' directory: %w", err)
	}
	rules, err := observe.QuickRules(o.config, dir)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(system.MetricsURL)
	if err != nil {
		return nil, fmt.Errorf("the manager's metrics have no address: %w", err)
	}
	p, err := observe.Start(ctx, observe.Options{Program: program, Dir: dir, Target: target.Host, Rules: rules})
	if err == nil {
		fmt.Println("starting Prometheus:", p.URL+"/alerts has the alerts, with the waits and thresholds of a demo")
	}
	return p, err
}

func (o observeOptions) watch(ctx context.Context, system *demo.System, prometheus *observe.Prometheus) (int, error) {
	report, err := system.Run(ctx, view())
	if err != nil {
		return 0, err
	}
	report.Write(os.Stdout)
	code := 0
	if !report.OK() {
		code = 1
	}
	pages, err := observe.Dashboards(o.config)
	if err != nil {
		return 0, err
	}
	fmt.Println()
	for _, page := range pages {
		empty, err := prometheus.Empty(ctx, page)
		if err != nil {
			return 0, err
		}
		fmt.Printf("dashboard %-28s %d panels, %d empty\n", page.Title, len(page.Panels), len(empty))
		for _, panel := range empty {
			code = 1
			fmt.Println("  empty:", panel)
		}
	}
	if o.pictures != "" {
		if err := prometheus.Draw(ctx, pages, o.pictures); err != nil {
			return 0, err
		}
		fmt.Println("the pictures are in", o.pictures)
	}
	fmt.Println()
	if _, err := observe.Rehearse(ctx, system, prometheus, func(line string) { fmt.Println(line) }); err != nil {
		return 0, err
	}
	if o.keep {
		fmt.Printf("\nPrometheus is at %s until you press Ctrl-C.\n", prometheus.URL)
		<-ctx.Done()
	}
	return code, nil
}
