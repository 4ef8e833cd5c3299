// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckBranchName(t *testing.T) {
	dir := t.TempDir()
	r, _ := Open(Options{Dir: filepath.Join(dir, "repository.git"), Tree: filepath.Join(dir, "checkout"), Environ: os.Environ()})
	must(t, r.Create(t.Context()))
	cases := map[string]struct {
		why   string
		names []string
		fine  bool
	}{
		"Plain":     {"What most people write.", []string{"feature/cart", "v1.2", "a_b-c", "x"}, true},
		"Letters":   {"git takes every letter there is.", []string{"größe/日本", "фича/1", "🛒"}, true},
		"Signs":     {"And what only a shell would stumble over: there is none.", []string{"$(id)", "feature/(x)", "a&b", "a;b", "'x'", `"x"`, "`id`", "a|b", "!x", "a{b}", "a@b", "#1", "a%2fb"}, true},
		"Dash":      {"Could look like an option somewhere.", []string{"--upload-pack=x", "-x"}, false},
		"Refspec":   {"Would mean something else in a refspec.", []string{"a:b", "refs^", "a~1", "a*", "a?b", "a[b"}, false},
		"Revision":  {"Would mean something else as a revision.", []string{"a..b", "a@{1}"}, false},
		"Path":      {"Would be another file than the branch's.", []string{"a/", "/a", "a//b", ".a", "a/.b", "../a", "a.lock", "a.", ""}, false},
		"Blanks":    {"Spaces and control characters.", []string{"a b", "a\nb", "a\tb", "a\x7f", "a\x01"}, false},
		"TooLong":   {"Longer than a file's name may be.", []string{strings.Repeat("é", 123)}, false},
		"Backslash": {"git refuses it.", []string{`a\b`}, false},
	}
	for name, c := range cases {
		for _, branch := range c.names {
			r.branch = branch
			err := r.CheckBranchName(t.Context())
			var f *BranchNameError
			switch {
			case c.fine && err != nil:
				t.Errorf("%s: %s %q was refused: %v", name, c.why, branch, err)
			case !c.fine && (!errors.As(err, &f) || !strings.Contains(err.Error(), "rename the branch")):
				t.Errorf("%s: %s %q must be refused with what to do, got %v", name, c.why, branch, err)
			}
		}
	}
}
