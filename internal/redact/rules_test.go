// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every rule that the data holds can be looked for: it has a trigger, and its expression compiles. Rules are compiled
// when they are first needed, which must not be when a customer's log has the first such secret.
func TestEveryRuleCanBeLookedFor(t *testing.T) {
	set, err := loadRules(ruleData)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(set.source, "gitleaks v8.") {
		t.Errorf("the rules are from %q", set.source)
	}
	seen, slow := map[string]bool{}, []string{}
	for _, triggers := range set.triggers {
		for _, tr := range triggers {
			if !seen[tr.rule.ID] && tr.rule.way == anywhere {
				slow = append(slow, tr.rule.ID)
			}
			seen[tr.rule.ID] = true
			tr.rule.at()
			tr.rule.search()
		}
	}
	if len(seen) < 220 {
		t.Errorf("only %d rules have a trigger", len(seen))
	}
	// These look at all of a text that holds their keyword. A newer version of the rules that adds to them costs speed.
	slices.Sort(slow)
	want := []string{"facebook-access-token", "sidekiq-sensitive-url", "slack-webhook-url", "sourcegraph-access-token"}
	if diff := cmp.Diff(want, slow); diff != "" {
		t.Errorf("rules without a text in their matches (-want +got):\n%s", diff)
	}
}

func TestBrokenRuleDataIsRefused(t *testing.T) {
	for _, data := range []string{"", "{", `{"rules":[{"id":"a","regex":"("}]}`} {
		if _, err := loadRules([]byte(data)); err == nil {
			t.Errorf("%q was taken for rules", data)
		}
	}
}

func TestWhatIsKnownOfAnExpression(t *testing.T) {
	cases := []struct {
		why, regex string
		literals   []string
		positions  int
		longest    int
	}{
		{"a literal and a class", `ghp_[0-9a-z]{36}`, []string{"ghp_"}, 40, 40},
		{"alternatives of one length", `(?:ghu|ghs)_[a-z]{3}`, []string{"ghs_", "ghu_"}, 7, 7},
		{"alternatives of several", `\b(?:ab|cde)_x`, []string{"ab_x", "cde_x"}, 2, 5},
		{"letters without case", `(?i)Key[=:]`, []string{"key:", "key="}, 4, 4},
		{"a class that is too large to be spelled out", `[a-z]x`, []string{""}, 2, 2},
		{"what need not be there is no sign", `(?:https://)?x`, []string{""}, 0, 9},
		{"a repetition without end", `abc.*`, []string{"abc"}, 3, -1},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			tree, err := syntax.Parse(c.regex, syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			texts, _ := literals(tree)
			if diff := cmp.Diff(c.literals, texts); diff != "" {
				t.Errorf("literals (-want +got):\n%s", diff)
			}
			if sets, _ := positions(tree); len(sets) != c.positions {
				t.Errorf("%d positions are known; want %d", len(sets), c.positions)
			}
			if n := maxMatch(tree); n != c.longest {
				t.Errorf("a match has at most %d characters; want %d", n, c.longest)
			}
		})
	}
}

// GitHub changed what its tokens look like, and will again: this is what they look like since April 2026.
func TestAppTokens(t *testing.T) {
	token := "ghs_1234567_eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("eyJpc3MiOiJhcHAi", 20) + "." + strings.Repeat("Ab-_9", 30)
	r := New(Options{})
	for why, text := range map[string]string{
		"alone":             token,
		"in an address":     "https://x-access-token:" + token + "@github.com/acme/shop",
		"in a query":        "https://github.test/a?token=" + token + "&x=y",
		"escaped":           "x-access-token%3A" + token + "%40github.com",
		"in a word":         "x" + token,
		"of an older shape": "ghs_" + strings.Repeat("aB3d", 9),
	} {
		if got := r.String(text); strings.Contains(got, "ghs_") || strings.Contains(got, "eyJ") {
			t.Errorf("%s: %s", why, got)
		}
	}
	if source := RulesSource(); !strings.HasPrefix(source, "gitleaks v") {
		t.Errorf("the rules' age is not visible: %q", source)
	}
}
