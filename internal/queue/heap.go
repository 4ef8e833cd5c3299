// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// heap is a binary heap whose elements know their place in it, so that any of them is removed in O(log N), not only
// the first. It is the ordered tree of this package: nothing here needs more of an order than its first few.
type heap[T comparable] struct {
	less func(a, b T) bool
	// place is where an element keeps its index, plus one; zero is outside.
	place func(T) *int
	items []T
}

func (h *heap[T]) len() int { return len(h.items) }

// min is the first element.
func (h *heap[T]) min() (first T, ok bool) {
	if len(h.items) == 0 {
		return first, false
	}
	return h.items[0], true
}

func (h *heap[T]) push(x T) {
	h.items = append(h.items, x)
	*h.place(x) = len(h.items)
	h.up(len(h.items) - 1)
}

// remove takes an element out. One that is outside stays outside.
func (h *heap[T]) remove(x T) {
	i := *h.place(x) - 1
	if i < 0 {
		return
	}
	last := len(h.items) - 1
	h.swap(i, last)
	var zero T
	h.items[last] = zero // or the element would be kept in memory
	h.items = h.items[:last]
	*h.place(x) = 0
	if i < last {
		h.settle(i)
	}
}

// fix moves an element, whose key has changed, to where it belongs.
func (h *heap[T]) fix(x T) {
	if i := *h.place(x) - 1; i >= 0 {
		h.settle(i)
	}
}

// first are the first n elements in their order. It looks at n of them and at their children, however many there are.
func (h *heap[T]) first(n int) []T {
	n = min(n, len(h.items))
	found := make([]T, 0, n)
	open := []int{0}
	for len(found) < n {
		next := 0
		for i := range open {
			if h.less(h.items[open[i]], h.items[open[next]]) {
				next = i
			}
		}
		at := open[next]
		found = append(found, h.items[at])
		open = slices.Delete(open, next, next+1)
		for _, child := range []int{2*at + 1, 2*at + 2} {
			if child < len(h.items) {
				open = append(open, child)
			}
		}
	}
	return found
}

func (h *heap[T]) settle(i int) {
	if !h.down(i) {
		h.up(i)
	}
}

func (h *heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(h.items[i], h.items[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

// down reports whether the element moved.
func (h *heap[T]) down(i int) bool {
	start := i
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			break
		}
		if right := child + 1; right < len(h.items) && h.less(h.items[right], h.items[child]) {
			child = right
		}
		if !h.less(h.items[child], h.items[i]) {
			break
		}
		h.swap(i, child)
		i = child
	}
	return i > start
}

func (h *heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.place(h.items[i]), *h.place(h.items[j]) = i+1, j+1
}
