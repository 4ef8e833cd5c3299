// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package reconcile is the skeleton of all three controllers: steps and how their results combine, the one deferred
// status patch, finalizers, how a reconcile ends, and events on transitions. What a step does, and what it decides, is
// its controller's.
//
//	get the object
//	deletion path            the controller's
//	finalizer                EnsureFinalizer
//	steps                    Run: up to the first that is not done
//	one status patch         PatchStatus, also after an error
//	events and log lines     Recorder.Transitions, Recorder.Record
//	result                   End: conflict, gone, wait, terminal, error
package reconcile
