// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/maphash"
	"slices"
	"strings"
)

// goEvent is a line of `go test -json`.
type goEvent struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	// FailedBuild is the ImportPath whose build failed.
	FailedBuild string
}

// goState is what the last event of a test or a package says.
type goState uint8

const (
	goBegan goState = iota + 1
	goPassed
	goSkipped
	goFailed
	goNotBuilt
	goBenchmark // begun, and nothing says how benchmarks end
)

// goTest is what is kept of a test, or of a package.
type goTest struct {
	up    uint64 // what it is a part of; 0 is nothing, and it is a package
	state goState
}

// maxGoTests is how many tests are counted. Their names are not kept, but for those that failed or have not ended.
const maxGoTests = 500_000

// goRun is the state of reading one file.
type goRun struct {
	tests  map[uint64]goTest
	names  map[uint64]string // of what failed, or has not ended
	broken map[string]bool   // builds that failed, until a package names one as its reason
	cases  caseNames
	seen   Cases
}

// parseGoTest reads `go test -json`. Lines that are none of its own are skipped: a script's output surrounds it often.
func parseGoTest(t *text) (counts, error) {
	g := goRun{tests: map[uint64]goTest{}, names: map[uint64]string{}, broken: map[string]bool{}}
	err := t.lines(func(line []byte) error {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' || !bytes.Contains(line, []byte(`"Action"`)) {
			return nil
		}
		var e goEvent
		if json.Unmarshal(line, &e) != nil {
			// A line that the end of a killed run cut in two leaves its test without a result, which counts.
			return nil //nolint:nilerr // as it says
		}
		if g.event(e); len(g.tests) > maxGoTests {
			return errors.New("it has more tests than can be counted")
		}
		return nil
	})
	if err != nil {
		return counts{}, err
	}
	// A build that failed and that no package names as its reason still is a failure.
	for path := range g.broken {
		g.set(path, "", goNotBuilt)
	}
	if len(g.tests) == 0 {
		return counts{}, errOther
	}
	g.settle()
	return g.count(), nil
}

func goKey(pkg, test string) uint64 {
	return max(1, maphash.String(caseSeed, pkg+"\x00"+test))
}

func (g *goRun) event(e goEvent) {
	switch e.Action {
	case "start", "run":
		if _, known := g.tests[goKey(e.Package, e.Test)]; !known {
			g.set(e.Package, e.Test, goBegan)
			if e.Test != "" {
				g.cases.add(e.Test)
			}
		}
	case "pass":
		g.set(e.Package, e.Test, goPassed)
	case "skip":
		g.set(e.Package, e.Test, goSkipped)
	case "bench":
		g.set(e.Package, e.Test, goBenchmark)
	case "fail":
		if e.FailedBuild != "" {
			delete(g.broken, e.FailedBuild)
			g.set(e.Package, e.Test, goNotBuilt)
			return
		}
		g.set(e.Package, e.Test, goFailed)
	case "build-fail":
		if len(g.broken) < maxNames*maxNames {
			g.broken[e.ImportPath] = true
		}
	case "output":
		g.output(e)
	}
}

// output finds the end of a test that printed without a line end before it: it has no event of its own then.
func (g *goRun) output(e goEvent) {
	_, after, found := strings.Cut(e.Output, "--- ")
	if !found || e.Test == "" {
		return
	}
	word, rest, _ := strings.Cut(after, ": ")
	if name, _, _ := strings.Cut(rest, " "); name != e.Test {
		return
	}
	key := goKey(e.Package, e.Test)
	if g.tests[key].state != goBegan {
		return
	}
	switch word {
	case "PASS":
		g.set(e.Package, e.Test, goPassed)
	case "SKIP":
		g.set(e.Package, e.Test, goSkipped)
	case "FAIL":
		g.set(e.Package, e.Test, goFailed)
	}
}

func (g *goRun) set(pkg, test string, state goState) {
	key := goKey(pkg, test)
	entry, known := g.tests[key]
	if !known && test != "" {
		up := ""
		// What a test is a part of: the test before the last slash, else the package.
		if i := strings.LastIndexByte(test, '/'); i > 0 {
			up = test[:i]
		}
		if entry.up = goKey(pkg, up); g.tests[entry.up] == (goTest{}) {
			entry.up = goKey(pkg, "")
		}
	}
	entry.state = state
	g.tests[key] = entry
	why := ""
	switch state {
	case goPassed, goSkipped, goBenchmark:
		delete(g.names, key)
		switch {
		case test == "" || state == goBenchmark:
		case state == goSkipped:
			g.seen.saw(caseSkipped, pkg, test)
		default:
			g.seen.saw(casePassed, pkg, test)
		}
		return
	case goNotBuilt:
		why = "does not compile"
	case goBegan, goFailed:
	}
	if len(g.names) < maxGoTests/10 {
		g.names[key] = name(pkg, test, why)
	}
}

// settle decides what became of tests without an end by their package's: benchmarks have none, and other ends are lost.
// A package that passed has no test that failed.
func (g *goRun) settle() {
	for key, entry := range g.tests {
		if entry.state != goBegan || entry.up == 0 {
			continue
		}
		pkg := entry
		for pkg.up != 0 {
			above, ok := g.tests[pkg.up]
			if !ok {
				break
			}
			pkg = above
		}
		if pkg.up != 0 || pkg.state != goPassed && pkg.state != goSkipped {
			continue
		}
		if entry.state = goPassed; strings.Contains(g.names[key], " › Benchmark") {
			entry.state = goBenchmark
		}
		g.tests[key] = entry
		delete(g.names, key)
	}
}

func (t goTest) failed() bool {
	// A test that began and never ended failed: the run died in it.
	return t.state == goFailed || t.state == goNotBuilt || t.state == goBegan
}

// count counts the tests that have no subtests. A test, or a package, counts by itself if it failed without any part
// that did: a panic, a failed TestMain, code that does not compile.
func (g *goRun) count() counts {
	parents, explained := map[uint64]bool{}, map[uint64]bool{}
	for _, entry := range g.tests {
		bad := entry.failed()
		for up := entry.up; up != 0; up = g.tests[up].up {
			if parents[up] && (!bad || explained[up]) {
				break // what is above knows already
			}
			parents[up], explained[up] = true, explained[up] || bad
		}
	}
	c := counts{cases: g.cases, seen: g.seen}
	var failed []string
	for key, entry := range g.tests {
		switch {
		case entry.failed():
			if explained[key] {
				continue
			}
			c.failed++
			if n := g.names[key]; n != "" {
				failed = append(failed, n)
				if entry.up != 0 {
					c.saw(caseFailed, n)
				}
			}
		case parents[key] || entry.up == 0 || entry.state == goBenchmark:
		case entry.state == goPassed:
			c.passed++
		default:
			c.skipped++
		}
	}
	slices.Sort(failed)
	c.names = failed[:min(len(failed), maxNames)]
	return c
}
