// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// held are contents in memory: a value that begins with "->" is a link.
func held(files map[string]string) contents {
	var c contents
	for name, text := range files {
		e := entry{name: name, size: int64(len(text))}
		e.link, e.isLink = strings.CutPrefix(text, "->")
		if !e.isLink {
			e.link = ""
		}
		c.entries = append(c.entries, e)
	}
	c.read = func(names map[string]bool, add func(string, io.Reader) error) error {
		for name := range names {
			if err := add(name, strings.NewReader(files[name])); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

func TestGather(t *testing.T) {
	manifest := map[string]string{"powers/house/POWER.md": "p"}
	cases := map[string]struct {
		why   string
		files map[string]string
		want  map[string]string
		notes []string // parts of them
	}{
		"Link":       {why: "A link within the source is followed.", files: map[string]string{"powers/house/steering/a.md": "->../../../shared/a.md", "shared/a.md": "a"}, want: map[string]string{"steering/a.md": "a"}},
		"LinkOfLink": {why: "Also over others.", files: map[string]string{"powers/house/steering/a.md": "->b.md", "powers/house/steering/b.md": "->../../../shared/a.md", "shared/a.md": "a"}, want: map[string]string{"steering/a.md": "a", "steering/b.md": "a"}},
		"Directory":  {why: "And to a whole directory.", files: map[string]string{"powers/house/steering": "->../../shared", "shared/a.md": "a", "shared/sub/b.py": "b"}, want: map[string]string{"steering/a.md": "a", "steering/sub/b.py": "b"}},
		"Within":     {why: "And through one.", files: map[string]string{"powers/house/steering/a.md": "->../../latest/a.md", "powers/latest": "->../shared", "shared/a.md": "a"}, want: map[string]string{"steering/a.md": "a"}},
		"Out":        {why: "One that leads out is not, and that is said.", files: map[string]string{"powers/house/steering/a.md": "->../../../../etc/passwd", "powers/house/steering/b.md": "b"}, want: map[string]string{"steering/b.md": "b"}, notes: []string{`"steering/a.md" of the Power was left out: it is a link that leads out`}},
		"Nothing":    {why: "Nor one to nothing.", files: map[string]string{"powers/house/steering/a.md": "->none.md", "powers/house/steering/b.md": "b"}, want: map[string]string{"steering/b.md": "b"}, notes: []string{"leads to nothing"}},
		"Circle":     {why: "Nor one that leads round in a circle.", files: map[string]string{"powers/house/steering/a.md": "->b.md", "powers/house/steering/b.md": "->a.md"}, want: map[string]string{}, notes: []string{"too many others", "too many others"}},
		"CircleDir":  {why: "Also of directories.", files: map[string]string{"powers/house/steering/a.md": "a", "powers/house/steering/more": "->../steering"}, want: nil, notes: []string{"too deep"}},
		"OtherParts": {why: "What else a Power has is named.", files: map[string]string{"powers/house/mcp.json": "{}", "powers/house/hooks/a.json": "{}", "powers/house/README.md": "r"}, want: map[string]string{}, notes: []string{"not mcp.json, hooks"}},
		"LFS":        {why: "A pointer of Git LFS is not what it points to.", files: map[string]string{"powers/house/steering/a.md": lfsPointer + "v1\noid sha256:0\n"}, want: map[string]string{}, notes: []string{"Git LFS"}},
		"Hidden":     {why: "Files that are hidden, as our own record would be, are none of its steering.", files: map[string]string{"powers/house/steering/.power.json": "{}"}, want: map[string]string{}, notes: []string{"dot"}},
		"BigData":    {why: "A file of another kind that is too long is left out, and named.", files: map[string]string{"powers/house/steering/a.bin": strings.Repeat("x", maxPowerFile+1)}, want: map[string]string{}, notes: []string{"more than"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for k, v := range manifest {
				c.files[k] = v
			}
			files, notes, err := gather(held(c.files), "powers/house", false)
			must(t, err)
			got := map[string]string{}
			for k, v := range files {
				if k != "POWER.md" {
					got[k] = string(v)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" && c.want != nil {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
			if len(notes) != len(c.notes) && c.want != nil {
				t.Errorf("%s\nnotes: %q", c.why, notes)
			}
			for n, part := range c.notes {
				if n >= len(notes) || !strings.Contains(notes[n], part) {
					t.Errorf("%s\nnotes: %q", c.why, notes)
				}
			}
		})
	}
}

func TestGatherIsBounded(t *testing.T) {
	many := map[string]string{"POWER.md": "p"}
	for n := range maxPowerFiles + 1 {
		many[fmt.Sprintf("steering/%d.md", n)] = "x"
	}
	if _, _, err := gather(held(many), "", false); err == nil || !strings.Contains(err.Error(), "more than 500 files") {
		t.Errorf("got %v", err)
	}
	// A circle of directories makes many names of few files.
	round := map[string]string{"POWER.md": "p", "steering/a": "->.", "steering/b": "->.", "steering/c": "->.", "steering/x.md": "x"}
	if _, _, err := gather(held(round), "", false); err == nil || !strings.Contains(err.Error(), "more than 500 files") {
		t.Errorf("got %v", err)
	}
}
