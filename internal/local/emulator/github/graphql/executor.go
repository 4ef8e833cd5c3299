// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

// Field answers one field of one type.
type Field struct {
	// Args are the arguments that Resolve heeds. Another one in a document is an error: an argument that is
	// quietly ignored makes a test pass that would fail at GitHub.
	Args []string
	// Resolve returns a scalar, a value that is the parent of the fields below, or a slice of either, in which an
	// element may be an error. What it returns for an interface or a union must be known to the Executor's typeOf.
	Resolve func(*Call) (any, error)
}

// Types are the fields that are supported, by the name of their type.
type Types map[string]map[string]Field

// Call is what a resolver is given.
type Call struct {
	Context   context.Context //nolint:containedctx // a call lives as long as one request
	Operation *Operation
	Parent    any
	Args      Arguments
}

// Executor runs documents on resolvers.
type Executor struct {
	schema *ast.Schema
	types  Types
	typeOf func(any) string
}

// NewExecutor returns an Executor. It fails if types names what the schema does not have.
func NewExecutor(types Types, typeOf func(any) string) (*Executor, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	for typeName, fields := range types {
		definition := schema.Types[typeName]
		if definition == nil {
			return nil, fmt.Errorf("GitHub's schema has no type %s", typeName)
		}
		for name, field := range fields {
			declared := definition.Fields.ForName(name)
			if declared == nil {
				return nil, fmt.Errorf("GitHub's schema has no field %s.%s", typeName, name)
			}
			for _, argument := range field.Args {
				if declared.Arguments.ForName(argument) == nil {
					return nil, fmt.Errorf("GitHub's schema has no argument %s.%s(%s:)", typeName, name, argument)
				}
			}
		}
	}
	return &Executor{schema: schema, types: types, typeOf: typeOf}, nil
}

// matches reports whether a fragment on condition applies to an object of the type.
func (e *Executor) matches(condition, typeName string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	for _, possible := range e.schema.PossibleTypes[condition] {
		if possible.Name == typeName {
			return true
		}
	}
	return false
}

func notSupported(typeName, field string) *Error {
	return Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not support %s.%s; add a resolver for it", typeName, field)
}

// unsupported finds what the document asks of the executor in vain. It looks before anything runs, so that a mutation
// is not half done. (A field asked of an interface is looked for again when the type is known.)
func (e *Executor) unsupported(operation *Operation) []*Error {
	var errs []*Error
	eachField(operation.definition.SelectionSet, func(f *ast.Field) {
		if err := e.unsupportedField(f); err != nil {
			err.Locations = at(f.Position)
			errs = append(errs, err)
		}
	})
	return errs
}

func (e *Executor) unsupportedField(f *ast.Field) *Error {
	if f.ObjectDefinition == nil || f.ObjectDefinition.Kind != ast.Object || f.Name == "__typename" {
		return nil
	}
	typeName := f.ObjectDefinition.Name
	resolver, found := e.types[typeName][f.Name]
	if !found {
		return notSupported(typeName, f.Name)
	}
	heeded := map[string]bool{}
	for _, name := range resolver.Args {
		heeded[name] = true
	}
	for _, argument := range f.Arguments {
		if !heeded[argument.Name] {
			return notSupported(typeName, f.Name+"("+argument.Name+":)")
		}
	}
	return nil
}

// Arguments are a field's arguments, defaults of the schema among them.
type Arguments struct{ values map[string]any }

// String returns an argument, or "" if it is absent or null.
func (a Arguments) String(name string) string { return Text(a.values[name]) }

// Int returns an argument and whether it is there.
func (a Arguments) Int(name string) (int, bool) { return Int(a.values[name]) }

// Bool is an argument that is true or false; false if it is absent or null.
func (a Arguments) Bool(name string) bool {
	is, _ := a.values[name].(bool)
	return is
}

// Object returns an input object, or nil.
func (a Arguments) Object(name string) map[string]any {
	object, _ := a.values[name].(map[string]any)
	return object
}

// Strings returns a list of strings, ids or enum values.
func (a Arguments) Strings(name string) []string {
	switch list := a.values[name].(type) {
	case []any:
		out := make([]string, len(list))
		for i, item := range list {
			out[i] = Text(item)
		}
		return out
	case string: // a single value stands for a list of one
		return []string{list}
	default:
		return nil
	}
}

// Text returns a value as text, or "" if it is nil. An ID may come as a number.
func Text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// Int returns a number in any of the forms in which literals and variables bring it.
func Int(value any) (int, bool) {
	switch n := value.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case float64:
		return int(n), n == math.Trunc(n)
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	default:
		return 0, false
	}
}

// ordered is a JSON object that keeps the document's order, which the specification asks for.
type ordered struct {
	keys   []string
	values map[string]any
}

// MarshalJSON implements json.Marshaler.
func (o *ordered) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		value, err := json.Marshal(o.values[key])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", key, err)
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
