// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

const (
	// SteeringDir is where a repository's steering files are.
	SteeringDir = ".kiro/steering"
	// SkillsDir is where its skills are.
	SkillsDir = ".kiro/skills"
	// RecordFile says what was written last, so that an edited file is distinguished from an outdated one.
	RecordFile = SteeringDir + "/.power.json"
)

// record is the content of RecordFile, a file of the repository.
type record struct {
	Name    string            `json:"name"`
	Version string            `json:"version,omitempty"`
	Hash    string            `json:"hash"`
	Source  string            `json:"source"`
	Files   map[string]string `json:"files"` // SHA-256 by path under .kiro/steering
	// Skills are likewise by path under .kiro/skills.
	Skills map[string]string `json:"skills,omitempty"`
}

// files are the hashes by path in the repository.
func (r *record) files() map[string]string {
	all := map[string]string{}
	if r == nil {
		return all
	}
	for name, hash := range r.Files {
		all[path.Join(SteeringDir, name)] = hash
	}
	for name, hash := range r.Skills {
		all[path.Join(SkillsDir, name)] = hash
	}
	return all
}

// Tree is the checkout. Paths are slash-separated and relative to it; a file that does not exist is fs.ErrNotExist.
type Tree interface {
	ReadFile(name string, limit int64) ([]byte, error)
	WriteFile(name string, text []byte) error
	RemoveFile(name string) error
}

// Change is what was done to the steering files.
type Change struct {
	// UpToDate: nothing was to be written.
	UpToDate bool
	// BackFrom is the version that was there before, where it is newer than the Power's.
	BackFrom string
	// Kept are files that were edited or deleted in the repository and are left so, by their path in the repository.
	Kept []string
}

// Sync brings the steering files of a checkout up to a Power that was read from an address, and records what it wrote.
func Sync(tree Tree, p Power, address string) (Change, error) {
	last, err := readRecord(tree)
	if err != nil {
		return Change{}, err
	}
	var c Change
	if last != nil && older(p.Version, last.Version) {
		c.BackFrom = last.Version
	}
	todo, err := planFor(tree.ReadFile, last, p)
	if err != nil {
		return c, err
	}
	c.Kept = todo.kept
	// The record is a file of the repository: it never says that nothing is to be compared.
	next := recordOf(p, address)
	if len(todo.write)+len(todo.remove) == 0 && last != nil && reflect.DeepEqual(*last, next) {
		c.UpToDate = true
		return c, nil
	}
	if err := apply(tree, todo, p, next); err != nil {
		return c, fmt.Errorf("writing the Power's files: %w", err)
	}
	return c, nil
}

func readRecord(tree Tree) (*record, error) {
	text, err := tree.ReadFile(RecordFile, maxPowerFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no record is no failure
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s", RecordFile, gitrepo.PlainError(err))
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s is not what the worker wrote; delete it to have steering written again", RecordFile)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(r.Files)), slices.Collect(maps.Keys(r.Skills))) {
		// It is a file of the repository, which anybody may have written.
		if !safeName(name) {
			return nil, fmt.Errorf("%s names a path that leads out of %s; delete it to have steering written again", RecordFile, SteeringDir)
		}
	}
	return &r, nil
}

// plan is what is to be done to the steering files, by their path under .kiro/steering.
type plan struct {
	write  []string
	remove []string
	kept   []string // edited, or deleted, in the repository
}

// planFor decides file by file, from what was written last, what is there and what the Power has.
func planFor(read func(string, int64) ([]byte, error), r *record, p Power) (plan, error) {
	last, files := r.files(), p.files()
	names := map[string]bool{}
	for name := range last {
		names[name] = true
	}
	for name := range files {
		names[name] = true
	}
	var todo plan
	for _, name := range slices.Sorted(maps.Keys(names)) {
		text, err := read(name, maxPowerFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return todo, fmt.Errorf("%s %s", name, gitrepo.PlainError(err))
		}
		here, there := "", ""
		if err == nil {
			here = hashOf(text)
		}
		if next, ok := files[name]; ok {
			there = hashOf(next)
		}
		switch decideFile(last[name], here, there) {
		case fileWrite:
			todo.write = append(todo.write, name)
		case fileRemove:
			todo.remove = append(todo.remove, name)
		case fileKeep:
			todo.kept = append(todo.kept, name)
		}
	}
	return todo, nil
}

type fileAction int

const (
	fileNothing fileAction = iota
	fileWrite
	fileRemove
	fileKeep // it was edited: keep it and say so
)

// decideFile decides about one file from three hashes, each empty if there is no such file: what was written last,
// what is in the repository, what the Power has. What somebody edited is never overwritten.
func decideFile(last, here, there string) fileAction {
	switch {
	case here == there:
		return fileNothing
	case last == here && there == "":
		return fileRemove
	case last == here:
		return fileWrite
	default:
		return fileKeep
	}
}

// recordOf is what is recorded once a Power was written. What was kept is recorded as the Power has it, so that it still
// counts as edited the next time.
func recordOf(p Power, address string) record {
	r := record{Name: p.Name, Version: p.Version, Hash: p.Hash, Source: address, Files: map[string]string{}}
	for name, text := range p.Steering {
		r.Files[name] = hashOf(text)
	}
	for name, text := range p.Skills {
		if r.Skills == nil {
			r.Skills = map[string]string{}
		}
		r.Skills[name] = hashOf(text)
	}
	return r
}

// apply writes the files and the record.
func apply(tree Tree, todo plan, p Power, r record) error {
	files := p.files()
	for _, name := range todo.write {
		if err := tree.WriteFile(name, files[name]); err != nil {
			return err
		}
	}
	for _, name := range todo.remove {
		if err := tree.RemoveFile(name); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return tree.WriteFile(RecordFile, append(text, '\n'))
}

// safeName reports whether a path of a source stays below it and can be written anywhere.
func safeName(name string) bool {
	return filepath.IsLocal(filepath.FromSlash(name)) && path.Clean(name) == name && !strings.ContainsAny(name, "\\:\x00\r\n") && len(name) <= 400
}
