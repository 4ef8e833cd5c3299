// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// names turns what reports call a source file into its name in the repository.
type names struct {
	root   string
	open   *os.Root // nil if it cannot be opened
	exists map[string]bool
	moved  map[string]moved // by report
}

// moved is where the files of a report are that was written elsewhere.
type moved struct {
	from, to string
	misses   int
}

// reportFolders are directories that tools make for their reports: a name in one of them begins above it.
var reportFolders = []string{
	"coverage", "reports", "report", ".nyc_output", "target", "build", "TestResults", "test-results", "test-reports", "out", "dist", "cover", "htmlcov", "tmp",
}

// of is a source file's name in the repository. Within is false of one that seems to be elsewhere, as where a report was
// written in a container.
func (n *names) of(c covered, name string) (clean string, within bool) {
	if strings.HasPrefix(name, jvmPrefix) {
		return name, true
	}
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "file://")
	base := reportBase(c.name)
	if !path.IsAbs(name) && len(c.sink.sources) > 0 {
		if source := strings.ReplaceAll(c.sink.sources[0], `\`, "/"); path.IsAbs(source) {
			name = path.Join(source, name)
		} else if source != "" {
			name = path.Join(source, name)
		}
	}
	if path.IsAbs(name) {
		if rel, err := filepath.Rel(n.root, name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), true
		}
		return n.elsewhere(c, base, path.Clean(name))
	}
	for dir := base; ; dir = path.Dir(dir) {
		if candidate := path.Join(dir, name); n.isThere(candidate) {
			return candidate, true
		}
		if dir == "." {
			break
		}
	}
	return path.Join(base, name), true
}

// elsewhere looks for a file whose name begins outside of the repository: in a container the same files are under another
// path. What was found for one file holds for the others of the report.
func (n *names) elsewhere(c covered, base, name string) (string, bool) {
	const enough = 50
	m := n.moved[c.name]
	if rest, ok := strings.CutPrefix(name, m.from); ok && m.from != "" && n.isThere(path.Join(m.to, rest)) {
		return path.Join(m.to, rest), true
	}
	if m.misses >= enough {
		return name, false
	}
	for dir := base; ; dir = path.Dir(dir) {
		for _, rest := range ends(name) {
			// Above the report's own directory a name alone says little.
			if dir != base && !strings.Contains(rest, "/") {
				break
			}
			if n.isThere(path.Join(dir, rest)) {
				n.moved[c.name] = moved{from: strings.TrimSuffix(name, rest), to: dir}
				return path.Join(dir, rest), true
			}
		}
		if dir == "." {
			break
		}
	}
	m.misses++
	n.moved[c.name] = m
	return name, false
}

// isThere asks once for each name, and not for ever.
func (n *names) isThere(name string) bool {
	if there, asked := n.exists[name]; asked || n.open == nil || len(n.exists) > maxSourceFiles {
		return there
	}
	_, err := n.open.Lstat(name)
	n.exists[name] = err == nil
	return err == nil
}

// reportBase is the directory that a report's names begin in: the one above those that tools make.
func reportBase(name string) string {
	parts := strings.Split(path.Dir(name), "/")
	for i, part := range parts {
		if slices.Contains(reportFolders, part) {
			parts = parts[:i]
			break
		}
	}
	return path.Clean(strings.Join(parts, "/"))
}

// ends are what is left of a name without the first of its directories, without the second, and so on.
func ends(name string) []string {
	const most = 24
	parts := strings.Split(strings.Trim(name, "/"), "/")
	parts = parts[max(0, len(parts)-most):]
	all := make([]string, 0, len(parts))
	for n := range parts {
		all = append(all, strings.Join(parts[n:], "/"))
	}
	return all
}
