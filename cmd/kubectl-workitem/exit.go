// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Exit codes. Scripts rely on them: docs/kubectl-workitem.md lists them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitNotFound    = 4
	exitInterrupted = 130
)

// An exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap implements errors.Unwrap.
func (e *exitError) Unwrap() error { return e.err }

// misused says that the program was called wrongly.
func misused(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// refused says that the current state forbids what was asked for. Nothing was changed.
func refused(format string, args ...any) error {
	return &exitError{exitRefused, fmt.Errorf(format, args...)}
}

// exitCode is what the program ends with.
func exitCode(ctx context.Context, err error) int {
	var own *exitError
	var refusal *lock.Refusal
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &own):
		return own.code
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &refusal):
		return exitRefused
	case apierrors.IsNotFound(err):
		return exitNotFound
	}
	return exitFailed
}

// explain adds to an error of the API server what a person can do about it.
func explain(err error, namespace string) error {
	var advice string
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err):
		advice = fmt.Sprintf("in namespace %s; list all items with `kubectl workitem list -A`, and name the namespace with -n", namespace)
	case meta.IsNoMatchError(err):
		advice = "this cluster does not know Kiro Worker's kinds: choose another with --context, or install Kiro Worker there"
	case apierrors.IsForbidden(err):
		advice = "ask an administrator of the namespace for the role `view` to look, or `edit` to change work items"
	case apierrors.IsUnauthorized(err):
		advice = "log in to the cluster again, or choose another user with --user or --context"
	default:
		return err
	}
	return fmt.Errorf("%w: %s", err, advice)
}

// say is an error as it is shown: one line, without what could drive a terminal.
func say(err error) string { return fault.Message(err) }
