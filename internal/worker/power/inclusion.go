// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"

	"sigs.k8s.io/yaml"
)

// inclusionAuto has Kiro read a file where its description fits what is asked: it needs a name and a description.
const inclusionAuto = "auto"

// included is a file of steering that says when it is read, and whether that is always: one that says nothing is read in
// every run of the agent, so the environment may choose another default.
func included(name string, text []byte, inclusion string) (written []byte, always bool) {
	head, has, err := frontMatter(text)
	var said struct {
		Inclusion, Name, Description string
	}
	if err != nil || has && yaml.Unmarshal(head, &said) != nil {
		// What cannot be read is nobody's to change. Kiro takes it for a file that says nothing.
		return text, true
	}
	if said.Inclusion != "" || inclusion == "" {
		return text, said.Inclusion == "" || said.Inclusion == "always"
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	lines := []string{"inclusion: " + inclusion}
	if inclusion == inclusionAuto && said.Name == "" {
		lines = append(lines, "name: "+quote(strings.TrimSuffix(path.Base(name), ".md")))
	}
	if inclusion == inclusionAuto && said.Description == "" {
		lines = append(lines, "description: "+quote(heading(text, name)))
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	front := "---" + end + strings.Join(lines, end) + end
	if has {
		_, rest, _ := bytes.Cut(text, []byte("\n"))
		return append([]byte(front), rest...), inclusion == "always"
	}
	return append([]byte(front+"---"+end+end), text...), inclusion == "always"
}

// quote makes a text one of YAML: each of JSON's is.
func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// heading is the first heading of a file; its name if it has none.
func heading(text []byte, name string) string {
	for line := range strings.Lines(string(text)) {
		if title := strings.TrimLeft(line, "#"); title != line && strings.TrimSpace(title) != "" {
			return strings.TrimSpace(title)
		}
	}
	return strings.TrimSuffix(name, ".md")
}
