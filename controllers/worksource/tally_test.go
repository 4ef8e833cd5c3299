// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func TestTallyIsBounded(t *testing.T) {
	var tally tally
	for n := range 1000 {
		tally.add(v1alpha1.ReasonDraftCard, board.Card{Title: strings.Repeat("ö", 300) + "\x1b[31m\n"}, fmt.Sprintf("advice %d "+strings.Repeat("ä", 300), n))
	}
	got := tally.status()
	if len(got) != 1 || got[0].Count != 1000 || tally.total() != 1000 || len(got[0].Examples) != maxExamples {
		t.Fatalf("the tally is %+v", got)
	}
	for _, e := range got[0].Examples {
		if len(e) > maxExample || !utf8.ValidString(e) || strings.ContainsAny(e, "\x1b\n") {
			t.Errorf("example %q", e)
		}
	}
}
