// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// A gate that the repository's agent may not edit at all: whatever way it is changed, nothing of the task is pushed.
func TestProtectedPaths(t *testing.T) {
	for name, script := range map[string]string{
		"Edited":   `echo x >> test.sh`,
		"Removed":  `rm test.sh`,
		"Link":     `ln -sf /bin/true test.sh`,
		"Mode":     `chmod 755 test.sh`,
		"Replaced": `rm test.sh; mkdir test.sh; echo x > test.sh/x`,
		"Nested":   `rm test.sh; git init -q test.sh; echo x > test.sh/x`,
		"Another":  `mkdir -p deep/er; echo x > deep/er/jest.config.js`,
		"Hidden":   `echo x >> test.sh; git update-index --assume-unchanged test.sh; git add -A; git -c user.name=a -c user.email=a@b commit -qm x; touch -d '2001-01-01' test.sh`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, script+`; echo "$1" > "f$1"`)
			w.options.Parameters.Settings.ProtectedPaths = []contract.ProtectedPath{{Glob: "test.sh"}, {Glob: "test.sh/"}, {Glob: "jest.config.*"}}
			metadata := w.build()
			if !strings.Contains(metadata, `"outcome": "ProtectedPathChanged"`) || w.file("f1") != "" {
				t.Errorf("it was not refused, or something was pushed (%q):\n%s", w.file("f1"), metadata)
			}
		})
	}
	w := newWorld(t, `echo x > note-$1.txt; echo "$1" > "f$1"`)
	w.options.Parameters.Settings.ProtectedPaths = []contract.ProtectedPath{{Glob: "test.sh"}, {Glob: "note-*.txt", NameOnly: true}}
	w.succeed()
	if body := w.body(); !strings.Contains(body, "Look twice") || !strings.Contains(body, "`note-1.txt` (named by the environment)") {
		t.Errorf("a change that is to be named is not:\n%s", body)
	}
}
