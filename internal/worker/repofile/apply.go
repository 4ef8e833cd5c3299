// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package repofile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// DefaultTestCommand is what is run where the environment names no other command. It settles nothing.
const DefaultTestCommand = "npm test"

// Joined is what environment and repository say together.
type Joined struct {
	Settings contract.Settings
	// Threshold is the lowest coverage that passes, in percent.
	Threshold int
	// Used and Unused are for people, one line each: what is the repository's, and what is not, and why.
	Used, Unused []string
}

// Apply joins what the repository says with an environment's settings. The problems say what would make a gate weaker, or is
// over a bound.
func (f File) Apply(s contract.Settings, threshold int) (j Joined, problems []string) {
	a := &application{file: f, Joined: Joined{Settings: s, Threshold: threshold}}
	a.commands()
	a.places("tests.results", "gates.testResults", f.TestResults, &a.Settings.TestResults)
	a.places("coverage.reports", "gates.coverageReports", f.CoverageReports, &a.Settings.CoverageReports)
	a.raise("coverage.threshold", f.Threshold, &threshold, func(n int) { a.Threshold = n })
	a.raise("coverage.changedLines", f.ChangedLines, s.ChangedLines, func(n int) { a.Settings.ChangedLines = &n })
	a.rounds()
	if len(f.ProtectedPaths) > 0 {
		a.Settings.ProtectedPaths = slices.Concat(s.ProtectedPaths, f.ProtectedPaths)
		a.use("protectedPaths", globs(f.ProtectedPaths)+", beside the environment's")
	}
	return a.Joined, a.problems
}

type application struct {
	Joined
	file     File
	problems []string
}

func (a *application) use(key, what string) { a.Used = append(a.Used, key+": "+what) }

func (a *application) leave(key, field string) {
	a.Unused = append(a.Unused, fmt.Sprintf("%s is not used: the environment says it itself (%s)", key, field))
}

func (a *application) refuse(key, what string) {
	a.problems = append(a.problems, fmt.Sprintf("line %d: %s %s", a.file.lines[key], key, what))
}

// commands are the setup command, where the environment names none, and test commands. Where the environment names test
// commands the repository's run beside them: all must pass, so that makes the gate stricter.
func (a *application) commands() {
	switch f := a.file; {
	case f.Setup == "":
	case a.Settings.SetupCommand != "":
		a.leave("setup", "gates.setupCommand")
	default:
		a.Settings.SetupCommand = f.Setup
		a.use("setup", f.Setup)
	}
	if len(a.file.TestCommands) == 0 {
		return
	}
	own := lines(a.Settings.TestCommand)
	beside := ""
	if len(own) == 1 && own[0] == DefaultTestCommand {
		own = nil
	}
	if len(own) > 0 {
		beside = ", beside the environment's"
	}
	for _, command := range a.file.TestCommands {
		if !slices.Contains(own, command) {
			own = append(own, command)
		}
	}
	if len(own) > maxCommands {
		a.refuse("tests.commands", fmt.Sprintf("makes %d commands with the environment's; at most %d run side by side", len(own), maxCommands))
		return
	}
	a.Settings.TestCommand = strings.Join(own, "\n")
	a.use("tests.commands", strings.Join(a.file.TestCommands, "; ")+beside)
}

// places are where reports are looked for. More places than the environment's could hold better numbers than the tests gave.
func (a *application) places(key, field string, said []string, settings *[]string) {
	switch {
	case len(said) == 0:
	case len(*settings) > 0:
		a.leave(key, field)
	default:
		*settings = said
		a.use(key, strings.Join(said, ", "))
	}
}

// raise sets a percentage that can only be raised.
func (a *application) raise(key string, said, own *int, set func(int)) {
	switch {
	case said == nil:
	case own != nil && *said < *own:
		a.refuse(key, fmt.Sprintf("is %d, and the environment asks for %d: it can be raised here, and not lowered", *said, *own))
	default:
		set(*said)
		a.use(key, strconv.Itoa(*said)+"%")
	}
}

// rounds are at most the environment's: each costs time and money.
func (a *application) rounds() {
	const key = "repair.rounds"
	switch said, own := a.file.Rounds, a.Settings.RepairRounds; {
	case said == nil:
	case *said > own:
		a.refuse(key, fmt.Sprintf("is %d, and the environment allows %d: fewer can be asked for here, and not more", *said, own))
	default:
		a.Settings.RepairRounds = *said
		a.use(key, strconv.Itoa(*said))
	}
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func globs(paths []contract.ProtectedPath) string {
	names := make([]string, 0, len(paths))
	for _, p := range paths {
		name := p.Glob
		if p.NameOnly {
			name += " (named only)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
