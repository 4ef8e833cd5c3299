// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// AddedLine is a line that a change adds.
type AddedLine struct {
	Number int // from 1
	// Text is its beginning.
	Text string
}

// maxAddedLines is how many lines a change may add to be looked at line by line.
const maxAddedLines = 1_000_000

// errTooManyLines says that a change is no change that anybody wrote.
var errTooManyLines = fmt.Errorf("the change adds more than %d lines", maxAddedLines)

// AddedLines hands on the lines that a commit adds to another one, by the files' names. What was moved was not added.
func (r *Repository) AddedLines(ctx context.Context, from, to string, each func(name string, line AddedLine)) error {
	scan := &addedScan{each: each}
	_, err := r.git.do(ctx, call{
		args:   []string{"-c", "core.quotePath=false", "diff-tree", "-p", "-r", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--unified=0", "--end-of-options", from, to},
		output: scan,
	})
	if scan.lines > maxAddedLines {
		return errTooManyLines
	}
	return err
}

// addedScan reads a diff without context.
type addedScan struct {
	each  func(string, AddedLine)
	name  string
	next  int // number of the next added line
	left  int // how many added lines the hunk still has
	head  []byte
	lines int
}

var hunk = regexp.MustCompile(`^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@`)

// Write implements io.Writer.
func (a *addedScan) Write(p []byte) (int, error) {
	for _, c := range p {
		if c != '\n' {
			if len(a.head) < maxLineHead {
				a.head = append(a.head, c)
			}
			continue
		}
		a.line(string(a.head))
		a.head = a.head[:0]
		if a.lines > maxAddedLines {
			return 0, errTooManyLines
		}
	}
	return len(p), nil
}

func (a *addedScan) line(text string) {
	switch {
	case a.left > 0 && strings.HasPrefix(text, "+"):
		a.each(a.name, AddedLine{Number: a.next, Text: text[1:]})
		a.next, a.left, a.lines = a.next+1, a.left-1, a.lines+1
	case strings.HasPrefix(text, "diff --git "):
		a.name, a.left = "", 0
	case a.name == "" && strings.HasPrefix(text, "+++ "):
		name := strings.TrimSuffix(text[4:], "\t")
		if unquoted, err := strconv.Unquote(name); err == nil {
			name = unquoted
		}
		a.name = strings.TrimPrefix(name, "b/")
	default:
		if m := hunk.FindStringSubmatch(text); m != nil {
			a.next, _ = strconv.Atoi(m[1])
			a.left = 1
			if m[2] != "" {
				a.left, _ = strconv.Atoi(m[2])
			}
		}
	}
}

// BeginOf is the commit before the first one on the way to a commit whose message has a line; empty if none has it.
func (r *Repository) BeginOf(ctx context.Context, commit, line string) (string, error) {
	if strings.ContainsAny(line, "\n\x00") {
		return "", errors.New("a line is one line")
	}
	out, err := r.git.run(ctx, "log", "--first-parent", "--max-count=10000", "--extended-regexp", "--grep=^"+regexp.QuoteMeta(line)+"$", "--format=%P", "--end-of-options", commit)
	if err != nil {
		return "", err
	}
	begin := ""
	for text := range strings.Lines(out) {
		if parent, _, _ := strings.Cut(strings.TrimSpace(text), " "); parent != "" {
			begin = parent
		}
	}
	return begin, nil
}

// CommitWith is the newest commit on the way to a commit whose message has a line; empty if none has it.
func (r *Repository) CommitWith(ctx context.Context, commit, line string) (string, error) {
	if strings.ContainsAny(line, "\n\x00") {
		return "", errors.New("a line is one line")
	}
	out, err := r.git.run(ctx, "log", "--first-parent", "--max-count=1", "--extended-regexp", "--grep=^"+regexp.QuoteMeta(line)+"$", "--format=%H", "--end-of-options", commit)
	return strings.TrimSpace(out), err
}
