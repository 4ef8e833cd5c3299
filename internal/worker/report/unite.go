// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// jvmPrefix marks a name that is a package's and no path.
const jvmPrefix = "jvm:"

// unite sums the reports. Reports that share no source file are of different code and are added. What several say of one
// source file counts once: in one format what ran in any of them ran, and of several formats each metric is taken from the
// first that has it.
func unite(root string, found []covered, r *CoverageReport) (sum measured) {
	u := union{root: root, found: found, parts: make([]measured, len(found)), used: make([]bool, len(found))}
	u.dropped = u.withoutFiles()
	u.identify()
	u.share()
	for n := range found {
		sum.add(u.parts[n])
	}
	u.describe(r)
	r.sources = u.byName
	return sum
}

// union is the state of uniting reports.
type union struct {
	root  string
	found []covered
	// parts are what each report adds to the sum, and used says that it adds anything.
	parts   []measured
	used    []bool
	dropped [][metricCount]bool
	files   []*sharedFile
	byName  map[string]*sharedFile
	shares  []bool // the report has a file that another one has, too
}

// sharedFile is a source file as all reports know it.
type sharedFile struct {
	reports []int
	files   []*sourceFile
}

// withoutFiles finds the metrics of reports that do not say of which files they are, and of those beside them: in one
// directory and of one family of languages they are taken for the same run, and each metric counts once.
func (u *union) withoutFiles() [][metricCount]bool {
	dropped := make([][metricCount]bool, len(u.found))
	for a := range u.found {
		for b := range u.found {
			if a == b || path.Dir(u.found[a].name) != path.Dir(u.found[b].name) || u.found[a].format == u.found[b].format ||
				len(u.found[a].sink.files) > 0 && len(u.found[b].sink.files) > 0 || !sameFamily(u.found[a], u.found[b]) {
				continue
			}
			for m := range metricCount {
				if u.found[a].format < u.found[b].format && u.found[a].sums[m].total > 0 {
					dropped[b][m] = true
				}
			}
		}
	}
	return dropped
}

// families are languages by the ends of files' names.
var families = map[string]string{
	".js": "js", ".jsx": "js", ".ts": "js", ".tsx": "js", ".mjs": "js", ".cjs": "js", ".vue": "js", ".svelte": "js",
	".py": "python", ".go": "go", ".java": "jvm", ".kt": "jvm", ".scala": "jvm", ".groovy": "jvm", ".rb": "ruby", ".php": "php",
	".cs": "dotnet", ".fs": "dotnet", ".vb": "dotnet", ".rs": "native", ".c": "native", ".cc": "native", ".cpp": "native", ".h": "native", ".swift": "native",
}

func sameFamily(a, b covered) bool {
	x, y := familiesOf(a), familiesOf(b)
	if len(x) == 0 || len(y) == 0 {
		return true
	}
	for f := range x {
		if y[f] {
			return true
		}
	}
	return false
}

func familiesOf(c covered) map[string]bool {
	found := map[string]bool{}
	if f := coverageFormats[c.format].family; f != "" {
		found[f] = true
		return found
	}
	for _, f := range c.sink.files {
		end := strings.ToLower(path.Ext(f.path))
		if name := families[end]; name != "" {
			end = name
		}
		if end != "" {
			found[end] = true
		}
	}
	return found
}

// identify finds out which reports tell of the same source files.
func (u *union) identify() {
	u.byName, u.shares = map[string]*sharedFile{}, make([]bool, len(u.found))
	var later []int
	names := names{root: u.root, exists: map[string]bool{}, moved: map[string]moved{}}
	if root, err := os.OpenRoot(u.root); err == nil {
		defer func() { _ = root.Close() }()
		names.open = root
	}
	// Names within the repository first: others are compared with their ends.
	for n := range u.found {
		for i, f := range u.found[n].sink.files {
			name, within := names.of(u.found[n], f.path)
			if !within {
				later = append(later, n, i)
				continue
			}
			if strings.HasPrefix(name, jvmPrefix) {
				// Each module may have a class of that name.
				name += fmt.Sprintf("#%x", f.shape())
			}
			u.join(name, n, f)
		}
	}
	for ; len(later) > 0; later = later[2:] {
		c := u.found[later[0]]
		f := c.sink.files[later[1]]
		name, _ := names.of(c, f.path)
		u.join(u.withEnd(name, reportBase(c.name)), later[0], f)
	}
}

// withEnd is the name within the repository that a name elsewhere ends with, or that name itself. Base is the directory that
// the report is of: each part of a repository may have been tested in a container of its own, under the same path.
func (u *union) withEnd(name, base string) string {
	if base != "." {
		if _, behind, found := strings.Cut(name, "/"+base+"/"); found {
			return base + "/" + behind
		}
		for _, rest := range ends(name) {
			if _, ok := u.byName[base+"/"+rest]; ok {
				return base + "/" + rest
			}
		}
	}
	for rest := strings.TrimPrefix(name, "/"); rest != ""; {
		// A name alone says little in a deep tree.
		if !strings.Contains(rest, "/") && strings.Count(name, "/") > 2 {
			break
		}
		if _, ok := u.byName[rest]; ok {
			return rest
		}
		_, behind, found := strings.Cut(rest, "/")
		if !found {
			break
		}
		rest = behind
	}
	if base != "." {
		return base + ":" + name
	}
	return name
}

func (u *union) join(name string, report int, f *sourceFile) {
	s := u.byName[name]
	if s == nil {
		s = &sharedFile{}
		u.byName[name], u.files = s, append(u.files, s)
	}
	for _, other := range s.reports {
		if other != report {
			u.shares[other], u.shares[report] = true, true
		}
	}
	s.reports, s.files = append(s.reports, report), append(s.files, f)
}

// share adds what each report says.
func (u *union) share() {
	for n, c := range u.found {
		if u.shares[n] {
			continue
		}
		for m := range metricCount {
			if !u.dropped[n][m] {
				u.parts[n][m] = c.sums[m]
			}
		}
	}
	for _, s := range u.files {
		if u.shares[s.reports[0]] {
			u.shareFile(s)
		}
	}
	for n, part := range u.parts {
		u.used[n] = u.used[n] || part != (measured{}) || !u.shares[n] && u.dropped[n] == [metricCount]bool{}
	}
}

// shareFile counts a source file once.
func (u *union) shareFile(s *sharedFile) {
	byFormat := map[int]*sourceFile{}
	first := map[int]int{} // report of a format
	for i, n := range s.reports {
		format := u.found[n].format
		if byFormat[format] == nil {
			byFormat[format], first[format] = s.files[i], n
			continue
		}
		byFormat[format].join(s.files[i])
		u.used[n] = true
	}
	taken := [metricCount]bool{}
	for format := range coverageFormats {
		f := byFormat[format]
		if f == nil {
			continue
		}
		sums := f.sums()
		for m := range metricCount {
			n := first[format]
			if taken[m] || sums[m].total == 0 || u.dropped[n][m] {
				continue
			}
			taken[m] = true
			u.parts[n][m].covered += sums[m].covered
			u.parts[n][m].total += sums[m].total
		}
	}
}

// describe says which reports count, and which metrics are of some of them only.
func (u *union) describe(r *CoverageReport) {
	for n, c := range u.found {
		if !u.used[n] {
			r.Beside = append(r.Beside, c.name)
			r.Ignored = append(r.Ignored, fmt.Sprintf("%s says the same as the report in another format beside it", c.name))
			continue
		}
		r.Files = append(r.Files, c.name)
		if name := coverageFormats[c.format].name; !slices.Contains(r.Formats, name) {
			r.Formats = append(r.Formats, name)
		}
	}
	for m := range metricCount {
		if u.missing(m) {
			r.Missing = append(r.Missing, metricNames[m])
		}
		if text := u.partial(m); text != "" {
			r.Parts, r.Partial = append(r.Parts, metricNames[m]), append(r.Partial, text)
		}
	}
}

func (u *union) sum(m int) (total int64) {
	for _, part := range u.parts {
		total += part[m].total
	}
	return total
}

// missing is true of a metric that no report has. Istanbul's have all: what they do not count is not in the code.
func (u *union) missing(m int) bool {
	if u.sum(m) > 0 {
		return false
	}
	for n, part := range u.parts {
		if u.used[n] && part != (measured{}) && coverageFormats[u.found[n].format].family != "js" {
			return true
		}
	}
	return false
}

// partial says which reports have a metric that others of other code lack; empty if all have it, or none.
func (u *union) partial(m int) string {
	var with []string
	without := false
	var mine, all int64 // lines, to say how much that is
	for n, part := range u.parts {
		size := max(part[metricLines].total, part[metricStatements].total)
		switch all += size; {
		case !u.used[n] || part == (measured{}):
		case part[m].total > 0:
			with, mine = append(with, u.found[n].name), mine+size
		case !u.shares[n]:
			without = true
		}
	}
	if !without || len(with) == 0 {
		return ""
	}
	const few = 3
	if len(with) > few {
		with = append(with[:few:few], fmt.Sprintf("%d more", len(with)-few))
	}
	return fmt.Sprintf("%s are of %s only (%d of %d lines)", metricNames[m], strings.Join(with, ", "), mine, all)
}
