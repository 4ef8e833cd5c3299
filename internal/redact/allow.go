// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"sync"
)

// maxLineSeen is how much of a line, on either side of a match, an exception may look at.
const maxLineSeen = 1024

// allowList is what looks like a secret and is none: examples, names of variables, words.
type allowList struct {
	target    string
	all       bool
	hasRegex  bool
	regex     func() *regexp.Regexp
	stopWords *automaton
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *allowList) UnmarshalJSON(data []byte) error {
	var raw struct {
		Target    string   `json:"target"`
		Regexes   []string `json:"regexes"`
		StopWords []string `json:"stopWords"`
		All       bool     `json:"all"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	a.target, a.all, a.hasRegex = raw.Target, raw.All, len(raw.Regexes) > 0
	one := "(?:" + strings.Join(raw.Regexes, ")|(?:") + ")"
	a.regex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(one) })
	if len(raw.StopWords) > 0 {
		words := make([][]byte, len(raw.StopWords))
		for i, w := range raw.StopWords {
			words[i] = lowerAll([]byte(w))
		}
		a.stopWords = newAutomaton(words)
	}
	return nil
}

// allowed reports whether any of the lists lets a secret be.
func allowed(lists []allowList, h *hunt, from, to int, secret []byte, how way) bool {
	for i := range lists {
		a := &lists[i]
		stopped := a.stopWords != nil && a.stopWords.contains(secret)
		if stopped && !a.all {
			return true
		}
		if !a.hasRegex {
			continue
		}
		if a.all && a.stopWords != nil && !stopped {
			continue
		}
		if a.regex().Match(h.target(a.target, from, to, secret, how)) {
			return true
		}
	}
	return false
}

// target is the text that an exception is held against.
func (h *hunt) target(name string, from, to int, secret []byte, how way) []byte {
	switch name {
	case "match":
		if how == assigned {
			// The word before the name belongs to it, although it was not needed to find it.
			for n := 0; n < maxLead && from > 0 && leadByte(h.text[from-1]); n++ {
				from--
			}
		}
		return bytes.Trim(h.text[from:to], "\n")
	case "line":
		low, high := max(0, from-maxLineSeen), min(len(h.text), to+maxLineSeen)
		if i := bytes.LastIndexByte(h.text[low:from], '\n'); i >= 0 {
			low += i + 1
		}
		if i := bytes.IndexByte(h.text[to:high], '\n'); i >= 0 {
			high = to + i
		}
		return h.text[low:high]
	default:
		return secret
	}
}

func leadByte(b byte) bool { return wordByte[b] || b == '.' || b == '-' }

// entropy is Shannon's, in bits a byte.
func entropy(text []byte) float64 {
	if len(text) == 0 {
		return 0
	}
	var count [256]int
	for _, b := range text {
		count[b]++
	}
	sum := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(text))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
