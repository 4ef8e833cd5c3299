// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
)

const (
	// minKnown is the least number of letters and digits that a known value must have.
	minKnown = 4
	// minPart is the same for what is only a part of a known value: a line of it, or a text in its JSON.
	minPart = 8
	// minEncoded is the least that is left of a value's base64 for it to be looked for: that of 5 bytes.
	minEncoded = 6
	// maxPiece bounds a word of the automaton; a longer value is looked for in pieces. It bounds how far a match can
	// reach, and so what a Writer must hold back.
	maxPiece = 1024
	// maxParts bounds how many parts of a value are looked for.
	maxParts = 512
)

// known is what there is to look for, ready to be looked for. It does not change any more.
type known struct {
	values map[string]bool
	auto   *automaton
	mark   string
}

// with returns what is known when further values are.
func (k *known) with(values []string) *known {
	next := &known{values: map[string]bool{}, mark: Mark}
	if k != nil {
		for v := range k.values {
			next.values[v] = true
		}
	}
	for _, v := range values {
		for _, part := range parts(v) {
			next.values[part] = true
		}
	}
	seen := map[string]bool{}
	var words [][]byte
	for v := range next.values {
		// Only ASCII letters are looked at without their case, so others are looked for in both.
		for _, cased := range []string{v, strings.ToLower(v), strings.ToUpper(v)} {
			for _, word := range spellings(cased) {
				if !seen[string(word)] {
					seen[string(word)] = true
					words = append(words, word)
				}
			}
			if isASCII(v) {
				break
			}
		}
		// A mark that holds a secret would write it out again and again.
		if strings.Contains(strings.ToLower(Mark), strings.ToLower(squeeze(v))) {
			next.mark = plainMark
		}
	}
	next.auto = newAutomaton(words)
	return next
}

// plainMark takes the place of Mark where that would itself be a secret.
const plainMark = "***"

// parts are what of a value must not be seen: the whole, and what tools print of it by itself.
func parts(value string) []string {
	var all []string
	add := func(text string, least int) {
		if letters(text) >= least && len(all) < maxParts {
			all = append(all, text)
		}
	}
	add(value, minKnown)
	if lines := strings.Split(value, "\n"); len(lines) > 1 {
		for _, line := range lines {
			// The first and last line of a PEM block are no secret, and are in many files.
			if !strings.Contains(line, "-----") {
				add(line, 2*minPart)
			}
		}
	}
	var object any
	if json.Unmarshal([]byte(value), &object) == nil {
		texts(object, 0, func(text string) {
			add(text, minPart)
			for _, line := range strings.Split(text, "\n") {
				if !strings.Contains(line, "-----") {
					add(line, 2*minPart)
				}
			}
		})
	}
	return all
}

// texts calls f with each text within a JSON object or array.
func texts(v any, depth int, f func(string)) {
	if depth > 16 {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			texts(e, depth+1, f)
		}
	case []any:
		for _, e := range v {
			texts(e, depth+1, f)
		}
	case string:
		if depth > 0 {
			f(v)
		}
	}
}

// squeeze takes out white space, as the search does: a value is found however it is wrapped.
func squeeze(text string) string {
	// Byte by byte: a value need not be text.
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		if !blank[text[i]] {
			out = append(out, text[i])
		}
	}
	return string(out)
}

func letters(text string) int {
	n := 0
	for _, r := range text {
		if r > 0x7f || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			n++
		}
	}
	return n
}

// spellings are the words by which a value is found. Escaped characters are not among them: the search reads those as
// what they stand for.
func spellings(value string) [][]byte {
	words := pieces(nil, []byte(squeeze(value)), plain)
	// A value is often kept with a line's end that is not part of it.
	words = pieces(words, []byte(value), encoded)
	if trimmed := strings.TrimSpace(value); trimmed != value {
		words = pieces(words, []byte(trimmed), encoded)
	}
	return words
}

// pieces appends the spellings of a value, cut into pieces that are not too long to be looked for.
func pieces(words [][]byte, value []byte, spell func([]byte) [][]byte) [][]byte {
	for len(value) > maxPiece {
		words = append(words, spell(value[:maxPiece])...)
		value = value[maxPiece:]
	}
	if letters(string(value)) < minKnown {
		return words
	}
	return append(words, spell(value)...)
}

func plain(piece []byte) [][]byte { return [][]byte{lowerAll(piece)} }

func encoded(piece []byte) [][]byte {
	words := [][]byte{[]byte(hex.EncodeToString(piece))}
	// What a value's base64 looks like depends on how many bytes are before it, modulo three. The characters at
	// both ends mix with the neighbours, so they are left out; too short a rest would be found everywhere.
	for shift := range 3 {
		padded := append(make([]byte, shift), piece...)
		text := base64.RawStdEncoding.EncodeToString(padded)
		text = text[(shift*8+5)/6:]
		if len(padded)%3 != 0 {
			text = text[:len(text)-1]
		}
		if len(text) < minEncoded {
			continue
		}
		word := lowerAll([]byte(text))
		words = append(words, word)
		if urlSafe := urlAlphabet(word); !bytes.Equal(urlSafe, word) {
			words = append(words, urlSafe)
		}
	}
	return words
}

// urlAlphabet turns base64 into its spelling for URLs.
func urlAlphabet(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("+"), []byte("-")), []byte("/"), []byte("_"))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] > 0x7f {
			return false
		}
	}
	return true
}
