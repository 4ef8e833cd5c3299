// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"slices"
)

// maxBlockers is how many issues may block one
// (https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/creating-issue-dependencies).
const maxBlockers = 50

// BlockIssue marks an issue as blocked by another, by their node ids.
func (s *Server) BlockIssue(issueID, byID string) error {
	return s.withIssues(issueID, byID, func(item, by *issue) error {
		switch {
		case item == by:
			return fmt.Errorf("an issue cannot block itself")
		case slices.Contains(item.blockedBy, by):
			return nil
		case len(item.blockedBy) == maxBlockers:
			return fmt.Errorf("at most %d issues may block one", maxBlockers)
		}
		item.blockedBy = append(item.blockedBy, by)
		item.updatedAt = s.now()
		return nil
	})
}

// UnblockIssue removes that mark.
func (s *Server) UnblockIssue(issueID, byID string) error {
	return s.withIssues(issueID, byID, func(item, by *issue) error {
		item.blockedBy = slices.DeleteFunc(item.blockedBy, func(other *issue) bool { return other == by })
		item.updatedAt = s.now()
		return nil
	})
}

// CloseIssue closes an issue.
func (s *Server) CloseIssue(issueID string) error {
	return s.withIssues(issueID, issueID, func(item, _ *issue) error {
		item.open, item.closedAt, item.updatedAt = false, s.now(), s.now()
		return nil
	})
}

func (s *Server) withIssues(id, otherID string, f func(item, other *issue) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok1 := s.nodes[id].(*issue)
	other, ok2 := s.nodes[otherID].(*issue)
	if !ok1 || !ok2 {
		return fmt.Errorf("%q or %q is no issue", id, otherID)
	}
	return f(item, other)
}

// blocks are the issues of the same repository that an issue blocks, by number.
func (i *issue) blocks() []*issue {
	var blocked []*issue
	for _, other := range i.repo.issues {
		if slices.Contains(other.blockedBy, i) {
			blocked = append(blocked, other)
		}
	}
	slices.SortFunc(blocked, func(a, b *issue) int { return a.number - b.number })
	return blocked
}

func (v *viewer) seen(issues []*issue) []*issue {
	return slices.DeleteFunc(slices.Clone(issues), func(i *issue) bool { return !v.token.sees(i.repo) })
}
