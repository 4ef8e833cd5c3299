// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	issueNumber = regexp.MustCompile(`(?i)(#|\bGH-)(\d)`)
	mention     = regexp.MustCompile(`@([A-Za-z0-9])`)
)

// maxSubject keeps a commit's subject in one line of a listing, in bytes.
const maxSubject = 100

// PlainSubject makes a commit's subject of a title that somebody wrote, of at most 100 bytes: GitHub would follow
// "Fixes #12" and "@you" in it when the commit is merged.
func PlainSubject(title string) string {
	title = issueNumber.ReplaceAllString(title, "no. $2")
	title = mention.ReplaceAllString(title, "$1")
	title = strings.ReplaceAll(title, "://", ":/ /")
	return Cut(strings.Join(strings.Fields(title), " "), maxSubject)
}

// PlainTaskID is a task's id in a commit's message. A task without a number is named by its place, as "#3": there
// GitHub would make a link to issue 3 of it.
func PlainTaskID(id string) string {
	number, place, ok := strings.Cut(id, "#")
	switch {
	case !ok:
		return id
	case number == "":
		return "no. " + place
	default:
		return number + " (no. " + place + ")"
	}
}

// Cut is a text of at most limit bytes, with an ellipsis behind it where something was cut off.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// FileCount is a number of files in words: "1 file", "2 files".
func FileCount(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
