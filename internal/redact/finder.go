// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

// Finder looks for known values in what is written to it, in every spelling in which a Redactor takes them out, also
// where they are split over writes. The rules do not count: what only looks like a secret is somebody's example, and
// a text that holds the mark itself is somebody's code. It needs the memory of one window, whatever is written.
type Finder struct {
	r     *Redactor
	held  []byte
	found bool
}

// NewFinder returns a Finder of what is known when it is asked.
func (r *Redactor) NewFinder() *Finder { return &Finder{r: r} }

// Write implements io.Writer. It never fails.
func (f *Finder) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && !f.found; {
		n := min(len(rest), window-len(f.held))
		f.held, rest = append(f.held, rest[:n]...), rest[n:]
		if len(f.held) == window && !f.look() {
			// What may be the beginning of a value stays.
			f.held = append(f.held[:0], f.held[window-hold:]...)
		}
	}
	return len(p), nil
}

// Holds reports whether a known value was written, up to now.
func (f *Finder) Holds() bool { return f.found || f.look() }

func (f *Finder) look() bool {
	f.found = f.r.HoldsKnown(f.held)
	return f.found
}

// HoldsKnown reports whether a known value is in a text, however it is spelled.
func (r *Redactor) HoldsKnown(text []byte) bool {
	spans, _ := r.known.Load().auto.find(text)
	return len(spans) > 0
}
