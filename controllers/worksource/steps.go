// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

// poll is one look at a board. Each field is set by the one step that it names, and read by those after it.
type poll struct {
	began  time.Time            // when the poll began
	source *v1alpha1.WorkSource // steps change its status, and nothing else of it

	environment *v1alpha1.WorkEnvironment     // findEnvironment
	due         bool                          // schedule
	board       board.Board                   // resolve
	schema      board.Schema                  // resolve; list, if it drifted
	remembered  bool                          // resolve: the schema is an earlier poll's
	listing     board.Listing                 // list
	items       map[string]*v1alpha1.WorkItem // recall: the namespace's items, by name
	ready       map[string]bool               // choose: names of the items of every card in the ready status
	chosen      []chosenCard                  // choose
	skipped     tally                         // choose and apply

	failure error // the board's error that ended the poll; set by whichever step met it
}

// next is what becomes of a poll after a step.
type next int

const (
	goOn next = iota // the step is done
	wait             // nothing is to be done now
	stop             // the board could not be read; p.failure says why
)

// step is one part of a poll. Its error is Kubernetes': what goes wrong at the board is a condition.
type step interface {
	run(ctx context.Context, p *poll) (next, error)
}

// steps is the order of a poll. A new step is one file and one line.
func (r *Reconciler) steps() []step {
	return []step{
		findEnvironment{r.client, r.clock},
		schedule{},
		resolve{r.boards},
		list{},
		recall{r.client},
		choose{},
		apply{r.client, r.metrics},
		withdraw{r.client},
		retain{r.client, r.clock},
	}
}

// conditions is the source's set, at the time at which the poll began.
func (p *poll) conditions() conditions.Set {
	return conditions.Of(&p.source.Status.Conditions, p.source.Generation, p.began)
}

// ref names the board by the names that people use.
func (p *poll) ref() board.Ref {
	g := p.source.Spec.GitHub
	ref := board.Ref{
		Owner: g.Owner, ProjectNumber: int(g.ProjectNumber), StatusField: g.StatusField, ReadyStatus: g.ReadyStatus,
	}
	if branchOrigin(p.source) == v1alpha1.BranchFromProjectField {
		ref.BranchField = p.source.Spec.Branch.Field
	}
	return ref
}
