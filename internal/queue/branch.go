// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

// branch is one branch of a queue's items. While nobody holds it, the first of its items that could start is ready;
// the others are blocked, so that a release makes one of them ready and not all.
type branch struct {
	key        string
	members    int // entries of the branch, in any state
	holders    int // entries that keep the others from starting
	candidates heap[*entry]
	first      *entry // the one that is ready
}

func newBranch(key string) *branch {
	return &branch{key: key, candidates: heap[*entry]{less: byOrder, place: func(e *entry) *int { return &e.at.branch }}}
}

// joinBranch adds an entry to its branch's members. An empty key is no branch: such items exclude nobody.
func (q *queue) joinBranch(e *entry) {
	if e.BranchKey == "" {
		return
	}
	b, ok := q.branches[e.BranchKey]
	if !ok {
		b = newBranch(e.BranchKey)
		q.branches[e.BranchKey] = b
	}
	b.members++
	e.branch = b
}

func (q *queue) leaveBranch(e *entry) {
	b := e.branch
	if b == nil {
		return
	}
	e.branch = nil
	if b.members--; b.members == 0 {
		delete(q.branches, b.key)
	}
}

// settle makes the first of the branch's candidates ready, if nobody holds it, and no other.
func (q *queue) settle(b *branch) {
	var first *entry
	if b.holders == 0 {
		first, _ = b.candidates.min()
	}
	if first == b.first {
		return
	}
	if b.first != nil {
		b.first.state = blocked
		q.leaveReady(b.first)
	}
	b.first = first
	if first != nil {
		first.state = ready
		q.joinReady(first)
	}
}
