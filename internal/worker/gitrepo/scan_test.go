// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

func TestDiffScan(t *testing.T) {
	const secret = "s3cr3t-Value-1"
	file := func(name string, lines ...string) string {
		return "diff --git a/" + name + " b/" + name + "\nindex 1..2 100644\n--- a/" + name + "\n+++ b/" + name + "\n@@ -0,0 +1 @@\n" + strings.Join(lines, "\n") + "\n"
	}
	long := strings.Repeat("x", 100_000)
	cases := map[string]struct {
		why, diff          string
		secrets, conflicts []string
	}{
		"Nothing":     {why: "An empty diff."},
		"Added":       {why: "An added line counts.", diff: file("a", "+x "+secret), secrets: []string{"a"}},
		"Removed":     {why: "A line that is removed does not: it was there before.", diff: file("a", "-x "+secret)},
		"Wrapped":     {why: "White space within a value does not hide it, and the plus is no part of it.", diff: file("a", "+s3cr3t-", "+  Value-1"), secrets: []string{"a"}},
		"LongLine":    {why: "However far behind it is.", diff: file("a", "+"+long+secret), secrets: []string{"a"}},
		"OneOfMany":   {why: "The file is named.", diff: file("a", "+x") + file("dir/b", "+"+secret) + file("c", "+y"), secrets: []string{"dir/b"}},
		"Halves":      {why: "Two files do not make a secret together.", diff: file("a", "+s3cr3t-") + file("b", "+Value-1")},
		"Name":        {why: "A file's name can hold it too.", diff: file(secret, "+x"), secrets: []string{secret}},
		"Mark":        {why: "The mark is code like any other.", diff: file("a", `+log(value.replace(key, "[REDACTED]"))`)},
		"Conflict":    {why: "git's three marks.", diff: file("a", "+<<<<<<< HEAD", "+1", "+=======", "+2", "+>>>>>>> main"), conflicts: []string{"a"}},
		"Diff3":       {why: "With the common ancestor, and Windows line ends.", diff: file("a", "+<<<<<<< HEAD\r", "+||||||| base\r", "+=======\r", "+>>>>>>> main\r"), conflicts: []string{"a"}},
		"Heading":     {why: "A heading is underlined so.", diff: file("a", "+Title", "+=======")},
		"Resolved":    {why: "Marks that are removed are being resolved.", diff: file("a", "-<<<<<<< HEAD", "-=======", "->>>>>>> main", "+1")},
		"Disordered":  {why: "A text about marks has them in any order.", diff: file("a", "+>>>>>>> ends one", "+=======", "+<<<<<<< begins one")},
		"AcrossFiles": {why: "Marks of two files are no conflict.", diff: file("a", "+<<<<<<< HEAD", "+=======") + file("b", "+>>>>>>> main")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := redact.New(redact.Options{Known: []string{secret}})
			for _, size := range []int{1, 13, 1 << 20} {
				d := &diffScan{finder: r.NewFinder}
				for rest := c.diff; rest != ""; {
					n := min(size, len(rest))
					if _, err := d.Write([]byte(rest[:n])); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				d.settle()
				if diff := cmp.Diff([][]string{c.secrets, c.conflicts}, [][]string{d.found.Secrets, d.found.Conflicts}); diff != "" {
					t.Errorf("%s\nin writes of %d bytes, -want +got:\n%s", c.why, size, diff)
				}
			}
		})
	}
}
