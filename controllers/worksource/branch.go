// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The longest texts, in bytes.
const (
	maxSlug       = 80  // keeps a branch made of a long title readable
	maxNameShown  = 100 // of a name in a message
	maxValueShown = 50  // of each of two values that a message compares
)

// refusal is why no item is made of a card, and what to do about it.
type refusal struct {
	reason, advice string
}

// branchOrigin is where the branches of the source's cards come from.
func branchOrigin(source *v1alpha1.WorkSource) v1alpha1.BranchOrigin {
	if source.Spec.Branch.From == "" {
		return v1alpha1.BranchFromProjectField
	}
	return source.Spec.Branch.From
}

// branchOf is the branch that a card names. linked are the branches linked to its issue, which count only where
// the source asks for them.
func branchOf(source *v1alpha1.WorkSource, card board.Card, linked []string) (string, *refusal) {
	name, refused := namedBranch(source, card, linked)
	if refused != nil {
		return "", refused
	}
	if err := checkBranch(name); err != nil {
		return "", &refusal{v1alpha1.ReasonBranchInvalid, fmt.Sprintf("%q is not a valid branch name for git: %s.", fault.Cut(name, maxNameShown), err)}
	}
	return name, nil
}

func namedBranch(source *v1alpha1.WorkSource, card board.Card, linked []string) (string, *refusal) {
	rule := source.Spec.Branch
	switch branchOrigin(source) {
	case v1alpha1.BranchFromLinkedBranch:
		return linkedBranch(card, linked)
	case v1alpha1.BranchFromPullRequestHead:
		if card.Type != board.TypePullRequest || card.HeadBranch == "" {
			return "", &refusal{v1alpha1.ReasonBranchMissing, "only a pull request has a head branch. Put the pull request on the board, or change spec.branch.from."}
		}
		return card.HeadBranch, nil
	case v1alpha1.BranchFromTemplate:
		return strings.NewReplacer("<number>", strconv.Itoa(card.Number), "<slug>", slug(card.Title)).Replace(rule.Template), nil
	default:
		name := strings.TrimSpace(card.BranchField)
		if name == "" {
			return "", &refusal{v1alpha1.ReasonBranchMissing, fmt.Sprintf("it names no branch. Fill in the board's field %q.", fault.Cut(rule.Field, maxNameShown))}
		}
		return name, nil
	}
}

func linkedBranch(card board.Card, linked []string) (string, *refusal) {
	switch {
	case card.Type != board.TypeIssue:
		return "", &refusal{v1alpha1.ReasonBranchMissing, "only an issue has linked branches. Put the issue on the board, or change spec.branch.from."}
	case len(linked) == 0:
		return "", &refusal{v1alpha1.ReasonBranchMissing, "no branch is linked to the issue. Link one under Development."}
	case len(linked) > 1:
		return "", &refusal{v1alpha1.ReasonBranchAmbiguous, fmt.Sprintf(
			"%d branches are linked to the issue. Leave one of %s.", len(linked), fault.Cut(strings.Join(linked, ", "), maxNameShown))}
	}
	return linked[0], nil
}

// slug is a title in lower case, with every run of other characters than letters and digits as one hyphen.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.TrimSuffix(fault.Cut(strings.Join(words, "-"), maxSlug), "-")
}
