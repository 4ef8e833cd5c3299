// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attrs are a row's attributes. A row is never changed in place: what was read of it stays as it was.
type attrs = map[string]types.AttributeValue

// condition is a parsed ConditionExpression.
type condition func(row, values attrs) bool

// update is a parsed UpdateExpression: it writes into next what it makes of row.
type update func(row, next, values attrs)

// Parsing once an expression and process keeps a seed's time for the seed. Expressions are constants, so this
// remembers a few dozen.
var (
	conditions sync.Map // string -> condition
	updates    sync.Map // string -> update
)

func conditionOf(text string) condition {
	if c, ok := conditions.Load(text); ok {
		return c.(condition) //nolint:forcetypeassert // only conditions are stored
	}
	p := newParser(text)
	c := p.or()
	p.end()
	conditions.Store(text, c)
	return c
}

func updateOf(text string) update {
	if u, ok := updates.Load(text); ok {
		return u.(update) //nolint:forcetypeassert // only updates are stored
	}
	p := newParser(text)
	u := p.update()
	p.end()
	updates.Store(text, u)
	return u
}

// parser is a recursive descent over the part of DynamoDB's expression language that the lock table speaks. What it
// does not know is a panic: silence would prove nothing.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
type parser struct {
	text   string
	tokens []string
}

var token = regexp.MustCompile(`[#:]?\w+|<>|[=<>(),+]`)

func newParser(text string) *parser {
	return &parser{text: text, tokens: token.FindAllString(text, -1)}
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) take() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) accept(t string) bool {
	if p.peek() != t {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(t string) {
	if got := p.take(); got != t {
		panic(fmt.Sprintf("expression %q: %q where %q was expected", p.text, got, t))
	}
}

func (p *parser) end() { p.expect("") }

func (p *parser) or() condition {
	left := p.and()
	for p.accept("OR") {
		l, r := left, p.and()
		left = func(row, v attrs) bool { return l(row, v) || r(row, v) }
	}
	return left
}

func (p *parser) and() condition {
	left := p.term()
	for p.accept("AND") {
		l, r := left, p.term()
		left = func(row, v attrs) bool { return l(row, v) && r(row, v) }
	}
	return left
}

func (p *parser) term() condition {
	switch t := p.take(); t {
	case "(":
		c := p.or()
		p.expect(")")
		return c
	case "attribute_not_exists", "attribute_exists":
		p.expect("(")
		name, want := p.name(), t == "attribute_exists"
		p.expect(")")
		return func(row, _ attrs) bool { _, ok := row[name]; return ok == want }
	case "attribute_type":
		p.expect("(")
		name := p.name()
		p.expect(",")
		value := p.take()
		p.expect(")")
		return func(row, v attrs) bool { return row[name] != nil && typeOf(row[name]) == textOf(v[value]) }
	default:
		return p.comparison(strings.TrimPrefix(t, "#"))
	}
}

// comparison with an attribute that is absent is false, also for "<>"; values of two types are only ever unequal.
func (p *parser) comparison(name string) condition {
	operator, value := p.take(), p.take()
	switch operator {
	case "=":
		return func(row, v attrs) bool { return row[name] != nil && equal(row[name], v[value]) }
	case "<>":
		return func(row, v attrs) bool { return row[name] != nil && !equal(row[name], v[value]) }
	case "<":
		return func(row, v attrs) bool {
			return typeOf(row[name]) == "N" && typeOf(v[value]) == "N" && numberOf(row[name]) < numberOf(v[value])
		}
	}
	panic(fmt.Sprintf("expression %q: operator %q is not known", p.text, operator))
}

func (p *parser) name() string {
	t := p.take()
	if !strings.HasPrefix(t, "#") {
		panic(fmt.Sprintf("expression %q: %q is not an attribute", p.text, t))
	}
	return t[1:]
}

func (p *parser) update() update {
	var all []update
	for p.peek() != "" {
		switch clause := p.take(); clause {
		case "SET":
			all = append(all, p.list(p.set)...)
		case "REMOVE":
			all = append(all, p.list(p.remove)...)
		default:
			panic(fmt.Sprintf("expression %q: clause %q is not known", p.text, clause))
		}
	}
	return func(row, next, v attrs) {
		for _, u := range all {
			u(row, next, v)
		}
	}
}

func (p *parser) list(one func() update) []update {
	all := []update{one()}
	for p.accept(",") {
		all = append(all, one())
	}
	return all
}

func (p *parser) remove() update {
	name := p.name()
	return func(_, next, _ attrs) { delete(next, name) }
}

func (p *parser) set() update {
	name := p.name()
	p.expect("=")
	left := p.operand()
	if !p.accept("+") {
		return func(row, next, v attrs) { next[name] = left(row, v) }
	}
	right := p.operand()
	return func(row, next, v attrs) {
		next[name] = numberValue(numberOf(left(row, v)) + numberOf(right(row, v)))
	}
}

func (p *parser) operand() func(row, v attrs) types.AttributeValue {
	t := p.take()
	if t != "if_not_exists" {
		return func(_, v attrs) types.AttributeValue { return v[t] }
	}
	p.expect("(")
	name := p.name()
	p.expect(",")
	value := p.take()
	p.expect(")")
	return func(row, v attrs) types.AttributeValue {
		if row[name] != nil {
			return row[name]
		}
		return v[value]
	}
}
