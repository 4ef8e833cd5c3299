// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parser is a recursive descent over an expression's tokens.
type parser struct {
	text   string
	tokens []string
	names  map[string]string
	used   map[string]bool // placeholders
}

var errRedundant = errors.New("the expression has redundant parentheses")

var (
	token = regexp.MustCompile(`[#:]\w+|\w+|<>|<=|>=|[=<>(),+\-.\[\]]`)
	space = regexp.MustCompile(`^\s*$`)
	word  = regexp.MustCompile(`^[A-Za-z_]\w*$`)
)

func newParser(text string, names map[string]string) (*parser, error) {
	p := &parser{text: text, names: names, used: map[string]bool{}}
	from := 0
	for _, at := range token.FindAllStringIndex(text, -1) {
		if !space.MatchString(text[from:at[0]]) {
			return nil, p.syntax(strings.TrimSpace(text[from:at[0]]))
		}
		p.tokens = append(p.tokens, text[at[0]:at[1]])
		from = at[1]
	}
	if !space.MatchString(text[from:]) {
		return nil, p.syntax(strings.TrimSpace(text[from:]))
	}
	return p, nil
}

func (p *parser) syntax(token string) error {
	if token == "" {
		token = "<EOF>"
	}
	return fmt.Errorf("syntax error; token: %q, expression: %q", token, p.text)
}

// peek is the next token; empty at the end.
func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is that one. Keywords are not case sensitive.
func (p *parser) accept(t string) bool {
	if !strings.EqualFold(p.peek(), t) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(t string) error {
	if got := p.peek(); got != t {
		return p.syntax(got)
	}
	p.next()
	return nil
}

func (p *parser) end() error {
	if t := p.peek(); t != "" {
		return p.syntax(t)
	}
	return nil
}

// path reads an attribute and what is in it: a, #a.b, c[1].
func (p *parser) path() (path, error) {
	first, err := p.attribute()
	if err != nil {
		return nil, err
	}
	all := path{{name: first}}
	for {
		switch {
		case p.accept("."):
			name, err := p.attribute()
			if err != nil {
				return nil, err
			}
			all = append(all, element{name: name})
		case p.accept("["):
			t := p.next()
			index, err := strconv.Atoi(t)
			if err != nil {
				return nil, p.syntax(t)
			}
			if err := p.expect("]"); err != nil {
				return nil, err
			}
			all = append(all, element{index: index, isIndex: true})
		default:
			return all, nil
		}
	}
}

func (p *parser) attribute() (string, error) {
	t := p.next()
	if !strings.HasPrefix(t, "#") {
		if !word.MatchString(t) {
			return "", p.syntax(t)
		}
		if reserved[strings.ToUpper(t)] {
			return "", fmt.Errorf("attribute name is a reserved keyword; reserved keyword: %s", t)
		}
		return t, nil
	}
	p.used[t] = true
	name, ok := p.names[t]
	if !ok {
		return "", fmt.Errorf("an expression attribute name used in the document path is not defined; attribute name: %s", t)
	}
	return name, nil
}

// parenthesised reads "(…)". Parentheses around parentheses are refused, as DynamoDB does: "The expression has redundant parentheses".
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html#Expressions.OperatorsAndFunctions.Syntax
func (p *parser) parenthesised(read func() error) error {
	if err := p.expect("("); err != nil {
		return err
	}
	inner := p.peek() == "("
	before := len(p.tokens)
	closing := p.closes()
	if err := read(); err != nil {
		return err
	}
	if inner && before-len(p.tokens) == closing {
		return errRedundant
	}
	return p.expect(")")
}

// closes is how many tokens the parenthesis that comes next has, with both its ends.
func (p *parser) closes() int {
	depth := 0
	for i, t := range p.tokens {
		switch t {
		case "(":
			depth++
		case ")":
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return len(p.tokens)
}

// call reads a function's arguments, each by its own reader.
func (p *parser) call(arguments ...func() error) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for i, argument := range arguments {
		if i > 0 {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		if err := argument(); err != nil {
			return err
		}
	}
	return p.expect(")")
}

// pathInto is a reader of a path for call.
func (p *parser) pathInto(to *path) func() error {
	return func() (err error) {
		*to, err = p.path()
		return err
	}
}
