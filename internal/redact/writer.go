// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"bytes"
	"io"
	"sync"
)

const (
	// window is how much of a stream a Writer looks at at once, and so what it needs of memory.
	window = 256 << 10
	// hold is how much of it waits for what comes next: the longest secret that is cut nowhere.
	hold = unboundedReach
	// context is how much of what was passed on is looked at again: what is before a secret says what it is, and a
	// known value may have begun there.
	context = 256
)

// Writer redacts what is written to it and passes it on. It is safe for concurrent use.
type Writer struct {
	mu     sync.Mutex
	to     io.Writer
	r      *Redactor
	byLine bool

	held []byte // what was passed on last, and what was not yet
	done int    // how much of it was passed on
	out  []byte
	// swallow is true while the rest of a token is taken out that was longer than could be held.
	swallow bool
	err     error
}

// NewWriter returns a Writer for bulk: it holds up to 256 KiB back until it is closed. Closing it does not close to.
func NewWriter(to io.Writer, r *Redactor) *Writer {
	return &Writer{to: to, r: r}
}

// NewLineWriter returns a Writer for a log that somebody watches: whole lines are passed on at once, unless they end
// with the beginning of a secret. Up to 7 characters of a known value may be passed on if it is broken over two
// writes, never the whole of it.
func NewLineWriter(to io.Writer, r *Redactor) *Writer {
	return &Writer{to: to, r: r, byLine: true}
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := 0
	for written < len(p) {
		if w.err != nil {
			return written, w.err
		}
		n := min(len(p)-written, window-len(w.held))
		w.held = append(w.held, p[written:written+n]...)
		written += n
		w.skip()
		if len(w.held) >= window {
			w.pass(len(w.held)-hold, false)
		}
	}
	if w.byLine {
		if line := bytes.LastIndexByte(w.held[w.done:], '\n'); line >= 0 {
			w.pass(w.done+line+1, false)
		}
	}
	return written, w.err
}

// Close passes on what was held back. Closing twice does nothing more.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && len(w.held) > w.done {
		w.pass(len(w.held), true)
	}
	return w.err
}

// skip drops the rest of a token that was too long to be held.
func (w *Writer) skip() {
	if !w.swallow {
		return
	}
	n := w.done
	for n < len(w.held) && tokenByte[w.held[n]] {
		n++
	}
	w.swallow = n == len(w.held)
	w.held = append(w.held[:0], w.held[n:]...)
	w.done = 0
}

// pass looks at what is held and passes it on up to a place, or less where a secret is across it or may begin
// before it.
func (w *Writer) pass(upTo int, last bool) {
	known := w.r.known.Load()
	spans, partial := w.r.find(known, w.held)
	full := len(w.held) >= window
	if !last {
		upTo = w.retreat(upTo, min(partial, w.openKey()), full)
	}
	for i, s := range spans {
		if s.start >= upTo || s.end <= upTo {
			continue
		}
		// What follows may show that the secret is longer.
		if s.start > w.done || !full {
			upTo = max(s.start, w.done)
			break
		}
		upTo, w.swallow = s.end, s.open
		spans = spans[:i+1]
	}
	if upTo <= w.done {
		return
	}
	w.out = known.cut(w.out[:0], w.held, w.done, upTo, spans)
	if len(w.out) > 0 {
		_, w.err = w.to.Write(w.out)
	}
	keep := max(0, upTo-context)
	w.held = append(w.held[:0], w.held[keep:]...)
	w.done = upTo - keep
}

// retreat takes a place back to where a secret may begin, but not so far that what is held would grow.
func (w *Writer) retreat(upTo, begins int, full bool) int {
	if begins >= upTo || full && begins <= w.done {
		return upTo
	}
	if len(w.held)-begins > hold && !w.byLine {
		return upTo
	}
	return max(begins, w.done)
}

var (
	keyBegin = []byte("-----BEGIN")
	keyEnd   = []byte("-----END")
)

// openKey is where a private key begins whose end was not seen yet. A log that is passed on by lines would otherwise
// show it line by line.
func (w *Writer) openKey() int {
	if !w.byLine {
		return len(w.held)
	}
	i := bytes.LastIndex(w.held, keyBegin)
	if i < 0 || len(w.held)-i > hold || bytes.Contains(w.held[i:], keyEnd) || !bytes.Contains(w.held[i:], []byte("PRIVATE KEY")) {
		return len(w.held)
	}
	return i
}
