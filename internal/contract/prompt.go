// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPrompt is the longest template of a prompt, in bytes. It is frozen with everything else that a build is given.
const MaxPrompt = 16 << 10

// PromptValues are what a template of a prompt can name.
type PromptValues struct {
	SpecPath, TaskID, TaskTitle, Branch, Repository string
	// Instructions are what an agent is asked where there is no template.
	Instructions string
}

// promptPlaceholders are the names, as {{.Name}}. What others wrote is quoted, so that it stands in the prompt as data: a title may
// say whatever its author likes.
var promptPlaceholders = map[string]func(PromptValues) string{
	"SpecPath":     func(v PromptValues) string { return v.SpecPath },
	"TaskID":       func(v PromptValues) string { return v.TaskID },
	"TaskTitle":    func(v PromptValues) string { return strconv.Quote(v.TaskTitle) },
	"Branch":       func(v PromptValues) string { return strconv.Quote(v.Branch) },
	"Repository":   func(v PromptValues) string { return strconv.Quote(v.Repository) },
	"Instructions": func(v PromptValues) string { return v.Instructions },
}

// placeholder is one, or what looks like one.
var placeholder = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// CheckPrompt says what is wrong with a template of a prompt.
func CheckPrompt(text string) error {
	switch {
	case len(text) > MaxPrompt:
		return fmt.Errorf("it has %d bytes; at most %d are allowed", len(text), MaxPrompt)
	case strings.TrimSpace(text) == "":
		return errors.New("it is empty")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune("\n\r\t", c) }):
		return errors.New("it is not plain text in UTF-8")
	case strings.HasPrefix(text, "-"):
		return errors.New("it begins with a dash, which an agent would read as an option")
	}
	known := strings.Join(slices.Sorted(maps.Keys(promptPlaceholders)), ", .")
	names := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSpace(m[1])
		if field, ok := strings.CutPrefix(name, "."); ok && promptPlaceholders[field] != nil {
			names[field] = true
			continue
		}
		return fmt.Errorf("unknown placeholder {{%.40s}}; known are .%s", name, known)
	}
	if rest := placeholder.ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		return errors.New("a placeholder is not closed, or not opened: write {{.Name}}, and no other double braces")
	}
	if !names["TaskID"] && !names["Instructions"] {
		return errors.New("it names no task: write {{.Instructions}}, which asks for the task in the worker's own words, or {{.TaskID}}")
	}
	return nil
}

// FillPrompt is a template with its values. Only the template's own placeholders are filled: what a value looks like does not
// matter.
func FillPrompt(text string, values PromptValues) (string, error) {
	if err := CheckPrompt(text); err != nil {
		return "", err
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		return promptPlaceholders[strings.TrimPrefix(strings.TrimSpace(strings.Trim(found, "{}")), ".")](values)
	}), nil
}
