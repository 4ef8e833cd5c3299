// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"regexp"
	"strings"
)

const (
	maxDenied = 5
	// maxText is how much of a line of an agent is kept, in bytes.
	maxText = 200
	// maxRefusedLines is how many lines of standard error are looked through for a refusal: a run that did nothing writes a few.
	maxRefusedLines = 200
)

// refused are words with which agents say that nobody is logged in, or that their key is none.
var refused = regexp.MustCompile(`(?i)not (?:logged|signed) in|log ?in (?:again|required|first)|/login\b|please (?:log|sign) in|authenticat|unauthori[sz]ed|invalid (?:api )?(?:key|token|credentials?)|(?:key|token|credentials?)\W.{0,40}(?:invalid|expired|revoked|rejected)|\b401\b`)

// unknownCommand is what a version says that has no such command.
var unknownCommand = regexp.MustCompile(`(?i)(?:unrecognized|unknown|invalid|no such) (?:sub)?command|unexpected argument`)

// denials counts the tools that an agent was denied.
type denials struct {
	count int
	lines []string
}

func (d *denials) add(text string) {
	d.count++
	if len(d.lines) < maxDenied {
		d.lines = append(d.lines, cut(text))
	}
}

// refusal keeps the first text that says that the credentials are none.
type refusal struct {
	lines int
	text  string
}

func (r *refusal) look(text []byte) {
	r.lines++
	if r.text == "" && r.lines <= maxRefusedLines && refused.Match(text) {
		r.text = cut(string(text))
	}
}

// cut is a text in one line of at most maxText bytes, and says where it was cut.
func cut(text string) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "")
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
