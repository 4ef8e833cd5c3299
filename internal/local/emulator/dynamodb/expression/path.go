// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// path is an attribute, and what is in it: maps by name, lists by index.
type path []element

type element struct {
	name    string
	index   int
	isIndex bool
}

// String implements fmt.Stringer.
func (p path) String() string {
	var text strings.Builder
	for i, e := range p {
		switch {
		case e.isIndex:
			fmt.Fprintf(&text, "[%d]", e.index)
		case i > 0:
			text.WriteString("." + e.name)
		default:
			text.WriteString(e.name)
		}
	}
	return text.String()
}

// in is the value at the path; nil if there is none.
func (p path) in(row Row) types.AttributeValue {
	v := row[p[0].name]
	for _, e := range p[1:] {
		v = e.of(v)
	}
	return v
}

func (e element) of(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		if !e.isIndex {
			return v.Value[e.name]
		}
	case *types.AttributeValueMemberL:
		if e.isIndex && e.index < len(v.Value) {
			return v.Value[e.index]
		}
	}
	return nil
}

var errPath = &RowError{"The document path provided in the update expression is invalid for update"}

// write puts a value at the path; nil removes what is there.
func (p path) write(row Row, value types.AttributeValue) error {
	name := p[0].name
	if len(p) > 1 {
		inner, err := within(row[name], p[1:], value)
		if err != nil {
			return err
		}
		value = inner
	}
	if value == nil {
		delete(row, name)
	} else {
		row[name] = value
	}
	return nil
}

// within is a map or list with another value at a path in it. What it was made of stays as it is.
func within(v types.AttributeValue, p path, value types.AttributeValue) (types.AttributeValue, error) {
	e := p[0]
	if len(p) > 1 {
		inner, err := within(e.of(v), p[1:], value)
		if err != nil {
			return nil, err
		}
		value = inner
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		if e.isIndex {
			return nil, errPath
		}
		m := maps.Clone(v.Value)
		if value == nil {
			delete(m, e.name)
		} else {
			m[e.name] = value
		}
		return &types.AttributeValueMemberM{Value: m}, nil
	case *types.AttributeValueMemberL:
		if !e.isIndex {
			return nil, errPath
		}
		l := slices.Clone(v.Value)
		switch {
		case value != nil && e.index >= len(l):
			l = append(l, value) // beyond the end is at the end
		case value != nil:
			l[e.index] = value
		case e.index < len(l):
			l = slices.Delete(l, e.index, e.index+1)
		}
		return &types.AttributeValueMemberL{Value: l}, nil
	}
	return nil, errPath
}
