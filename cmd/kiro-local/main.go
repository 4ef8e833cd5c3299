// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kiro-local runs the whole system on one machine: the programs and code paths of production, on a real
// kube-apiserver and on servers that speak the protocols of GitHub and AWS.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
	"github.com/kiro-worker/kiro-worker/internal/local/demo/standin"
)

// version is set by the linker.
var version = "dev"

const usage = `kiro-local runs the whole of Kiro Worker on one machine.

  kiro-local demo [--keep] [--agent=stand-in|kiro] [--dir=DIR]
      Put seven cards on a board, watch what becomes of them, and say so. Ends with 0 if all is as it should be.
  kiro-local observe [--keep] [--pictures=DIR] [--dir=DIR]
      The same under a real Prometheus: ask it every query of the dashboards, plant faults, and wait for their alerts.
  kiro-local trace [--dir=DIR]
      Play the demo, and write the trace of the first card as a tree.
  kiro-local card add --title=TITLE --spec=NAME|DIRECTORY [--column=COLUMN] [--dir=DIR]
      Put a new card on the board of a demo that was started with --keep.
  kiro-local serve --host=NAME [--namespace=NAMESPACE] [--listen=ADDRESS] [--dir=DIR]
      Play the six cards with a manager that is installed in the cluster which the kubeconfig names: charts/kiro-worker-demo.
  kiro-local wait [--url=ADDRESS] [--timeout=15m]
      Wait until that is done, print what became of the cards, and end with 0 if all is as it should be.
  kiro-local emulators [--dir=DIR]
      Serve GitHub's and AWS's protocols until interrupted, and print the variables with which make conformance finds them.
  kiro-local stand-in-agent SPEC_PATH TASK_ID [PROMPT]
      Stand in for a coding agent: write the files that the spec's design.md spells out for the task or, asked to repair
      or to answer a review, for what the prompt says that failed or was said.
  kiro-local version

`

// errUsage asks for help.
var errUsage = errors.New("no such command")

func main() {
	controlplane.ServeAsProgram()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	code, err := command(args[0], args[1:])
	switch {
	case err == nil:
		return code
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	fmt.Fprintln(os.Stderr, "error:", err)
	return 1
}

func command(name string, args []string) (int, error) {
	switch name {
	case "demo":
		return supervised(func() (int, error) { return runDemo(args) })
	case "serve":
		return 0, serve(args)
	case "wait":
		return wait(args)
	case "observe":
		return supervised(func() (int, error) { return runObserve(args) })
	case "trace":
		return supervised(func() (int, error) { return runTrace(args) })
	case "card":
		if len(args) == 0 || args[0] != "add" {
			return 0, errUsage
		}
		return 0, addCard(args[1:])
	case "emulators":
		return 0, runEmulators(args)
	case "stand-in-agent":
		if len(args) != 2 && len(args) != 3 {
			return 0, errUsage
		}
		// A person who watches sees the tasks go by one after the other.
		time.Sleep(standInPace)
		if len(args) == 3 && (strings.HasPrefix(args[1], "repair-") || strings.HasPrefix(args[1], "review-")) {
			return 0, standin.Repair(".", args[0], args[2], os.Stdout)
		}
		return 0, standin.Do(".", args[0], args[1], os.Stdout)
	case "version":
		fmt.Println(version)
		return 0, nil
	case "help", "-h", "--help":
		fmt.Print(usage)
		return 0, nil
	}
	return 0, errUsage
}

const standInPace = 1200 * time.Millisecond
