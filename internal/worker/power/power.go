// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
	"sigs.k8s.io/yaml"
)

// Bounds of a Power. Steering is read by an agent again and again, so what is larger than this is a mistake.
const (
	maxPowerFiles = 500
	maxPowerFile  = 1 << 20
	maxPowerBytes = 16 << 20
)

// Power is a Kiro Power, as far as it is needed here: its steering files and what names it.
type Power struct {
	Name string
	// Version is the manifest's semantic version; empty where it has none.
	Version string
	// Hash is of the steering files: "sha256:" and 64 hexadecimal digits.
	Hash string
	// Steering are the files by their path under steering/.
	Steering map[string][]byte
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

// parse makes a Power of files, by their path relative to it. Either manifest will do; with both, plugin.json
// counts, because it has a version.
func parse(files map[string][]byte) (Power, error) {
	p := Power{Steering: map[string][]byte{}}
	manifest := false
	if text, ok := files["POWER.md"]; ok {
		manifest = true
		name, err := frontMatterName(text)
		if err != nil {
			return Power{}, fmt.Errorf("POWER.md: %w", err)
		}
		p.Name = name
	}
	if text, ok := files["plugin.json"]; ok {
		manifest = true
		name, version, err := pluginManifest(text)
		if err != nil {
			return Power{}, fmt.Errorf("plugin.json: %w", err)
		}
		p.Name, p.Version = name, version
	}
	if !manifest {
		return Power{}, errors.New("there is neither POWER.md nor plugin.json: set steering.path to the Power's directory in its source")
	}
	for name, text := range files {
		if rest, ok := strings.CutPrefix(name, "steering/"); ok && path.Ext(rest) == ".md" {
			p.Steering[rest] = text
		}
	}
	if len(p.Steering) == 0 {
		return Power{}, errors.New("the Power has no steering/*.md files")
	}
	p.Hash = hashFiles(p.Steering)
	return p, nil
}

func pluginManifest(text []byte) (name, version string, err error) {
	var m struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &m); err != nil {
		return "", "", errors.New("it is not a JSON object with a name and a version")
	}
	if !powerName.MatchString(m.Name) {
		return "", "", errors.New("it has no name, or one with characters that are not accepted")
	}
	if m.Version != "" && !semver.IsValid("v"+strings.TrimPrefix(m.Version, "v")) {
		return "", "", fmt.Errorf("the version %.40q is not a semantic version such as 1.2.3", m.Version)
	}
	return m.Name, strings.TrimPrefix(m.Version, "v"), nil
}

// frontMatterName is the name in the front matter of a POWER.md; empty if there is none.
func frontMatterName(text []byte) (string, error) {
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	rest, ok := bytes.CutPrefix(text, []byte("---\n"))
	if !ok {
		return "", nil
	}
	head, _, ok := bytes.Cut(rest, []byte("\n---"))
	if !ok {
		return "", errors.New("its front matter has no end")
	}
	var m struct {
		Name string `json:"name"`
	}
	if err := yaml.Unmarshal(head, &m); err != nil {
		return "", errors.New("its front matter is not YAML")
	}
	if m.Name != "" && !powerName.MatchString(m.Name) {
		return "", errors.New("its name has characters that are not accepted")
	}
	return m.Name, nil
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
