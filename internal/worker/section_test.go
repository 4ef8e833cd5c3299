// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"
)

func TestReplaceSection(t *testing.T) {
	const section = "new\n"
	block := sectionBegin + "\nnew\n" + sectionEnd
	cases := map[string]struct{ why, body, want string }{
		"Empty":       {"The first section of an empty body.", "", block},
		"Appended":    {"Behind what a person wrote.", "mine", "mine\n\n" + block},
		"LineEnds":    {"A person's line ends stay.", "mine\r\n", "mine\r\n\n" + block},
		"Replaced":    {"What stands around it stays byte by byte.", "a \n" + sectionBegin + "old" + sectionEnd + "\t b\r\n", "a \n" + block + "\t b\r\n"},
		"Twice":       {"Only the first of two copies is ours to change.", sectionBegin + "1" + sectionEnd + "|" + sectionBegin + "2" + sectionEnd, block + "|" + sectionBegin + "2" + sectionEnd},
		"BeginOnly":   {"Half a section is somebody's text: nothing of it is lost.", "a" + sectionBegin + "b", "a" + sectionBegin + "b\n\n" + block},
		"EndOnly":     {"The other half.", "a" + sectionEnd + "b", "a" + sectionEnd + "b\n\n" + block},
		"EndFirst":    {"In the wrong order they are no section.", sectionEnd + "x" + sectionBegin, sectionEnd + "x" + sectionBegin + "\n\n" + block},
		"StrayBegin":  {"Text between a stray beginning and a section is a person's.", sectionBegin + "mine" + sectionBegin + "old" + sectionEnd, sectionBegin + "mine" + block},
		"StrayEnd":    {"A stray end before a section.", sectionEnd + "mine" + sectionBegin + "old" + sectionEnd, sectionEnd + "mine" + block},
		"OtherMarker": {"Another tool's comment is none of ours.", "<!-- other:begin -->x<!-- other:end -->", "<!-- other:begin -->x<!-- other:end -->\n\n" + block},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := replaceSection(c.body, section)
			if err != nil || got != c.want {
				t.Errorf("%s\ngot  %q, %v\nwant %q", c.why, got, err, c.want)
			}
			again, err := replaceSection(got, section)
			if err != nil || again != got {
				t.Errorf("%s\nthe second time changed it again: %q, %v", c.why, again, err)
			}
		})
	}
	if _, err := replaceSection(strings.Repeat("ä", maxBody), section); err == nil {
		t.Error("a body that GitHub would refuse, or cut, must not be sent")
	}
}

func FuzzReplaceSection(f *testing.F) {
	for _, body := range []string{"", "a", sectionBegin, sectionEnd + sectionBegin, "x" + sectionBegin + "y" + sectionEnd + "z", sectionBegin + sectionBegin + sectionEnd + sectionEnd} {
		f.Add(body, "text")
	}
	f.Fuzz(func(t *testing.T, body, text string) {
		section := code(text, 500)
		got, err := replaceSection(body, section)
		if err != nil {
			return
		}
		before, after, found := cutSection(got)
		if !found {
			t.Fatalf("the section is not found again in %q", got)
		}
		if ours, theirs, had := cutSection(body); had {
			if before != ours || after != theirs {
				t.Fatalf("what stands around the section changed: %q", got)
			}
		} else if !strings.HasPrefix(got, body) {
			t.Fatalf("what a person wrote changed: %q became %q", body, got)
		}
		if again, err := replaceSection(got, section); err != nil || again != got {
			t.Fatalf("the second time changed it again: %q, %v", again, err)
		}
	})
}
