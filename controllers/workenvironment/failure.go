// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"errors"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// What follows from the failures of a reconcile's steps. A step that brings a condition fails because of a service: the
// condition says so, and the environment's own schedule repeats it. A step that brings none fails because of Kubernetes:
// its error is left to the queue's backoff.

// reportFailure sets a condition from the error of its step. A service that asks to wait is not a failure: what was found
// usable stays so. Where a service does not answer, nothing is known.
func reportFailure(environment *v1alpha1.WorkEnvironment, now time.Time, kind string, err error) {
	set := conditionsOf(environment, now)
	_, isWait := fault.AsWait(err)
	switch known := conditionOf(environment, kind); {
	case isWait && known.Status == metav1.ConditionTrue && known.ObservedGeneration == environment.Generation:
	case isWait:
		set.Unknown(kind, conditions.Reason(err), fault.Message(err))
	case fault.IsTerminal(err):
		set.Fail(kind, err)
	default:
		set.Unknown(kind, conditions.Reason(err), strings.TrimRight(fault.Message(err), ".")+". It is checked again automatically.")
	}
}

// gravest is what several failures of one check come to: those that only a person can fix, all of them, so that all are fixed
// at once; else the first.
func gravest(failures []error) error {
	var terminal []error
	for _, err := range failures {
		if _, isWait := fault.AsWait(err); !isWait && fault.IsTerminal(err) {
			terminal = append(terminal, err)
		}
	}
	switch {
	case len(failures) == 0:
		return nil
	case len(terminal) == 0:
		return failures[0]
	}
	return errors.Join(terminal...)
}

// needsPerson reports whether one of the failures does not go away until a person does something.
func needsPerson(failures []reconcile.Failure) bool {
	for _, f := range failures {
		if _, isWait := fault.AsWait(f.Err); !isWait && fault.IsTerminal(f.Err) {
			return true
		}
	}
	return false
}

// longestWait is how long the services asked to wait: as long as the one that asked for most.
func longestWait(failures []reconcile.Failure) time.Duration {
	var longest time.Duration
	for _, f := range failures {
		if w, ok := fault.AsWait(f.Err); ok {
			longest = max(longest, w.After)
		}
	}
	return longest
}

// kubernetesError is the error of the steps that no condition reports, or nil.
func kubernetesError(failures []reconcile.Failure) error {
	var all []error
	for _, f := range failures {
		if f.Condition == "" {
			all = append(all, f.Err)
		}
	}
	return errors.Join(all...)
}
