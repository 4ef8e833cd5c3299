// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func TestBranchOf(t *testing.T) {
	from := func(origin v1alpha1.BranchOrigin, template string) *v1alpha1.WorkSource {
		return polled(func(s *v1alpha1.WorkSource) { s.Spec.Branch.From, s.Spec.Branch.Template = origin, template })
	}
	issue := board.Card{Type: board.TypeIssue, Number: 12, Title: "Add dark mode (v2)!", BranchField: " feature/dark \n"}
	pull := board.Card{Type: board.TypePullRequest, Number: 13, HeadBranch: "feature/head"}
	cases := []struct {
		why        string
		source     *v1alpha1.WorkSource
		card       board.Card
		linked     []string
		wantBranch string
		wantReason string
	}{
		{"the board's field names it; blanks around it are typed by mistake", from("", ""), issue, nil, "feature/dark", ""},
		{"an empty field names none", from(v1alpha1.BranchFromProjectField, ""), board.Card{Type: board.TypeIssue}, nil, "", v1alpha1.ReasonBranchMissing},
		{"a branch that git refuses is reported with its card, before the API server refuses the item", from(v1alpha1.BranchFromProjectField, ""), board.Card{BranchField: "a..b"}, nil, "", v1alpha1.ReasonBranchInvalid},
		{"a shell's words in the field are no branch", from(v1alpha1.BranchFromProjectField, ""), board.Card{BranchField: "x; rm -rf ~"}, nil, "", v1alpha1.ReasonBranchInvalid},
		{"the one linked branch", from(v1alpha1.BranchFromLinkedBranch, ""), issue, []string{"12-dark"}, "12-dark", ""},
		{"no linked branch yet", from(v1alpha1.BranchFromLinkedBranch, ""), issue, nil, "", v1alpha1.ReasonBranchMissing},
		{"two linked branches: a person has to say which one", from(v1alpha1.BranchFromLinkedBranch, ""), issue, []string{"a", "b"}, "", v1alpha1.ReasonBranchAmbiguous},
		{"a pull request has no linked branches", from(v1alpha1.BranchFromLinkedBranch, ""), pull, nil, "", v1alpha1.ReasonBranchMissing},
		{"the pull request's own head", from(v1alpha1.BranchFromPullRequestHead, ""), pull, nil, "feature/head", ""},
		{"an issue has no head", from(v1alpha1.BranchFromPullRequestHead, ""), issue, nil, "", v1alpha1.ReasonBranchMissing},
		{"a template of number and title", from(v1alpha1.BranchFromTemplate, "kiro/<number>-<slug>"), issue, nil, "kiro/12-add-dark-mode-v2", ""},
		{"a title without a letter leaves the slug empty", from(v1alpha1.BranchFromTemplate, "kiro/<slug>"), board.Card{Title: "!!!"}, nil, "", v1alpha1.ReasonBranchInvalid},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			branch, refused := branchOf(c.source, c.card, c.linked)
			reason := ""
			if refused != nil {
				reason = refused.reason
				if refused.advice == "" {
					t.Error("the refusal does not say what to do")
				}
			}
			if branch != c.wantBranch || reason != c.wantReason {
				t.Errorf("got %q, %q; want %q, %q", branch, reason, c.wantBranch, c.wantReason)
			}
		})
	}
}

func TestSlug(t *testing.T) {
	cases := []struct{ why, title, want string }{
		{"runs of other characters become one hyphen", "  Fix -- the   API!! ", "fix-the-api"},
		{"letters are letters in any language", "Größe ändern", "größe-ändern"},
		{"a title of symbols has no slug", "🎉🎉", ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, slug(c.title)); diff != "" {
				t.Errorf("slug (-want +got):\n%s", diff)
			}
		})
	}
	long := slug(strings.Repeat("wörter ", 50))
	if len(long) > maxSlug || strings.HasSuffix(long, "-") || !strings.HasPrefix(long, "wörter-wörter") {
		t.Errorf("a long title's slug is %q", long)
	}
}
