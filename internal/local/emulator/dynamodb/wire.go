// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb/expression"
)

// item is a row, a key or an expression's values on the wire.
type item expression.Row

// MarshalJSON implements json.Marshaler.
func (i item) MarshalJSON() ([]byte, error) {
	all := make(map[string]value, len(i))
	for name, v := range i {
		all[name] = value{v}
	}
	return json.Marshal(all)
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *item) UnmarshalJSON(text []byte) error {
	var all map[string]value
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*i = make(item, len(all))
	for name, v := range all {
		(*i)[name] = v.AttributeValue
	}
	return nil
}

// value is one value on the wire: {"S": "text"}, {"N": "1"} and so on.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
type value struct{ types.AttributeValue }

// MarshalJSON implements json.Marshaler.
func (v value) MarshalJSON() ([]byte, error) {
	var inner any
	switch v := v.AttributeValue.(type) {
	case *types.AttributeValueMemberS:
		inner = v.Value
	case *types.AttributeValueMemberN:
		inner = v.Value
	case *types.AttributeValueMemberB:
		inner = v.Value
	case *types.AttributeValueMemberBOOL:
		inner = v.Value
	case *types.AttributeValueMemberNULL:
		inner = v.Value
	case *types.AttributeValueMemberSS:
		inner = v.Value
	case *types.AttributeValueMemberNS:
		inner = v.Value
	case *types.AttributeValueMemberBS:
		inner = v.Value
	case *types.AttributeValueMemberM:
		inner = item(v.Value)
	case *types.AttributeValueMemberL:
		list := make([]value, len(v.Value))
		for n, e := range v.Value {
			list[n] = value{e}
		}
		inner = list
	default:
		return nil, fmt.Errorf("a value of type %T", v)
	}
	return json.Marshal(map[string]any{expression.TypeOf(v.AttributeValue): inner})
}

var errType = errors.New("supplied AttributeValue has not exactly one of the supported datatypes")

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(text []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	if len(given) != 1 {
		return errType
	}
	for kind, inner := range given {
		made, err := valueOf(kind, inner)
		if err != nil {
			return err
		}
		v.AttributeValue = made
	}
	return nil
}

func valueOf(kind string, text []byte) (types.AttributeValue, error) {
	switch kind {
	case "S":
		v := &types.AttributeValueMemberS{}
		return v, json.Unmarshal(text, &v.Value)
	case "N":
		v := &types.AttributeValueMemberN{}
		return v, json.Unmarshal(text, &v.Value)
	case "B":
		v := &types.AttributeValueMemberB{}
		return v, json.Unmarshal(text, &v.Value)
	case "BOOL":
		v := &types.AttributeValueMemberBOOL{}
		return v, json.Unmarshal(text, &v.Value)
	case "NULL":
		v := &types.AttributeValueMemberNULL{}
		return v, json.Unmarshal(text, &v.Value)
	case "SS":
		v := &types.AttributeValueMemberSS{}
		return v, json.Unmarshal(text, &v.Value)
	case "NS":
		v := &types.AttributeValueMemberNS{}
		return v, json.Unmarshal(text, &v.Value)
	case "BS":
		v := &types.AttributeValueMemberBS{}
		return v, json.Unmarshal(text, &v.Value)
	case "M":
		var m item
		err := json.Unmarshal(text, &m)
		return &types.AttributeValueMemberM{Value: m}, err
	case "L":
		var list []value
		err := json.Unmarshal(text, &list)
		v := &types.AttributeValueMemberL{Value: make([]types.AttributeValue, len(list))}
		for n, e := range list {
			v.Value[n] = e.AttributeValue
		}
		return v, err
	}
	return nil, errType
}
