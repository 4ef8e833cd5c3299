// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"bytes"
	"unicode/utf8"
)

// blank is white space: it may stand anywhere within a value that was wrapped.
var blank = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, '\v': true, '\f': true}

// opens begins an escaped character.
var opens = [256]bool{'%': true, '\\': true, '&': true}

// maxEscape is the longest escaped character that is read, in bytes.
const maxEscape = 12

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

// readings are the ways to read what stands at the beginning of a text, other than as it is: at most two.
func readings(text []byte) (first, second reading, n int) {
	switch text[0] {
	case '%':
		return percent(text)
	case '\\':
		return backslash(text)
	case '&':
		return entity(text)
	}
	return
}

// percent is a byte in a URL: %XX, or %25XX where a URL stands within a URL.
func percent(text []byte) (first, second reading, n int) {
	if len(text) >= 5 && text[1] == '2' && text[2] == '5' {
		if b, ok := hexByte(text[3:5]); ok {
			second = read(5, b)
			n = 2
		}
	}
	if len(text) >= 3 {
		if b, ok := hexByte(text[1:3]); ok {
			return read(3, b), second, max(n, 1)
		}
	}
	return first, second, 0
}

// backslash is a character in JSON, in a program's text or in a shell's line. Where JSON stands within JSON, there are
// several backslashes before it.
func backslash(text []byte) (first, second reading, n int) {
	run := 1
	for run < len(text) && run < maxEscape/2 && text[run] == '\\' {
		run++
	}
	if run > 1 {
		first, n = read(2, '\\'), 1
		if r, ok := escaped(text[run-1:]); ok {
			r.length += run - 1
			return first, r, 2
		}
		return first, second, n
	}
	if r, ok := escaped(text); ok {
		return r, second, 1
	}
	return first, second, 0
}

// escaped reads one backslash and what follows.
func escaped(text []byte) (reading, bool) {
	if len(text) < 2 {
		return reading{}, false
	}
	switch c := text[1]; c {
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
	if r < 0x80 && blank[byte(r)] {
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
func entity(text []byte) (first, second reading, n int) {
	for _, e := range entities {
		if bytes.HasPrefix(text, e.name) {
			return read(len(e.name), e.is), second, 1
		}
	}
	if bytes.HasPrefix(text, []byte("&#10;")) || bytes.HasPrefix(text, []byte("&#13;")) || bytes.HasPrefix(text, []byte("&#xA;")) {
		return read(5), second, 1
	}
	return first, second, 0
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
