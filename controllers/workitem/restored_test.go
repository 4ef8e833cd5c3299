// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// beat is a build that claims its lock and renews its lease until that is refused, and then does nothing more. What it
// was told is sent to lost.
func beat(lost chan<- error) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		for err == nil {
			time.Sleep(time.Millisecond) // the emulator's builds run in real time
			now := w.clock.Now()
			err = w.table.Heartbeat(ctx, k.Lock, k.arn, now, now.Add(k.parameters.LeaseDuration), lock.Progress{Stage: contract.StageAgent})
		}
		lost <- err
		return err
	}
}

// rows are the table's, by key: a backup.
func (w *world) rows() map[string]emulatordynamodb.Row {
	w.t.Helper()
	rows, err := w.dynamodb.Rows(tableName)
	w.must(err)
	return rows
}

// restore makes the table what it was when the backup was made. A nil backup is a table that was made anew.
func (w *world) restore(backup map[string]emulatordynamodb.Row) {
	w.t.Helper()
	for key := range w.rows() {
		w.must(w.dynamodb.DeleteRow(tableName, key))
	}
	for _, row := range backup {
		w.must(w.dynamodb.PutRow(tableName, row))
	}
}

// The lock table is deleted and made again while a build runs: the build loses its lock and does nothing more, and the
// work is begun anew once it is over.
func TestATableThatIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	lost := make(chan error, 1)
	w.work = beat(lost)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	w.restore(nil)
	if err := <-lost; !errors.Is(err, lock.ErrNotHolder) {
		t.Errorf("the build was told %v, want that it has lost its lock", err)
	}
	w.work = succeed
	item := w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 2 || w.starts() != 2 || w.held() != 0 {
		t.Errorf("phase %s, attempt %d, %d builds, %d rows held", item.Status.Phase, item.Status.Attempt.Number, w.starts(), w.held())
	}
}

// A backup brings back the rows of an attempt that is long over, as in progress. Nothing is taken from them by time alone;
// once the lease has ended, and CodeBuild says that their build is over, they are freed: by the sweep, or by who needs
// them.
func TestRowsThatComeBackFromABackup(t *testing.T) {
	for name, freed := range map[string]func(*world){
		"by the sweep": func(w *world) {
			for range 2 {
				w.must(w.r.Sweep(w.t.Context(), w.environment()))
				w.clock.Step(settling)
			}
		},
		"by who needs them": func(w *world) { w.until("two", "concluded", concluded) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.work = beat(make(chan error, 1))
			w.branch("feature/x")
			w.item("one", "feature/x")
			w.until("one", "running", isRunning)
			backup := w.rows()
			w.cancel("one")
			w.until("one", "concluded", concluded)
			w.work = succeed

			w.restore(backup)
			w.item("two", "feature/x")
			for range 5 {
				w.look("two")
				w.must(w.r.Sweep(t.Context(), w.environment()))
				w.clock.Step(time.Minute)
			}
			if w.held() != 2 || w.starts() != 1 {
				t.Fatalf("a lock whose lease has not ended was freed: %d rows held, %d builds", w.held(), w.starts())
			}
			w.clock.Step(2 * time.Hour)
			freed(w)
			if w.held() != 0 {
				t.Errorf("%d rows are still held", w.held())
			}
			if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded || w.starts() != 2 {
				t.Errorf("%d builds, %s", w.starts(), describe(item))
			}
		})
	}
}
