// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// maxEntries is how many files and links of a source are looked at.
const maxEntries = 200_000

// entry is a file, or a link, of a source.
type entry struct {
	name string
	size int64
	// link is where a link leads: relative to the directory that it is in or, if it begins with a slash, to the source.
	link   string
	isLink bool
}

// contents are what a source holds.
type contents struct {
	entries []entry
	// follow is where a link leads; nil where the entries say it.
	follow func(name string) string
	// read hands the files of these names on, in any order.
	read func(names map[string]bool, add func(name string, in io.Reader) error) error
}

// gather reads what of a source is the Power's: the files by their path relative to the Power's directory dir. Packed says
// that all may be in one more directory, as archives of forges have it. The notes say what was left out, and why.
func gather(c contents, dir string, packed bool) (files map[string][]byte, notes []string, err error) {
	if len(c.entries) > maxEntries {
		return nil, nil, invalidf("the source has more than %d files: name one with the Power alone", maxEntries)
	}
	t := newTree(c)
	if t.escapes != "" {
		return nil, nil, invalidf("the path %.80q leads out of the Power", t.escapes)
	}
	w := walk{tree: t, files: map[string]string{}}
	root := t.powerIn(dir, packed)
	for _, name := range []string{"POWER.md", "plugin.json"} {
		w.add(name, path.Join(root, name), 0)
	}
	for _, name := range []string{"steering", "skills"} {
		w.directory(name, path.Join(root, name), 0)
	}
	if len(w.files) > maxPowerFiles {
		return nil, nil, invalidf("the Power has more than %d files", maxPowerFiles)
	}
	w.others(root)
	files, err = w.read(c)
	return files, w.notes, err
}

// walk finds the files of a Power: their names in it, and where they are in the source.
type walk struct {
	tree  *tree
	files map[string]string
	notes []string
}

func (w *walk) leftOut(name, why string) {
	const most = 20
	if len(w.notes) < most {
		w.notes = append(w.notes, fmt.Sprintf("%.120q of the Power was left out: %s.", name, why))
	}
}

// add adds a file, or a directory that a link leads to.
func (w *walk) add(name, place string, depth int) {
	found, err := w.tree.resolve(place)
	switch {
	case err != nil:
		w.leftOut(name, err.Error())
	case w.tree.dirs[found] != nil:
		w.directory(name, found, depth+1)
	case w.tree.files[found] == nil:
	case path.Base(name) != "." && strings.HasPrefix(path.Base(name), "."):
		w.leftOut(name, "its name begins with a dot")
	case len(w.files) <= maxPowerFiles:
		w.files[name] = found
	}
}

// directory adds what is in a directory.
func (w *walk) directory(name, place string, depth int) {
	const deepest = 16
	found, err := w.tree.resolve(place)
	if err != nil {
		w.leftOut(name, err.Error())
		return
	}
	if depth > deepest {
		w.leftOut(name, "it is too deep, or a link leads round in a circle")
		return
	}
	for _, child := range w.tree.dirs[found] {
		if len(w.files) > maxPowerFiles {
			return
		}
		w.add(name+"/"+child, path.Join(found, child), depth+1)
	}
}

// unused are parts of a Power that are not brought along.
var unused = []string{"mcp.json", ".mcp.json", "hooks", "agents", "commands", "prompts"}

// others notes which other parts the Power has.
func (w *walk) others(root string) {
	var found []string
	for _, name := range unused {
		if place := path.Join(root, name); w.tree.files[place] != nil || w.tree.dirs[place] != nil {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		w.notes = append(w.notes, "Of the Power only steering and skills are brought along, not "+strings.Join(found, ", ")+".")
	}
}

// lfsPointer is how the text begins that stands for a file of Git LFS.
const lfsPointer = "version https://git-lfs.github.com/spec/"

func (w *walk) read(c contents) (map[string][]byte, error) {
	wanted, named := map[string]bool{}, map[string][]string{}
	for name, place := range w.files {
		if size := w.tree.files[place].size; size > maxPowerFile {
			if path.Ext(name) == ".md" || !strings.Contains(name, "/") {
				return nil, invalidf("the Power has a file of more than %d bytes: %.80q", maxPowerFile, name)
			}
			w.leftOut(name, fmt.Sprintf("it has more than %d bytes", maxPowerFile))
			continue
		}
		wanted[place] = true
		named[place] = append(named[place], name)
	}
	slices.Sort(w.notes)
	files, bytes := map[string][]byte{}, 0
	err := c.read(wanted, func(place string, in io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(in, maxPowerFile+1))
		if err != nil {
			return err
		}
		if bytes += len(text); len(text) > maxPowerFile || bytes > maxPowerBytes {
			return invalidf("the Power has more than %d bytes, or a file of more than %d", maxPowerBytes, maxPowerFile)
		}
		for _, name := range named[place] {
			if strings.HasPrefix(string(text[:min(len(text), len(lfsPointer))]), lfsPointer) {
				w.leftOut(name, "it is in Git LFS, and only its pointer is in the source")
				continue
			}
			files[name] = text
		}
		return nil
	})
	return files, err
}
