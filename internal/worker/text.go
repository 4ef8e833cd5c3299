// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

var (
	issueNumber = regexp.MustCompile(`(?i)(#|\bGH-)(\d)`)
	mention     = regexp.MustCompile(`@([A-Za-z0-9])`)
)

// maxSubject keeps a commit's subject in one line of a listing.
const maxSubject = 100

// plainSubject makes a commit's subject of a title that somebody wrote: GitHub would follow "Fixes #12" and "@you" in
// it when the commit is merged.
func plainSubject(title string) string {
	title = issueNumber.ReplaceAllString(title, "no. $2")
	title = mention.ReplaceAllString(title, "$1")
	title = strings.ReplaceAll(title, "://", ":/ /")
	return cutBytes(strings.Join(strings.Fields(title), " "), maxSubject)
}

func cutBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// lastOutput is the end of an output file, for a message.
func (j *job) lastOutput(name string) string {
	const keep = 1 << 10
	file, err := os.Open(j.path(name))
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > keep {
		_, _ = file.Seek(-keep, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(file, keep))
	if err != nil {
		return ""
	}
	return lastLines(string(text))
}

// files is a number of files in words.
func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
