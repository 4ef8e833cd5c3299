// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func TestBrokenRules(t *testing.T) {
	cases := []struct {
		why  string
		rule forge.Rule
		want string // empty: it is not broken
	}{
		{"commits are not signed", forge.Rule{Kind: forge.RuleSignatures}, "signed"},
		{"nobody pushes", forge.Rule{Kind: forge.RuleUpdate}, "restricted"},
		{"a linear history is what a worker makes", forge.Rule{Kind: forge.RuleLinear}, ""},
		{"the author is not of the company", forge.Rule{Kind: forge.RuleAuthorEmail, Operator: forge.OperatorEndsWith, Pattern: "@acme.com"}, "author email has to match ends with \"@acme.com\""},
		{"an author of the company is not allowed", forge.Rule{Kind: forge.RuleAuthorEmail, Operator: forge.OperatorEndsWith, Pattern: "@acme.com", Negate: true}, ""},
		{"any author will do", forge.Rule{Kind: forge.RuleCommitterEmail, Operator: forge.OperatorRegex, Pattern: `^[^@]+@`}, ""},
		{"a ticket in every message", forge.Rule{Kind: forge.RuleMessage, Operator: forge.OperatorRegex, Pattern: `^[A-Z]+-\d+`}, "begin like \"Task 1"},
		{"a message that must not begin so", forge.Rule{Kind: forge.RuleMessage, Operator: forge.OperatorStartsWith, Pattern: "WIP", Negate: true}, ""},
		{"an expression of another kind is the server's to judge", forge.Rule{Kind: forge.RuleMessage, Operator: forge.OperatorRegex, Pattern: `(?=x)`}, ""},
		{"an operator that is new", forge.Rule{Kind: forge.RuleMessage, Operator: "resembles", Pattern: "x"}, ""},
	}
	for _, c := range cases {
		got := strings.Join(brokenRules([]forge.Rule{c.rule}), "; ")
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

// What rules refuse is found out before the agent is paid for.
func TestRulesAreLookedUpBeforeTheAgent(t *testing.T) {
	cases := map[string]struct {
		why   string
		rules githubemulator.Ruleset
		fault *faults.Fault
		fails string
	}{
		"Signatures": {why: "The worker signs nothing.", rules: githubemulator.Ruleset{Branches: "feature/*", Rules: map[string]map[string]any{"required_signatures": nil, "required_linear_history": nil}}, fails: "must be signed"},
		"Bypassed":   {why: "It may be let through.", rules: githubemulator.Ruleset{Branches: "feature/*", Rules: map[string]map[string]any{"required_signatures": nil}, Bypass: "always"}},
		"OtherOnes":  {why: "Rules of other branches bind nobody here.", rules: githubemulator.Ruleset{Branches: "release/*", Rules: map[string]map[string]any{"update": nil}}},
		"Author":     {why: "Nor is it an author of the company.", rules: githubemulator.Ruleset{Branches: "feature/*", Rules: map[string]map[string]any{"commit_author_email_pattern": {"operator": "ends_with", "pattern": "@acme.com"}}}, fails: "@acme.com"},
		"NotTold":    {why: "A plan without rules, or a token that is not told of them: then the push finds out.", fault: &faults.Fault{Status: http.StatusForbidden, Message: "Upgrade to GitHub Pro"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.rules.Branches != "" {
				w.must(w.github.AddRuleset(testRepository, c.rules))
			}
			if c.fault != nil {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "GET /repos/{owner}/{repo}/rules/branches/{branch...}", Fault: *c.fault})
			}
			w.codebuild(t.Context())
			_, result := w.row()
			if c.fails == "" && result.Outcome != contract.OutcomeSucceeded {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if c.fails != "" && (result.Outcome != contract.OutcomeCheckoutFailed || !strings.Contains(result.Message, c.fails) || !strings.Contains(result.Message, "no task was begun")) {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if began := strings.Contains(w.log.String(), "Task begun"); began != (c.fails == "") {
				t.Errorf("%s\nthe agent began: %t", c.why, began)
			}
		})
	}
}

// What Git LFS is to keep is never committed as it is: it would be in the repository for ever.
func TestFilesOfGitLFS(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
	files := func(f map[string]string) {
		f[".gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
		f["old.bin"] = pointer
	}
	cases := map[string]struct {
		why, agent, fails string
	}{
		"Raw":       {why: "A new file that belongs into LFS.", agent: `head -c 3000 /dev/zero > "data/a b.bin" 2>/dev/null || { mkdir data; head -c 3000 /dev/zero > "data/a b.bin"; }`, fails: "data/a b.bin"},
		"Changed":   {why: "One that is there as a pointer.", agent: `echo new > old.bin`, fails: "old.bin"},
		"Pointer":   {why: "Another pointer is what is to be there.", agent: `sed -i s/12345/54321/ old.bin; echo x > f$1`},
		"Deleted":   {why: "What goes is not kept.", agent: `rm -f old.bin; echo x > f$1`},
		"Nested":    {why: "Attributes of a directory count.", agent: `mkdir -p art; printf '*.psd filter=lfs\n' > art/.gitattributes; echo raw > art/a.psd`, fails: "art/a.psd"},
		"Macro":     {why: "So do those by another name, from this very task.", agent: `printf '[attr]big filter=lfs\n*.big big\n' >> .gitattributes; echo raw > x.big`, fails: "x.big"},
		"Renamed":   {why: "A raw file that is moved to where LFS keeps files.", agent: `mkdir -p d; cp README.md d/README.bin; rm README.md`, fails: "d/README.bin"},
		"Undone":    {why: "What an agent puts back in a later step was not changed.", agent: `echo raw > x.bin; rm x.bin; echo x > f$1`},
		"Link":      {why: "A link is no content.", agent: `ln -s old.bin link.bin; echo x > f$1`},
		"OtherFile": {why: "Other files are nobody's.", agent: `echo x > f$1`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, files)
			w.options.Parameters.Settings.AgentCommand = shell(c.agent)
			w.codebuild(t.Context())
			_, result := w.row()
			if c.fails == "" && result.Outcome != contract.OutcomeSucceeded {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if c.fails != "" && (result.Outcome != contract.OutcomeAgentFailed || !strings.Contains(result.Message, c.fails) || !strings.Contains(result.Message, "Git LFS")) {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if c.fails != "" && w.file("old.bin") != pointer {
				t.Errorf("%s\nit was pushed", c.why)
			}
		})
	}
}
