// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// tell says how the item ended: on the board, on the pull request where the build could not, and to those who
// asked to be notified. Each part may be repeated; all are tried, whatever becomes of the others.
func (s *concludeStep) tell(ctx context.Context, item *v1alpha1.WorkItem) error {
	env, err := s.environment(ctx, item)
	switch {
	case apierrors.IsNotFound(err):
		env = nil
	case err != nil:
		return fmt.Errorf("reading the environment: %w", err)
	}
	source, err := s.source(ctx, item)
	switch {
	case apierrors.IsNotFound(err):
		source = nil
	case err != nil:
		return fmt.Errorf("reading the source: %w", err)
	}
	if env == nil || (item.Spec.SourceRef != nil && source == nil) {
		return nil // their deletion took the means to tell anybody with it
	}
	return errors.Join(
		s.setBoardStatus(ctx, item, source, env, finalBoardStatus(item, source)),
		s.comment(ctx, item, env),
		s.notify(ctx, item, env),
	)
}

// tellStarted gives the card the status that says that its work has begun. The work does not depend on it, so a
// failure is logged and tried again with the next look. It is called for a build that was just seen running, and not as
// soon as one was started: a leader that was frozen in between, and woken after its successor had finished, would move
// the finished card back before its stale status write is refused.
func (s *watchStep) tellStarted(ctx context.Context, item *v1alpha1.WorkItem) {
	source, err := s.source(ctx, item)
	if err != nil || source == nil || source.Spec.WriteBack == nil || source.Spec.WriteBack.Started == "" || stopRequested(item) != nil {
		return
	}
	env, err := s.environment(ctx, item)
	if err != nil {
		return
	}
	if err := s.setBoardStatus(ctx, item, source, env, source.Spec.WriteBack.Started); err != nil {
		log.FromContext(ctx).Info("Could not set the card's status", keyError, fault.Message(err))
	}
}

// finalBoardStatus is the status that the source wants an ended card to have; empty for none.
func finalBoardStatus(item *v1alpha1.WorkItem, source *v1alpha1.WorkSource) string {
	if source == nil || source.Spec.WriteBack == nil {
		return ""
	}
	// A withdrawn card stays where the person has moved it; one that was cancelled with kubectl must not look as if
	// somebody still worked on it.
	if reason := item.Condition(v1alpha1.ConditionSucceeded).Reason; reason == v1alpha1.ReasonWithdrawn || reason == v1alpha1.ReasonDeleted {
		return ""
	}
	if item.IsTrue(v1alpha1.ConditionSucceeded) {
		return source.Spec.WriteBack.Succeeded
	}
	return source.Spec.WriteBack.Failed
}

// setBoardStatus gives the card a status, unless it was given it before in this attempt.
func (d deps) setBoardStatus(ctx context.Context, item *v1alpha1.WorkItem, source *v1alpha1.WorkSource, env *v1alpha1.WorkEnvironment, name string) error {
	a := item.Status.Attempt
	if name == "" || item.Spec.Card == nil || a == nil || a.BoardStatus == name {
		return nil
	}
	cards, err := d.clients.Board(ctx, source, env)
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
		a.BoardStatus = name // it was moved on, or taken off the board: that is not undone
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

// commentMarker begins the comment of an item, so that it is replaced and not repeated.
const commentMarker = "<!-- kiro-worker:outcome -->"

// comment tells the pull request what happened, if a build was started and could not tell it itself.
func (s *concludeStep) comment(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) error {
	a := item.Status.Attempt
	if a == nil || a.Build == nil || a.PullRequestNotified || a.Parameters.PullRequest == 0 {
		return nil
	}
	told, err := s.workerTold(ctx, item)
	if err != nil || told {
		return err
	}
	repository, err := s.forge(ctx, item, env)
	if err != nil {
		return fmt.Errorf("reaching the pull request: %w", err)
	}
	if err := repository.Comment(ctx, a.Parameters.Repository, a.Parameters.PullRequest, commentMarker, outcomeComment(item)); err != nil {
		return fmt.Errorf("commenting on the pull request: %w", err)
	}
	a.PullRequestNotified = true
	return nil
}

// workerTold reports whether the build updated the pull request itself.
func (s *concludeStep) workerTold(ctx context.Context, item *v1alpha1.WorkItem) (bool, error) {
	a := item.Status.Attempt
	table, err := s.table(ctx, item)
	if err != nil {
		return false, err
	}
	card, err := table.Card(ctx, a.Parameters.CardKey)
	if err != nil {
		return false, fmt.Errorf("reading the card's record: %w", err)
	}
	row, err := branchRow(ctx, table, a)
	if err != nil {
		return false, err
	}
	e := gather(a, row, card)
	return e.result != nil && e.result.PullRequestUpdated, nil
}

// outcomeComment is what the pull request is told. Every part of it is ours or cleaned: no text of a tool.
func outcomeComment(item *v1alpha1.WorkItem) string {
	c := item.Condition(v1alpha1.ConditionSucceeded)
	return fmt.Sprintf("%s\n**Kiro Worker: %s.** The build could not update this pull request itself.\n\n%s\n\nWork item `%s/%s`, attempt %d, correlation id `%s`.\n",
		commentMarker, c.Reason, plainText(c.Message), item.Namespace, item.Name, item.Status.Attempt.Number, item.Status.CorrelationID)
}

// deadLetters is how the status names the dead-letter queue beside the environment's notification rules.
const deadLetters = "deadLetterQueueURL"

// destination is where the end of an item is sent.
type destination struct {
	name    string // a notification rule's, or deadLetters
	address string // a topic's ARN or a queue's URL
}

// notify sends the end of the item by each rule that asks for it, and to the dead-letter queue.
func (s *concludeStep) notify(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) error {
	var errs []error
	for _, to := range destinations(item, env) {
		notifier, err := s.clients.Notifier(ctx, item.Namespace, env.Spec.AWS, to.address)
		if err == nil {
			err = notifier.Notify(ctx, to.address, notification(item))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("notifying %s: %w", to.name, err))
			continue
		}
		item.Status.Notified = append(item.Status.Notified, to.name)
	}
	return errors.Join(errs...)
}

// destinations are those that the end of the item was not sent to yet.
func destinations(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) []destination {
	phase := string(item.FinalPhase())
	var all []destination
	for _, rule := range env.Spec.Notifications {
		if slices.Contains(rule.On, phase) {
			all = append(all, destination{name: rule.Name, address: rule.Address()})
		}
	}
	if q := env.Spec.DeadLetterQueueURL; q != "" && phase == string(v1alpha1.PhaseFailed) {
		all = append(all, destination{name: deadLetters, address: q})
	}
	return slices.DeleteFunc(all, func(d destination) bool { return slices.Contains(item.Status.Notified, d.name) })
}
