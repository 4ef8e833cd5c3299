// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"regexp"
	"strings"
)

// headings decides which headings are tasks: those with a box, those that say "Task 3:", and numbered ones with boxes
// without a number below. One that only mentions a task ("Task 1 Completion") is none.
func (l *list) headings() {
	items, set := l.itemsBefore(), map[string]bool{}
	for n := range l.entries {
		if e := &l.entries[n]; e.heading > 0 && e.number.word && (e.number.set || e.box >= 0) {
			set[e.number.text] = true
		}
	}
	for n := range l.entries {
		e := &l.entries[n]
		if e.heading == 0 {
			continue
		}
		if e.box >= 0 {
			e.task = true
			continue
		}
		id := e.number.text
		switch item, known := items[id]; {
		case id == "" || e.number.kind < dottedNumber:
		case known && sameTitle(l.entries[item].number.title, e.number.title):
			e.alias = item
		case known:
			e.mention = true
		case !e.number.word:
			e.task = l.hasSteps(n) && !planWords.MatchString(strings.TrimSpace(e.number.title))
		case e.number.set || strings.TrimSpace(e.number.title) == "":
			e.task = true
		default:
			e.task = !set[id] && !mentionWords.MatchString(e.number.title)
		}
	}
}

// itemsBefore are the numbers of the list items before the first heading that says that it is a task.
func (l *list) itemsBefore() map[string]int {
	items := map[string]int{}
	for n := range l.entries {
		e := &l.entries[n]
		if e.heading > 0 && e.number.word && e.number.set {
			break
		}
		if e.heading == 0 && !e.label && e.number.kind == certain {
			if _, ok := items[e.number.text]; !ok {
				items[e.number.text] = n
			}
		}
	}
	return items
}

// hasSteps reports whether there are boxes without a number between a heading and the next one.
func (l *list) hasSteps(n int) bool {
	for _, e := range l.entries[n+1:] {
		if e.heading > 0 {
			return false
		}
		if !e.label && e.number.kind == noNumber {
			return true
		}
	}
	return false
}

// sameTitle compares two titles but for marks and markup.
func sameTitle(a, b string) bool { return plainTitle(a) == plainTitle(b) }

const (
	// progressCount is a count or a date, and progressWord how far a task is.
	progressCount = `(?:\d+\s*(?:/|of)\s*\d+|\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d+\s*%)`
	progressWord  = `(?:(?:` + progressCount + `\s*)?(?i:` + doneWords + `|in[ -]progress|wip|ongoing|started|pending|partial(?:ly)?|blocked|skipped|not started|to ?do)(?:[ :,@–—-]*(?:on\s+)?` + progressCount + `)*)`
	inBrackets    = `[\[(（【]\s*(?:x|` + progressCount + `|` + progressWord + `)\s*[\])）】]`
)

var (
	// progressEnding is what is written behind a title, or in brackets before it, as work goes on.
	progressEnding    = regexp.MustCompile(`(?:` + inBrackets + `|\s[-–—:：]\s*` + progressWord + `|\s(?:COMPLETED?|DONE|FINISHED|IN[ -]PROGRESS|WIP|BLOCKED)|[.:：]|\s[-–—])$`)
	progressBeginning = regexp.MustCompile(`^` + inBrackets + `\s*`)
)

// plainTitle is a title without what formatters and marks of completion or progress change.
func plainTitle(title string) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_`~", r) || isSymbol(r) && r != ' ' {
			return -1
		}
		return r
	}, unescape(title))
	title = strings.TrimSpace(title)
	for {
		shorter := strings.TrimSpace(progressBeginning.ReplaceAllString(title, ""))
		if behind := strings.TrimSpace(progressEnding.ReplaceAllString(shorter, "")); behind != "" {
			shorter = behind
		}
		if shorter == title || shorter == "" {
			break
		}
		title = shorter
	}
	return strings.Join(strings.Fields(title), " ")
}
