// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"strings"
)

// Words splits a command line as a shell would: blanks separate, quotes and backslashes protect. Nothing is expanded
// and nothing is run, so `$(id)` is just a word. What only a shell could do with it (a pipe, a redirection, `&&`) is
// an error rather than an argument that the program would misread.
func Words(line string) ([]string, error) {
	var s splitter
	for _, c := range line {
		if err := s.next(c); err != nil {
			return nil, err
		}
	}
	if s.quote != 0 || s.escaped {
		return nil, errors.New("the command line ends within a quotation")
	}
	s.end()
	if len(s.words) == 0 {
		return nil, errors.New("the command line is empty")
	}
	return s.words, nil
}

// splitter is the state of Words.
type splitter struct {
	words   []string
	word    strings.Builder
	inWord  bool
	quote   rune
	escaped bool
}

func (s *splitter) next(c rune) error {
	switch {
	case s.escaped:
		// Within double quotes a backslash stays unless it protects something.
		if s.quote == '"' && c != '"' && c != '\\' && c != '$' && c != '`' {
			s.word.WriteByte('\\')
		}
		s.add(c)
		s.escaped = false
	case c == '\\' && s.quote != '\'':
		s.escaped, s.inWord = true, true
	case s.quote != 0:
		if c == s.quote {
			s.quote = 0
			return nil
		}
		s.add(c)
	case c == '\'' || c == '"':
		s.quote, s.inWord = c, true
	case strings.ContainsRune(" \t\r\n", c):
		s.end()
	case strings.ContainsRune("|&;<>", c):
		return errors.New("the command line has a shell's operator (one of | & ; < >); " +
			"no shell runs it: put the commands into a script, or quote the character")
	case c == 0:
		return errors.New("the command line has a zero byte")
	default:
		s.add(c)
	}
	return nil
}

func (s *splitter) add(c rune) {
	s.word.WriteRune(c)
	s.inWord = true
}

func (s *splitter) end() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}
