// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// defaultDir is where a demo keeps its files, below the directory that it is started in.
const defaultDir = ".cache/demo"

type demoOptions struct {
	dir, agent, logLevel string
	keep                 bool
}

func parseDemo(args []string) (demoOptions, error) {
	var o demoOptions
	flags := pflag.NewFlagSet("demo", pflag.ContinueOnError)
	flags.BoolVar(&o.keep, "keep", false, "Stay up when the cards are done, until Ctrl-C.")
	flags.StringVar(&o.agent, "agent", demo.AgentStandIn,
		"Who implements the tasks: stand-in (a program that writes what the sample's specs say), or kiro (the real kiro-cli, with KIRO_API_KEY).")
	flags.StringVar(&o.dir, "dir", defaultDir, "Directory for all state, logs and artifacts. Files of an earlier demo in it are removed.")
	flags.StringVar(&o.logLevel, "log-level", "info", "Level of the programs' logs: debug, info, warn or error.")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.agent != demo.AgentStandIn && o.agent != demo.AgentKiro {
		return o, fmt.Errorf("--agent is %s or %s, not %q", demo.AgentStandIn, demo.AgentKiro, o.agent)
	}
	if o.agent == demo.AgentKiro && os.Getenv("KIRO_API_KEY") == "" {
		return o, errors.New("--agent=kiro needs KIRO_API_KEY in the environment")
	}
	var err error
	o.dir, err = filepath.Abs(o.dir)
	return o, err
}

// runDemo returns 0 if every card ended as it should.
func runDemo(args []string) (int, error) {
	o, err := parseDemo(args)
	if err != nil {
		return 0, err
	}
	return withSystem(demo.Options{Dir: o.dir, Agent: o.agent, LogLevel: o.logLevel}, func(ctx context.Context, system *demo.System) (int, error) {
		report, err := system.Run(ctx, view())
		if err != nil {
			return 0, err
		}
		report.Write(os.Stdout)
		if o.keep {
			system.WriteAround(os.Stdout, report)
			<-ctx.Done()
			fmt.Println("\nstopping")
		} else {
			fmt.Println("\n`make demo KEEP=1` stays up, to look around with kubectl and to put new cards on the board.")
		}
		if !report.OK() {
			return 1, nil
		}
		fmt.Println("\nEvery card ended as it should.")
		return 0, nil
	})
}

// view is a table that is redrawn where there is a terminal, and a line a change elsewhere.
func view() demo.View {
	fd := int(os.Stdout.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return &demo.Log{Out: os.Stdout}
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		width = 120
	}
	return &demo.Table{Out: os.Stdout, Width: width}
}
