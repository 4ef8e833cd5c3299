// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package repofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxProblems is how many are told at once, and maxShown the most that is shown of a key or a text of the file.
const (
	maxProblems = 10
	maxShown    = 40
)

type node = *yaml.Node

// keys are what a mapping may have, and what reads each.
type keys map[string]func(node)

// reader reads a document strictly, and collects what is wrong instead of stopping at the first.
type reader struct {
	problems []string
	// lines are where keys stand.
	lines map[string]int
}

func (r *reader) problem(line int, key, what string) {
	if len(r.problems) == maxProblems {
		r.problems = append(r.problems, "there is more")
	}
	if len(r.problems) < maxProblems {
		if key != "" {
			what = key + " " + what
		}
		r.problems = append(r.problems, fmt.Sprintf("line %d: %s", line, what))
	}
}

// document is the one document of a text; false if there is none that can be read.
func (r *reader) document(text string) (node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var root, more yaml.Node
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0:
		r.problem(1, "", "it is empty: write \"version: 1\", or remove the file")
		return nil, false
	case err != nil:
		r.problems = append(r.problems, "it is not YAML: "+plain(strings.TrimPrefix(err.Error(), "yaml: "), 200))
		return nil, false
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		r.problem(max(more.Line, 1), "", "there is a second document, or what follows is not YAML: write one")
		return nil, false
	}
	return root.Content[0], true
}

// mapping reads a mapping that has no other keys than these, and each at most once.
func (r *reader) mapping(n node, key string, known keys) {
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, key, "a mapping of keys and values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(key+"."+name.Value, ".")
		read, ok := known[name.Value]
		switch {
		case name.Kind != yaml.ScalarNode || !ok:
			r.problem(name.Line, "", fmt.Sprintf("unknown key %q%s; known are %s", plain(name.Value, maxShown), within(key), strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		case seen[name.Value]:
			r.problem(name.Line, full, "is there twice")
		default:
			seen[name.Value], r.lines[full] = true, name.Line
			read(value)
		}
	}
}

func within(key string) string {
	if key == "" {
		return ""
	}
	return " in " + key
}

// list reads a list of at most that many elements.
func (r *reader) list(n node, key string, most int, read func(n node, key string)) {
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, key, "a list")
		return
	}
	if len(n.Content) > most {
		r.problem(n.Line, key, fmt.Sprintf("has %d elements; at most %d are allowed", len(n.Content), most))
		return
	}
	for i, element := range n.Content {
		read(element, key+"["+strconv.Itoa(i)+"]")
	}
}

// text reads a text that is not empty, has no control characters and at most that many bytes.
func (r *reader) text(n node, key string, most int) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str":
		r.wrongKind(n, key, "a text")
	case strings.TrimSpace(n.Value) == "":
		r.problem(n.Line, key, "is empty")
	case len(n.Value) > most:
		r.problem(n.Line, key, fmt.Sprintf("has %d bytes; at most %d are allowed", len(n.Value), most))
	case !utf8.ValidString(n.Value) || strings.ContainsFunc(n.Value, func(c rune) bool { return unicode.IsControl(c) && c != '\n' }):
		r.problem(n.Line, key, "has a control character")
	default:
		return strings.TrimSpace(n.Value), true
	}
	return "", false
}

func (r *reader) number(n node, key string, least, most int) int {
	value, err := strconv.Atoi(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil:
		r.wrongKind(n, key, "a whole number")
	case value < least || value > most:
		if least == most {
			r.problem(n.Line, key, fmt.Sprintf("is %d; this worker knows %d alone", value, least))
			break
		}
		r.problem(n.Line, key, fmt.Sprintf("is %d; it must be %d to %d", value, least, most))
	}
	return value
}

func (r *reader) wrongKind(n node, key, want string) {
	if n.Kind == yaml.AliasNode {
		// An alias can make a short file one that is read for ever.
		r.problem(n.Line, key, "is an alias: write out what it stands for")
		return
	}
	if key == "" {
		key = "the file"
	}
	r.problem(n.Line, key, "must be "+want)
}

// plain is a text of the file for a message.
func plain(text string, most int) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
