// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const marker = "<!-- kiro-worker:1 -->"

func (w *world) pull(t *testing.T) emulator.PullRequest {
	t.Helper()
	w.branch(t, "feature/cart", spec)
	pull, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Cart", Body: "as opened", Head: "feature/cart"})
	check(t, err)
	return pull
}

func (w *world) comments(t *testing.T, number int) []string {
	t.Helper()
	pull, err := w.PullRequest(repository, number)
	check(t, err)
	var bodies []string
	for _, comment := range pull.Comments {
		bodies = append(bodies, comment.Body)
	}
	return bodies
}

func TestGet(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	got, err := w.forge.Get(t.Context(), repository, int64(pull.Number))
	check(t, err)
	want := forge.PullRequest{
		Number: int64(pull.Number), URL: pull.URL, State: "OPEN", HeadBranch: "feature/cart",
		HeadRepository: repository, Body: "as opened",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, merged := range []bool{false, true} {
		check(t, w.ClosePullRequest(repository, pull.Number, merged))
		got, err = w.forge.Get(t.Context(), repository, int64(pull.Number))
		check(t, err)
		if want := map[bool]string{false: "CLOSED", true: "MERGED"}[merged]; got.State != want {
			t.Errorf("merged %t: state %q, want %q", merged, got.State, want)
		}
	}
	if _, err = w.forge.Get(t.Context(), repository, 4711); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("one that does not exist: %v", err)
	}
	if _, err = w.forge.Get(t.Context(), "acme/shop/../../user", 1); fault.CodeOf(err) != fault.CodeInvalidRequest {
		t.Errorf("a repository's name that is a path: %v", err)
	}
	w.fail("GET /repos/{owner}/{repo}/pulls/{number}", 1, faults.Fault{NotJSON: true, Status: 200})
	if _, err = w.forge.Get(t.Context(), repository, int64(pull.Number)); fault.CodeOf(err) != fault.CodeInvalidAnswer {
		t.Errorf("a web page: %v", err)
	}
}

func TestGetSeesChangesThroughETags(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	for _, body := range []string{"one", "one", "two"} {
		check(t, w.forge.UpdateBody(t.Context(), repository, int64(pull.Number), body))
		for range 2 {
			got, err := w.forge.Get(t.Context(), repository, int64(pull.Number))
			check(t, err)
			if got.Body != body {
				t.Errorf("the body is %q, want %q", got.Body, body)
			}
		}
	}
}

func TestUpdateBody(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	for name, body := range map[string]string{
		"Long":     strings.Repeat("ü", maxText),
		"Japanese": strings.Repeat("本", maxText/2) + "\r\nthe end",
	} {
		check(t, w.forge.UpdateBody(t.Context(), repository, int64(pull.Number), body))
		got, err := w.PullRequest(repository, pull.Number)
		check(t, err)
		if got.Body != body {
			t.Errorf("%s: what GitHub takes is written whole: %d bytes became %d", name, len(body), len(got.Body))
		}
	}
	check(t, w.forge.UpdateBody(t.Context(), repository, int64(pull.Number), "before"))
	err := w.forge.UpdateBody(t.Context(), repository, int64(pull.Number), strings.Repeat("ü", maxText+1))
	if !fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeInvalidRequest || !strings.Contains(err.Error(), "shorten it") {
		t.Errorf("a body that is too long is refused, with what to do: %v", err)
	}
	if got, err := w.PullRequest(repository, pull.Number); err != nil || got.Body != "before" {
		t.Errorf("it is never cut: %d bytes, %v", len(got.Body), err)
	}
	w.AddToken("ghp_read", "reader", emulator.ReadRights())
	if err := w.as(t, "ghp_read").UpdateBody(t.Context(), repository, int64(pull.Number), "x"); fault.CodeOf(err) != fault.CodeAccessDenied || !fault.IsTerminal(err) {
		t.Errorf("a token that may only read: %v", err)
	}
}

func TestCommentIsReplaced(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	for i := range 120 { // more than a page before ours
		check(t, w.AddComment(pull.ID, "someone", fmt.Sprintf("comment %d, with %s inside", i, marker)))
	}
	check(t, w.AddComment(pull.ID, "someone", marker+"\nnot ours: whoever wrote it can change it"))
	before := len(w.comments(t, pull.Number))
	check(t, w.forge.Comment(t.Context(), repository, int64(pull.Number), marker, "first"))
	check(t, w.forge.Comment(t.Context(), repository, int64(pull.Number), marker, marker+"\nsecond"))
	check(t, w.forge.Comment(t.Context(), repository, int64(pull.Number), "<!-- another -->", "third"))
	got := w.comments(t, pull.Number)[before:]
	if diff := cmp.Diff([]string{marker + "\nsecond", "<!-- another -->\nthird"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	check(t, w.forge.Comment(t.Context(), repository, int64(pull.Number), "<!-- another -->", strings.Repeat("ü", 2*maxText)))
	if got := w.comments(t, pull.Number)[before+1]; utf8.RuneCountInString(got) != maxText {
		t.Errorf("a comment of ours is cut to what GitHub takes, got %d characters", utf8.RuneCountInString(got))
	}
	w.fail("GET /repos/{owner}/{repo}/issues/{number}/comments", 2, faults.Fault{Status: 502, Body: "x"})
	if err := w.forge.Comment(t.Context(), repository, int64(pull.Number), marker, "fourth"); fault.CodeOf(err) != fault.CodeUnreachable {
		t.Errorf("half a search must not make a second comment: %v", err)
	}
	if after := len(w.comments(t, pull.Number)); after != before+2 {
		t.Errorf("%d comments, want %d", after, before+2)
	}
}
