// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// text is a report as it is read: from its beginning as often as there are formats to try, and never as a whole. What is
// kept of it in memory does not depend on its length.
type text struct {
	in   io.ReadSeeker
	from int64 // where it begins
}

func newText(in io.ReadSeeker) *text { return &text{in: in} }

func bytesText(b []byte) *text { return newText(bytes.NewReader(b)) }

const (
	// bufferBytes is how much is read at once, and maxLineBytes how much of one line is looked at.
	bufferBytes  = 64 << 10
	maxLineBytes = 256 << 10
)

// reader reads from the beginning, in UTF-8 and without a byte order mark.
func (t *text) reader() (*bufio.Reader, error) {
	if _, err := t.in.Seek(t.from, io.SeekStart); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(t.in, bufferBytes)
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := r.Discard(3)
		return r, err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("{\x00")):
		return bufio.NewReaderSize(&wide{in: r}, bufferBytes), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")), bytes.HasPrefix(head, []byte("\x00{")):
		return bufio.NewReaderSize(&wide{in: r, big: true}, bufferBytes), nil
	}
	return r, nil
}

// first is the first byte that is not blank; 0 for none.
func (t *text) first() byte {
	r, err := t.reader()
	if err != nil {
		return 0
	}
	for {
		b, err := r.ReadByte()
		if err != nil || b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b
		}
	}
}

// lines calls do for each line without its end. Of a line that is too long the beginning is passed on. The slice is
// valid until do returns.
func (t *text) lines(do func(line []byte) error) error {
	r, err := t.reader()
	if err != nil {
		return err
	}
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if room := maxLineBytes - len(long); room > 0 {
				long = append(long, part[:min(room, len(part))]...)
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		line := part
		if len(long) > 0 {
			long = append(long, part[:min(len(part), max(0, maxLineBytes-len(long)))]...)
			line = long
		}
		if len(line) > 0 || err == nil {
			if e := do(bytes.TrimRight(line, "\r\n")); e != nil {
				return e
			}
		}
		long = long[:0]
		if err != nil {
			return nil //nolint:nilerr // the end of the file
		}
	}
}

// wide turns UTF-16 into UTF-8.
type wide struct {
	in   *bufio.Reader
	big  bool
	high rune
	rest []byte
}

// Read implements io.Reader.
func (w *wide) Read(p []byte) (int, error) {
	for len(w.rest) < len(p) && len(w.rest) < 4096 {
		a, err := w.in.ReadByte()
		if err != nil {
			break
		}
		b, err := w.in.ReadByte()
		if err != nil {
			break
		}
		if w.big {
			a, b = b, a
		}
		w.add(rune(a) | rune(b)<<8)
	}
	if len(w.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.rest)
	w.rest = append(w.rest[:0], w.rest[n:]...)
	return n, nil
}

func (w *wide) add(unit rune) {
	switch {
	case unit == 0xFEFF:
	case w.high != 0:
		w.rest = utf8.AppendRune(w.rest, utf16.DecodeRune(w.high, unit))
		w.high = 0
	case utf16.IsSurrogate(unit):
		w.high = unit
	default:
		w.rest = utf8.AppendRune(w.rest, unit)
	}
}

// maxHeader is how far into a text the first report may begin; maxStarts is how many places are tried.
const (
	maxHeader = 1 << 20
	maxStarts = 16
)

// start is a line with which a report may begin.
type start struct {
	at int64
	// document: nothing but a whole document begins like it at the beginning of a line.
	document bool
}

// starts are the lines, but for the first, with which a report may begin: a package manager prints what it runs before it, a
// program something of its own, and the next package its own report.
func (t *text) starts() []start {
	if _, err := t.in.Seek(t.from, io.SeekStart); err != nil {
		return nil
	}
	in := bufio.NewReaderSize(t.in, bufferBytes)
	var found []start
	begins := false
	for at := t.from; len(found) < maxStarts; {
		if head, _ := in.Peek(5); begins && len(head) > 0 {
			document := head[0] == '{' || bytes.HasPrefix(head, []byte("<?xml"))
			if document || head[0] == '<' && at-t.from < maxHeader {
				found = append(found, start{at, document})
			}
		}
		line, err := in.ReadSlice('\n')
		at += int64(len(line))
		if begins = err == nil; err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	return found
}
