// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"math/rand/v2"
	"regexp/syntax"
	"sort"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// Every secret that gitleaks finds is taken out: in each rule's own samples, alone and in the midst of a log, as a
// whole and written in pieces.
func TestRecallIsThatOfGitleaks(t *testing.T) {
	detector, err := scanner()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	redactor := redact.New(redact.Options{})
	found, rules := 0, 0
	var ids []string
	for id := range detector.Config.Rules {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		rule := detector.Config.Rules[id]
		if rule.Regex == nil {
			continue
		}
		tree, err := syntax.Parse(rule.Regex.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for range 12 {
			keyword := ""
			if len(rule.Keywords) > 0 {
				keyword = rule.Keywords[r.IntN(len(rule.Keywords))]
			}
			var text bytes.Buffer
			for range r.IntN(20) {
				benign(r, &text)
			}
			text.WriteString("about " + keyword + " \n" + sample(r, tree) + "\n")
			for range r.IntN(20) {
				benign(r, &text)
			}
			clean := through1(t, redactor, text.Bytes())
			for _, f := range detector.DetectBytes(text.Bytes()) {
				hits++
				// A secret that is in the text also where gitleaks did not find it is no miss.
				if n := strings.Count(text.String(), f.Secret); n == 1 && strings.Contains(clean, f.Secret) {
					t.Errorf("rule %s: %q of %q is still there", f.RuleID, f.Secret, f.Match)
				}
			}
		}
		found += hits
		if hits > 0 {
			rules++
		}
	}
	t.Logf("%d secrets of %d rules", found, rules)
	// A test that compares nothing proves nothing.
	if rules < 190 || found < 1500 {
		t.Errorf("the corpus has only %d secrets of %d rules", found, rules)
	}
}

// What gitleaks leaves alone in a log, redacting leaves readable: hardly anything more is taken out.
func TestBenignLogsStayReadable(t *testing.T) {
	detector, err := scanner()
	if err != nil {
		t.Fatal(err)
	}
	text := logs(3, 200_000)
	theirs := len(detector.DetectBytes(text))
	clean := through1(t, redact.New(redact.Options{}), text)
	if ours := strings.Count(clean, "[REDACTED"); ours > theirs+theirs/5+5 {
		t.Errorf("%d places were taken out; gitleaks finds %d", ours, theirs)
	} else {
		t.Logf("%d places were taken out; gitleaks finds %d", ours, theirs)
	}
}

func through1(t *testing.T, r *redact.Redactor, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	w := redact.NewWriter(&out, r)
	for rest := text; len(rest) > 0; {
		n := min(len(rest), 37)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
