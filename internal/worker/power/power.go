// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Bounds of a Power. Steering is read by an agent again and again, so what is larger than this is a mistake.
const (
	maxPowerFiles = 500
	maxPowerFile  = 1 << 20
	maxPowerBytes = 16 << 20
)

// Power is a Kiro Power, or an Agent Plugin, as far as it is needed here: its steering files, its skills and what names it.
type Power struct {
	Name string
	// Version is the manifest's; empty where it has none.
	Version string
	// Hash is of the files as they are written: "sha256:" and 64 hexadecimal digits.
	Hash string
	// Steering are the files by their path under steering/, and Skills those by their path under skills/.
	Steering, Skills map[string][]byte
	// Always is how much of the steering an agent reads in every run, in bytes.
	Always int
	// Notes are for people: what was left out, and why.
	Notes []string
}

// Label names the Power and its version for people.
func (p Power) Label() string {
	name := p.Name
	if name == "" {
		name = "power"
	}
	if p.Version != "" {
		return name + " " + p.Version
	}
	return name + " " + p.Hash[:19]
}

var powerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@/ -]{0,99}$`)

// parse makes a Power of files, by their path relative to it. Either manifest will do; with both, plugin.json counts. A file
// of steering that does not say when it is read is given inclusion, if that is not empty.
func parse(files map[string][]byte, inclusion string) (Power, error) {
	p := Power{Steering: map[string][]byte{}, Skills: map[string][]byte{}}
	if err := p.manifests(files); err != nil {
		return Power{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if rest, ok := strings.CutPrefix(name, "steering/"); ok {
			p.Steering[rest] = p.steering(rest, files[name], inclusion)
		}
		if rest, ok := strings.CutPrefix(name, "skills/"); ok {
			p.skill(rest, files)
		}
	}
	if len(p.Steering)+len(p.Skills) == 0 {
		p.Notes = append(p.Notes, "The Power has neither steering nor skills, so nothing of it was brought along.")
	}
	p.Hash = hashFiles(p.files())
	return p, nil
}

// manifests reads what names the Power.
func (p *Power) manifests(files map[string][]byte) error {
	power, hasPower := files["POWER.md"]
	plugin, hasPlugin := files["plugin.json"]
	if !hasPower && !hasPlugin {
		return errors.New("there is neither POWER.md nor plugin.json: set steering.path to the Power's directory in its source")
	}
	if hasPower {
		m, err := powerManifest(power)
		if err != nil {
			return fmt.Errorf("POWER.md: %w", err)
		}
		p.Name, p.Version = m.Name, p.version(m.Version)
	}
	if hasPlugin {
		m, err := pluginManifest(plugin)
		if err != nil {
			return fmt.Errorf("plugin.json: %w", err)
		}
		p.Name = m.Name
		if version := p.version(m.Version); version != "" {
			p.Version = version
		}
	}
	return nil
}

// steering is a file of steering as it is written.
func (p *Power) steering(name string, text []byte, inclusion string) []byte {
	if path.Ext(name) != ".md" {
		return text
	}
	text, always := included(name, text, inclusion)
	if always {
		p.Always += len(text)
	}
	return text
}

// skill adds a file of a skill. A directory without SKILL.md is none.
func (p *Power) skill(name string, files map[string][]byte) {
	skill, _, nested := strings.Cut(name, "/")
	if _, ok := files["skills/"+skill+"/SKILL.md"]; ok && nested {
		p.Skills[name] = files["skills/"+name]
		return
	}
	if note := fmt.Sprintf("%.120q of the Power was left out: it has no SKILL.md.", "skills/"+skill); !slices.Contains(p.Notes, note) {
		p.Notes = append(p.Notes, note)
	}
}

// files are all files that are written, by their path in the repository.
func (p Power) files() map[string][]byte {
	all := map[string][]byte{}
	for name, text := range p.Steering {
		all[path.Join(SteeringDir, name)] = text
	}
	for name, text := range p.Skills {
		all[path.Join(SkillsDir, name)] = text
	}
	return all
}

// hashFiles is a hash over names and contents.
func hashFiles(files map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(files[name]))
		sum.Write(files[name])
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
