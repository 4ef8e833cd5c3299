// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import "slices"

// automaton finds any of a set of words in one pass (Aho-Corasick). Its states are kept sparse: a long secret has
// thousands of states, nearly all with one way on, and a full table for each would be megabytes.
//
// Letters are looked at without their case.
type automaton struct {
	root  [256]int32 // ways on from the root, by byte
	edges []edge     // of all other states, grouped by state
	first []int32    // where a state's edges begin; one more entry than states
	fail  []int32
	depth []int32
	// via is a word that begins with what a state stands for.
	via []int32
	// word is the longest word that ends in a state, -1 for none.
	word  []int32
	words [][]byte
}

type edge struct {
	by byte
	to int32
}

// node is a state while the automaton is built.
type node struct {
	next  []edge
	depth int32
	word  int32
	via   int32
}

// newAutomaton makes an automaton of words in lower case. Empty ones are left out.
func newAutomaton(words [][]byte) *automaton {
	nodes := []node{{word: -1}}
	a := &automaton{words: words}
	for w, text := range words {
		if len(text) == 0 {
			continue
		}
		at := int32(0)
		for _, b := range text {
			to, ok := follow(nodes[at].next, b)
			if !ok {
				to = int32(len(nodes)) //nolint:gosec // bounded by the words' total length
				nodes = append(nodes, node{depth: nodes[at].depth + 1, word: -1, via: int32(w)})
				nodes[at].next = append(nodes[at].next, edge{b, to})
			}
			at = to
		}
		nodes[at].word = int32(w)
	}
	a.flatten(nodes)
	a.link(nodes)
	return a
}

func follow(edges []edge, b byte) (int32, bool) {
	for _, e := range edges {
		if e.by == b {
			return e.to, true
		}
	}
	return 0, false
}

// flatten lays the states' edges into one slice.
func (a *automaton) flatten(nodes []node) {
	a.first = make([]int32, len(nodes)+1)
	a.fail, a.depth = make([]int32, len(nodes)), make([]int32, len(nodes))
	a.word, a.via = make([]int32, len(nodes)), make([]int32, len(nodes))
	for i, n := range nodes {
		a.first[i] = int32(len(a.edges)) //nolint:gosec // bounded by the words' total length
		a.edges = append(a.edges, n.next...)
		a.depth[i], a.word[i], a.via[i] = n.depth, n.word, n.via
	}
	a.first[len(nodes)] = int32(len(a.edges)) //nolint:gosec // as above
	for _, e := range nodes[0].next {
		a.root[e.by] = e.to
		if up := upper(e.by); up != e.by {
			a.root[up] = e.to
		}
	}
}

// link sets where to go on when a state has no way, and what else ends in a state, nearest to the root first.
func (a *automaton) link(nodes []node) {
	order := make([]int32, 0, len(nodes))
	for _, e := range nodes[0].next {
		order = append(order, e.to)
	}
	for i := 0; i < len(order); i++ {
		at := order[i]
		for _, e := range nodes[at].next {
			a.fail[e.to] = a.step(a.fail[at], e.by)
			order = append(order, e.to)
		}
		if a.word[at] < 0 {
			a.word[at] = a.word[a.fail[at]]
		}
	}
}

// step is the state after one more byte.
func (a *automaton) step(at int32, b byte) int32 {
	low := lower(b)
	for at != 0 {
		for _, e := range a.edges[a.first[at]:a.first[at+1]] {
			if e.by == low {
				return e.to
			}
		}
		at = a.fail[at]
	}
	return a.root[low]
}

// contains reports whether any of the words is in a text.
func (a *automaton) contains(text []byte) bool {
	at := int32(0)
	for _, b := range text {
		if at = a.step(at, b); a.word[at] >= 0 {
			return true
		}
	}
	return false
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func upper(b byte) byte {
	if 'a' <= b && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

// lowerAll is a copy with the ASCII letters in lower case.
func lowerAll(text []byte) []byte {
	out := slices.Clone(text)
	for i, b := range out {
		out[i] = lower(b)
	}
	return out
}
