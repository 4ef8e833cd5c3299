// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"strings"
	"testing"
)

func TestMatchPath(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"package.json", "package.json", true},
		{"package.json", "apps/web/package.json", true},
		{"package.json", "package.json/x", false},
		{"*.mk", "a/b.mk", true},
		{".github/**", ".github/workflows/ci.yml", true},
		{".github/", ".github/CODEOWNERS", true},
		{".github/**", ".github", false},
		{".github/**", "docs/.github/x", false},
		{"src/*.ts", "src/a.ts", true},
		{"src/*.ts", "src/a/b.ts", false},
		{"src/**/*.ts", "src/a/b/c.ts", true},
		{"src/**/*.ts", "src/c.ts", true},
		{"**/test/**/x", "a/test/b/test/c/x", true},
		{"**/test/**/x", "a/b/x", false},
		{"[", "[", false},
	}
	for _, c := range cases {
		if got := MatchPath(c.pattern, c.name); got != c.want {
			t.Errorf("MatchPath(%q, %q) = %t", c.pattern, c.name, got)
		}
	}
	// Made to be slow.
	if MatchPath(strings.Repeat("**/a/", 100)+"b", strings.Repeat("a/", 2000)+"c") {
		t.Error("it matches")
	}
}

func TestLookTwiceNamesWhatMeasures(t *testing.T) {
	all := []string{
		"package.json", ".npmrc", ".yarnrc.yml", "tests/conftest.py", "Makefile", "babel.config.js", "jest.setup.ts", "tsconfig.json", "tsconfig.test.json", "package-lock.json",
		"vitest.workspace.ts", ".github/workflows/ci.yml", ".gitmodules", "yarn.lock", ".kiro/steering/a.md",
	}
	for _, name := range all {
		if files, _ := lookTwice([]Change{{Path: name}}, nil); len(files) != 1 {
			t.Errorf("%s is not named", name)
		}
	}
	if files, _ := lookTwice([]Change{{Path: "vendor/lib", Submodule: true}}, nil); len(files) != 1 {
		t.Error("a submodule's new commit is not named")
	}
	if files, _ := lookTwice([]Change{{Path: "src/cart.ts"}}, nil); len(files) != 0 {
		t.Errorf("got %v", files)
	}
	if files, _ := lookTwice([]Change{{Path: "src/cart.ts"}}, []string{"src/"}); len(files) != 1 {
		t.Error("what the environment names is named")
	}
	many := make([]Change, 25)
	for n := range many {
		many[n].Path = "go.mod"
	}
	if files, more := lookTwice(many, nil); len(files) != maxLooked || more != 5 {
		t.Errorf("%d named, %d more", len(files), more)
	}
	for _, l := range looks {
		if l.why == "" {
			t.Errorf("%s has no reason", l.pattern)
		}
	}
}
