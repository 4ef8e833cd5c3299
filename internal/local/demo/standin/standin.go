// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package standin stands in for a coding agent in the demo and says so. It thinks nothing up: a spec's design.md
// spells out the files of each task, as code blocks that name both, and it writes them and ticks the task off. Asked to
// repair, or to answer a review, it reads in its prompt what failed or was said, and looks for the code block for that.
package standin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
)

// maxFile bounds what is read of a spec file, in bytes.
const maxFile = 1 << 20

// Edit is one file that a task writes.
type Edit struct {
	File    string // relative to the repository
	Content string
}

// Do works one task of a spec off, in the repository at dir.
func Do(dir, specPath, taskID string, out io.Writer) error {
	root, err := os.OpenRoot(dir) // a design that names ../x gets no further than its repository
	if err != nil {
		return fmt.Errorf("opening the repository: %w", err)
	}
	defer func() { _ = root.Close() }()

	fmt.Fprintf(out, "stand-in agent: task %s of %s\n", taskID, specPath)
	design, err := read(root, path.Join(specPath, "design.md"))
	if err != nil {
		return err
	}
	edits := EditsOf(design, taskID)
	if len(edits) == 0 {
		return fmt.Errorf("design.md has no code block for task %s; a stand-in cannot think one up", taskID)
	}
	for _, e := range edits {
		if err := write(root, e); err != nil {
			return err
		}
		fmt.Fprintf(out, "stand-in agent: wrote %s (%d bytes)\n", e.File, len(e.Content))
	}
	return tick(root, path.Join(specPath, "tasks.md"), taskID, out)
}

// Repair reads in a prompt what failed, and writes the files that the design spells out for it. Where the design has
// nothing for it, it changes nothing and says so.
func Repair(dir, specPath, prompt string, out io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the repository: %w", err)
	}
	defer func() { _ = root.Close() }()

	design, err := read(root, path.Join(specPath, "design.md"))
	if err != nil {
		return err
	}
	failed := quoted(prompt)
	edits := repairsOf(design, failed)
	fmt.Fprintf(out, "stand-in agent: asked for more; the prompt has %d lines of what was measured or said\n", strings.Count(failed, "\n"))
	if len(edits) == 0 {
		fmt.Fprintln(out, "stand-in agent: design.md has no code block for any of that; a stand-in cannot think one up")
	}
	for _, e := range edits {
		if err := write(root, e); err != nil {
			return err
		}
		fmt.Fprintf(out, "stand-in agent: wrote %s (%d bytes)\n", e.File, len(e.Content))
	}
	return nil
}

// quoted are the lines of a prompt that are data, without the mark before them.
func quoted(prompt string) string {
	var data strings.Builder
	for line := range strings.Lines(prompt) {
		if text, ok := strings.CutPrefix(line, "| "); ok {
			data.WriteString(text)
		}
	}
	return data.String()
}

// repairFence is the opening line of a code block that repairs what says so, or does what a reviewer says.
var repairFence = regexp.MustCompile("^```[a-z]* (?:repair|review)=\"([^\"]+)\" file=(\\S+)$")

// repairsOf are the edits that a design spells out for what failed.
func repairsOf(design, failed string) []Edit {
	return editsOf(design, repairFence, func(what string) bool { return strings.Contains(failed, what) })
}

// fence is the opening line of a code block that belongs to a task.
var fence = regexp.MustCompile("^```[a-z]* task=([0-9.]+) file=(\\S+)$")

// EditsOf are the edits that a design spells out for a task.
func EditsOf(design, taskID string) []Edit {
	return editsOf(design, fence, func(id string) bool { return id == taskID })
}

func editsOf(design string, fence *regexp.Regexp, wanted func(string) bool) []Edit {
	var edits []Edit
	var current *Edit
	for line := range strings.Lines(design) {
		text := strings.TrimRight(line, "\r\n")
		switch m := fence.FindStringSubmatch(text); {
		case current == nil && m != nil && wanted(m[1]):
			current = &Edit{File: m[2]}
		case current != nil && text == "```":
			edits = append(edits, *current)
			current = nil
		case current != nil:
			current.Content += text + "\n"
		}
	}
	return edits
}

func tick(root *os.Root, file, taskID string, out io.Writer) error {
	tasks, err := read(root, file)
	if err != nil {
		return err
	}
	box := regexp.MustCompile(`(?m)^(\s*- )\[[ -]\]( ` + regexp.QuoteMeta(taskID) + `[. ])`)
	ticked := box.ReplaceAllString(tasks, "${1}[x]${2}")
	if ticked == tasks {
		return fmt.Errorf("%s has no open box for task %s", file, taskID)
	}
	if err := write(root, Edit{File: file, Content: ticked}); err != nil {
		return err
	}
	fmt.Fprintf(out, "stand-in agent: ticked task %s off\n", taskID)
	return nil
}

func read(root *os.Root, name string) (string, error) {
	f, err := root.Open(name)
	if err != nil {
		return "", fmt.Errorf("reading the spec: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return string(b), nil
}

func write(root *os.Root, e Edit) error {
	if dir := path.Dir(e.File); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("making a directory for %s: %w", e.File, err)
		}
	}
	if err := root.WriteFile(e.File, []byte(e.Content), 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", e.File, err)
	}
	return nil
}
