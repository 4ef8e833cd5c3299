// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

const (
	steeringDir = ".kiro/steering"
	// steeringRecord says what was written last, so that an edited file is told from an outdated one.
	steeringRecord = steeringDir + "/.power.json"
)

// steeringState is the record, a file of the repository.
type steeringState struct {
	Name    string            `json:"name"`
	Version string            `json:"version,omitempty"`
	Hash    string            `json:"hash"`
	Source  string            `json:"source"`
	Files   map[string]string `json:"files"` // SHA-256 by path under .kiro/steering
}

// syncSteering brings .kiro/steering up to the environment's Power and commits it, if anything changed.
func (j *job) syncSteering(ctx context.Context) error {
	p, err := j.fetchPower(ctx)
	if err != nil {
		return fmt.Errorf("fetching the Power from %s: %w", plainSource(j.parameters.Settings.SteeringSource), err)
	}
	j.state.Result.SteeringVersion = p.label()
	record, err := j.readSteeringRecord()
	if err != nil {
		return failed(contract.OutcomeSteeringFailed, err)
	}
	if current(record, p, j.parameters.Settings.SteeringSource) {
		logOf(ctx).Info("Steering is up to date", keyVersion, p.label())
		return nil
	}
	if record != nil && older(p.Version, record.Version) {
		j.state.note("Steering goes back from %s to %s, as the environment says.", record.Version, p.Version)
	}
	plan, err := planSteering(j.tree.ReadFile, record, p)
	if err != nil {
		return failed(contract.OutcomeSteeringFailed, err)
	}
	if err := j.applySteering(plan, p); err != nil {
		return failed(contract.OutcomeSteeringFailed, fmt.Errorf("writing %s: %w", steeringDir, err))
	}
	for _, name := range plan.kept {
		j.state.note("%s was edited in the repository and is kept as it is; the Power has another version of it.", path.Join(steeringDir, name))
	}
	message := fmt.Sprintf("Sync steering with %s\n\n%s", prbody.PlainSubject(p.label()), j.trailers())
	paths, err := j.commitWork(ctx, message)
	if err != nil {
		return err
	}
	logOf(ctx).Info("Steering synchronised", keyVersion, p.label(), keyFiles, len(paths))
	return nil
}

// current reports whether a record is of this power: by semantic version where there is one, else by content.
func current(r *steeringState, p power, source string) bool {
	switch {
	case r == nil || r.Source != source || r.Name != p.Name:
		return false
	case p.Version != "" && r.Version != "":
		return semver.Compare("v"+p.Version, "v"+r.Version) == 0
	default:
		return p.Hash == r.Hash
	}
}

func older(version, than string) bool {
	return version != "" && than != "" && semver.Compare("v"+version, "v"+than) < 0
}

func (j *job) readSteeringRecord() (*steeringState, error) {
	text, err := j.tree.ReadFile(steeringRecord, maxPowerFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no record is no failure
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s", steeringRecord, gitrepo.PlainError(err))
	}
	var r steeringState
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s is not what the worker wrote; delete it to have steering written anew", steeringRecord)
	}
	for name := range r.Files {
		// It is a file of the repository, which anybody may have written.
		if !safeName(name) {
			return nil, fmt.Errorf("%s names a path that leads out of %s; delete it to have steering written anew", steeringRecord, steeringDir)
		}
	}
	return &r, nil
}

// steeringPlan is what is to be done to .kiro/steering.
type steeringPlan struct {
	write  []string
	remove []string
	kept   []string // edited, or deleted, in the repository
}

// planSteering decides file by file, from what was written last, what lies there and what the Power has.
func planSteering(read func(string, int64) ([]byte, error), record *steeringState, p power) (steeringPlan, error) {
	last := map[string]string{}
	if record != nil {
		last = record.Files
	}
	names := map[string]bool{}
	for name := range last {
		names[name] = true
	}
	for name := range p.Steering {
		names[name] = true
	}
	var plan steeringPlan
	for _, name := range slices.Sorted(maps.Keys(names)) {
		text, err := read(path.Join(steeringDir, name), maxPowerFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return plan, fmt.Errorf("%s %s", path.Join(steeringDir, name), gitrepo.PlainError(err))
		}
		here, there := "", ""
		if err == nil {
			here = hashOf(text)
		}
		if next, ok := p.Steering[name]; ok {
			there = hashOf(next)
		}
		switch decideFile(last[name], here, there) {
		case fileWrite:
			plan.write = append(plan.write, name)
		case fileRemove:
			plan.remove = append(plan.remove, name)
		case fileKeep:
			plan.kept = append(plan.kept, name)
		}
	}
	return plan, nil
}

type fileAction int

const (
	fileNothing fileAction = iota
	fileWrite
	fileRemove
	fileKeep // it was edited: keep it and say so
)

// decideFile decides about one file from three hashes, each empty if there is no such file: what was written last,
// what lies in the repository, what the Power has. What somebody edited is never overwritten.
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

// applySteering writes the files and the record. What was kept is recorded as the Power has it, so that it still
// counts as edited the next time.
func (j *job) applySteering(plan steeringPlan, p power) error {
	for _, name := range plan.write {
		if err := j.tree.WriteFile(path.Join(steeringDir, name), p.Steering[name]); err != nil {
			return err
		}
	}
	for _, name := range plan.remove {
		if err := j.tree.RemoveFile(path.Join(steeringDir, name)); err != nil {
			return err
		}
	}
	record := steeringState{Name: p.Name, Version: p.Version, Hash: p.Hash, Source: j.parameters.Settings.SteeringSource, Files: map[string]string{}}
	for name, text := range p.Steering {
		record.Files[name] = hashOf(text)
	}
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	if err := j.tree.WriteFile(steeringRecord, append(text, '\n')); err != nil {
		return err
	}
	return j.sandbox.GiveTree()
}

// safeName reports whether a path of a source stays below it and can be written anywhere.
func safeName(name string) bool {
	return filepath.IsLocal(filepath.FromSlash(name)) && path.Clean(name) == name && !strings.ContainsAny(name, "\\:\x00\r\n") && len(name) <= 400
}
