// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The markers around the worker's section of a pull request's body.
const (
	SectionBegin = "<!-- kiro-worker:begin -->"
	SectionEnd   = "<!-- kiro-worker:end -->"
)

// MaxBody is the longest body that GitHub takes, in characters.
const MaxBody = 65536

// ReplaceSection puts a section into a body, between the markers. Everything outside the markers stays byte by byte as a person wrote it.
// A marker without its partner is somebody's text: the section is then added at the end. A body that would be too long
// for GitHub is an error.
func ReplaceSection(body, section string) (string, error) {
	block := SectionBegin + "\n" + strings.Trim(section, "\n") + "\n" + SectionEnd
	before, after, found := cutSection(body)
	if !found {
		before = body
		switch {
		case body == "":
		case strings.HasSuffix(body, "\n"):
			before += "\n"
		default:
			before += "\n\n"
		}
		after = ""
	}
	next := before + block + after
	if n := utf8.RuneCountInString(next); n > MaxBody {
		return "", fmt.Errorf("the pull request's text would have %d characters; GitHub takes %d", n, MaxBody)
	}
	return next, nil
}

// cutSection finds the first end marker that has a beginning before it, with no other marker in between.
func cutSection(body string) (before, after string, found bool) {
	for from := 0; ; {
		end := strings.Index(body[from:], SectionEnd)
		if end < 0 {
			return "", "", false
		}
		end += from
		if begin := strings.LastIndex(body[from:end], SectionBegin); begin >= 0 {
			return body[:from+begin], body[end+len(SectionEnd):], true
		}
		from = end + len(SectionEnd)
	}
}
