// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// counts is what one file gave. They are wide so that no sum overflows.
type counts struct {
	passed, failed, skipped int64
	names                   []string // of failed tests
	cases                   caseNames
	seen                    Cases
	messages                map[string]string // what failed tests said, by name
}

func (c *counts) fail(names ...string) {
	c.failed++
	c.named(names...)
}

// named adds a failed test's name.
func (c *counts) named(names ...string) {
	if len(c.names) >= maxNames {
		return
	}
	if n := name(names...); n != "" {
		c.names = append(c.names, n)
	}
}

// knows remembers a test, by the names that other formats may give it.
func (c *counts) knows(names ...string) { c.cases.add(names...) }

// saw remembers what became of a test.
func (c *counts) saw(state caseState, names ...string) { c.seen.saw(state, names...) }

// said remembers what a failed test said, cut; the first of its messages counts.
func (c *counts) said(message string, names ...string) {
	text := name(names...)
	message = strings.TrimSpace(message)
	if text == "" || message == "" || len(c.messages) >= maxNames || c.messages[text] != "" {
		return
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	if c.messages == nil {
		c.messages = map[string]string{}
	}
	c.messages[text] = message
}

// check refuses numbers that cannot be.
func (c *counts) check() error {
	for _, n := range []int64{c.passed, c.failed, c.skipped} {
		if n < 0 || n > maxCases {
			return fmt.Errorf("it reports %d tests, which is impossible", n)
		}
	}
	if total := c.passed + c.failed + c.skipped; total > maxCases {
		return fmt.Errorf("it reports %d tests, which is impossible", total)
	}
	return nil
}

func (c *counts) add(o counts) {
	c.passed, c.failed, c.skipped = c.passed+o.passed, c.failed+o.failed, c.skipped+o.skipped
	c.seen.join(o.seen)
	for _, n := range slices.Sorted(maps.Keys(o.messages)) {
		c.said(o.messages[n], n)
	}
	for _, n := range o.names {
		if len(c.names) < maxNames {
			c.names = append(c.names, n)
		}
	}
}

// maxCaseNames is how many of a file's tests are remembered, to recognise the same run in another format.
const maxCaseNames = 20_000

// caseNames are hashes of tests' names without what formats write differently.
type caseNames struct {
	hashes []uint64
	ends   []int // of each test's names among the hashes
}

// join adds the names of other tests.
func (n *caseNames) join(o caseNames) {
	for _, end := range o.ends {
		if len(n.ends) >= maxCaseNames {
			return
		}
		n.ends = append(n.ends, len(n.hashes)+end)
	}
	n.hashes = append(n.hashes, o.hashes...)
}

var caseSeed = maphash.MakeSeed()

func (n *caseNames) add(names ...string) {
	if len(n.ends) >= maxCaseNames {
		return
	}
	before := len(n.hashes)
	for _, name := range names {
		if h, ok := caseHash(name); ok {
			n.hashes = append(n.hashes, h)
		}
	}
	if len(n.hashes) > before {
		n.ends = append(n.ends, len(n.hashes))
	}
}

// caseHash is of a name's letters and digits.
func caseHash(name string) (uint64, bool) {
	var plain [512]byte
	b := plain[:0]
	for i := 0; i < len(name) && len(b) < len(plain); i++ {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			b = append(b, c)
		}
	}
	return maphash.Bytes(caseSeed, b), len(b) > 0
}

// among reports whether most of the tests are in a set.
func (n *caseNames) among(set map[uint64]uint32, mask uint32) bool {
	found, from := 0, 0
	for _, end := range n.ends {
		for _, h := range n.hashes[from:end] {
			if set[h]&mask != 0 {
				found++
				break
			}
		}
		from = end
	}
	return found > 0 && 2*found >= len(n.ends)
}
