// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
	"sigs.k8s.io/yaml"
)

// manifest is what names a Power.
type manifest struct {
	Name string `json:"name"`
	// Version is a text or, where nobody quoted it, a number.
	Version json.RawMessage `json:"version"`
}

// pluginManifest reads plugin.json. Only name and version count.
func pluginManifest(text []byte) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &m); err != nil {
		return m, errors.New("it is not a JSON object with a name and a version")
	}
	if !powerName.MatchString(m.Name) {
		return m, errors.New("it has no name, or one with characters that are not accepted")
	}
	return m, nil
}

// powerManifest reads the front matter of POWER.md, if there is any.
func powerManifest(text []byte) (manifest, error) {
	var m manifest
	head, has, err := frontMatter(text)
	if err != nil || !has {
		return m, err
	}
	if yaml.Unmarshal(head, &m) != nil {
		// Some have a colon in a description, or a tab, which no YAML has: what counts here is read all the same.
		m = manifest{}
		if found := plainName.FindSubmatch(head); found != nil {
			m.Name = string(found[1])
		}
		if found := quotedVersion.FindSubmatch(head); found != nil {
			m.Version = []byte(quote(string(found[1])))
		}
	}
	if m.Name != "" && !powerName.MatchString(m.Name) {
		return m, errors.New("its name has characters that are not accepted")
	}
	if found := plainVersion.FindSubmatch(head); found != nil {
		// As a number it would lose a zero at its end.
		m.Version = []byte(quote(string(found[1])))
	}
	return m, nil
}

// plainVersion is a version that nobody quoted.
var plainVersion = regexp.MustCompile(`(?m)^version:[ \t]*([0-9][0-9.]*)[ \t]*(?:#.*)?$`)

// plainName and quotedVersion are a name, and a version in quotes or with letters, of a front matter that is no YAML.
var (
	plainName     = regexp.MustCompile(`(?m)^name:[ \t]*["']?([^"'\s#][^"'\n#]*?)["']?[ \t]*(?:#.*)?$`)
	quotedVersion = regexp.MustCompile(`(?m)^version:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9._+-]*)["']?[ \t]*(?:#.*)?$`)
)

// frontMatter is the YAML that a text may begin with.
func frontMatter(text []byte) (head []byte, has bool, err error) {
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	behind, ok := bytes.CutPrefix(text, []byte("---\n"))
	if !ok {
		return nil, false, nil
	}
	if bytes.HasPrefix(behind, []byte("---\n")) {
		return nil, true, nil
	}
	head, _, ok = bytes.Cut(behind, []byte("\n---"))
	if !ok {
		return nil, false, errors.New("its front matter has no end")
	}
	return head, true, nil
}

// powerVersion is what a version may look like: it is written into commits.
var powerVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+ -]{0,63}$`)

// version is a manifest's version. One that is no semantic version is compared with no other.
func (p *Power) version(raw json.RawMessage) string {
	text := strings.TrimSpace(string(raw))
	if text == "" || text == "null" {
		return ""
	}
	var quoted string
	if json.Unmarshal(raw, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	if bare := strings.TrimPrefix(text, "v"); semver.IsValid("v" + bare) {
		text = bare
	}
	if text == "" || powerVersion.MatchString(text) {
		return text
	}
	p.Notes = append(p.Notes, fmt.Sprintf("The Power's version %.80q is not used: it has other characters than letters, digits and . _ + -.", text))
	return ""
}

// older reports whether a version is older than another; false where one of them is no semantic version.
func older(version, than string) bool {
	a, b := "v"+version, "v"+than
	return semver.IsValid(a) && semver.IsValid(b) && semver.Compare(a, b) < 0
}
