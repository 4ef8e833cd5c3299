// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The spec's names are turned into the board's ids, so that a renamed option is told apart from an empty board. The ids are
// kept in the status until the spec changes or the listing does not fit them any more.

// The longest titles, in bytes: what the schema allows, and what a message shows.
const (
	maxTitle          = 256
	maxTitleInMessage = 100
)

// remembered is the schema that an earlier poll found for this very spec.
func remembered(source *v1alpha1.WorkSource) (board.Schema, bool) {
	ids := source.Status.Board
	if ids == nil {
		return board.Schema{}, false
	}
	for _, c := range source.Status.Conditions {
		if c.Type == v1alpha1.ConditionBoardResolved && c.Status == metav1.ConditionTrue && c.ObservedGeneration == source.Generation {
			return board.Schema{
				ProjectID: ids.ProjectID, Title: ids.Title, StatusFieldID: ids.StatusFieldID, ReadyOptionID: ids.ReadyOptionID,
			}, true
		}
	}
	return board.Schema{}, false
}

// lookUp asks the board for its ids, records them in the status and sets BoardResolved.
func lookUp(ctx context.Context, b board.Resolver, source *v1alpha1.WorkSource, now time.Time) (board.Schema, error) {
	schema, err := b.Resolve(ctx, boardRef(source))
	if err != nil {
		return board.Schema{}, &boardError{err} // it says which board was looked up
	}
	source.Status.Board = &v1alpha1.ResolvedBoard{
		ProjectID: schema.ProjectID, StatusFieldID: schema.StatusFieldID, ReadyOptionID: schema.ReadyOptionID,
		Title: fault.Cut(schema.Title, maxTitle),
	}
	conditionsOf(source, now).True(v1alpha1.ConditionBoardResolved, v1alpha1.ReasonResolved, resolvedMessage(source, schema))
	return schema, nil
}

func resolvedMessage(source *v1alpha1.WorkSource, schema board.Schema) string {
	text := fmt.Sprintf("Board %q has the status %q.", fault.Cut(schema.Title, maxTitleInMessage), source.Spec.GitHub.ReadyStatus)
	if absent := absentWriteBack(source, schema); len(absent) > 0 {
		text += fmt.Sprintf(" It lacks %s, which spec.writeBack names. Add it to the board or change spec.writeBack; until then cards keep their status and none counts as withdrawn.",
			strings.Join(absent, ", "))
	}
	return text
}

// absentWriteBack names the statuses of write-back that the board does not have.
func absentWriteBack(source *v1alpha1.WorkSource, schema board.Schema) []string {
	var absent []string
	for _, name := range writeBackStatuses(source) {
		if _, ok := schema.Options[name]; !ok {
			absent = append(absent, fmt.Sprintf("%q", name))
		}
	}
	return absent
}

// writeBackStatuses are the statuses that cards are given as their work goes on.
func writeBackStatuses(source *v1alpha1.WorkSource) []string {
	if source.Spec.WriteBack == nil {
		return nil
	}
	var names []string
	for _, name := range []string{source.Spec.WriteBack.Started, source.Spec.WriteBack.Succeeded, source.Spec.WriteBack.Failed} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}
