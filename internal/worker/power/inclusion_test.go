// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import "testing"

func TestIncluded(t *testing.T) {
	cases := map[string]struct {
		why                   string
		text, inclusion, want string // want is empty where nothing changes
		always                bool
	}{
		"Silent":      {why: "Without front matter a file is read in every run; that is Kiro's own default.", text: "# A\n", always: true},
		"SaysNothing": {why: "So is one whose front matter says nothing of it.", text: "---\ntitle: A\n---\n# A\n", always: true},
		"SaysAlways":  {why: "And one that says so.", text: "---\ninclusion: always\n---\n", inclusion: "manual", always: true},
		"SaysOther":   {why: "What a file says counts.", text: "---\ninclusion: fileMatch\nfileMatchPattern: '*.go'\n---\n# A\n", inclusion: "auto"},
		"Manual":      {why: "The environment's default is for those that say nothing.", text: "# A\n", inclusion: "manual", want: "---\ninclusion: manual\n---\n\n# A\n"},
		"ManualMore":  {why: "It is added to what is there.", text: "---\ntitle: A\n---\n# A\n", inclusion: "manual", want: "---\ninclusion: manual\ntitle: A\n---\n# A\n"},
		"Windows":     {why: "With the line ends that the file has.", text: "---\r\ntitle: A\r\n---\r\n# A\r\n", inclusion: "manual", want: "---\r\ninclusion: manual\r\ntitle: A\r\n---\r\n# A\r\n"},
		"Auto":        {why: "Kiro needs a name and a description to choose a file itself.", text: "# How: \"we\" deploy\n", inclusion: "auto", want: "---\ninclusion: auto\nname: \"a\"\ndescription: \"How: \\\"we\\\" deploy\"\n---\n\n# How: \"we\" deploy\n"},
		"AutoNamed":   {why: "What is there is kept.", text: "---\nname: b\ndescription: c\n---\nx\n", inclusion: "auto", want: "---\ninclusion: auto\nname: b\ndescription: c\n---\nx\n"},
		"Always":      {why: "An environment may say aloud what is so anyway.", text: "x\n", inclusion: "always", want: "---\ninclusion: always\n---\n\nx\n", always: true},
		"Broken":      {why: "Front matter that is none is nobody's to change.", text: "---\na: [\n---\nx\n", inclusion: "auto", always: true},
		"Endless":     {why: "Nor is one without an end: it may be a line across the page.", text: "---\nx\n", inclusion: "auto", always: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, always := included("sub/a.md", []byte(c.text), c.inclusion)
			want := c.want
			if want == "" {
				want = c.text
			}
			if string(got) != want || always != c.always {
				t.Errorf("%s\ngot %q, always %t", c.why, got, always)
			}
		})
	}
}
