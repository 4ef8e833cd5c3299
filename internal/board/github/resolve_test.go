// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func TestResolve(t *testing.T) {
	w := newWorld(t)
	_, _ = w.CreateProject(emulator.Project{Owner: "someone", User: true, Title: "Mine", StatusOptions: []string{ready}})
	w.AddToken("ghp_none", "stranger", emulator.Rights{Contents: emulator.Read})
	w.AddToken("ghp_classic", "classic", emulator.Rights{Contents: emulator.Read, Classic: true})
	cases := map[string]struct {
		why    string
		token  string
		change func(*board.Ref)
		part   board.Part
		code   fault.Code
		says   []string
	}{
		"Organisation": {why: "An organisation's board is found without saying that it is one."},
		"User":         {why: "So is a user's.", change: func(r *board.Ref) { r.Owner, r.ProjectNumber = "someone", 1 }},
		"NoOwner": {why: "A typing mistake in the owner.", change: func(r *board.Ref) { r.Owner = "acne" },
			part: board.PartBoard, code: fault.CodeNotFound, says: []string{`"acne"`, "correct owner"}},
		"NoBoard": {why: "A board that does not exist.", change: func(r *board.Ref) { r.ProjectNumber = 99 },
			part: board.PartBoard, code: fault.CodeNotFound, says: []string{"acme has no project 99", "grant the token access"}},
		"NoField": {why: "The message lists the fields that there are.", change: func(r *board.Ref) { r.StatusField = "Stage" },
			part: board.PartStatusField, code: fault.CodeNotFound, says: []string{`"Stage"`, `it has "Status"`}},
		"TextField": {why: "A text field has no options.", change: func(r *board.Ref) { r.StatusField = "Branch" },
			part: board.PartStatusField, code: fault.CodeNotFound, says: []string{`no single-select field "Branch"`, `it has "Status"`}},
		"NoOption": {why: "A renamed option differs from an empty board.", change: func(r *board.Ref) { r.ReadyStatus = "Ready" },
			part: board.PartReadyStatus, code: fault.CodeNotFound, says: []string{`no option "Ready"`, `it has "Todo", "For Implementation", "Done"`}},
		"NoRights":  {why: "A token that may not read projects.", token: "ghp_none", code: fault.CodeAccessDenied, says: []string{"grant"}},
		"NoScope":   {why: "A classic token lacks a scope.", token: "ghp_classic", code: fault.CodeAccessDenied, says: []string{"read:project"}},
		"BadToken":  {why: "A token that GitHub does not know.", token: "ghp_gone", code: fault.CodeUnauthorized, says: []string{"refused"}},
		"NoWarning": {why: "A board without a branch field resolves: not every source has one.", change: func(r *board.Ref) { r.BranchField = "" }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b, ref := w.board, w.ref
			if c.token != "" {
				b = w.as(t, c.token)
			}
			if c.change != nil {
				c.change(&ref)
			}
			schema, err := b.Resolve(t.Context(), ref)
			if fault.CodeOf(err) != c.code {
				t.Fatalf("%s\ncode %q, want %q: %v", c.why, fault.CodeOf(err), c.code, err)
			}
			if err == nil {
				if schema.ProjectID == "" || schema.StatusFieldID == "" || schema.ReadyOptionID == "" || schema.Options[ready] != schema.ReadyOptionID {
					t.Errorf("%s\n%+v", c.why, schema)
				}
				return
			}
			var absent *board.NotFoundError
			if got := errors.As(err, &absent); got != (c.part != "") || (got && absent.Part != c.part) || !fault.IsTerminal(err) {
				t.Errorf("%s\ngot %#v, want part %q", c.why, err, c.part)
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%s\n%q does not say %q", c.why, err, word)
				}
			}
		})
	}
}

func TestRenamedOptionIsNoticed(t *testing.T) {
	w := newWorld(t)
	before := w.schema(t)
	check(t, w.RenameOption(w.project, ready, "Build it"))
	_, err := w.board.Resolve(t.Context(), w.ref)
	var absent *board.NotFoundError
	if !errors.As(err, &absent) || absent.Part != board.PartReadyStatus || !strings.Contains(err.Error(), `"Build it"`) {
		t.Errorf("got %v", err)
	}
	w.ref.ReadyStatus = "Build it"
	if after := w.schema(t); after.ReadyOptionID != before.ReadyOptionID {
		t.Errorf("the option's id changed from %s to %s", before.ReadyOptionID, after.ReadyOptionID)
	}
}

func TestManyNamesAreCut(t *testing.T) {
	names := make([]string, 40)
	for i := range names {
		names[i] = strings.Repeat("name\n", 30)
	}
	text := listed(names)
	if len(text) > 800 || !strings.HasSuffix(text, "and 28 more") || strings.Contains(text, "\n") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	if diff := cmp.Diff(`none`, listed(nil)); diff != "" {
		t.Error(diff)
	}
}
