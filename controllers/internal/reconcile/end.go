// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// conflictRetry is how soon a reconcile that lost against another writer is done again: the cache has the other's
	// write within milliseconds, and backing off would only delay what is known to be waiting.
	conflictRetry = 100 * time.Millisecond
	// terminalRecheck is how soon something is looked at again that only a person can fix.
	terminalRecheck = 2 * time.Minute
	// shortestWait bounds how soon a wait ends, so that a service that asks for no time at all is not asked in a loop.
	shortestWait = time.Second
)

// End turns a reconcile's end into the queue's words, in the one way of all controllers. A conflict is a quiet requeue:
// somebody else wrote, and the next reconcile sees what. An object that is gone is the end. A wait is not a failure. A
// terminal error, which a condition says, is looked at again after a while, because no object is ever given up silently.
// Everything else is left to the queue's backoff.
func End(result Result, err error) (ctrl.Result, error) {
	switch wait, isWait := fault.AsWait(err); {
	case err == nil:
		return ctrl.Result{RequeueAfter: result.after}, nil
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictRetry}, nil
	case errors.Is(err, ErrGone):
		return ctrl.Result{}, nil
	case isWait && wait.After > 0:
		return ctrl.Result{RequeueAfter: max(wait.After, shortestWait)}, nil
	case fault.IsTerminal(err):
		return ctrl.Result{RequeueAfter: terminalRecheck}, nil
	}
	return ctrl.Result{}, fmt.Errorf("reconciling: %w", err)
}
