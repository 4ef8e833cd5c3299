// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Bounds of what is kept of one value, and of how deep values are nested.
const (
	maxJSONString = 4096
	maxJSONNumber = 64
	maxJSONDepth  = 200
)

// jsonReader reads a document of JSON value by value, and keeps none of them. A caller says for each key whether it wants
// its value, and of a text only the beginning is ever in memory.
type jsonReader struct {
	in    *bufio.Reader
	depth int
	lines bool // ends of lines in texts stay
}

var errJSONEnd = errors.New("it cannot be decoded: it is cut short")

func errJSON(what string) error { return fmt.Errorf("it cannot be decoded: %s", what) }

// object calls do for each key of an object; do must read the value. It fails where there is something else.
func (j *jsonReader) object(do func(key string) error) error {
	if err := j.begin('{', "an object"); err != nil {
		return err
	}
	defer func() { j.depth-- }()
	for first := true; ; first = false {
		b, err := j.blanks()
		if err != nil {
			return err
		}
		switch {
		case b == '}':
			return nil
		case first:
			err = j.in.UnreadByte()
		case b != ',':
			return errJSON("a comma is missing")
		}
		if err != nil {
			return err
		}
		if b, err = j.blanks(); err != nil {
			return err
		}
		if b != '"' {
			return errJSON("a name is missing")
		}
		key, err := j.text()
		if err != nil {
			return err
		}
		if b, err = j.blanks(); err != nil {
			return err
		}
		if b != ':' {
			return errJSON("a colon is missing")
		}
		if err := do(key); err != nil {
			return err
		}
	}
}

// array calls do for each value of an array; do must read it. Null is an array without values.
func (j *jsonReader) array(do func() error) error {
	if j.peek() == 'n' {
		return j.skip()
	}
	if err := j.begin('[', "an array"); err != nil {
		return err
	}
	defer func() { j.depth-- }()
	for first := true; ; first = false {
		b, err := j.blanks()
		if err != nil {
			return err
		}
		switch {
		case b == ']':
			return nil
		case first:
			if err := j.in.UnreadByte(); err != nil {
				return err
			}
		case b != ',':
			return errJSON("a comma is missing")
		}
		if err := do(); err != nil {
			return err
		}
	}
}

func (j *jsonReader) begin(mark byte, what string) error {
	b, err := j.blanks()
	if err != nil {
		return err
	}
	if b != mark {
		return errJSON(what + " is missing")
	}
	if j.depth++; j.depth > maxJSONDepth {
		return errJSON("its values are nested too deep")
	}
	return nil
}

// peek is the first byte of the next value; 0 at the end.
func (j *jsonReader) peek() byte {
	b, err := j.blanks()
	if err != nil || j.in.UnreadByte() != nil {
		return 0
	}
	return b
}

func (j *jsonReader) blanks() (byte, error) {
	for {
		b, err := j.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return 0, errJSONEnd
		}
		if err != nil || b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, err
		}
	}
}

// str is a text, cut; another value is an empty one.
func (j *jsonReader) str() (string, error) {
	if j.peek() != '"' {
		return "", j.skip()
	}
	if _, err := j.in.ReadByte(); err != nil {
		return "", err
	}
	return j.text()
}

// text reads what is behind a quote.
func (j *jsonReader) text() (string, error) {
	var buffer [128]byte
	text := buffer[:0]
	for {
		b, err := j.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return "", errJSONEnd
		}
		if err != nil {
			return "", err
		}
		r := rune(-1)
		switch b {
		case '"':
			return string(text), nil
		case '\\':
			if r, err = j.escape(); err != nil {
				return "", err
			}
		}
		switch {
		case len(text) >= maxJSONString:
		case r >= 0:
			text = utf8.AppendRune(text, r)
		default:
			text = append(text, b)
		}
	}
}

func (j *jsonReader) escape() (rune, error) {
	b, err := j.in.ReadByte()
	if err != nil {
		return 0, errJSONEnd
	}
	switch b {
	case 'n':
		if j.lines {
			return '\n', nil
		}
		return ' ', nil
	case 'r', 't':
		return ' ', nil
	case 'b', 'f':
		return 0, nil
	case 'u':
		var digits [4]byte
		if _, err := io.ReadFull(j.in, digits[:]); err != nil {
			return 0, errJSONEnd
		}
		n, err := strconv.ParseUint(string(digits[:]), 16, 32)
		if err != nil {
			return 0, errJSON("a character's number is none")
		}
		return rune(n), nil //nolint:gosec // four digits
	default:
		return rune(b), nil
	}
}

// num is a number; ok is false of null, and a text or anything else is an error.
func (j *jsonReader) num() (value float64, ok bool, err error) {
	switch b := j.peek(); {
	case b == 'n':
		return 0, false, j.skip()
	case b == '-' || b >= '0' && b <= '9':
		text, err := j.word()
		if err != nil {
			return 0, false, err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, false, errJSON("a number is none")
		}
		return value, true, nil
	case b == 0:
		return 0, false, errJSONEnd
	default:
		return 0, false, errJSON("something else is where the format has a number")
	}
}

// truth is a boolean; ok is false of anything else.
func (j *jsonReader) truth() (value, ok bool, err error) {
	if b := j.peek(); b != 't' && b != 'f' {
		return false, false, j.skip()
	}
	text, err := j.word()
	return text == "true", text == "true" || text == "false", err
}

// word is a number, or true, false or null.
func (j *jsonReader) word() (string, error) {
	var buffer [maxJSONNumber]byte
	text := buffer[:0]
	for {
		b, err := j.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return string(text), nil
		}
		if err != nil {
			return "", err
		}
		if b == ',' || b == '}' || b == ']' || b == ':' || b == '"' || b == '{' || b == '[' || b <= ' ' {
			if len(text) == 0 {
				return "", errJSON("a value is missing")
			}
			return string(text), j.in.UnreadByte()
		}
		if len(text) == maxJSONNumber {
			return "", errJSON("a number is too long")
		}
		text = append(text, b)
	}
}

// document reads the one object that a text is, or that follows what a package manager printed. It is errOther if there is
// none.
func (t *text) document(do func(j *jsonReader, key string) error) error {
	in, err := t.reader()
	if err != nil {
		return err
	}
	j := &jsonReader{in: in}
	if j.peek() != '{' {
		return errOther
	}
	return j.object(func(key string) error { return do(j, key) })
}

// firstText is the first text of an array, with its lines; another value is an empty one.
func (j *jsonReader) firstText() (string, error) {
	if j.peek() != '[' {
		return "", j.skip()
	}
	first := ""
	j.lines = true
	defer func() { j.lines = false }()
	err := j.array(func() error {
		text, err := j.str()
		if first == "" {
			first = text
		}
		return err
	})
	return first, err
}
