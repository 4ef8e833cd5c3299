// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// tree is what a source holds, by its paths.
type tree struct {
	files map[string]*entry
	// dirs are the names of what is in each directory.
	dirs map[string][]string
	// follow is where a link leads that does not say so itself.
	follow func(name string) string
	// escapes is a path of a Power's file that leads out of the source.
	escapes string
}

func newTree(c contents) *tree {
	entries := c.entries
	t := &tree{follow: c.follow, files: map[string]*entry{}, dirs: map[string][]string{}}
	for n := range entries {
		e := &entries[n]
		if !safeName(e.name) {
			if strings.Contains("/"+e.name, "/steering/") || strings.Contains("/"+e.name, "/skills/") {
				t.escapes = e.name
			}
			continue
		}
		if t.files[e.name] == nil {
			t.list(e.name)
		}
		t.files[e.name] = e
	}
	for _, names := range t.dirs {
		slices.Sort(names)
	}
	return t
}

// list adds a path to the directory that it is in, and that to its own.
func (t *tree) list(name string) {
	for name != "." {
		dir := path.Dir(name)
		_, known := t.dirs[dir]
		t.dirs[dir] = append(t.dirs[dir], path.Base(name))
		if known {
			return
		}
		name = dir
	}
}

// powerIn is the Power's directory.
func (t *tree) powerIn(dir string, packed bool) string {
	if dir == "" {
		dir = "."
	}
	top := t.dirs["."]
	if !packed || len(top) != 1 || t.dirs[top[0]] == nil || top[0] == "steering" || top[0] == "skills" {
		return dir
	}
	if _, err := t.resolve(dir); dir != "." && err == nil && t.has(dir) {
		return dir
	}
	return path.Join(top[0], dir)
}

func (t *tree) has(name string) bool { return t.files[name] != nil || t.dirs[name] != nil }

// What becomes of links that cannot be followed.
var (
	errLeadsOut   = errors.New("it is a link that leads out of the source")
	errLeadsRound = errors.New("it is a link that leads to too many others")
	errLeadsAway  = errors.New("it is a link that leads to nothing in the source")
)

// resolve follows the links of a path within the source. A path that nothing is at, and no link leads to, is returned.
func (t *tree) resolve(name string) (string, error) {
	const most = 16
	followed := 0
	rest, at := strings.Split(path.Clean(name), "/"), "."
	for len(rest) > 0 {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		e := t.files[next]
		if e == nil || !e.isLink {
			at = next
			continue
		}
		if followed++; followed > most {
			return "", errLeadsRound
		}
		if e.link == "" && t.follow != nil {
			e.link = withinSource(t.follow(next))
		}
		target := path.Join(path.Dir(next), e.link)
		if strings.HasPrefix(e.link, "/") {
			target = path.Clean(strings.TrimLeft(e.link, "/"))
		}
		if target == ".." || strings.HasPrefix(target, "../") || e.link == "" {
			return "", errLeadsOut
		}
		rest, at = append(strings.Split(target, "/"), rest...), "."
	}
	if followed > 0 && !t.has(at) {
		return "", errLeadsAway
	}
	return at, nil
}
