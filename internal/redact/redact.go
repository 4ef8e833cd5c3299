// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package redact takes secrets out of a stream.
//
// It is in front of everything that leaves the worker: log lines, uploaded logs, the pull request's text. Values
// that are known to be secret are found wherever they are, and also base64-encoded, hex-encoded, with their
// characters escaped (JSON, URL, XML), in any case of letters, and broken over lines. Values that it does not know
// are found by the rules of gitleaks.
//
// Known values are looked for by one automaton. The rules' expressions are slow, so another automaton looks for the
// texts that their matches must hold, and cheap looks at what surrounds those decide where an expression is run.
package redact

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// Mark replaces a known value. A value that a rule found leaves `[REDACTED:<rule>]`.
const Mark = "[REDACTED]"

// Options of a Redactor.
type Options struct {
	// Known are values that are secret. A value that is a JSON object stands for the texts of at least 8 characters in
	// it too, and one with several lines for its longer lines too. Values of fewer than 4 letters and digits are
	// ignored: they would take every log apart. White space within a value does not count.
	Known []string
	// KnownOnly switches the rules off.
	KnownOnly bool
}

// Redactor knows what is secret. It is safe for concurrent use.
type Redactor struct {
	adding sync.Mutex
	known  atomic.Pointer[known]
	rules  *ruleSet // nil for none
}

// New returns a Redactor.
func New(o Options) *Redactor {
	r := &Redactor{}
	if !o.KnownOnly {
		r.rules = rules()
	}
	r.Add(o.Known...)
	return r
}

// Add makes further values known, as when a secret is read or rotated during the run. Writers that already exist
// know them from their next write on.
func (r *Redactor) Add(values ...string) {
	r.adding.Lock()
	defer r.adding.Unlock()
	r.known.Store(r.known.Load().with(values))
}

// Bytes returns a text without its secrets. The text itself is left as it is.
func (r *Redactor) Bytes(text []byte) []byte {
	known := r.known.Load()
	spans, _ := r.find(known, text)
	if len(spans) == 0 {
		return slices.Clone(text)
	}
	return known.cut(make([]byte, 0, len(text)), text, 0, len(text), spans)
}

// String is Bytes for a string.
func (r *Redactor) String(text string) string { return string(r.Bytes([]byte(text))) }

// KnownString returns a text without what is known to be secret. The rules do not count: it is for a text that was put
// together from texts that were redacted each by itself.
func (r *Redactor) KnownString(text string) string {
	known := r.known.Load()
	spans, _ := known.auto.find([]byte(text))
	if len(spans) == 0 {
		return text
	}
	return string(known.cut(make([]byte, 0, len(text)), []byte(text), 0, len(text), merge(spans)))
}

// find returns what is to be taken out of a text, in order and without overlaps, and where the beginning of a known
// value is with which the text ends.
func (r *Redactor) find(known *known, text []byte) (spans []span, partial int) {
	spans, partial = known.auto.find(text)
	if r.rules == nil {
		return merge(spans), partial
	}
	found, limits := r.rules.find(text)
	return withLimits(merge(append(spans, found...)), limits), partial
}

// withLimits puts in where rules were given up. Within what is taken out that is said before it.
func withLimits(spans, limits []span) []span {
	for _, l := range limits {
		n, _ := slices.BinarySearchFunc(spans, l.start, func(s span, at int) int { return cmp.Compare(s.end, at) })
		if n < len(spans) && spans[n].start < l.start {
			l.start, l.end = spans[n].start, spans[n].start
		}
		spans = slices.Insert(spans, n, l)
	}
	return spans
}

// merge puts spans in order and makes one of those that overlap.
func merge(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(a.rule, b.rule))
	})
	merged := spans[:1]
	for _, s := range spans[1:] {
		last := &merged[len(merged)-1]
		if s.start >= last.end {
			merged = append(merged, s)
			continue
		}
		if s.end > last.end {
			last.end, last.open = s.end, s.open
		}
		// A value that is known is marked as that, whatever else it looks like.
		if s.rule == "" {
			last.rule = ""
		}
	}
	return merged
}

// cut appends text[from:to] without the spans to out. A span that begins before from was partly passed on already.
func (k *known) cut(out, text []byte, from, to int, spans []span) []byte {
	for _, s := range spans {
		if s.limit && s.start >= from && s.start < to {
			out = append(out, text[from:s.start]...)
			out = append(out, k.limitOf(s.rule)...)
			from = s.start
			continue
		}
		if s.end <= from {
			continue
		}
		if s.start >= to {
			break
		}
		if s.start > from {
			out = append(out, text[from:s.start]...)
		}
		out = append(out, k.markOf(s.rule)...)
		from = s.end
	}
	if from < to {
		out = append(out, text[from:to]...)
	}
	return out
}

// limitOf says that a rule was not applied any more. It must not hold a known value itself.
func (k *known) limitOf(rule string) string {
	text := "\n[NOT SEARCHED from here on by rule " + rule + ": too much of the text looks like it]\n"
	if k.mark == plainMark || k.auto.contains([]byte(text)) {
		return plainMark
	}
	return text
}

// markOf is what takes a secret's place. It must not hold a known value itself.
func (k *known) markOf(rule string) string {
	if rule == "" {
		return k.mark
	}
	mark := Mark[:len(Mark)-1] + ":" + rule + "]"
	if k.mark == plainMark || k.auto.contains([]byte(mark)) {
		return plainMark
	}
	return mark
}
