// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// EnvTraceParent is the trace that a build is a part of, in W3C's form and under OpenTelemetry's name for it in an
// environment (https://opentelemetry.io/docs/specs/otel/context/env-carriers/). It is absent where the controller sends no
// traces.
const EnvTraceParent = "TRACEPARENT"

// The spans of an attempt that both sides know.
const (
	// SpanAttempt is the whole.
	SpanAttempt = "attempt"
	// SpanBuild is the build; the worker's stages are parts of it.
	SpanBuild = "build"
)

// TraceID is the id of an attempt's trace, in hex. It is a hash of the lock's id: a call of StartBuild that is repeated after
// a crash must have the same parameters, and another leader tells the same trace.
func TraceID(lockID string) string {
	sum := sha256.Sum256([]byte("trace\x00" + lockID))
	return hex.EncodeToString(sum[:16])
}

// SpanID is the id of a span that an attempt has once, in hex.
func SpanID(lockID, name string) string {
	sum := sha256.Sum256([]byte("span\x00" + lockID + "\x00" + name))
	return hex.EncodeToString(sum[:8])
}

// TraceParent is the trace context of an attempt's build.
func TraceParent(lockID string) string {
	return fmt.Sprintf("00-%s-%s-01", TraceID(lockID), SpanID(lockID, SpanBuild))
}

// SpanOfRun is the name of a stage's span; a stage that ran before, as repair rounds have it run again, has its round in the name.
func SpanOfRun(stage Stage, before int) string {
	if before == 0 {
		return string(stage)
	}
	return fmt.Sprintf("%s, round %d", stage, before)
}
