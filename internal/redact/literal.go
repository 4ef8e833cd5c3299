// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"math/bits"
	"regexp/syntax"
	"strings"
)

// Bounds of what is worked out about an expression. Beyond them less is known about it, and nothing gets wrong.
const (
	maxPositions = 96
	maxLiterals  = 64
	maxLiteral   = 12
	maxExpand    = 4
)

// byteSet is a set of bytes. Expressions are looked at as if all text were ASCII: no rule's secret holds anything else.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

func (s *byteSet) union(o byteSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *byteSet) size() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// letter is the one byte that is in the set but for its case, and false if there are others.
func (s *byteSet) letter() (byte, bool) {
	found, ok := byte(0), false
	for b := range 256 {
		if s.has(byte(b)) {
			low := lower(byte(b))
			if ok && low != found {
				return 0, false
			}
			found, ok = low, true
		}
	}
	return found, ok
}

// positions are the sets of bytes that the first bytes of every match are in, one a position; exact is true if all
// matches are just as long.
func positions(re *syntax.Regexp) (sets []byteSet, exact bool) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			sets = append(sets, runeSet(r, re.Flags&syntax.FoldCase != 0))
		}
		return sets, true
	case syntax.OpCharClass:
		set := classSet(re)
		// A character of another script has several bytes, so nothing is known of what follows.
		return []byteSet{set}, set[2]|set[3] == 0
	case syntax.OpCapture:
		return positions(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			more, whole := positions(sub)
			if sets = append(sets, more...); !whole || len(sets) > maxPositions {
				return sets[:min(len(sets), maxPositions)], false
			}
		}
		return sets, true
	case syntax.OpAlternate:
		return anyOf(re.Sub)
	case syntax.OpRepeat:
		return repeated(re.Sub[0], re.Min, re.Min == re.Max)
	case syntax.OpPlus:
		return repeated(re.Sub[0], 1, false)
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary,
		syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return nil, true
	default:
		return nil, false
	}
}

func anyOf(subs []*syntax.Regexp) (sets []byteSet, exact bool) {
	exact = true
	for i, sub := range subs {
		more, whole := positions(sub)
		switch {
		case i == 0:
			sets = append(sets, more...)
		case len(more) != len(sets):
			exact = false
			sets = sets[:min(len(sets), len(more))]
		}
		exact = exact && whole
		for p := range sets {
			sets[p].union(more[p])
		}
	}
	return sets, exact
}

func repeated(sub *syntax.Regexp, times int, fixed bool) (sets []byteSet, exact bool) {
	one, whole := positions(sub)
	for range times {
		if sets = append(sets, one...); !whole || len(sets) > maxPositions {
			return sets[:min(len(sets), maxPositions)], false
		}
	}
	return sets, fixed
}

func runeSet(r rune, fold bool) byteSet {
	var s byteSet
	if b, ok := ascii(r); ok {
		s.add(b)
		if fold {
			s.add(lower(b))
			s.add(upper(b))
		}
	}
	return s
}

// ascii is a character that is one byte.
func ascii(r rune) (b byte, ok bool) {
	return byte(r & 0x7f), r >= 0 && r < 0x80
}

func classSet(re *syntax.Regexp) byteSet {
	var s byteSet
	for i := 0; i < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			b, ok := ascii(r)
			if !ok {
				break
			}
			s.add(b)
		}
		// Two letters of other scripts belong to every class without case; they are nobody's secret.
		if last := re.Rune[i+1]; last >= 0x80 && last != 'ſ' && last != '\u212a' {
			for b := 0x80; b < 0x100; b++ {
				s.add(byte(b))
			}
		}
	}
	return s
}

// literals are texts, in lower case, of which every match begins with one, whole or cut; the empty text among them
// says that nothing is known. exact is true if a match holds nothing else.
func literals(re *syntax.Regexp) (texts []string, exact bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCharClass:
		return classLiterals(re)
	case syntax.OpCapture:
		return literals(re.Sub[0])
	case syntax.OpConcat:
		return joined(re.Sub)
	case syntax.OpAlternate:
		exact = true
		for _, sub := range re.Sub {
			more, whole := literals(sub)
			texts, exact = append(texts, more...), exact && whole
		}
		if len(texts) > maxLiterals {
			return []string{""}, false
		}
		return texts, exact
	case syntax.OpPlus:
		texts, _ = literals(re.Sub[0])
		return texts, false
	case syntax.OpRepeat:
		if re.Min == 0 {
			return []string{""}, false
		}
		texts, exact = literals(re.Sub[0])
		return texts, exact && re.Min == 1 && re.Max == 1
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary,
		syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return []string{""}, true
	default:
		return []string{""}, false
	}
}

func classLiterals(re *syntax.Regexp) ([]string, bool) {
	set := classSet(re)
	seen := map[byte]bool{}
	var texts []string
	for b := range 0x80 {
		if low := lower(byte(b)); set.has(byte(b)) && !seen[low] {
			seen[low] = true
			if texts = append(texts, string(rune(low))); len(texts) > maxExpand {
				return []string{""}, false
			}
		}
	}
	if len(texts) == 0 {
		return []string{""}, false
	}
	return texts, true
}

func joined(subs []*syntax.Regexp) (texts []string, exact bool) {
	texts = []string{""}
	for _, sub := range subs {
		more, whole := literals(sub)
		if len(texts)*len(more) > maxLiterals {
			return texts, false
		}
		var longer []string
		for _, a := range texts {
			for _, b := range more {
				longer = append(longer, a+b)
			}
		}
		texts = longer
		for _, t := range texts {
			if len(t) >= maxLiteral {
				whole = false
			}
		}
		if !whole {
			return texts, false
		}
	}
	return texts, true
}

// maxMatch is how long a match can be, in characters; -1 if there is no bound.
func maxMatch(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpQuest:
		return maxMatch(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return -1
	case syntax.OpRepeat:
		n := maxMatch(re.Sub[0])
		if re.Max < 0 || n < 0 {
			return -1
		}
		return n * re.Max
	case syntax.OpConcat, syntax.OpAlternate:
		sum := 0
		for _, sub := range re.Sub {
			n := maxMatch(sub)
			if n < 0 {
				return -1
			}
			if re.Op == syntax.OpConcat {
				sum += n
			} else {
				sum = max(sum, n)
			}
		}
		return sum
	default:
		return 0
	}
}

// runsOverAll reports whether an expression repeats what can be any character.
func runsOverAll(re *syntax.Regexp) bool {
	for _, sub := range re.Sub {
		if runsOverAll(sub) {
			return true
		}
		if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat {
			if sets, _ := positions(sub); len(sets) == 1 && sets[0].size() > 200 {
				return true
			}
		}
	}
	return false
}
