// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// finalBoardStatus is the status that the source wants an ended card to have; empty for none.
func finalBoardStatus(item *v1alpha1.WorkItem, source *v1alpha1.WorkSource) string {
	if source == nil || source.Spec.WriteBack == nil {
		return ""
	}
	// A withdrawn card stays where the person has moved it; one that was cancelled with kubectl must not look as if
	// somebody still worked on it.
	switch contract.Outcome(item.Condition(v1alpha1.ConditionSucceeded).Reason) {
	case contract.OutcomeWithdrawn, contract.OutcomeDeleted:
		return ""
	}
	if item.IsTrue(v1alpha1.ConditionSucceeded) {
		return source.Spec.WriteBack.Succeeded
	}
	return source.Spec.WriteBack.Failed
}

// setBoardStatus gives the card a status, unless it was given it before in this attempt. An item that ended before its first attempt,
// cancelled in the queue or processed elsewhere, has none, and is reported once.
func (r *Reporter) setBoardStatus(ctx context.Context, item *v1alpha1.WorkItem, source *v1alpha1.WorkSource, env *v1alpha1.WorkEnvironment, name string) error {
	a := item.Status.Attempt
	if a == nil {
		a = &v1alpha1.Attempt{}
	}
	if name == "" || item.Spec.Card == nil || a.BoardStatus == name {
		return nil
	}
	cards, err := r.access.Clients.Board(ctx, source, env)
	if err != nil {
		return fmt.Errorf("reaching the board: %w", err)
	}
	gh := source.Spec.GitHub
	ref := board.Ref{
		Owner: gh.Owner, ProjectNumber: int(gh.ProjectNumber), StatusField: gh.StatusField, ReadyStatus: gh.ReadyStatus,
	}
	schema, err := cards.Resolve(ctx, ref)
	if err != nil {
		return fmt.Errorf("resolving the board: %w", err)
	}
	seen, err := cards.Cards(ctx, ref, []string{item.Spec.Card.ID})
	if err != nil {
		return fmt.Errorf("looking at the card: %w", err)
	}
	if card, ok := seen[item.Spec.Card.ID]; !ok || movedByPerson(card.Status, source) {
		a.BoardStatus = name // it was moved on, or removed from the board: that is not undone
		return nil
	}
	option, ok := schema.Options[name]
	if !ok {
		return fmt.Errorf("the board's field %q has no option %q; correct writeBack of WorkSource %s", gh.StatusField, name, source.Name)
	}
	if err := cards.SetStatus(ctx, schema, item.Spec.Card.ID, option); err != nil {
		return fmt.Errorf("setting the card's status: %w", err)
	}
	a.BoardStatus = name
	return nil
}

// movedByPerson reports whether a card has a status that neither the source nor the controller gives it.
func movedByPerson(status string, source *v1alpha1.WorkSource) bool {
	back := source.Spec.WriteBack
	return !slices.Contains([]string{"", source.Spec.GitHub.ReadyStatus, back.Started, back.Succeeded, back.Failed}, status)
}
