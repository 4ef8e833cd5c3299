// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// What can be wrong in the end. Each is counted by itself in the last line.
var (
	// errDouble: two builds worked at once, or a trigger was processed twice.
	errDouble = errors.New("done twice")
	// errLost: something is not as if nothing had happened.
	errLost = errors.New("lost")
	// errStuck: the end did not come.
	errStuck = errors.New("stuck")
	// errWasted: a build was started that nobody needed.
	errWasted = errors.New("started in vain")
	// errHistory: the lock table answered as no sequence of the design's operations would have it.
	errHistory = errors.New("not linearizable")
)

// check looks at all that a run leaves behind.
func (w *world) check(ctx context.Context, s scenario) error {
	err := errors.Join(w.checkWork(s), w.checkRows(s), w.checkHistory())
	if s.gone {
		return err // and there is no notification
	}
	return errors.Join(err, w.checkItem(ctx, s), w.checkOutside(s))
}

// checkWork: the work was done as often as it was to be, and by one build at a time.
func (w *world) checkWork(s scenario) error {
	seen := w.work.tally()
	var errs []error
	if seen.most > 1 {
		errs = append(errs, fmt.Errorf("%w: %d builds were live at once", errDouble, seen.most))
	}
	if seen.pushes > s.pushes || seen.worked > s.pushes {
		errs = append(errs, fmt.Errorf("%w: the work was pushed %d times and released %d times, want %d", errDouble, seen.pushes, seen.worked, s.pushes))
	}
	if seen.pushes < s.pushes {
		errs = append(errs, fmt.Errorf("%w: the work was pushed %d times, want %d", errLost, seen.pushes, s.pushes))
	}
	if started := len(w.builds.Builds()); started != s.builds {
		errs = append(errs, fmt.Errorf("%w: %d builds were started, want %d (%+v)", errWasted, started, s.builds, seen))
	}
	return errors.Join(errs...)
}

// checkItem: the status says how it ended.
func (w *world) checkItem(ctx context.Context, s scenario) error {
	item, err := w.item(ctx)
	if err != nil {
		return err
	}
	if c := conditionOf(item, "Succeeded"); c.Reason != s.reason || item.Status.Attempt == nil || item.Status.Attempt.Number != s.attempts {
		return fmt.Errorf("%w: want %s after %d attempts, got %s", errLost, s.reason, s.attempts, describe(item))
	}
	return nil
}

// checkRows: every row is free, and the card's record is there exactly if the trigger was processed.
func (w *world) checkRows(s scenario) error {
	held, err := w.held()
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("%w: %v are still held", errLost, held)
	}
	rows, err := w.tables.Rows(tableName)
	if err != nil {
		return fmt.Errorf("reading the lock table: %w", err)
	}
	records := 0
	for key := range rows {
		if strings.HasPrefix(key, "card#") {
			records++
		}
	}
	if records != s.pushes {
		return fmt.Errorf("%w: %d cards are recorded as processed, want %d", errLost, records, s.pushes)
	}
	return nil
}

// held are the keys of the rows that somebody holds.
func (w *world) held() (keys []string, err error) {
	rows, err := w.tables.Rows(tableName)
	if err != nil {
		return nil, fmt.Errorf("reading the lock table: %w", err)
	}
	for key, row := range rows {
		if status, _ := row[contract.AttrStatus]["S"].(string); status == inProgress {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// checkOutside: board, pull request and topic were notified, and the pull request not twice.
func (w *world) checkOutside(s scenario) error {
	card, err := w.github.Card(w.cardID)
	if err != nil {
		return fmt.Errorf("reading the card: %w", err)
	}
	var errs []error
	if s.column != "" && card.Status != s.column {
		errs = append(errs, fmt.Errorf("%w: the card is in the column %q, want %q", errLost, card.Status, s.column))
	}
	if len(w.topic.Messages()) == 0 {
		errs = append(errs, fmt.Errorf("%w: nobody was notified", errLost))
	}
	pull, err := w.github.PullRequest(repository, w.pull)
	if err != nil {
		return fmt.Errorf("reading the pull request: %w", err)
	}
	if most := max(1, s.comments); len(pull.Comments) > most {
		errs = append(errs, fmt.Errorf("%w: the pull request has %d comments, want %d", errLost, len(pull.Comments), most))
	}
	return errors.Join(errs...)
}

// checkHistory: the lock table answered as the design says.
func (w *world) checkHistory() error {
	log, wrong := w.recorder.history()
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %s", errHistory, strings.Join(wrong, "; "))
	}
	ok, err := linearizable(log)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %d operations on the lock table", errHistory, len(log))
	}
	return nil
}
