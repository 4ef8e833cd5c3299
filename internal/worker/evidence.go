// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// maxOutputEnd is how much of the end of a command's output is looked at, in bytes.
const maxOutputEnd = 16 << 10

// evidenceOf is what a run of the tests showed. Those that did not end well come first.
func (t testStage) evidenceOf(runs []testRun, found report.TestReport, broken bool) evidence {
	seen := evidence{cases: found.Cases, messages: found.Messages, names: found.FailedNames, broken: broken}
	bad := func(r testRun) bool { return r.result.ExitCode != 0 || r.result.Signal != "" }
	for _, wanted := range []bool{true, false} {
		for _, run := range runs {
			if bad(run) == wanted {
				seen.outputs = append(seen.outputs, agent.Output{Command: run.command, End: endOf(t.dir.path(run.output))})
			}
		}
	}
	return seen
}

// endOf is the end of a file; empty if it cannot be read.
func endOf(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > maxOutputEnd {
		_, _ = file.Seek(-maxOutputEnd, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxOutputEnd))
	if err != nil {
		return ""
	}
	return string(text)
}

// uncovered are the lines of the work that no test ran, as "src/cart.js: 3, 5-9". That they cannot be told fails nothing: it
// is help for the agent.
func (c changedLines) uncovered(ctx context.Context, s *State, found report.CoverageReport) []string {
	added, err := c.added(ctx, s)
	if err != nil {
		logOf(ctx).Info("Which lines of the work did not run is not known", keyReason, c.clean(err.Error()))
		return nil
	}
	missed := found.Uncovered(added)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		lines = append(lines, name+": "+spans(missed[name]))
	}
	return lines
}

// added are the lines that the work added, by file.
func (c changedLines) added(ctx context.Context, s *State) (map[string][]report.Line, error) {
	base, err := c.base(ctx, s)
	if err != nil {
		return nil, err
	}
	added := map[string][]report.Line{}
	if base != s.Result.Commit {
		err = c.repo.AddedLines(ctx, base, s.Result.Commit, func(name string, line gitrepo.AddedLine) {
			added[name] = append(added[name], report.Line{Number: line.Number, Code: isCode(line.Text)})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading which lines the work changed: %w", err)
	}
	return added, nil
}

// spans writes rising numbers as "3, 5-9".
func spans(lines []int) string {
	var parts []string
	for n := 0; n < len(lines); {
		end := n
		for end+1 < len(lines) && lines[end+1] == lines[end]+1 {
			end++
		}
		text := strconv.Itoa(lines[n])
		if end > n {
			text += "-" + strconv.Itoa(lines[end])
		}
		parts, n = append(parts, text), end+1
	}
	return strings.Join(parts, ", ")
}
