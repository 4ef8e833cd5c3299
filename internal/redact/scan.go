// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

// span is a part of a text that is to be taken out.
type span struct {
	start, end int
	// rule is the rule that found it; empty for a known value.
	rule string
	// open is true if it may go on behind the text's end.
	open bool
	// limit is true if nothing is taken out: the rule was given up here.
	limit bool
}

// ring is more than the longest escape, so that a reading begun now never meets an older one.
const ring = 64

// maxReadings bounds how many ways to read a text are followed at once. More than a few only differ in text that is
// made to confuse; the deepest are kept, as they are nearest to a match.
const maxReadings = 8

// search is one pass over a text for known values. Besides the text as it is it follows readings in which escapes
// stand for characters; each is a state of the automaton, taken up where its escape ends.
type search struct {
	auto  *automaton
	text  []byte
	spans []span
	alive []int32 // states at the current place
	later [ring][maxReadings]int32
	count [ring]int
	total int // of states in later
}

// minPartial is the least beginning of a known value, in bytes of it, that is worth waiting for at a text's end. A
// shorter one is there all the time by chance.
const minPartial = 8

// find returns where known values are, and where the beginning of one is with which the text ends; if it ends
// with none, that is the text's end.
func (a *automaton) find(text []byte) (spans []span, partial int) {
	s := search{auto: a, text: text, alive: make([]int32, 1, maxReadings)}
	for i := 0; i < len(text); i++ {
		if s.total == 0 && len(s.alive) == 1 {
			if i = s.run(i); i == len(text) {
				break
			}
		}
		s.at(i)
	}
	// What is still to be taken up ends with the text.
	for slot := range s.count {
		s.alive = append(s.alive, s.later[slot][:s.count[slot]]...)
	}
	deepest := int32(0)
	for _, state := range s.alive {
		// A word that is complete and begins no longer one waits for nothing.
		for state != 0 && a.first[state] == a.first[state+1] {
			state = a.fail[state]
		}
		if a.depth[state] > a.depth[deepest] {
			deepest = state
		}
	}
	partial = len(text)
	if depth := a.depth[deepest]; depth >= minPartial {
		partial = s.begin(a.words[a.via[deepest]][:depth], len(text))
	}
	return s.spans, partial
}

// run follows the text as it is up to the next escape, which is nearly all of the time. It returns where it
// stopped.
func (s *search) run(i int) int {
	a, text, state := s.auto, s.text, s.alive[0]
	for ; i < len(text); i++ {
		b := text[i]
		switch {
		case opens[b]:
			s.alive[0] = state
			return i
		case state == 0:
			// By far most bytes begin nothing.
			if state = a.root[b]; state == 0 {
				continue
			}
		case blank[b]:
			continue
		default:
			state = a.step(state, b)
		}
		if a.word[state] >= 0 {
			s.hit(state, i+1)
		}
	}
	s.alive[0] = state
	return i
}

// at takes up the byte at i in every reading.
func (s *search) at(i int) {
	b := s.text[i]
	if slot := i % ring; s.count[slot] > 0 {
		for _, state := range s.later[slot][:s.count[slot]] {
			s.alive = join(s.auto, s.alive, state)
		}
		s.total -= s.count[slot]
		s.count[slot] = 0
	}
	if opens[b] {
		w := readings(s.text[i:])
		for _, r := range w.all[:w.n] {
			s.branch(i, r)
		}
	}
	if blank[b] {
		return
	}
	kept := s.alive[:0]
	for _, state := range s.alive {
		next := s.auto.step(state, b)
		s.hit(next, i+1)
		kept = join(s.auto, kept, next)
	}
	s.alive = kept
}

// branch follows a reading from every state at i.
func (s *search) branch(i int, r reading) {
	slot := (i + r.length) % ring
	for _, state := range s.alive {
		for _, b := range r.bytes[:r.n] {
			if !blank[b] {
				state = s.auto.step(state, b)
			}
			s.hit(state, i+r.length)
		}
		// The root is where everything begins again anyway.
		if state == 0 || s.count[slot] == maxReadings {
			continue
		}
		s.later[slot][s.count[slot]] = state
		s.count[slot]++
		s.total++
	}
}

// join adds a state, unless one is there whose future holds its own.
func join(a *automaton, states []int32, state int32) []int32 {
	for i, s := range states {
		if s == state || state == 0 {
			return states
		}
		if s == 0 {
			states[i] = state
			return states
		}
	}
	if len(states) < maxReadings {
		return append(states, state)
	}
	shallow := 0
	for i, s := range states {
		if a.depth[s] < a.depth[states[shallow]] {
			shallow = i
		}
	}
	if a.depth[state] > a.depth[states[shallow]] {
		states[shallow] = state
	}
	return states
}

// hit records a word that ends at end, if one does.
func (s *search) hit(state int32, end int) {
	w := s.auto.word[state]
	if w < 0 {
		return
	}
	start := s.begin(s.auto.words[w], end)
	for n := len(s.spans); n > 0 && s.spans[n-1].start >= start && s.spans[n-1].end <= end; n-- {
		s.spans = s.spans[:n-1]
	}
	s.spans = append(s.spans, span{start: start, end: end})
}

// begin is where a word that ends at end begins. It is read backwards, with blanks and escapes in between; where
// several ways lead back, the longest counts, as too much redacted is better than too little.
func (s *search) begin(word []byte, end int) int {
	if start := end - len(word); start >= 0 && sameLetters(s.text[start:end], word) {
		return start
	}
	// places[k] are where word[k:] can begin.
	places := make([]map[int]bool, len(word)+1)
	places[len(word)] = map[int]bool{end: true}
	looks := maxLooks(word)
	for k := len(word); k > 0 && looks > 0; k-- {
		todo := make([]int, 0, len(places[k]))
		for e := range places[k] {
			todo = append(todo, e)
		}
		for ; len(todo) > 0 && looks > 0; looks-- {
			e := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, step := range s.back(word[:k], e) {
				to := k - step.n
				if places[to] == nil {
					places[to] = map[int]bool{}
				}
				if !places[to][e-step.length] {
					places[to][e-step.length] = true
					if step.n == 0 {
						todo = append(todo, e-step.length)
					}
				}
			}
		}
	}
	start := end
	for e := range places[0] {
		start = min(start, e)
	}
	if start == end || looks == 0 {
		start = min(start, s.furthest(word, end))
	}
	return start
}

// maxLooks bounds the places that are looked at on the way back. A text in which blanks and escapes can be read in many
// ways has more of them than it is worth.
func maxLooks(word []byte) int { return 32*len(word) + 1024 }

// furthest is as far back as a word can reach, when it is not known where it begins: all of its bytes escaped, and any
// blanks between.
func (s *search) furthest(word []byte, end int) int {
	left := len(word) * maxEscape
	for end > 0 && left > 0 {
		end--
		if !blank[s.text[end]] {
			left--
		}
	}
	return end
}

// back are the steps by which the end of a word, or a blank, can be read backwards from a place.
func (s *search) back(word []byte, e int) []reading {
	var steps []reading
	if e == 0 {
		return nil
	}
	b := s.text[e-1]
	if blank[b] {
		steps = append(steps, reading{length: 1})
	} else if lower(b) == word[len(word)-1] {
		steps = append(steps, reading{length: 1, n: 1})
	}
	for length := 1; length <= min(e, maxEscape); length++ {
		if !opens[s.text[e-length]] {
			continue
		}
		w := readings(s.text[e-length:])
		for _, r := range w.all[:w.n] {
			if r.length == length && r.n <= len(word) && sameLetters(r.bytes[:r.n], word[len(word)-r.n:]) {
				steps = append(steps, r)
			}
		}
	}
	return steps
}

// sameLetters compares with a text in lower case.
func sameLetters(text, low []byte) bool {
	for i, b := range low {
		if lower(text[i]) != b {
			return false
		}
	}
	return true
}
