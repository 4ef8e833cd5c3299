// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package repofile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// Path is where the file is, relative to the repository.
const Path = ".kiro/worker.yaml"

// MaxBytes is the largest file that is read.
const MaxBytes = 16 << 10

// The bounds are those that the schema of a WorkEnvironment has for the same things.
const (
	maxCommand  = 1024
	maxCommands = 8
	maxPatterns = 16
	maxPattern  = 512
	maxPaths    = 32
	maxGlob     = 256
)

// File is what a repository says. What it leaves out is the environment's.
type File struct {
	Setup           string
	TestCommands    []string
	TestResults     []string
	CoverageReports []string
	// Threshold and ChangedLines are percentages.
	Threshold, ChangedLines *int
	ProtectedPaths          []contract.ProtectedPath
	// Rounds is how often in an attempt the agent is asked to repair.
	Rounds *int
	// lines are where keys stand, for what is found out later.
	lines map[string]int
}

// Parse reads a file. It returns all that is wrong with it at once, each with its line.
func Parse(text string) (f File, problems []string) {
	if len(text) > MaxBytes {
		return File{}, []string{fmt.Sprintf("it has %d bytes; at most %d are allowed", len(text), MaxBytes)}
	}
	r := &reader{lines: map[string]int{}}
	root, ok := r.document(text)
	if !ok {
		return File{}, r.problems
	}
	f.lines = r.lines
	version := 0
	r.mapping(root, "", keys{
		"version": func(n node) { version = r.number(n, "version", 1, 1) },
		"setup":   func(n node) { f.Setup = r.command(n, "setup") },
		"tests": func(n node) {
			r.mapping(n, "tests", keys{
				"commands": func(n node) { f.TestCommands = r.commands(n, "tests.commands") },
				"results":  func(n node) { f.TestResults = r.patterns(n, "tests.results") },
			})
		},
		"coverage": func(n node) {
			r.mapping(n, "coverage", keys{
				"reports":      func(n node) { f.CoverageReports = r.patterns(n, "coverage.reports") },
				"threshold":    func(n node) { f.Threshold = r.percent(n, "coverage.threshold") },
				"changedLines": func(n node) { f.ChangedLines = r.percent(n, "coverage.changedLines") },
			})
		},
		"protectedPaths": func(n node) { f.ProtectedPaths = r.protectedPaths(n) },
		"repair": func(n node) {
			r.mapping(n, "repair", keys{"rounds": func(n node) {
				rounds := r.number(n, "repair.rounds", 0, contract.MaxRounds)
				f.Rounds = &rounds
			}})
		},
	})
	if version == 0 && len(r.problems) == 0 {
		r.problem(1, "version", "is missing: write \"version: 1\"")
	}
	if len(r.problems) > 0 {
		return File{}, r.problems
	}
	return f, nil
}

func (r *reader) percent(n node, key string) *int {
	value := r.number(n, key, 0, 100)
	return &value
}

// command is one command, which no shell runs.
func (r *reader) command(n node, key string) string {
	text, ok := r.text(n, key, maxCommand)
	if !ok {
		return ""
	}
	if strings.ContainsAny(text, "\r\n") {
		r.problem(n.Line, key, "is more than one line: name one command, or run a script of the repository's")
		return ""
	}
	if words, err := process.Words(text); err != nil {
		r.problem(n.Line, key, err.Error())
	} else if len(words) == 0 {
		r.problem(n.Line, key, "is empty")
	}
	return text
}

func (r *reader) commands(n node, key string) []string {
	var all []string
	r.list(n, key, maxCommands, func(n node, key string) {
		if command := r.command(n, key); command != "" && !slices.Contains(all, command) {
			all = append(all, command)
		}
	})
	return all
}

// patterns are patterns of paths in the repository.
func (r *reader) patterns(n node, key string) []string {
	var all []string
	r.list(n, key, maxPatterns, func(n node, key string) {
		if text, ok := r.text(n, key, maxPattern); ok && r.inside(n, key, text) {
			all = append(all, text)
		}
	})
	return all
}

func (r *reader) protectedPaths(n node) []contract.ProtectedPath {
	var all []contract.ProtectedPath
	r.list(n, "protectedPaths", maxPaths, func(n node, key string) {
		glob, onChange := "", "Fail"
		r.mapping(n, key, keys{
			"glob": func(n node) {
				if text, ok := r.text(n, key+".glob", maxGlob); ok && r.inside(n, key+".glob", text) {
					glob = text
				}
			},
			"onChange": func(n node) {
				text, ok := r.text(n, key+".onChange", maxGlob)
				if onChange = text; ok && text != "Fail" && text != "Name" {
					r.problem(n.Line, key+".onChange", fmt.Sprintf("is %.40q: write Fail or Name", text))
				}
			},
		})
		if glob == "" && len(r.problems) == 0 {
			r.problem(n.Line, key, "has no glob")
		}
		all = append(all, contract.ProtectedPath{Glob: glob, NameOnly: onChange == "Name"})
	})
	return all
}

// inside refuses a path that leads out of the repository, or that a program would take for an option.
func (r *reader) inside(n node, key, text string) bool {
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "-") || slices.Contains(strings.Split(text, "/"), "..") {
		r.problem(n.Line, key, fmt.Sprintf("is %.80q: write a path relative to the repository, without a leading \"/\" or \"-\" and without \"..\"", text))
		return false
	}
	return true
}
