// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"regexp"
	"strings"
)

// line is a line of a tasks.md that is neither in a block of code nor in a comment.
type line struct {
	text   string // without its end
	offset int    // of its first byte in the file
	number int    // from 1
}

// hidden is a block of code or a comment that nothing closes before the file ends.
type hidden struct {
	line int
	what string
}

// scanner follows the blocks of CommonMark as far as they decide what is text and what is an example: list items and
// quotes with what is in them, fenced code and comments. What a renderer shows as a list item must not be taken for code.
type scanner struct {
	items []int // where the content of each open list item begins, in columns
	quote bool  // the line before was quoted
	block *block

	// lenient: a bare fence that is outside the list item or quote of the open block closes it. To CommonMark it opens another
	// one, which hides all tasks behind it; nobody who writes it means that. Meant says that there was one.
	lenient, meant bool
}

// block is a fenced block or a comment that is open.
type block struct {
	mark   byte // of the fence; 0 is a comment
	length int
	column int  // content that begins before it is outside the list item that the block is in
	quoted bool // it is in a quote, and ends with it
	began  int
}

var (
	// bullet is a list item's marker, with the blanks behind it.
	bullet = regexp.MustCompile(`^(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)`)
	quoted = regexp.MustCompile(`^ {0,3}>[ \t]?`)
	fence  = regexp.MustCompile("^(`{3,}|~{3,})(.*)$")
)

// visible returns the lines that are neither code nor comment, and the block that is still open at the end.
func visible(text []byte) ([]line, *hidden) {
	var s scanner
	lines, open := s.scan(text)
	if s.meant {
		lenient := scanner{lenient: true}
		if others, still := lenient.scan(text); still == nil {
			return others, nil
		}
	}
	return lines, open
}

// byteOrderMark is what some editors put before a text. Before a list's first item it would hide that.
const byteOrderMark = "\ufeff"

func (s *scanner) scan(text []byte) ([]line, *hidden) {
	var lines []line
	offset, number := 0, 0
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		offset, text = len(byteOrderMark), text[len(byteOrderMark):]
	}
	for len(text) > 0 {
		raw, rest := cutLine(text)
		number++
		l := line{text: string(raw), offset: offset, number: number}
		if s.shows(l) {
			lines = append(lines, l)
		}
		offset += len(text) - len(rest)
		text = rest
	}
	if s.block == nil {
		return lines, nil
	}
	what := "block of code"
	if s.block.mark == 0 {
		what = "comment"
	}
	return lines, &hidden{line: s.block.began, what: what}
}

// cutLine cuts the first line off, which a line feed, a carriage return or both end.
func cutLine(text []byte) (line, rest []byte) {
	n := bytes.IndexAny(text, "\r\n")
	switch {
	case n < 0:
		return text, nil
	case text[n] == '\r' && n+1 < len(text) && text[n+1] == '\n':
		return text[:n], text[n+2:]
	default:
		return text[:n], text[n+1:]
	}
}

// shows reports whether a line is text.
func (s *scanner) shows(l line) bool {
	column, rest := indentation(l.text)
	inQuote := false
	if mark := quoted.FindString(l.text); mark != "" && (s.block == nil || s.block.quoted) {
		inQuote = true
		column, rest = indentation(l.text[len(mark):])
	}
	if s.block != nil && s.inBlock(rest, column, inQuote) {
		return false
	}
	if rest == "" {
		return true
	}
	if inQuote != s.quote {
		s.items, s.quote = nil, inQuote
	}
	return !s.opens(rest, column, inQuote, l.number)
}

// inBlock reports whether a line belongs to the open block, and closes the block with its last line. A line that is
// outside the list item or the quote that the block is in ends the block and is text itself.
func (s *scanner) inBlock(rest string, column int, inQuote bool) bool {
	b := s.block
	closes := false
	if b.mark == 0 {
		closes = strings.Contains(rest, "-->")
	} else if m := fence.FindStringSubmatch(rest); m != nil {
		closes = m[1][0] == b.mark && len(m[1]) >= b.length && strings.TrimSpace(m[2]) == "" && column-b.column < 4
	}
	outside := b.quoted && !inQuote || rest != "" && column < b.column
	s.meant = s.meant || outside && closes && b.mark != 0
	if outside && !(s.lenient && closes && b.mark != 0) {
		s.block = nil
		return false
	}
	if closes {
		s.block = nil
	}
	return true
}

// opens reports whether a line that is no code begins a block. It may follow the markers of list items.
func (s *scanner) opens(rest string, column int, inQuote bool, number int) bool {
	for len(s.items) > 0 && column < s.items[len(s.items)-1] {
		s.items = s.items[:len(s.items)-1]
	}
	for {
		marker := bullet.FindString(rest)
		if marker == "" || isRule(rest) {
			break
		}
		blanks := len(marker) - len(strings.TrimRight(marker, " \t"))
		mark := len(marker) - blanks
		after := width(strings.Repeat(" ", column+mark)+marker[mark:]) - column - mark
		if after == 0 || after > 4 {
			after = 1
		}
		rest = rest[len(marker):]
		column += mark + after
		s.items = append(s.items, column)
	}
	base := 0
	if len(s.items) > 0 {
		base = s.items[len(s.items)-1]
	}
	if column-base >= 4 {
		return false // indented code, or a paragraph that goes on
	}
	if strings.HasPrefix(rest, "<!--") {
		if !strings.Contains(rest, "-->") {
			s.block = &block{column: base, quoted: inQuote, began: number}
		}
		return true
	}
	m := fence.FindStringSubmatch(rest)
	if m == nil || m[1][0] == '`' && strings.ContainsRune(m[2], '`') {
		return false
	}
	s.block = &block{mark: m[1][0], length: len(m[1]), column: base, quoted: inQuote, began: number}
	return true
}

// isRule is a line of dashes or stars across the page, which looks like the markers of empty list items.
func isRule(text string) bool {
	plain := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, text)
	return len(plain) >= 3 && (strings.Trim(plain, "-") == "" || strings.Trim(plain, "*") == "")
}

// indentation is how far a line is indented, in columns, and the line without that.
func indentation(text string) (int, string) {
	rest := strings.TrimLeft(text, " \t")
	if strings.TrimSpace(rest) == "" {
		rest = ""
	}
	return width(text[:len(text)-len(strings.TrimLeft(text, " \t"))]), rest
}

// width is how far a line is indented, with a tab to the next multiple of four.
func width(blanks string) int {
	n := 0
	for _, c := range blanks {
		if c == '\t' {
			n += 4 - n%4
		} else {
			n++
		}
	}
	return n
}
