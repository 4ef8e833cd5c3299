// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// app is what the program uses of its surroundings, so that a test can replace it.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	terminal    bool // errOut is one: a line can be written over
	clock       clock.Clock
	location    *time.Location
}

// session is one call of one command.
type session struct {
	app
	kube      kubeOptions
	client    client.Client
	rest      *rest.Config
	namespace string
}

// command is one of the program's commands.
type command struct {
	name, args, short, long string
	least, most             int // arguments
	offline                 bool
	// prepare adds the command's own flags and returns what runs it once they are read.
	prepare func(flags *pflag.FlagSet) func(ctx context.Context, s *session, args []string) error
}

func commands() []command {
	return []command{listCommand(), showCommand(), retryCommand(), cancelCommand(), priorityCommand(), unlockCommand(), doctorCommand(), bundleCommand(), versionCommand()}
}

func versionCommand() command {
	return command{
		name: "version", short: "Print the version.", offline: true,
		prepare: func(*pflag.FlagSet) func(context.Context, *session, []string) error {
			return func(_ context.Context, s *session, _ []string) error {
				fmt.Fprintln(s.out, version)
				return nil
			}
		},
	}
}

// run runs a command and returns the exit code.
func (a app) run(ctx context.Context, args []string) int {
	err := a.dispatch(ctx, args)
	code := exitCode(ctx, err)
	if code != exitOK {
		fmt.Fprintln(a.errOut, "error:", say(err))
	}
	return code
}

func (a app) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		a.help()
		if len(args) == 0 {
			return misused("no command was given; try `kubectl workitem list`")
		}
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return a.execute(ctx, c, args[1:])
		}
	}
	return misused("there is no command %q; `kubectl workitem help` lists them. Flags follow the command", args[0])
}

func (a app) execute(ctx context.Context, c command, args []string) error {
	s := &session{app: a}
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.SortFlags = false
	runIt := c.prepare(flags)
	own := flags.FlagUsages()
	kube := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	if !c.offline {
		s.kube.register(kube)
	}
	flags.AddFlagSet(kube)
	numbers, rest := negativeNumbers(args)
	if err := flags.Parse(rest); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			a.commandHelp(c, own, kube.FlagUsages())
			return nil
		}
		return misused("%w; `kubectl workitem %s -h` lists the flags", err, c.name)
	}
	args = append(flags.Args(), numbers...)
	if len(args) < c.least || len(args) > c.most {
		return misused("%d arguments were given; the usage is `kubectl workitem %s`", len(args), strings.TrimSpace(c.name+" "+c.args))
	}
	if !c.offline {
		var err error
		if s.client, s.rest, s.namespace, err = s.kube.connect(); err != nil {
			return err
		}
	}
	return explain(runIt(ctx, s, args), s.namespace)
}

var negativeNumber = regexp.MustCompile(`^-[0-9]+$`)

// negativeNumbers separates arguments like -5: a flag set would read each as a flag called 5.
func negativeNumbers(args []string) (numbers, rest []string) {
	for _, arg := range args {
		if negativeNumber.MatchString(arg) {
			numbers = append(numbers, arg)
		} else {
			rest = append(rest, arg)
		}
	}
	return numbers, rest
}

func (a app) help() {
	fmt.Fprint(a.out, "Look at work items and control them.\n\nUsage:\n  kubectl workitem COMMAND [flags]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(a.out, "  %-22s %s\n", strings.TrimSpace(c.name+" "+c.args), c.short)
	}
	fmt.Fprint(a.out, "\n`kubectl workitem COMMAND -h` says more about one.\n")
}

func (a app) commandHelp(c command, own, kube string) {
	fmt.Fprintf(a.out, "%s\n", c.short)
	if c.long != "" {
		fmt.Fprintf(a.out, "\n%s\n", c.long)
	}
	fmt.Fprintf(a.out, "\nUsage:\n  kubectl workitem %s [flags]\n", strings.TrimSpace(c.name+" "+c.args))
	if own != "" {
		fmt.Fprintf(a.out, "\nFlags:\n%s", own)
	}
	if kube != "" {
		fmt.Fprintf(a.out, "\nkubectl's own flags:\n%s", kube)
	}
}
