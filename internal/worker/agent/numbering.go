// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strconv"
	"strings"
)

// numbering knows the numbers of a whole list. What a title begins with is a task's number where it belongs to them.
type numbering struct {
	known map[string]bool // numbers that are certain, or dotted
	// first has the numbers of tasks that have a first part: "1" if there is a "1.1".
	first map[string]bool
	// siblings is how many dotted numbers begin with the same one, and identifiers with the same letters.
	siblings map[string]int
	// singles are all numbers without a dot, certain or bare.
	singles map[int]bool
	// last is the highest number of a task that is part of no other; -1 before the first one.
	last int
	// taken are the numbers that counted so far.
	taken map[string]bool
}

func number0(entries []entry) numbering {
	n := numbering{known: map[string]bool{}, first: map[string]bool{}, siblings: map[string]int{}, singles: map[int]bool{}, last: -1, taken: map[string]bool{}}
	for i := range entries {
		e := &entries[i]
		id := e.number.text
		if id == "" || e.label || e.heading > 0 && e.box < 0 && !e.number.word && e.number.kind < dottedNumber {
			continue
		}
		if e.number.kind >= dottedNumber {
			n.known[id] = true
		}
		if e.number.kind == bareIdentifier || e.number.kind == certain && (id[0] < '0' || id[0] > '9') {
			n.siblings[letters(id)]++
			continue
		}
		if up := parentNumber(id); up != "" {
			n.siblings[up]++
			if p := lastPart(id); (p == 0 || p == 1) && !hasLetter(id) {
				n.first[up] = true
			}
		} else if s, err := strconv.Atoi(id); err == nil {
			n.singles[s] = true
		}
	}
	return n
}

// counts reports whether what an entry begins with is its number. Within is the number of the task that it is in.
func (n *numbering) counts(e *entry, within string) bool {
	id := e.number.text
	switch e.number.kind {
	case certain:
		return true
	case dottedNumber:
		return n.dotted(id, within)
	case bareIdentifier:
		return within == "" && n.siblings[letters(id)] > 1
	case bareNumber:
		return within == "" && n.single(id)
	default:
		return false
	}
}

// dotted: "1.2 Title" is the usual form; "3.5 mm" in task 8 is a title.
func (n *numbering) dotted(id, within string) bool {
	up := parentNumber(id)
	if within != "" && up != within && up != parentNumber(within) && !strings.HasPrefix(id, within+".") {
		// Numbers that were not brought up to date are still numbers where there are several.
		return n.siblings[up] > 1 && !n.known[up]
	}
	return true
}

// single: a bare number continues the numbers before it, or begins them.
func (n *numbering) single(id string) bool {
	s := lastPart(id)
	switch {
	case s < 0:
		return false
	case hasLetter(id):
		return n.singles[s]
	case n.last >= 0:
		return s == n.last+1
	default:
		return s <= 1 && (n.singles[s+1] || len(n.singles) == 1)
	}
}

// seen records a number that counted. Whole is true of a task that is part of no other.
func (n *numbering) seen(id string, whole bool) {
	n.taken[id] = true
	if s, err := strconv.Atoi(id); err == nil && whole {
		n.last = s
	}
}
