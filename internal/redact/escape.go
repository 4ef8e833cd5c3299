// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// blank is white space: it may be anywhere within a value that was wrapped. Zero bytes are between the letters of UTF-16.
var blank = [256]bool{0: true, ' ': true, '\t': true, '\n': true, '\r': true, '\v': true, '\f': true}

// opens begins an escaped character, or one that nobody sees.
var opens = [256]bool{
	'%': true, '\\': true, '&': true, '+': true, escape: true,
	// The first bytes of characters of format: zero-width ones, soft hyphens, those that turn the direction, tags.
	0xc2: true, 0xd8: true, 0xe1: true, 0xe2: true, 0xef: true, 0xf3: true,
}

// escape begins a terminal's control sequence.
const escape = 0x1b

// maxEscape is the longest of them that is read, in bytes: a colour of three parts, for both the letter and its ground.
const maxEscape = 40

// maxBackslashes is how many backslashes before a character are read.
const maxBackslashes = 6

// reading is one way to read a few bytes: as the bytes that they stand for. None at all is white space.
type reading struct {
	length int
	bytes  [utf8.UTFMax]byte
	n      int
}

func read(length int, b ...byte) reading {
	r := reading{length: length}
	r.n = copy(r.bytes[:], b)
	return r
}

// maxWays is the most ways in which one place is read, other than as it is.
const maxWays = 3

// ways are the readings of one place.
type ways struct {
	all [maxWays]reading
	n   int
}

func (w *ways) add(r reading) {
	w.all[w.n] = r
	w.n++
}

// readings are the ways to read what is at the beginning of a text, other than as it is.
func readings(text []byte) (w ways) {
	switch text[0] {
	case '%':
		w.percent(text)
	case '\\':
		w.backslash(text)
	case '&':
		w.entity(text)
	case '+':
		// In a form's data it is a blank.
		w.add(read(1))
	case escape:
		if n := sequence(text); n > 0 {
			w.add(read(n))
		}
	default:
		if r, n := utf8.DecodeRune(text[:min(len(text), utf8.UTFMax)]); unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			w.add(read(n))
		}
	}
	return w
}

// sequence is the length of a terminal's control sequence at the beginning of a text, zero if there is none.
func sequence(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '[':
		for n := 2; n < min(len(text), maxEscape); n++ {
			switch b := text[n]; {
			case '@' <= b && b <= '~':
				return n + 1
			case b < ' ' || b > '?':
				return 0
			}
		}
		return 0
	case '(', ')', '*', '+', '#', '%':
		if len(text) < 3 {
			return 0
		}
		return 3
	}
	return 2
}

// percent is a byte in a URL: %XX, or %25XX where a URL is within a URL.
func (w *ways) percent(text []byte) {
	if len(text) >= 3 {
		if b, ok := hexByte(text[1:3]); ok {
			w.add(read(3, b))
			if b == '+' {
				// A blank of a form's data, escaped again.
				w.add(read(3))
			}
		}
	}
	if len(text) >= 5 && text[1] == '2' && text[2] == '5' {
		if b, ok := hexByte(text[3:5]); ok {
			w.add(read(5, b))
		}
	}
}

// backslash is a character in JSON, in a program's text or in a shell's line. Where JSON is within JSON, there are
// several backslashes before it.
func (w *ways) backslash(text []byte) {
	run := 1
	for run < len(text) && run < maxBackslashes && text[run] == '\\' {
		run++
	}
	if run > 1 {
		w.add(read(2, '\\'))
	}
	if run > 3 {
		w.add(read(4, '\\'))
	}
	if r, ok := escaped(text[run-1:]); ok {
		r.length += run - 1
		w.add(r)
	}
}

// escaped reads one backslash and what follows.
func escaped(text []byte) (reading, bool) {
	if len(text) < 2 {
		return reading{}, false
	}
	switch c := text[1]; c {
	case 'b':
		return read(2, '\b'), true
	case 'n', 'r', 't', 'f', 'v', '\n':
		return read(2), true
	case '\r':
		return read(2), true
	case '"', '\'', '/', '`', '$', '!', '&', '=', '#':
		return read(2, c), true
	case 'x':
		if len(text) >= 4 {
			if b, ok := hexByte(text[2:4]); ok {
				return read(4, b), true
			}
		}
	case 'u':
		return unicodeEscape(text)
	}
	return reading{}, false
}

// unicodeEscape is \uXXXX. Half of a pair of surrogates is not read: secrets are not made of emoji.
func unicodeEscape(text []byte) (reading, bool) {
	if len(text) < 6 {
		return reading{}, false
	}
	high, ok1 := hexByte(text[2:4])
	low, ok2 := hexByte(text[4:6])
	if !ok1 || !ok2 {
		return reading{}, false
	}
	r := rune(high)<<8 | rune(low)
	if b, ok := ascii(r); ok && blank[b] {
		return read(6), true
	}
	out := reading{length: 6}
	out.n = utf8.EncodeRune(out.bytes[:], r)
	return out, true
}

var entities = []struct {
	name []byte
	is   byte
}{
	{[]byte("&amp;"), '&'}, {[]byte("&lt;"), '<'}, {[]byte("&gt;"), '>'}, {[]byte("&quot;"), '"'}, {[]byte("&apos;"), '\''},
	{[]byte("&#39;"), '\''}, {[]byte("&#34;"), '"'}, {[]byte("&#x27;"), '\''}, {[]byte("&#x2F;"), '/'}, {[]byte("&#43;"), '+'},
}

// entity is a character in XML or HTML, of those that are escaped there.
func (w *ways) entity(text []byte) {
	for _, e := range entities {
		if bytes.HasPrefix(text, e.name) {
			w.add(read(len(e.name), e.is))
			return
		}
	}
	if bytes.HasPrefix(text, []byte("&#10;")) || bytes.HasPrefix(text, []byte("&#13;")) || bytes.HasPrefix(text, []byte("&#xA;")) {
		w.add(read(5))
	}
}

func hexByte(text []byte) (byte, bool) {
	high, ok1 := hexDigit(text[0])
	low, ok2 := hexDigit(text[1])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
