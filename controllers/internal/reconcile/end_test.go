// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestEnd(t *testing.T) {
	resource := schema.GroupResource{Group: "kiro-worker.io", Resource: "workitems"}
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		why   string
		err   error
		after time.Duration
		fails bool
	}{
		"no error": {"the result's own time counts", nil, time.Minute, false},
		"conflict": {
			"somebody else wrote; the next reconcile sees what", fmt.Errorf("writing the status: %w", apierrors.NewConflict(resource, "a", cause)),
			100 * time.Millisecond, false,
		},
		"gone":     {"there is nothing left to do", fmt.Errorf("writing the status: %w", reconcile.ErrGone), 0, false},
		"wait":     {"a wait is no failure", fault.NewWait(10*time.Second, fault.CodeRateLimited, cause), 10 * time.Second, false},
		"no wait":  {"who asks to wait without saying how long is left to the backoff", fault.NewWait(0, fault.CodeRateLimited, cause), 0, true},
		"short":    {"nobody is asked in a loop", fault.NewWait(time.Millisecond, fault.CodeRateLimited, cause), time.Second, false},
		"terminal": {"no object is given up silently", fault.NewTerminal(fault.CodeNotFound, cause), 2 * time.Minute, false},
		"other":    {"is left to the backoff", cause, 0, true},
		"not found": {
			"something else that is missing, such as a Secret, is an error like any other",
			apierrors.NewNotFound(resource, "a"), 0, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reconcile.End(reconcile.WaitFor(time.Minute), c.err)
			if (err != nil) != c.fails || got.RequeueAfter != c.after {
				t.Errorf("%s: again after %s, %v; want after %s", c.why, got.RequeueAfter, err, c.after)
			}
		})
	}
}
