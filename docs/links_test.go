// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the repository's own documents, without samples that tests and demo copy.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "sample", "node_modules", "bin"}, d.Name())):
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(name) == ".md":
			all = append(all, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	symbol  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// prose is a document without its code.
func prose(text string) string { return code.ReplaceAllString(fence.ReplaceAllString(text, ""), "") }

// anchors are the names that GitHub gives a document's headings.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		plain := symbol.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		all = append(all, strings.ReplaceAll(plain, " ", "-"))
	}
	return all
}

func TestLinksResolve(t *testing.T) {
	for _, name := range documents(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(prose(string(text)), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), filepath.FromSlash(target))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			linked, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(anchors(string(linked)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", name, m[1])
			}
		}
	}
}

// TestMapNamesEveryDocument keeps docs/README.md the one place from which everything is found, docs/adr/README.md the one for
// decisions, and docs/runbooks/README.md the one for alerts.
func TestMapNamesEveryDocument(t *testing.T) {
	linked := map[string]bool{"README.md": true}
	for _, index := range []string{"README.md", "adr/README.md", "runbooks/README.md"} {
		text, err := os.ReadFile(filepath.FromSlash(index))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(prose(string(text)), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			linked[path.Join(path.Dir(index), target)] = true
		}
	}
	for _, name := range documents(t) {
		inDocs, ours := strings.CutPrefix(filepath.ToSlash(name), "../docs/")
		if strings.HasPrefix(inDocs, "changes/") && inDocs != "changes/README.md" {
			continue // a release puts these together
		}
		if ours && !linked[inDocs] {
			t.Errorf("neither docs/README.md nor those of adr and runbooks links to %s", inDocs)
		}
	}
}
