// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"strings"
	"testing"
)

func TestReplaceSection(t *testing.T) {
	const section = "new\n"
	block := SectionBegin + "\nnew\n" + SectionEnd
	cases := map[string]struct{ why, body, want string }{
		"Empty":       {"The first section of an empty body.", "", block},
		"Appended":    {"Behind what a person wrote.", "mine", "mine\n\n" + block},
		"LineEnds":    {"A person's line ends stay.", "mine\r\n", "mine\r\n\n" + block},
		"Replaced":    {"What is around it stays byte by byte.", "a \n" + SectionBegin + "old" + SectionEnd + "\t b\r\n", "a \n" + block + "\t b\r\n"},
		"Twice":       {"Only the first of two copies is ours to change.", SectionBegin + "1" + SectionEnd + "|" + SectionBegin + "2" + SectionEnd, block + "|" + SectionBegin + "2" + SectionEnd},
		"BeginOnly":   {"Half a section is somebody's text: nothing of it is lost.", "a" + SectionBegin + "b", "a" + SectionBegin + "b\n\n" + block},
		"EndOnly":     {"The other half.", "a" + SectionEnd + "b", "a" + SectionEnd + "b\n\n" + block},
		"EndFirst":    {"In the wrong order they are no section.", SectionEnd + "x" + SectionBegin, SectionEnd + "x" + SectionBegin + "\n\n" + block},
		"StrayBegin":  {"Text between a stray beginning and a section is a person's.", SectionBegin + "mine" + SectionBegin + "old" + SectionEnd, SectionBegin + "mine" + block},
		"StrayEnd":    {"A stray end before a section.", SectionEnd + "mine" + SectionBegin + "old" + SectionEnd, SectionEnd + "mine" + block},
		"OtherMarker": {"Another tool's comment is none of ours.", "<!-- other:begin -->x<!-- other:end -->", "<!-- other:begin -->x<!-- other:end -->\n\n" + block},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ReplaceSection(c.body, section)
			if err != nil || got != c.want {
				t.Errorf("%s\ngot  %q, %v\nwant %q", c.why, got, err, c.want)
			}
			again, err := ReplaceSection(got, section)
			if err != nil || again != got {
				t.Errorf("%s\nthe second time changed it again: %q, %v", c.why, again, err)
			}
		})
	}
	if _, err := ReplaceSection(strings.Repeat("ä", MaxBody), section); err == nil {
		t.Error("a body that GitHub would refuse, or cut, must not be sent")
	}
}

func FuzzReplaceSection(f *testing.F) {
	for _, body := range []string{"", "a", SectionBegin, SectionEnd + SectionBegin, "x" + SectionBegin + "y" + SectionEnd + "z", SectionBegin + SectionBegin + SectionEnd + SectionEnd} {
		f.Add(body, "text")
	}
	f.Fuzz(func(t *testing.T, body, text string) {
		section := code(text, 500)
		got, err := ReplaceSection(body, section)
		if err != nil {
			return
		}
		before, after, found := cutSection(got)
		if !found {
			t.Fatalf("the section is not found again in %q", got)
		}
		if ours, theirs, had := cutSection(body); had {
			if before != ours || after != theirs {
				t.Fatalf("what is around the section changed: %q", got)
			}
		} else if !strings.HasPrefix(got, body) {
			t.Fatalf("what a person wrote changed: %q became %q", body, got)
		}
		if again, err := ReplaceSection(got, section); err != nil || again != got {
			t.Fatalf("the second time changed it again: %q, %v", again, err)
		}
	})
}
