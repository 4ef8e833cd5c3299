// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	nodeSum   = regexp.MustCompile(`^(?:ℹ|#) (tests|pass|fail|cancelled|skipped|todo) (\d{1,19})$`)
	nodeCase  = regexp.MustCompile(`^\s*[✔✖﹣] (.+?) \([\d.]+ms\)`)
	nodeFails = regexp.MustCompile(`^\s*✖ (.+?)(?: \([\d.]+ms\))?$`)
	colours   = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// parseNodeSpec reads the sums that node:test's "spec" reporter ends with. Newer versions of Node write it also where
// nobody watches.
func parseNodeSpec(in *text) (counts, error) {
	// Only what is below this heading are tests that failed; above it suites are listed too.
	sums, listing, c := map[string]int64{}, false, counts{}
	err := in.lines(func(line []byte) error {
		mark := bytes.TrimLeft(line, " \t")
		if len(line) > 4096 || len(mark) == 0 || mark[0] < 0x80 && mark[0] != '#' && mark[0] != 0x1b {
			return nil
		}
		plain := colours.ReplaceAllString(string(line), "")
		if m := nodeSum.FindStringSubmatch(plain); m != nil {
			n, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil || n > maxCases {
				return fmt.Errorf("it reports %.20s tests, which is impossible", m[2])
			}
			// Several runs can follow each other.
			sums[m[1]] += n
			return nil
		}
		if strings.TrimSpace(plain) == "✖ failing tests:" {
			listing = true
			return nil
		}
		if m := nodeCase.FindStringSubmatch(plain); m != nil && !listing {
			c.knows(m[1])
			c.saw(casePassed, m[1])
		}
		if m := nodeFails.FindStringSubmatch(plain); m != nil && listing && !strings.Contains(m[1], "# TODO") {
			c.named(m[1])
			c.saw(caseFailed, m[1])
		}
		return nil
	})
	if err != nil {
		return counts{}, err
	}
	if len(sums) != 6 {
		return counts{}, errOther
	}
	c.passed, c.failed, c.skipped = sums["pass"], sums["fail"]+sums["cancelled"], sums["skipped"]+sums["todo"]
	if got := c.passed + c.failed + c.skipped; got != sums["tests"] {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d tests, but %d results", sums["tests"], got)
	}
	c.names = c.names[:min(len(c.names), int(c.failed))]
	if len(c.names) == 0 {
		c.names = nil
	}
	return c, nil
}
