// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

// dense is an automaton with a full table, for words that never change. Every byte costs one look into the table,
// which is what the speed of looking for the rules hangs on: their words are so common that the search is hardly
// ever at its beginning.
type dense struct {
	class [256]uint8
	// next is the state by state and class of byte, in rows of stride entries. States are numbered so that all at
	// which a word ends come last, from quiet on.
	next   []uint16
	stride uint16
	quiet  uint16
	// found are the words that end in a state, by its number less quiet.
	found [][]int32
}

func newDense(words [][]byte) *dense {
	a := newAutomaton(words)
	d := &dense{}
	// Bytes that no word holds are of class 0.
	classes := uint8(1)
	for _, w := range words {
		for _, b := range w {
			if d.class[b] == 0 {
				d.class[b], d.class[upper(b)] = classes, classes
				classes++
			}
		}
	}
	d.stride = uint16(classes)
	number := d.number(a)
	d.next = make([]uint16, len(number)*int(d.stride))
	d.found = make([][]int32, len(number)-int(d.quiet))
	for state := range number {
		row := d.next[int(number[state])*int(d.stride):]
		for b := range 256 {
			row[d.class[b]] = number[a.step(int32(state), byte(b))]
		}
		if number[state] >= d.quiet {
			d.found[number[state]-d.quiet] = a.ending(int32(state))
		}
	}
	return d
}

// number gives the automaton's states their numbers here.
func (d *dense) number(a *automaton) []uint16 {
	number := make([]uint16, len(a.fail))
	for _, loud := range []bool{false, true} {
		if loud {
			d.quiet = d.count(number, a)
		}
		at := d.quiet
		for state := range number {
			if (a.word[state] >= 0) == loud {
				number[state] = at
				at++
			}
		}
	}
	return number
}

// count is how many states no word ends in.
func (d *dense) count(number []uint16, a *automaton) uint16 {
	n := uint16(0)
	for state := range number {
		if a.word[state] < 0 {
			n++
		}
	}
	return n
}

// ending are all words that end in a state, longest first.
func (a *automaton) ending(state int32) []int32 {
	var all []int32
	for ; state != 0; state = a.fail[state] {
		w := a.word[state]
		if w >= 0 && int(a.depth[state]) == len(a.words[w]) {
			all = append(all, w)
		}
	}
	return all
}
