// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package expression reads DynamoDB's condition and update expressions and evaluates them over a row's attributes. It
// keeps no rows and speaks no protocol: the emulator of DynamoDB and the simulation do, each in its own way.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
package expression

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Row is a row's attributes, or the values of an expression by placeholder (":x"). Nothing here changes one in place.
type Row = map[string]types.AttributeValue

// Condition is a condition expression that was read. It is safe for concurrent use.
type Condition struct {
	holds predicate
	used  map[string]bool
}

// ParseCondition reads a condition expression. Names are what the placeholders of attributes ("#x") are for.
func ParseCondition(text string, names map[string]string) (*Condition, error) {
	p, err := newParser(text, names)
	if err != nil {
		return nil, err
	}
	holds, err := p.or()
	if err != nil {
		return nil, err
	}
	return &Condition{holds: holds, used: p.used}, p.end()
}

// Holds reports whether the condition is true of a row; an absent row has no attributes.
func (c *Condition) Holds(row, values Row) (bool, error) { return c.holds(scope{row, values}) }

// Uses reports whether the expression has a placeholder, with its "#" or ":".
func (c *Condition) Uses(placeholder string) bool { return c.used[placeholder] }

// Update is an update expression that was read. It is safe for concurrent use.
type Update struct {
	changes []change
	used    map[string]bool
}

// ParseUpdate reads an update expression.
func ParseUpdate(text string, names map[string]string) (*Update, error) {
	p, err := newParser(text, names)
	if err != nil {
		return nil, err
	}
	u := &Update{used: p.used}
	u.changes, err = p.update()
	return u, err
}

// Apply returns the row as the update makes it. All that the expression reads is of the row as it was.
func (u *Update) Apply(row, values Row) (Row, error) {
	next := make(Row, len(row)+len(u.changes))
	for name, value := range row {
		next[name] = value
	}
	for _, c := range u.changes {
		if err := c.apply(scope{row, values}, next); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// Uses reports whether the expression has a placeholder, with its "#" or ":".
func (u *Update) Uses(placeholder string) bool { return u.used[placeholder] }

// Changes reports whether the expression writes or removes an attribute.
func (u *Update) Changes(attribute string) bool {
	for _, c := range u.changes {
		if c.path[0].name == attribute {
			return true
		}
	}
	return false
}

// scope is what an expression is evaluated over.
type scope struct{ row, values Row }

func (s scope) value(placeholder string) (types.AttributeValue, error) {
	if v := s.values[placeholder]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("an expression attribute value used in expression is not defined; attribute value: %s", placeholder)
}
