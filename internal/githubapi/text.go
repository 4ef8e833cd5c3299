// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Text is a text of GitHub's in one line of at most limit bytes: titles are written by anybody.
func Text(text string, limit int) string {
	return Cut(fault.Clean(text), limit)
}

// Cut is the beginning of text, of at most limit bytes and whole characters.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
