// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"strings"
)

// Review is what an agent is told of a conversation of a review. Who wrote in it may write to the repository.
type Review struct {
	// SpecPath is the spec's directory, relative to the repository.
	SpecPath string
	// Path and Line are what it is about; no line is 0, and no path is the pull request as a whole.
	Path string
	Line int
	// Comments are what was said, oldest first, each as "author: text".
	Comments []string
}

// maxReviewText bounds a conversation in a prompt, in bytes.
const maxReviewText = 16 << 10

// Prompt asks an agent in plain words to do what the reviewer asks for.
func (r Review) Prompt() string {
	place := fmt.Sprintf("%q", r.Path)
	if r.Path == "" {
		place = "it as a whole"
	}
	if r.Line > 0 {
		place += fmt.Sprintf(", line %d", r.Line)
	}
	return fmt.Sprintf(`The work on the spec in %s is in review. A reviewer began the conversation below about %s, and nobody has
resolved it. Do what it asks for, as far as it is about the code of this repository, and nothing else.

Read requirements.md (or bugfix.md) and design.md in that directory first. Write or extend tests for what you change, and
run them. Leave tasks.md as it is, do not delete or skip tests, do not lower any threshold, and do not commit, push or change
branches. Nobody can answer questions: where the conversation leaves something open, choose what fits the design best. Where
it asks for nothing, change nothing.

The conversation, each of its lines behind "| ":
%s`, r.SpecPath, place, Quote(strings.Join(r.Comments, "\n"), maxReviewText))
}
