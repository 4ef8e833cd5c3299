// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TypeOf is the short name of a value's type, as in attribute_type; empty for nil.
func TypeOf(v types.AttributeValue) string {
	switch v.(type) {
	case *types.AttributeValueMemberS:
		return "S"
	case *types.AttributeValueMemberN:
		return "N"
	case *types.AttributeValueMemberB:
		return "B"
	case *types.AttributeValueMemberBOOL:
		return "BOOL"
	case *types.AttributeValueMemberNULL:
		return "NULL"
	case *types.AttributeValueMemberM:
		return "M"
	case *types.AttributeValueMemberL:
		return "L"
	case *types.AttributeValueMemberSS:
		return "SS"
	case *types.AttributeValueMemberNS:
		return "NS"
	case *types.AttributeValueMemberBS:
		return "BS"
	}
	return ""
}

// Size is how many bytes a row counts for: its attributes' names and values.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func Size(row Row) int {
	total := 0
	for name, v := range row {
		total += len(name) + sizeOf(v)
	}
	return total
}

func sizeOf(v types.AttributeValue) int {
	const eachElement, eachDocument = 1, 3
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(strings.Trim(v.Value, "-.0"))/2 + 2
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberM:
		return eachDocument + eachElement*len(v.Value) + Size(v.Value)
	case *types.AttributeValueMemberL:
		total := eachDocument + eachElement*len(v.Value)
		for _, e := range v.Value {
			total += sizeOf(e)
		}
		return total
	}
	total := 1
	for _, e := range elements(v) {
		total += sizeOf(e)
	}
	return total
}

func isText(v types.AttributeValue) bool {
	_, ok := v.(*types.AttributeValueMemberS)
	return ok
}

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// equal reports whether two values are of one type and equal. A set has no order, and a number is what it counts and
// not how it is written.
func equal(a, b types.AttributeValue) bool {
	switch x := a.(type) {
	case *types.AttributeValueMemberS, *types.AttributeValueMemberN, *types.AttributeValueMemberB:
		order, ok := compare(a, b)
		return ok && order == 0
	case *types.AttributeValueMemberBOOL:
		y, ok := b.(*types.AttributeValueMemberBOOL)
		return ok && x.Value == y.Value
	case *types.AttributeValueMemberM:
		y, ok := b.(*types.AttributeValueMemberM)
		return ok && equalMaps(x.Value, y.Value)
	case *types.AttributeValueMemberL:
		y, ok := b.(*types.AttributeValueMemberL)
		return ok && slices.EqualFunc(x.Value, y.Value, equal)
	}
	if TypeOf(a) != TypeOf(b) {
		return false
	}
	x, y := elements(a), elements(b)
	return len(x) == len(y) && !slices.ContainsFunc(x, func(e types.AttributeValue) bool {
		return !slices.ContainsFunc(y, func(o types.AttributeValue) bool { return equal(e, o) })
	})
}

func equalMaps(a, b Row) bool {
	for name, v := range a {
		if o := b[name]; o == nil || !equal(v, o) {
			return false
		}
	}
	return len(a) == len(b)
}

// compare orders two texts, numbers or binary values. Other values, and two of different types, have no order.
func compare(a, b types.AttributeValue) (order int, ok bool) {
	switch x := a.(type) {
	case *types.AttributeValueMemberS:
		if y, ok := b.(*types.AttributeValueMemberS); ok {
			return strings.Compare(x.Value, y.Value), true
		}
	case *types.AttributeValueMemberN:
		if y, ok := b.(*types.AttributeValueMemberN); ok {
			return compareNumbers(x.Value, y.Value)
		}
	case *types.AttributeValueMemberB:
		if y, ok := b.(*types.AttributeValueMemberB); ok {
			return bytes.Compare(x.Value, y.Value), true
		}
	}
	return 0, false
}

// compareNumbers compares whole numbers of 64 bits without more ado: nearly all are.
func compareNumbers(a, b string) (order int, ok bool) {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y), true
	}
	p, okP := new(big.Rat).SetString(a)
	q, okQ := new(big.Rat).SetString(b)
	if !okP || !okQ {
		return 0, false
	}
	return p.Cmp(q), true
}

const (
	// maxDigits is how many digits a number of DynamoDB has.
	maxDigits = 38
	// wholeDigits is how many digits two whole numbers may have whose sum has 64 bits.
	wholeDigits = 18
)

// sum is a + b, or a - b.
func sum(a, b string, subtract bool) (string, bool) {
	if len(a) < wholeDigits && len(b) < wholeDigits {
		x, errX := strconv.ParseInt(a, 10, 64)
		y, errY := strconv.ParseInt(b, 10, 64)
		if errX == nil && errY == nil {
			if subtract {
				y = -y
			}
			return strconv.FormatInt(x+y, 10), true
		}
	}
	p, okP := new(big.Rat).SetString(a)
	q, okQ := new(big.Rat).SetString(b)
	if !okP || !okQ {
		return "", false
	}
	if subtract {
		q.Neg(q)
	}
	text := p.Add(p, q).FloatString(maxDigits)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), true
}

// elements are those of a list or a set.
func elements(v types.AttributeValue) []types.AttributeValue {
	var all []types.AttributeValue
	switch v := v.(type) {
	case *types.AttributeValueMemberL:
		return v.Value
	case *types.AttributeValueMemberSS:
		for _, e := range v.Value {
			all = append(all, &types.AttributeValueMemberS{Value: e})
		}
	case *types.AttributeValueMemberNS:
		for _, e := range v.Value {
			all = append(all, &types.AttributeValueMemberN{Value: e})
		}
	case *types.AttributeValueMemberBS:
		for _, e := range v.Value {
			all = append(all, &types.AttributeValueMemberB{Value: e})
		}
	}
	return all
}

// setOf is a set of a type ("SS", "NS" or "BS"); nil if it would have no element, which no set may.
func setOf(kind string, all []types.AttributeValue) types.AttributeValue {
	if len(all) == 0 {
		return nil
	}
	ss, ns, bs := &types.AttributeValueMemberSS{}, &types.AttributeValueMemberNS{}, &types.AttributeValueMemberBS{}
	for _, e := range all {
		switch e := e.(type) {
		case *types.AttributeValueMemberS:
			ss.Value = append(ss.Value, e.Value)
		case *types.AttributeValueMemberN:
			ns.Value = append(ns.Value, e.Value)
		case *types.AttributeValueMemberB:
			bs.Value = append(bs.Value, e.Value)
		}
	}
	switch kind {
	case "SS":
		return ss
	case "NS":
		return ns
	}
	return bs
}
