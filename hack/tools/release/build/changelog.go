// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kinds are the parts of the changelog, in its order. A note's file name begins with one.
var kinds = []struct{ name, title string }{
	{"breaking", "You must do something"}, {"added", "Added"}, {"changed", "Changed"}, {"fixed", "Fixed"}, {"security", "Security"},
}

// changelog puts the notes of docs/changes together: a file a change, so that two changes never meet in one file.
func (r release) changelog() error {
	files, err := filepath.Glob(filepath.Join(r.root, "docs", "changes", "*.md"))
	if err != nil {
		return err
	}
	notes := map[string][]string{}
	for _, path := range files {
		name := filepath.Base(path)
		kind, _, _ := strings.Cut(name, "-")
		if name == "README.md" {
			continue
		}
		if !slices.ContainsFunc(kinds, func(k struct{ name, title string }) bool { return k.name == kind }) {
			return fmt.Errorf("docs/changes/%s: its name must begin with breaking-, added-, changed-, fixed- or security-", name)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := strings.TrimSpace(string(content))
		if text == "" {
			return fmt.Errorf("docs/changes/%s says nothing", name)
		}
		notes[kind] = append(notes[kind], "- "+strings.ReplaceAll(text, "\n", "\n  "))
	}
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "# %s\n", r.version)
	for _, kind := range kinds {
		if len(notes[kind.name]) > 0 {
			_, _ = fmt.Fprintf(&out, "\n## %s\n\n%s\n", kind.title, strings.Join(notes[kind.name], "\n"))
		}
	}
	return r.write("CHANGELOG.md", []byte(out.String()))
}
