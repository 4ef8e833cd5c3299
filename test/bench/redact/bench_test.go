// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

func BenchmarkRedactKnown(b *testing.B) {
	benchmark(b, redact.Options{Known: secrets(), KnownOnly: true})
}
func BenchmarkRedactRules(b *testing.B) { benchmark(b, redact.Options{Known: secrets()}) }

func benchmark(b *testing.B, o redact.Options) {
	b.Helper()
	text, r := logs(1, 8*mega), redact.New(o)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := through(r, text); err != nil {
			b.Fatal(err)
		}
	}
}
