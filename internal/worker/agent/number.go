// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberKind says how sure it is that the beginning of a title is the task's number.
type numberKind int

const (
	// noNumber: the title has none.
	noNumber numberKind = iota
	// bareNumber is a single number without anything that sets it off: "2 demo shops" has one, too.
	bareNumber
	// bareIdentifier is the same with letters: "S3 bucket".
	bareIdentifier
	// dottedNumber is "1.2 Title".
	dottedNumber
	// certain: the number is set off ("1. Title", "A1: Title"), or the word Task is before it.
	certain
)

// number is what a title begins with.
type number struct {
	text  string
	kind  numberKind
	word  bool // "Task" is before it
	star  bool // behind it, as in "1.* Title"
	title string
	set   bool // something sets it off from the title
}

// taskWords are "task" in the languages that specs are written in.
const taskWords = `task|tarefa|tarea|tâche|tache|aufgabe|taak|compito|attività|zadanie|задача|завдання|görev|uppgift|oppgave|opgave|tehtävä|úkol|feladat|sarcină|công việc|nhiệm vụ|tugas|タスク|任务|任務|작업|태스크|과제`

var (
	taskWord   = regexp.MustCompile(`^(?i:` + taskWords + `)[ \t\x{3000}]*(?:#|№|nr\.?|no\.?)?[ \t\x{3000}]*`)
	plainID    = regexp.MustCompile(`^\d{1,4}(?:\.\d{1,4}){0,5}`)
	letterID   = regexp.MustCompile(`^(?:\.?[A-Za-z])(?:[^\pL\d]|$)`)
	identifier = regexp.MustCompile(`^(?:[A-Z]{1,6}-?\d{1,5}(?:[.-][A-Z]{0,4}\d{1,4}){0,4})`)
	// escaped is a character that a formatter put a backslash before.
	escaped = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
	// separator is what may be between a number that was set off and the title.
	separator = regexp.MustCompile(`^[ \t]*(?:[-–—:：|][ \t]+)`)
)

const delimiters = ".:)]）：、．"

// unescape takes back what a formatter escaped.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return escaped.ReplaceAllString(text, "$1")
}

// readNumber looks for a number at the beginning of a title. Whether one that is not certain counts depends on the
// tasks around it.
func readNumber(title string) number {
	title = strings.TrimSpace(title)
	if inner, behind, ok := strings.Cut(strings.TrimPrefix(title, "__"), "__"); ok && strings.HasPrefix(title, "__") {
		title = "**" + inner + "**" + behind // the other way to write it
	}
	opened := len(title) - len(strings.TrimLeft(title, "*"))
	s := strings.TrimLeft(title, "*_")
	n := number{title: title}
	if m := taskWord.FindString(s); m != "" && len(m) < len(s) && !continues(m, s[len(m):]) {
		n.word, s = true, hanNumber(s[len(m):])
	}
	s = narrow(strings.TrimPrefix(s, "["))
	id := plainID.FindString(s)
	switch {
	case id != "":
		n.kind = bareNumber
		if m := letterID.FindString(s[len(id):]); m != "" {
			id += strings.TrimRightFunc(m, func(r rune) bool { return !unicode.IsLetter(r) })
		}
		if strings.Contains(id, ".") {
			n.kind = dottedNumber
		}
	default:
		if id = identifier.FindString(s); id == "" {
			return number{title: title}
		}
		n.kind = bareIdentifier
	}
	n.text = id
	return n.finish(s[len(id):], opened)
}

// narrow writes full-width digits at the beginning as others are.
func narrow(s string) string {
	rest := strings.TrimLeftFunc(s, func(r rune) bool { return r >= '０' && r <= '９' })
	wide := s[:len(s)-len(rest)]
	if wide == "" {
		return s
	}
	return strings.Map(func(r rune) rune { return r - '０' + '0' }, wide) + rest
}

// hanNumber writes a number up to 99 in Chinese characters, at the beginning of what is behind the word Task, in digits.
func hanNumber(s string) string {
	const digits, ten = "一二三四五六七八九", '十'
	number, last, length := 0, 0, 0
	for i, r := range s {
		at := strings.IndexRune(digits, r)
		switch {
		case r == ten && number < 10:
			number, last = max(last, 1)*10, 0
		case at >= 0 && last == 0:
			last = at/len("一") + 1
		default:
			length = i
		}
		if length > 0 || r != ten && at < 0 {
			break
		}
	}
	if number += last; number == 0 {
		return s
	}
	if length == 0 {
		return strconv.Itoa(number)
	}
	return strconv.Itoa(number) + s[length:]
}

// continues is true of a word that goes on: "Tasks", or "Task1x".
func continues(word, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(word)
	first, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLetter(last) && unicode.IsLetter(first) && last < 0x2E80
}

// finish reads what is behind the number.
func (n number) finish(s string, opened int) number {
	none := number{title: n.title}
	before := stars(s)
	s = s[before:]
	closed := before > 0 && before == opened
	n.star = before == 1 && !closed
	delimiter := false
	if r, size := utf8.DecodeRuneInString(s); size > 0 && strings.ContainsRune(delimiters, r) {
		delimiter, s = true, s[size:]
		after := stars(s)
		n.star = n.star || after == 1 && opened != 1
		s = s[after:]
		closed = closed || after > 0 && after == opened
	}
	first, _ := utf8.DecodeRuneInString(s)
	blank := s == "" || first == ' ' || first == '\t' || first == 0x3000
	switch {
	case !blank && !delimiter, !blank && !unicode.IsLetter(first) && !strings.ContainsRune("*_`[(\"'“‘«「『", first):
		return none
	case !blank && first < 0x2E80 && n.kind != bareIdentifier && !n.word:
		// "7.Setup" is a task's number only where 7 is the next one; "1.x" is a version.
	case delimiter, closed:
		n.set = true
	}
	if m := separator.FindString(s); m != "" && !startsWithDigit(s[len(m):]) {
		n.set, s = true, s[len(m):]
	}
	if n.set || n.word || n.kind == bareIdentifier && zeroPadded(n.text) {
		n.kind = certain
	}
	n.title = s
	return n
}

func stars(s string) int { return len(s) - len(strings.TrimLeft(s, "*")) }

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// zeroPadded is true of "T002" and "US-01": nobody writes a bucket or a standard like that.
func zeroPadded(id string) bool {
	digits := strings.TrimLeft(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
	return len(digits) >= 2 && digits[0] == '0' && len(id) > len(digits)
}

// parentNumber is the number of what a number is a part of: "3" of "3.1" and of "3.1a", "A1" of "A1.2"; empty for none.
func parentNumber(id string) string {
	if i := strings.LastIndexByte(id, '.'); i > 0 {
		return id[:i]
	}
	return ""
}

// lastPart is the last part of a number, without a letter; -1 if there is none.
func lastPart(id string) int {
	digits := id[strings.LastIndexByte(id, '.')+1:]
	n, err := strconv.Atoi(strings.TrimRight(digits, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return -1
	}
	return n
}

// hasLetter is true of a number that was put between two others: "3.1a".
func hasLetter(id string) bool {
	last := id[len(id)-1]
	return (last < '0' || last > '9') && id[0] >= '0' && id[0] <= '9'
}

// letters is what an identifier begins with.
func letters(id string) string {
	return strings.TrimRight(id, "0123456789.")
}
