// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"errors"
	"testing"

	"github.com/go-logr/logr/funcr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestEnded(t *testing.T) {
	for name, c := range map[string]struct {
		why     string
		objects []client.Object
		status  string
		sent    int
	}{
		"all there":      {"everybody is notified", []client.Object{source(), environment()}, "In Review", 1},
		"no environment": {"its deletion removed the means", []client.Object{source()}, "In Progress", 0},
		"no source":      {"its deletion removed the means", []client.Object{environment()}, "In Progress", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.status = "In Progress"
			if err := w.reporter(c.objects...).Ended(t.Context(), ended(v1alpha1.ReasonSucceeded)); err != nil {
				t.Error(err)
			}
			if w.status != c.status || len(w.sent) != c.sent {
				t.Errorf("%s: the card is in %q, sent to %v", c.why, w.status, w.sent)
			}
		})
	}
}

// A board that cannot be reached does not keep the others from being notified.
func TestEndedTriesAll(t *testing.T) {
	w := newWorld(t)
	w.boardErr = errors.New("denied")
	if err := w.reporter(source(), environment()).Ended(t.Context(), ended(v1alpha1.ReasonTestsFailed)); err == nil {
		t.Error("that the board was not reached is not reported")
	}
	if len(w.sent) != 3 || len(w.comments) != 1 {
		t.Errorf("sent to %v, %d comments", w.sent, len(w.comments))
	}
}

func TestStarted(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		want   string
	}{
		"runs":      {"people see that it is worked on", func(*v1alpha1.WorkItem) {}, "In Progress"},
		"cancelled": {"it is about to end", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }, "Ready"},
	} {
		t.Run(name, func(t *testing.T) {
			w, item := newWorld(t), ended("")
			c.change(item)
			if w.reporter(source(), environment()).Started(t.Context(), item); w.status != c.want {
				t.Errorf("%s: the card is in %q", c.why, w.status)
			}
		})
	}
}

// Each look tries it again; the log has a warning when the trouble begins or changes, and not one a look.
func TestStartedLogsTroubleOnce(t *testing.T) {
	var lines []string
	ctx := log.IntoContext(t.Context(), funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}))
	w := newWorld(t)
	r, item := w.reporter(source(), environment()), ended("")
	for _, err := range []error{errors.New("denied"), errors.New("denied"), errors.New("throttled"), errors.New("throttled")} {
		w.boardErr = err
		r.Started(ctx, item)
	}
	if len(lines) != 2 {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
}
