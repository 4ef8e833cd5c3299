// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fault holds the three kinds of error, and cleans their text for people. It knows no provider.
//
// A Terminal error will not go away by itself: trying again is pointless until somebody changes something. A
// Wait is no failure at all: what is needed is not there yet, look again after a time. Everything else is
// retryable with backoff. A provider's error code becomes a kind in one file a provider, by code and never by
// text. A network error is never terminal.
package fault

import (
	"errors"
	"time"
)

// Code is a provider-neutral name of what went wrong. Controllers turn it into a condition's reason.
type Code string

// The codes that implementations of ports give.
const (
	// CodeUnknown is everything that has no code of its own.
	CodeUnknown Code = ""
	// CodeNotFound: the thing asked for does not exist, or the credentials cannot see it.
	CodeNotFound Code = "NotFound"
	// CodeUnauthorized: the credentials were refused.
	CodeUnauthorized Code = "Unauthorized"
	// CodeAccessDenied: the credentials are good, a permission is missing.
	CodeAccessDenied Code = "AccessDenied"
	// CodeCredentialsInvalid: the secret is absent or malformed.
	CodeCredentialsInvalid Code = "CredentialsInvalid"
	// CodeEndpointNotAllowed: a custom endpoint is not on the allow list.
	CodeEndpointNotAllowed Code = "EndpointNotAllowed"
	// CodeRateLimited: the service asked to wait.
	CodeRateLimited Code = "RateLimited"
	// CodeCapacity: an account's or a project's limit is reached.
	CodeCapacity Code = "Capacity"
	// CodeUnreachable: no answer, a cut connection, a 5xx.
	CodeUnreachable Code = "Unreachable"
	// CodeInvalidAnswer: an answer that is not in the service's protocol.
	CodeInvalidAnswer Code = "InvalidAnswer"
	// CodeInvalidRequest: the service says that the request itself is wrong.
	CodeInvalidRequest Code = "InvalidRequest"
	// CodeInvalidConfiguration: what is referred to is not as it must be.
	CodeInvalidConfiguration Code = "InvalidConfiguration"
)

// Terminal is an error that trying again does not fix.
type Terminal struct {
	// Code says what went wrong.
	Code Code
	// Err says it to a person, with what to do about it.
	Err error
}

// Error implements error.
func (e *Terminal) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *Terminal) Unwrap() error { return e.Err }

// Wait is not a failure: look again after a time.
type Wait struct {
	// After is how long to wait; zero leaves it to the caller's backoff.
	After time.Duration
	// Code says what is waited for.
	Code Code
	// Err says it to a person.
	Err error
}

// Error implements error.
func (e *Wait) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *Wait) Unwrap() error { return e.Err }

// Retryable is any other error whose code is known.
type Retryable struct {
	// Code says what went wrong.
	Code Code
	// Err says it to a person.
	Err error
}

// Error implements error.
func (e *Retryable) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *Retryable) Unwrap() error { return e.Err }

// NewTerminal makes err terminal.
func NewTerminal(code Code, err error) error { return &Terminal{Code: code, Err: err} }

// NewWait makes err a wait of the given length.
func NewWait(after time.Duration, code Code, err error) error {
	return &Wait{After: after, Code: code, Err: err}
}

// NewRetryable gives a retryable error a code.
func NewRetryable(code Code, err error) error { return &Retryable{Code: code, Err: err} }

// IsTerminal reports whether err is terminal.
func IsTerminal(err error) bool {
	var t *Terminal
	return errors.As(err, &t)
}

// AsWait returns the wait in err's chain, if there is one.
func AsWait(err error) (*Wait, bool) {
	var w *Wait
	ok := errors.As(err, &w)
	return w, ok
}

// coded is an error of any kind that has a code.
type coded interface {
	error
	code() Code
}

func (e *Terminal) code() Code  { return e.Code }
func (e *Wait) code() Code      { return e.Code }
func (e *Retryable) code() Code { return e.Code }

// CodeOf returns the code of the first coded error in err's tree, or CodeUnknown.
func CodeOf(err error) Code {
	var c coded
	if errors.As(err, &c) {
		return c.code()
	}
	return CodeUnknown
}
