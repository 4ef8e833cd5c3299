// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// change is one action of an update expression. Its value may read the row as it was; nil removes.
type change struct {
	path  path
	value operand
}

func (c change) apply(s scope, next Row) error {
	v, err := c.value(s)
	if err != nil {
		return err
	}
	return c.path.write(next, v)
}

// RowError says that an expression that is good by itself cannot be applied to this row. In a transaction it is a reason of its
// action, and not an answer about the request.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors
type RowError struct{ Message string }

// Error implements error.
func (e *RowError) Error() string { return e.Message }

var (
	errOperandType = &RowError{"An operand in the update expression has an incorrect data type"}
	errAbsent      = &RowError{"The provided expression refers to an attribute that does not exist in the item"}
)

// update reads the clauses, each of which may be there once.
func (p *parser) update() ([]change, error) {
	actions := map[string]func() (change, error){"SET": p.set, "REMOVE": p.remove, "ADD": p.add, "DELETE": p.deleteFrom}
	seen := map[string]bool{}
	var all []change
	for {
		clause := strings.ToUpper(p.peek())
		action := actions[clause]
		if action == nil || seen[clause] {
			return nil, p.syntax(p.peek())
		}
		p.next()
		seen[clause] = true
		for {
			c, err := action()
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(all, func(o change) bool { return overlap(o.path, c.path) }) {
				return nil, fmt.Errorf("two document paths overlap with each other; must remove or rewrite one of these paths; path: %s", c.path)
			}
			all = append(all, c)
			if !p.accept(",") {
				break
			}
		}
		if p.peek() == "" {
			return all, nil
		}
	}
}

// overlap reports whether one of the paths leads to the other, or to the same.
func overlap(a, b path) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// set reads "path = operand", or two operands with a sign between.
func (p *parser) set() (change, error) {
	at, err := p.path()
	if err != nil {
		return change{}, err
	}
	if err := p.expect("="); err != nil {
		return change{}, err
	}
	left, err := p.setOperand()
	if err != nil {
		return change{}, err
	}
	sign := p.peek()
	if sign != "+" && sign != "-" {
		return change{at, left}, nil
	}
	p.next()
	right, err := p.setOperand()
	return change{at, func(s scope) (types.AttributeValue, error) {
		a, err := left(s)
		if err != nil {
			return nil, err
		}
		b, err := right(s)
		if err != nil {
			return nil, err
		}
		return added(a, b, sign == "-")
	}}, err
}

func added(a, b types.AttributeValue, subtract bool) (types.AttributeValue, error) {
	x, okX := a.(*types.AttributeValueMemberN)
	y, okY := b.(*types.AttributeValueMemberN)
	if !okX || !okY {
		return nil, errOperandType
	}
	text, ok := sum(x.Value, y.Value, subtract)
	if !ok {
		return nil, errOperandType
	}
	return &types.AttributeValueMemberN{Value: text}, nil
}

// setOperand reads a value, an attribute, if_not_exists or list_append. What it gives is never nil.
func (p *parser) setOperand() (operand, error) {
	switch t := p.peek(); {
	case t == "if_not_exists" && len(p.tokens) > 1 && p.tokens[1] == "(":
		p.next()
		var at path
		var other operand
		err := p.call(p.pathInto(&at), p.setOperandInto(&other))
		return func(s scope) (types.AttributeValue, error) {
			if v := at.in(s.row); v != nil {
				return v, nil
			}
			return other(s)
		}, err
	case t == "list_append" && len(p.tokens) > 1 && p.tokens[1] == "(":
		p.next()
		var first, second operand
		err := p.call(p.setOperandInto(&first), p.setOperandInto(&second))
		return func(s scope) (types.AttributeValue, error) { return joined(s, first, second) }, err
	case t == "(":
		var inner operand
		err := p.parenthesised(p.setOperandInto(&inner))
		return inner, err
	case strings.HasPrefix(t, ":"):
		return p.operand()
	}
	at, err := p.path()
	return func(s scope) (types.AttributeValue, error) {
		if v := at.in(s.row); v != nil {
			return v, nil
		}
		return nil, errAbsent
	}, err
}

func (p *parser) setOperandInto(to *operand) func() error {
	return func() (err error) {
		*to, err = p.setOperand()
		return err
	}
}

func joined(s scope, first, second operand) (types.AttributeValue, error) {
	a, err := first(s)
	if err != nil {
		return nil, err
	}
	b, err := second(s)
	if err != nil {
		return nil, err
	}
	if TypeOf(a) != "L" || TypeOf(b) != "L" {
		return nil, errOperandType
	}
	return &types.AttributeValueMemberL{Value: slices.Concat(elements(a), elements(b))}, nil
}

func (p *parser) remove() (change, error) {
	at, err := p.path()
	return change{at, func(scope) (types.AttributeValue, error) { return nil, nil }}, err
}

// add reads "path :value": it adds a number to a number, or elements to a set.
func (p *parser) add() (change, error) {
	return p.pathAndValue(func(old, v types.AttributeValue) (types.AttributeValue, error) {
		switch {
		case TypeOf(v) == "N" && old == nil, isSet(v) && old == nil:
			return v, nil
		case TypeOf(v) == "N":
			return added(old, v, false)
		case !isSet(v) || TypeOf(old) != TypeOf(v):
			return nil, errOperandType
		}
		more := slices.DeleteFunc(slices.Clone(elements(v)), func(e types.AttributeValue) bool { return contains(old, e) })
		return setOf(TypeOf(v), append(elements(old), more...)), nil
	})
}

// deleteFrom reads "path :value": it takes elements out of a set.
func (p *parser) deleteFrom() (change, error) {
	return p.pathAndValue(func(old, v types.AttributeValue) (types.AttributeValue, error) {
		if !isSet(v) || (old != nil && TypeOf(old) != TypeOf(v)) {
			return nil, errOperandType
		}
		left := slices.DeleteFunc(slices.Clone(elements(old)), func(e types.AttributeValue) bool { return contains(v, e) })
		return setOf(TypeOf(v), left), nil
	})
}

func isSet(v types.AttributeValue) bool {
	return slices.Contains([]string{"SS", "NS", "BS"}, TypeOf(v))
}

func (p *parser) pathAndValue(made func(old, v types.AttributeValue) (types.AttributeValue, error)) (change, error) {
	at, err := p.path()
	if err != nil {
		return change{}, err
	}
	t := p.next()
	if !strings.HasPrefix(t, ":") {
		return change{}, p.syntax(t)
	}
	p.used[t] = true
	return change{at, func(s scope) (types.AttributeValue, error) {
		v, err := s.value(t)
		if err != nil {
			return nil, err
		}
		return made(at.in(s.row), v)
	}}, nil
}
