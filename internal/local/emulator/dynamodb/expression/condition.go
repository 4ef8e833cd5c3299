// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// predicate is a part of a condition.
type predicate func(scope) (bool, error)

// operand is a part of a comparison. It gives nil for an attribute that is absent.
type operand func(scope) (types.AttributeValue, error)

func (p *parser) or() (predicate, error) {
	left, err := p.and()
	for err == nil && p.accept("OR") {
		l := left
		var r predicate
		if r, err = p.and(); err == nil {
			left = func(s scope) (bool, error) {
				if yes, err := l(s); yes || err != nil {
					return yes, err
				}
				return r(s)
			}
		}
	}
	return left, err
}

func (p *parser) and() (predicate, error) {
	left, err := p.not()
	for err == nil && p.accept("AND") {
		l := left
		var r predicate
		if r, err = p.not(); err == nil {
			left = func(s scope) (bool, error) {
				if yes, err := l(s); !yes || err != nil {
					return false, err
				}
				return r(s)
			}
		}
	}
	return left, err
}

func (p *parser) not() (predicate, error) {
	if !p.accept("NOT") {
		return p.term()
	}
	inner, err := p.not()
	return func(s scope) (bool, error) {
		yes, err := inner(s)
		return !yes, err
	}, err
}

func (p *parser) term() (predicate, error) {
	switch p.peek() {
	case "(":
		var inner predicate
		err := p.parenthesised(func() (err error) {
			inner, err = p.or()
			return err
		})
		return inner, err
	case "attribute_exists", "attribute_not_exists":
		want := p.next() == "attribute_exists"
		var at path
		err := p.call(p.pathInto(&at))
		return func(s scope) (bool, error) { return (at.in(s.row) != nil) == want, nil }, err
	case "attribute_type", "begins_with", "contains":
		return p.function(p.next())
	}
	return p.comparison()
}

// function reads a function of an attribute and a value.
func (p *parser) function(name string) (predicate, error) {
	var at path
	var value operand
	err := p.call(p.pathInto(&at), p.operandInto(&value))
	test := map[string]func(a, v types.AttributeValue) bool{
		"attribute_type": func(a, v types.AttributeValue) bool { return isText(v) && TypeOf(a) == textOf(v) },
		"begins_with":    beginsWith,
		"contains":       contains,
	}[name]
	return func(s scope) (bool, error) {
		v, err := value(s)
		if err != nil {
			return false, err
		}
		a := at.in(s.row)
		return a != nil && v != nil && test(a, v), nil
	}, err
}

func (p *parser) comparison() (predicate, error) {
	first := p.peek()
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch operator := p.next(); strings.ToUpper(operator) {
	case "=", "<>":
		right, err := p.operand()
		return compared(operator, left, right), err
	case "<", "<=", ">", ">=":
		second := p.peek()
		right, err := p.operand()
		return ordered(operator, compared(operator, left, right), first, second), err
	case "BETWEEN":
		return p.between(left)
	case "IN":
		return p.in(left)
	default:
		return nil, p.syntax(operator)
	}
}

// compared compares two operands. An attribute that is absent is only ever unequal, and so are values of two types.
func compared(operator string, left, right operand) predicate {
	return func(s scope) (bool, error) {
		a, err := left(s)
		if err != nil {
			return false, err
		}
		b, err := right(s)
		if err != nil {
			return false, err
		}
		switch operator {
		case "=":
			return a != nil && b != nil && equal(a, b), nil
		case "<>":
			return a == nil || b == nil || !equal(a, b), nil
		}
		order, ok := compare(a, b)
		switch operator {
		case "<":
			return ok && order < 0, nil
		case "<=":
			return ok && order <= 0, nil
		case ">":
			return ok && order > 0, nil
		default:
			return ok && order >= 0, nil
		}
	}
}

// ordered refuses a value of the request that has no order. An attribute without one does not match.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Condition.html
func ordered(operator string, inner predicate, operands ...string) predicate {
	return func(s scope) (bool, error) {
		for _, o := range operands {
			if !strings.HasPrefix(o, ":") {
				continue
			}
			switch kind := TypeOf(s.values[o]); kind {
			case "", "S", "N", "B":
			default:
				return false, fmt.Errorf("incorrect operand type for operator or function; operator: %s, operand type: %s", operator, kind)
			}
		}
		return inner(s)
	}
}

func (p *parser) between(value operand) (predicate, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.accept("AND") {
		return nil, p.syntax(p.peek())
	}
	high, err := p.operand()
	least, most := compared(">=", value, low), compared("<=", value, high)
	return func(s scope) (bool, error) {
		if yes, err := least(s); !yes || err != nil {
			return false, err
		}
		return most(s)
	}, err
}

func (p *parser) in(value operand) (predicate, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var each []predicate
	for {
		one, err := p.operand()
		if err != nil {
			return nil, err
		}
		each = append(each, compared("=", value, one))
		if !p.accept(",") {
			break
		}
	}
	return func(s scope) (bool, error) {
		for _, same := range each {
			if yes, err := same(s); yes || err != nil {
				return yes, err
			}
		}
		return false, nil
	}, p.expect(")")
}

// operand reads a value, an attribute or an attribute's size.
func (p *parser) operand() (operand, error) {
	switch t := p.peek(); {
	case strings.HasPrefix(t, ":"):
		p.next()
		p.used[t] = true
		return func(s scope) (types.AttributeValue, error) { return s.value(t) }, nil
	case t == "size" && len(p.tokens) > 1 && p.tokens[1] == "(":
		p.next()
		var at path
		err := p.call(p.pathInto(&at))
		return func(s scope) (types.AttributeValue, error) { return size(at.in(s.row)) }, err
	}
	at, err := p.path()
	if err != nil {
		return nil, err
	}
	if len(at) == 1 {
		name := at[0].name
		return func(s scope) (types.AttributeValue, error) { return s.row[name], nil }, nil
	}
	return func(s scope) (types.AttributeValue, error) { return at.in(s.row), nil }, nil
}

// operandInto is a reader of an operand for call.
func (p *parser) operandInto(to *operand) func() error {
	return func() (err error) {
		*to, err = p.operand()
		return err
	}
}

func beginsWith(a, v types.AttributeValue) bool {
	if isText(a) && isText(v) {
		return strings.HasPrefix(textOf(a), textOf(v))
	}
	b, isBytes := a.(*types.AttributeValueMemberB)
	prefix, too := v.(*types.AttributeValueMemberB)
	return isBytes && too && bytes.HasPrefix(b.Value, prefix.Value)
}

// contains reports whether a text has a part, or a list or set an element.
func contains(a, v types.AttributeValue) bool {
	if isText(a) && isText(v) {
		return strings.Contains(textOf(a), textOf(v))
	}
	for _, e := range elements(a) {
		if equal(e, v) {
			return true
		}
	}
	return false
}

// size is a number: a text's characters, the bytes of a binary value, the elements of anything else that has some.
func size(a types.AttributeValue) (types.AttributeValue, error) {
	var n int
	switch v := a.(type) {
	case nil:
		return nil, nil
	case *types.AttributeValueMemberS:
		n = len([]rune(v.Value))
	case *types.AttributeValueMemberB:
		n = len(v.Value)
	case *types.AttributeValueMemberM:
		n = len(v.Value)
	case *types.AttributeValueMemberL, *types.AttributeValueMemberSS, *types.AttributeValueMemberNS, *types.AttributeValueMemberBS:
		n = len(elements(v))
	default:
		return nil, fmt.Errorf("incorrect operand type for operator or function; function: size, operand type: %s", TypeOf(a))
	}
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}, nil
}
