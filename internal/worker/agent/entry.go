// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"regexp"
	"strings"
	"unicode"
)

// entry is a line of a tasks.md that may be a task: a list item with a box, or a heading.
type entry struct {
	line        line
	heading     int    // its level; 0 is a list item
	indent      int    // of a list item
	box, boxLen int    // what is in the box, in the file; box is -1 where there is none
	at          int    // where a heading's box could be put
	title       string // behind the box and the star
	optional    bool
	number      number
	finished    bool // it has no box, and the text says that it is done

	task    bool // a heading that is a task
	alias   int  // the list item that a heading repeats, by its place among the entries; -1 for none
	section string
	place   int  // of the section in the text
	mention bool // the section is about a task that is elsewhere
	label   bool // a line that is not a heading, but names what follows
}

const boxContent = `\[([ \t]*[^\]\r\n0-9A-WYZa-wyz]?[ \t]*)\]`

var (
	// itemLine is a list item with a box: indentation, box, and what is behind it. A letter or a digit in the box makes it
	// a link or a footnote.
	itemLine = regexp.MustCompile(`^([ \t]*)(?:[-*+]|\d{1,4}[.)])[ \t]+` + boxContent + `(.*)$`)
	// headingLine is a heading: level, box, and what is behind it.
	headingLine = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(?:` + boxContent + `)?(.*))?$`)
	// boldLine is a paragraph that stands for a heading: "**Definition of Done:**".
	boldLine = regexp.MustCompile(`^[ \t]*(?:\*\*|__)([^*_]{1,80})(?:\*\*|__)[ \t]*[:：]?[ \t]*$`)
	// star is how a task is marked as optional, also as a formatter escapes it: "*", "\*", or with a blank before it.
	// Before a number it needs no blank behind it; where another star follows, the two set off what is between them.
	starMark   = regexp.MustCompile(`^(?:[ \t]*\\?\*(?:[ \t]+|$)|\\?\*(?:[^*\s]))`)
	numberStar = regexp.MustCompile(`^[ \t]+\\?\*\d[^*]*$`)
)

// readEntries finds the lines that may be tasks.
func readEntries(lines []line) []entry {
	var entries []entry
	for _, l := range lines {
		if e, ok := readHeading(l); ok {
			entries = append(entries, e)
			continue
		}
		if e, ok := readItem(l); ok {
			entries = append(entries, e)
			continue
		}
		if n := len(entries); n > 0 && entries[n-1].heading > 0 && saysDone(l.text) {
			entries[n-1].finished = true
		} else if m := boldLine.FindStringSubmatch(l.text); m != nil {
			entries = append(entries, entry{line: l, label: true, box: -1, alias: -1, title: strings.TrimRight(m[1], ":： ")})
		}
		if len(entries) > maxEntries {
			break
		}
	}
	return entries
}

func readItem(l line) (entry, bool) {
	m := itemLine.FindStringSubmatchIndex(l.text)
	if m == nil {
		return entry{}, false
	}
	e := entry{line: l, indent: width(l.text[m[2]:m[3]]), box: l.offset + m[4], boxLen: m[5] - m[4], alias: -1}
	return e, e.behindBox(l.text[m[6]:m[7]])
}

// behindBox reads star and title. It is false of what makes the box a link.
func (e *entry) behindBox(rest string) bool {
	if rest != "" && strings.ContainsRune("([:", rune(rest[0])) {
		return false
	}
	if m := starMark.FindString(rest); m != "" {
		behind := strings.TrimPrefix(strings.TrimLeft(rest, " \t"), `\`)[1:]
		// "[ ]*Title*" and "[ ] *Title*" are a title in italics.
		if strings.TrimSpace(m) == "*" || strings.TrimSpace(m) == `\*` || !strings.HasSuffix(strings.TrimSpace(rest), "*") {
			e.optional, rest = true, behind
		}
	} else if numberStar.MatchString(rest) {
		e.optional, rest = true, strings.TrimPrefix(strings.TrimLeft(rest, " \t"), `\`)[1:]
	}
	// What is between the box and a title that no blank separates from it is no part of the title.
	e.title = strings.TrimSpace(unescape(rest))
	if trimmed := strings.TrimLeft(e.title, "-–—: "); trimmed != "" {
		e.title = trimmed
	}
	e.number = readNumber(strings.TrimLeftFunc(e.title, isSymbol))
	e.optional = e.optional || e.number.star
	return true
}

func readHeading(l line) (entry, bool) {
	m := headingLine.FindStringSubmatchIndex(l.text)
	if m == nil {
		return entry{}, false
	}
	e := entry{line: l, heading: m[3] - m[2], box: -1, at: l.offset + m[3] + 1, alias: -1}
	rest := ""
	if m[6] >= 0 {
		rest = l.text[m[6]:m[7]]
	}
	if m[4] >= 0 && e.behindBox(rest) {
		e.box, e.boxLen = l.offset+m[4], m[5]-m[4]
		return e, true
	}
	if m[4] >= 0 {
		rest = l.text[m[4]-1 : m[7]]
	}
	title := strings.TrimSpace(strings.TrimRight(strings.TrimSpace(unescape(rest)), "#"))
	e.title = strings.TrimLeftFunc(title, isSymbol)
	e.finished = hasDoneMark(title[:len(title)-len(e.title)]) || endsDone(e.title)
	e.number = readNumber(e.title)
	e.finished = e.finished || doneBeginning.MatchString(strings.TrimSpace(e.number.title))
	return e, true
}

// isSymbol is true of the pictures that are put before a heading's words.
func isSymbol(r rune) bool {
	return r == ' ' || r == 0xFE0F || r == 0x200D || r >= 0x2190 && r < 0x2E80 || r >= 0x1F000
}

// doneWords say that something is done, in the languages that specs are written in.
const doneWords = `completed?|done|finished|implemented|erledigt|fertig|abgeschlossen|concluíd[oa]|completad[oa]|hech[oa]|terminée?|fait|completat[oa]|готово|выполнено|已完成|完成|完了|実装済み|완료`

var (
	doneMarks = "✅✔☑✓"
	// doneEnding is what people write behind the title of a task that is done, and doneBeginning what they write before it.
	// A word behind a colon may be the title's ("Add the state: DONE").
	doneEnding    = regexp.MustCompile(`(?:[\[(（【]\s*(?i:` + doneWords + `)\s*[\])）】]|\s[-–—]\s*(?i:` + doneWords + `)|[✅✔☑✓]\x{FE0F}?\s*(?i:` + doneWords + `)?)[\s*_]*$`)
	doneBeginning = regexp.MustCompile(`^[\[(（【]\s*(?i:` + doneWords + `)\s*[\])）】]`)
	statusLine    = regexp.MustCompile(`^[\s>*_-]*(?i:status|state|estado|statut|stato|stand|状态|狀態|ステータス|状態|상태)[*_\s]*[:：][*_\s]*(.+)$`)
	doneValue     = regexp.MustCompile(`^(?i:` + doneWords + `)([^\pL\d-].*)?$`)
	// doneBehind are words that may stand behind one of completion. Any other may say what is not done ("done in part").
	doneBehind = regexp.MustCompile(`^(?i:on|at|see|via|pr|mr|pull|request|commit|version|v|fully|successfully|and|tested|merged|verified|deployed|reviewed|utc|am|pm|` +
		`(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)$`)
	notDone = regexp.MustCompile(`(?i)\bnot\b|partial|in progress|pending|\bto ?do\b|except|remaining|\d\s*%|\d\s*/\s*\d|\d of \d`)
)

func hasDoneMark(text string) bool { return strings.ContainsAny(text, doneMarks) }

// endsDone reports whether a heading's words end with a mark of completion.
func endsDone(title string) bool {
	m := doneEnding.FindString(title)
	return m != "" && !notDone.MatchString(m)
}

// inWhat is where something was done, which "in part" is not.
var inWhat = regexp.MustCompile(`(?i)\bin\s+(pr|mr|pull|commit|version|v?\d)`)

// saysDone reports whether a line under a heading says that its task is done.
func saysDone(text string) bool {
	m := statusLine.FindStringSubmatch(text)
	if m == nil || notDone.MatchString(m[1]) {
		return false
	}
	words := strings.Trim(strings.TrimLeftFunc(m[1], isSymbol), " \t*_.")
	found := doneValue.FindStringSubmatch(words)
	if found == nil {
		return words == "" && hasDoneMark(m[1])
	}
	behind := inWhat.ReplaceAllString(found[1], " $1")
	for _, word := range strings.FieldsFunc(behind, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch {
		case strings.EqualFold(word, "by"):
			return true // somebody's name
		case !strings.ContainsFunc(word, unicode.IsDigit) && !doneBehind.MatchString(word):
			return false
		}
	}
	return true
}

var (
	// checkWords name a section whose boxes are checks of the whole and no work.
	checkWords = regexp.MustCompile(`(?i)\b(definition of done|dod|acceptance|criteria|criterion|success|metrics?|check ?lists?|checkpoints?|verification|verify|validation|quality|sign[- ]?off|review|risks?|questions?|requirements|release|launch|rollback|compliance|exit|readiness|coverage|performance targets?|deliverables|assumptions|dependencies|pre-?requisites)\b|验收|完成标准|检查|受け入れ|完了条件|critérios|criterios|abnahme|kriterien`)
	// workWords name a section whose boxes are work.
	workWords = regexp.MustCompile(`(?i)\b(phases?|milestones?|sprints?|stages?|iterations?|epics?|workstreams?|parts?|steps?|weeks?|days?|tasks?|todos?|to do|backlog|implementation|fase|etapa|phase|schritt|future|enhancements?|improvements?|follow[- ]?ups?|optional|later|nice to have)\b|任务|阶段|タスク|フェーズ`)
	// planWords are headings of a whole plan, whatever number they have.
	planWords = regexp.MustCompile(`(?i)^(?:the )?(?:implementation )?(?:tasks?|plan|to ?do|task list|checklist|backlog|overview|implementation|work)(?: (?:plan|list|items|breakdown))?$`)
	// mentionWords are what headings about a task are about.
	mentionWords = regexp.MustCompile(`(?i)^(?:completion|complete[d]?|criteria|summary|notes?|details?|dependencies|dependency|status|progress|verification|validation|results?|checklist|checkpoint|requirements|acceptance|breakdown|overview|deliverables|done|report|review|dependency graph|implementation (?:notes|details|summary))\b`)
)

// isCheck reports whether a section's name says that its boxes are checks.
func isCheck(section string) bool {
	return checkWords.MatchString(section) && !strings.HasPrefix(strings.ToLower(section), "phase")
}

// doneWhen names a section that says when the whole is done, wherever it is in the list.
var doneWhen = regexp.MustCompile(`(?i)\b(definition of done|dod|(?:acceptance|success|exit|completion) criteria)\b|验收标准|完成标准|受け入れ基準|完了条件|critérios de (?:aceit|sucesso)|criterios de (?:acept|éxito)|abnahmekriterien|critères d.acceptation`)

// isWork reports whether a section's name says that its boxes are work.
func isWork(section string) bool { return workWords.MatchString(section) && !isCheck(section) }
