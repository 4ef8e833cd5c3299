// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// UsesKiro reports whether a preset runs Kiro's own program: what it prints is known.
func UsesKiro(preset string) bool { return preset == PresetKiro || preset == "" }

var (
	// closing is the line with which a turn of Kiro that ran ends. The words are matched and not the numbers' form.
	closing = regexp.MustCompile(`(?i)\bcredits?\b`)
	credits = regexp.MustCompile(`(?i)\bcredits?\b(?:\s+used)?\s*[:=]?\s*(\d{1,9}(?:[.,]\d{1,6})?)|(\d{1,9}(?:[.,]\d{1,6})?)\s*credits?\b`)
	took    = regexp.MustCompile(`(?i)\btime\b\s*[:=]?\s*(?:(\d{1,4})\s*h\w*\s*)?(?:(\d{1,5})\s*m(?:in)?\w*\s*)?(?:(\d{1,7}(?:\.\d{1,6})?)\s*s)?`)
	// refused are words with which Kiro says that nobody is logged in, or that its key is none. They count only where
	// nothing else was done: the tests of a program that is about access print words like them.
	refused = regexp.MustCompile(`(?i)not (?:logged|signed) in|log ?in (?:again|required|first)|please (?:log|sign) in|authenticat|unauthori[sz]ed|invalid (?:api )?(?:key|token|credentials?)|(?:key|token|credentials?)\W.{0,40}(?:invalid|expired|revoked|rejected)|\b401\b`)
	// unknownCommand is what a version says that has no such command.
	unknownCommand = regexp.MustCompile(`(?i)(?:unrecognized|unknown|invalid|no such) (?:sub)?command|unexpected argument`)
)

// remember reads from a line of standard error what Kiro says of its turn.
func (o *Outcome) remember(plain []byte) {
	o.lines++
	if bytes.Contains(plain, []byte("redit")) && closing.Match(plain) {
		if m := credits.FindSubmatch(plain); m != nil {
			o.Closed = true
			o.Credits, _ = strconv.ParseFloat(strings.Replace(string(m[1])+string(m[2]), ",", ".", 1), 64)
			o.Seconds = secondsOf(took.FindSubmatch(plain))
			return
		}
	}
	// A run that did nothing writes a few lines.
	if o.Refused == "" && o.lines <= maxRefusedLines && refused.Match(plain) {
		o.Refused = cutText(string(plain), maxDeniedLine)
	}
}

func secondsOf(m [][]byte) float64 {
	if m == nil {
		return 0
	}
	total := 0.0
	for i, unit := range []float64{3600, 60, 1} {
		n, _ := strconv.ParseFloat(string(m[i+1]), 64)
		total += n * unit
	}
	return total
}

// didNothing reports whether a run of Kiro left no sign of itself: it ended well, printed nothing and has no closing line.
func (o Outcome) didNothing() bool {
	return o.End == process.EndExited && o.Signal == "" && o.ExitCode == 0 && o.Quiet && !o.Closed
}

// Nothing reports whether a run of Kiro that left the checkout as it was did nothing at all.
func (o Outcome) Nothing(preset string) bool { return UsesKiro(preset) && o.didNothing() }

// quiet reports whether a file has nothing but blanks behind an offset.
func quiet(name string, from int64) (bool, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the agent's output: %w", err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, from)
	if n == 0 && err != nil {
		return true, nil // the end of the file
	}
	return len(bytes.TrimSpace(terminalCodes.ReplaceAll(head[:n], nil))) == 0, nil
}

// maxRefusedLines is how many lines are looked through for a refusal.
const maxRefusedLines = 200

// probeTimeout is how long Kiro may take to say who is logged in. Without a key it would wait for a person for ever.
const probeTimeout = 30 * time.Second

// ProbeSpec is what a probe of the agent's credentials needs.
type ProbeSpec struct {
	Preset string
	// Dir is an empty directory that is not the checkout, which the agent's user can enter.
	Dir string
	// Env and Credential are those of the runs.
	Env        []string
	Credential *process.Credential
	// Output is the directory for what the probe prints.
	Output  string
	Timeout time.Duration // zero is 30s
	Clock   clock.WithTicker
}

// Probe asks Kiro who is logged in, before it is given work: with a wrong key it ends with 0 and does nothing, and without
// one it waits for ever. The problem is empty if nothing is known against the credentials.
func Probe(ctx context.Context, spec ProbeSpec) (problem string, err error) {
	if !UsesKiro(spec.Preset) {
		return "", nil
	}
	if spec.Timeout == 0 {
		spec.Timeout = probeTimeout
	}
	files := [2]string{filepath.Join(spec.Output, "agent-probe.log"), filepath.Join(spec.Output, "agent-probe-errors.log")}
	defer func() {
		for _, name := range files {
			_ = os.Remove(name)
		}
	}()
	result, err := process.Run(ctx, process.Spec{
		Args: []string{"kiro-cli", "whoami"}, Dir: spec.Dir, Env: spec.Env, Credential: spec.Credential,
		Stdout: files[0], Stderr: files[1], MaxOutput: maxLine, Timeout: spec.Timeout, Clock: spec.Clock,
	})
	switch {
	case errors.Is(err, process.ErrNotFound), cannotBeExecuted(err):
		return "", nil // the first task says so, and what to do
	case err != nil:
		return "", fmt.Errorf("asking the agent who is logged in: %w", err)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case result.End == process.EndTimedOut:
		return fmt.Sprintf("kiro-cli whoami gave no answer within %s", spec.Timeout), nil
	}
	text := printed(files)
	switch {
	case unknownCommand.MatchString(text):
		return "", nil
	case result.ExitCode != 0:
		return fmt.Sprintf("kiro-cli whoami ended with exit code %d: %s", result.ExitCode, cutText(text, maxDeniedLine)), nil
	}
	for line := range strings.Lines(text) {
		if refused.MatchString(line) && !strings.Contains(strings.ToLower(line), "authenticated") {
			return "kiro-cli whoami says: " + cutText(line, maxDeniedLine), nil
		}
	}
	return "", nil
}

// printed is the beginning of what the probe printed.
func printed(files [2]string) string {
	var all []byte
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			all = append(append(all, text[:min(len(text), maxLine)]...), '\n')
		}
	}
	return string(terminalCodes.ReplaceAll(all, nil))
}
