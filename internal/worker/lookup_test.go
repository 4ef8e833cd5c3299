// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// row is the branch's row, and its result if there is one.
func (w *world) row() (lock.Row, contract.Result) {
	w.t.Helper()
	rows, err := w.locks.Rows(w.t.Context(), []string{w.options.Parameters.BranchKey})
	w.must(err)
	row := rows[w.options.Parameters.BranchKey]
	var result contract.Result
	if row.Result != "" {
		result, err = contract.ParseResult(row.Result)
		w.must(err)
	}
	return row, result
}

func (w *world) card() lock.CardRow {
	w.t.Helper()
	card, err := w.locks.Card(w.t.Context(), w.options.Parameters.CardKey)
	w.must(err)
	return card
}

// body is the pull request's text.
func (w *world) body() string {
	w.t.Helper()
	pr, err := w.github.PullRequest(testRepository, w.pull)
	w.must(err)
	return pr.Body
}

// file is a file at the branch's head on GitHub.
func (w *world) file(name string) string {
	text, err := w.github.File(testRepository, w.branch, name)
	if err != nil {
		return ""
	}
	return string(text)
}

func (w *world) head() string {
	head, _ := w.github.BranchHead(testRepository, w.branch)
	return head
}

// state is what the build left for its next phase.
func (w *world) state() *State {
	w.t.Helper()
	s, err := loadState(w.options.Dir, w.options.Build.ARN, time.Now(), logr.Discard())
	w.must(err)
	return s
}

// messages are those of the commits that the worker made since a commit.
func (w *world) messages(since string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", "--git-dir="+filepath.Join(w.options.Dir, "repository.git"), "log", "--format=%B", since+"..HEAD")
	out, err := cmd.Output()
	w.must(err)
	return string(out)
}

// untouched fails the test if a build left a trace anywhere.
func (w *world) untouched(before string) {
	w.t.Helper()
	if w.head() != before {
		w.t.Error("the branch was changed")
	}
	if strings.Contains(w.body(), prbody.SectionBegin) {
		w.t.Error("the pull request was changed")
	}
	if len(w.bucket.objects) != 0 {
		w.t.Error("something was uploaded")
	}
}
