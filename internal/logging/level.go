// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
)

// Info states a fact, in the past tense, that nobody has to act on.
func Info(log logr.Logger, message string, keysAndValues ...any) {
	log.Info(message, keysAndValues...)
}

// Warn writes at the level warn: a person should look at it. logr has no such level; a logger that is not made by New
// writes it as info, with a key that says so.
func Warn(log logr.Logger, message string, keysAndValues ...any) {
	if sink, ok := log.GetSink().(zapr.Underlier); ok {
		sink.GetUnderlying().Sugar().Warnw(message, keysAndValues...)
		return
	}
	log.Info(message, append([]any{KeyLevel, "warn"}, keysAndValues...)...)
}
