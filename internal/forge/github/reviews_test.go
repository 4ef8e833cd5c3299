// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// Only what people who may write to the repository said counts; what is resolved, or begun by another, is not there.
func TestOpenThreads(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateBranch(repository, "feature/cart", ""))
	w.branch(t, "feature/cart", map[string]string{"cart.js": "1\n"})
	pr, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "The cart", Head: "feature/cart", Author: "ann"})
	check(t, err)
	check(t, w.SetPermission(repository, "rita", "write"))
	check(t, w.SetPermission(repository, "boss", "admin"))
	check(t, w.SetPermission(repository, "reader", "read"))
	begin := func(author string, line int) string {
		id, err := w.AddReviewComment(emulator.ReviewComment{Repository: repository, Number: pr.Number, Path: "cart.js", Line: line, Author: author, Body: "by " + author})
		check(t, err)
		return id
	}
	ours := begin("rita", 1)
	check(t, w.ReplyToReview(ours, "reader", "me too"))
	check(t, w.ReplyToReview(ours, "boss", "and tests"))
	begin("reader", 2)
	begin("nobody", 3)
	check(t, w.ResolveReview(begin("boss", 4)))
	answered := begin("boss", 0)
	threads, err := w.forge.OpenThreads(t.Context(), repository, int64(pr.Number))
	check(t, err)
	want := []forge.ReviewThread{
		{ID: ours, Path: "cart.js", Line: 1, Comments: []forge.ReviewComment{{Author: "rita", Body: "by rita"}, {Author: "boss", Body: "and tests"}}},
		{ID: answered, Path: "cart.js", Comments: []forge.ReviewComment{{Author: "boss", Body: "by boss"}}},
	}
	if diff := cmp.Diff(want, threads, cmpopts.IgnoreFields(forge.ReviewComment{}, "ID")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	check(t, w.forge.Reply(t.Context(), repository, int64(pr.Number), threads[1], "done"))
	threads, err = w.forge.OpenThreads(t.Context(), repository, int64(pr.Number))
	check(t, err)
	if last := threads[1]; !last.Answered || len(last.Comments) != 2 || !last.Comments[1].Own || last.Comments[1].Body != "done" || threads[0].Answered {
		t.Errorf("the answer is not there, or not known as our own: %+v", threads)
	}
	check(t, w.ReplyToReview(answered, "boss", "not quite"))
	if threads, err = w.forge.OpenThreads(t.Context(), repository, int64(pr.Number)); err != nil || threads[1].Answered {
		t.Errorf("somebody said something since: %+v, %v", threads, err)
	}
	if _, err := w.forge.OpenThreads(t.Context(), "acme/none", 1); err == nil {
		t.Error("no such repository")
	}
	if err := w.forge.Reply(t.Context(), repository, int64(pr.Number), forge.ReviewThread{}, "x"); !fault.IsTerminal(err) {
		t.Errorf("a conversation without a comment: %v", err)
	}
}

// The last review of each who may write counts where it asks for changes; an answer is a comment of our own, made once.
func TestReviewsThatAskForChanges(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateBranch(repository, "feature/cart", ""))
	w.branch(t, "feature/cart", map[string]string{"cart.js": "1\n"})
	pr, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "The cart", Head: "feature/cart", Author: "ann"})
	check(t, err)
	for login, permission := range map[string]string{"rita": "write", "boss": "admin", "mia": "write", "reader": "read"} {
		check(t, w.SetPermission(repository, login, permission))
	}
	review := func(author, state, body string) { check(t, w.AddReview(repository, pr.Number, author, state, body)) }
	review("rita", "CHANGES_REQUESTED", "first thoughts")
	review("rita", "CHANGES_REQUESTED", "split this file")
	review("reader", "CHANGES_REQUESTED", "by somebody who may not write")
	review("boss", "CHANGES_REQUESTED", "no")
	review("boss", "APPROVED", "fine now")
	review("mia", "CHANGES_REQUESTED", "")
	review("mia", "COMMENTED", "only words")
	threads, err := w.forge.OpenThreads(t.Context(), repository, int64(pr.Number))
	check(t, err)
	want := []forge.ReviewThread{{Whole: true, Comments: []forge.ReviewComment{{Author: "rita", Body: "split this file"}}}}
	if diff := cmp.Diff(want, threads, cmpopts.IgnoreFields(forge.ReviewComment{}, "ID"), cmpopts.IgnoreFields(forge.ReviewThread{}, "ID")); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	for range 2 { // an answer whose answer was lost is made again, and is there once
		check(t, w.forge.Reply(t.Context(), repository, int64(pr.Number), threads[0], "done"))
	}
	threads, err = w.forge.OpenThreads(t.Context(), repository, int64(pr.Number))
	check(t, err)
	got, err := w.PullRequest(repository, pr.Number)
	check(t, err)
	if !threads[0].Answered || len(got.Comments) != 1 {
		t.Errorf("answered %t, with %d comments", threads[0].Answered, len(got.Comments))
	}
	review("rita", "CHANGES_REQUESTED", "not quite")
	if threads, err = w.forge.OpenThreads(t.Context(), repository, int64(pr.Number)); err != nil || threads[0].Answered {
		t.Errorf("another review asks again: %+v, %v", threads, err)
	}
}
