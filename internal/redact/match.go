// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import "bytes"

// Classes of bytes, for looking at an assignment without its expression.
var (
	wordByte = setOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
	// nameByte may be between a name and its operator, operator begins one, and gapByte may be between an
	// operator's first character and the value.
	nameByte = setOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.- \t\n\r\f\v'\"")
	operator = setOf("=>:|?,")
	gapByte  = setOf("=>:|?,`'\" \t\n\r\f\v")
	// tokenByte is what long tokens are made of.
	tokenByte = setOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/=.~")
)

func setOf(text string) (set [256]bool) {
	for i := range len(text) {
		set[text[i]] = true
	}
	return set
}

const (
	// maxName is the most that is between the beginning of a name, as it is looked for, and the operator.
	maxName = 48
	// maxGap is the most that is between an operator's first character and the value.
	maxGap = 9
	// shortReach is how much of a text an expression is tried on first.
	shortReach = 384
	// maxLead is how much of a word before the name belongs to a match.
	maxLead = 50
)

// hunt is one pass over a text for the rules' secrets.
type hunt struct {
	set   *ruleSet
	text  []byte
	spans []span
	// past is, by rule, where its last match ended: matches of one rule do not overlap.
	past map[*rule]int
	// vain is, by rule, how much of the text its expression was run over without a match.
	vain map[*rule]int
	// about are rules whose keyword says what the text is about.
	about map[*rule]bool
	// spent is, by slow rule, how much of the text its expression was run over.
	spent map[*rule]int
	// limits are where rules were given up, as spans without a length.
	limits []span
}

// find returns where the rules' secrets are.
func (set *ruleSet) find(text []byte) (spans, limits []span) {
	h := hunt{set: set, text: text}
	h.run()
	return h.spans, h.limits
}

// run looks for all rules' secrets.
func (h *hunt) run() {
	set, text := h.set, h.text
	d := set.words
	state := uint16(0)
	for i, b := range text {
		state = d.next[int(state)*int(d.stride)+int(d.class[b])]
		if state < d.quiet {
			continue
		}
		for _, w := range d.found[state-d.quiet] {
			for t := range set.triggers[w] {
				h.trigger(&set.triggers[w][t], i+1)
			}
		}
	}
	for r := range h.about {
		if r.stepwise() {
			h.walk(r)
		} else {
			h.scan(r, 0, len(text))
		}
	}
}

// slowTimes and slowLeast bound the work of a slow rule: its expression is run over a text at most so many times, and this
// much of a short one. A text that is made of its triggers is then searched at 1 MB/s at least, and not at a tenth or a
// thirtieth of that. A dump of real secrets stays below it.
const (
	slowTimes = 2
	slowLeast = 64 << 10
)

// afford is how much of a text, up to n bytes, a rule's expression may still be run over. A slow rule that has used up its
// share is given up for the rest of the text, and what is passed on says so.
func (h *hunt) afford(r *rule, at, n int) int {
	if !r.slow {
		return n
	}
	left := slowTimes*len(h.text) + slowLeast - h.spent[r]
	if left >= n {
		return n
	}
	if h.past[r] < len(h.text) {
		h.setPast(r, len(h.text))
		h.limits = append(h.limits, span{start: at, end: at, rule: r.ID, limit: true})
	}
	return 0
}

// spend counts what a slow rule's expression was run over.
func (h *hunt) spend(r *rule, n int) {
	if !r.slow {
		return
	}
	if h.spent == nil {
		h.spent = map[*rule]int{}
	}
	h.spent[r] += n
}

// holdsAll reports whether a text holds all of some others, in any case of letters.
func holdsAll(text []byte, needs [][]byte) bool {
	if len(needs) == 0 {
		return true
	}
	low := bytes.ToLower(text)
	for _, need := range needs {
		if !bytes.Contains(low, need) {
			return false
		}
	}
	return true
}

// costOf is how much of a text an expression looked at.
func costOf(m []int, n int) int {
	if m == nil {
		return n
	}
	return m[1]
}

// trigger looks whether a rule has a match at a trigger that ends at end.
func (h *hunt) trigger(t *trigger, end int) {
	r := t.rule
	start := end - t.length - t.offset
	switch r.way {
	case prefixed:
		if start < 0 || r.bounded && start > 0 && wordByte[h.text[start-1]] || !fits(r.sets, h.text[start:]) {
			return
		}
	case assigned:
		if !h.assigns(r, end) {
			return
		}
	case option:
		if start == 0 || !blank[h.text[start-1]] || !fits(r.sets, h.text[start:]) ||
			!bytes.Contains(h.text[max(0, start-commandReach):start], []byte(command)) {
			return
		}
	case around:
		h.scan(r, start-r.reach, end+r.reach)
		return
	case anywhere:
		if h.about == nil {
			h.about = map[*rule]bool{}
		}
		h.about[r] = true
		return
	}
	h.confirm(r, start)
}

// confirm runs a rule's expression at a place, unless the rule's last match reaches there.
func (h *hunt) confirm(r *rule, start int) {
	if start < h.past[r] {
		return
	}
	near, cut := min(len(h.text), start+shortReach), min(len(h.text), start+r.reach)
	if r.loose && r.way == prefixed && !r.keys.contains(h.text[start:cut]) {
		return
	}
	if !holdsAll(h.text[start:cut], r.needs) {
		return
	}
	if h.afford(r, start, cut-start+near-start) == 0 {
		return
	}
	if near < cut {
		// Expressions are much faster on short texts. Only what reaches the end of this one, or may begin so, needs more.
		m := r.at().FindSubmatchIndex(h.text[start:near])
		h.spend(r, costOf(m, near-start))
		if m != nil && m[1] < near-start {
			h.match(r, m, start)
			return
		}
		if m == nil && r.way == assigned {
			return
		}
	}
	m := r.at().FindSubmatchIndex(h.text[start:cut])
	h.spend(r, costOf(m, cut-start))
	if m != nil {
		h.match(r, m, start)
		return
	}
	if r.loose && !r.slow {
		h.tire(r, start, cut-start)
	}
}

// tire keeps count of how much of the text a slow expression was run over in vain. A text that is made of its triggers
// would make that the text's length times its reach; once it is more than the text's length, the rest is searched in
// one go.
func (h *hunt) tire(r *rule, start, cost int) {
	if h.vain == nil {
		h.vain = map[*rule]int{}
	}
	if h.vain[r] += cost; h.vain[r] > len(h.text)+unboundedReach {
		h.scan(r, start, len(h.text))
		h.setPast(r, len(h.text))
	}
}

func (h *hunt) setPast(r *rule, end int) {
	if h.past == nil {
		h.past = map[*rule]int{}
	}
	h.past[r] = max(h.past[r], end)
}

// walk looks at every byte for the beginning of a rule's match.
func (h *hunt) walk(r *rule) {
	first := &r.sets[0]
	for i, b := range h.text {
		inWord := r.bounded && i > 0 && wordByte[h.text[i-1]]
		if first.has(b) && !inWord && fits(r.sets, h.text[i:]) {
			h.confirm(r, i)
		}
	}
}

// scan runs a rule's expression over a part of the text.
func (h *hunt) scan(r *rule, from, to int) {
	from, to = max(from, h.past[r], 0), min(to, len(h.text))
	for from < to {
		if h.afford(r, from, to-from) == 0 {
			return
		}
		m := r.search().FindSubmatchIndex(h.text[from:to])
		h.spend(r, costOf(m, to-from))
		if m == nil {
			return
		}
		h.match(r, m, from)
		from += max(m[1], m[0]+1)
	}
}

// fits reports whether a text can be the beginning of a match.
func fits(sets []byteSet, text []byte) bool {
	if len(text) < len(sets) {
		return false
	}
	for i := range sets {
		if !sets[i].has(text[i]) {
			return false
		}
	}
	return true
}

// assigns reports whether what follows a name can be an operator and a value of the rule.
func (h *hunt) assigns(r *rule, end int) bool {
	// A name can itself hold what is an operator elsewhere, so the next one is tried too.
	i, limit := end, min(len(h.text), end+maxName)
	for range 2 {
		for i < limit && nameByte[h.text[i]] {
			i++
		}
		if i >= limit || !operator[h.text[i]] {
			return false
		}
		for n := 0; n <= maxGap && i < len(h.text) && gapByte[h.text[i]]; n++ {
			i++
			if fits(r.sets, h.text[i:]) {
				return true
			}
		}
	}
	return false
}

// match takes a rule's match at base, if it is a secret after all.
func (h *hunt) match(r *rule, m []int, base int) {
	from, to := base+m[0], base+m[1]
	h.setPast(r, to)
	start, end := from, to
	if g := group(r, m); g > 0 {
		start, end = base+m[2*g], base+m[2*g+1]
	}
	secret := h.text[start:end]
	if r.Entropy > 0 && entropy(secret) <= r.Entropy {
		return
	}
	if allowed(h.set.allow, h, from, to, secret, r.way) || allowed(r.Allow, h, from, to, secret, r.way) {
		return
	}
	// In a command or an assignment the value goes and the rest stays readable. Elsewhere a group is often only a piece.
	if r.way != assigned && r.way != option && 2*(end-start) < to-from {
		start, end = from, to
	}
	s := span{start: start, end: end, rule: r.ID}
	// What was cut at the rule's reach goes on.
	if to-from >= unboundedReach {
		for s.end < len(h.text) && tokenByte[h.text[s.end]] {
			s.end++
		}
		s.open = s.end == len(h.text)
	}
	h.spans = append(h.spans, s)
}

// group is which group of a match is the secret, 0 for the whole: the one that the rule names, else the first that
// is not empty.
func group(r *rule, m []int) int {
	if r.Group > 0 && 2*r.Group+1 < len(m) && m[2*r.Group] >= 0 {
		return r.Group
	}
	for g := 1; 2*g+1 < len(m); g++ {
		if m[2*g] >= 0 && m[2*g+1] > m[2*g] {
			return g
		}
	}
	return 0
}
