// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package graphql

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Response is the body of an answer.
type Response struct {
	Data   any      `json:"data,omitempty"`
	Errors []*Error `json:"errors,omitempty"`
}

// run is one execution. It goes through the document in its order and on one goroutine, so that an answer is the
// same each time.
type run struct {
	executor  *Executor
	operation *Operation
	ctx       context.Context //nolint:containedctx // a run lives as long as one call
	errs      []*Error
}

// Execute runs an operation. Errors of single fields are beside the data that could be read, as GitHub gives them.
func (e *Executor) Execute(ctx context.Context, operation *Operation) Response {
	r := &run{executor: e, operation: operation, ctx: ctx}
	root := e.schema.Query
	if operation.Mutation() {
		root = e.schema.Mutation
	}
	data, ok := r.object(root.Name, nil, []*ast.Field{{SelectionSet: operation.definition.SelectionSet}}, nil)
	if !ok {
		return Response{Errors: r.errs}
	}
	return Response{Data: data, Errors: r.errs}
}

// object resolves the merged selections of fields, which all ended up at one place of the answer. It is false if a
// field that must not be null is: then the object itself is null.
func (r *run) object(typeName string, value any, fields []*ast.Field, path []any) (*ordered, bool) {
	collected := newCollection()
	for _, f := range fields {
		r.collect(f.SelectionSet, typeName, collected)
	}
	out := &ordered{values: make(map[string]any, len(collected.keys))}
	fine := true
	for _, key := range collected.keys {
		group := collected.fields[key]
		result, ok := r.field(typeName, value, group, append(path[:len(path):len(path)], key))
		fine = fine && ok
		out.keys = append(out.keys, key)
		out.values[key] = result
	}
	return out, fine
}

type collection struct {
	keys   []string
	fields map[string][]*ast.Field
}

func newCollection() *collection { return &collection{fields: map[string][]*ast.Field{}} }

func (r *run) collect(set ast.SelectionSet, typeName string, into *collection) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !included(s.Directives, r.operation.variables) {
				continue
			}
			if len(into.fields[s.Alias]) == 0 {
				into.keys = append(into.keys, s.Alias)
			}
			into.fields[s.Alias] = append(into.fields[s.Alias], s)
		case *ast.InlineFragment:
			if included(s.Directives, r.operation.variables) && r.executor.matches(s.TypeCondition, typeName) {
				r.collect(s.SelectionSet, typeName, into)
			}
		case *ast.FragmentSpread:
			if included(s.Directives, r.operation.variables) && r.executor.matches(s.Definition.TypeCondition, typeName) {
				r.collect(s.Definition.SelectionSet, typeName, into)
			}
		}
	}
}

func (r *run) field(typeName string, parent any, group []*ast.Field, path []any) (any, bool) {
	f := group[0]
	if f.Name == "__typename" {
		return typeName, true
	}
	resolver, found := r.executor.types[typeName][f.Name]
	if !found {
		return r.fail(notSupported(typeName, f.Name), f, path, f.Definition.Type)
	}
	arguments := Arguments{values: f.ArgumentMap(r.operation.variables)}
	value, err := resolver.Resolve(&Call{Context: r.ctx, Operation: r.operation, Parent: parent, Args: arguments})
	if err != nil {
		return r.fail(err, f, path, f.Definition.Type)
	}
	return r.complete(f.Definition.Type, value, group, path)
}

// complete brings a resolver's value into the field's type.
func (r *run) complete(t *ast.Type, value any, group []*ast.Field, path []any) (any, bool) {
	if err, ok := value.(error); ok {
		return r.fail(err, group[0], path, t)
	}
	if isNil(value) {
		if t.NonNull {
			return r.fail(Errorf("", "Cannot return null for non-nullable field %s", group[0].Name), group[0], path, t)
		}
		return nil, true
	}
	if t.Elem != nil {
		return r.list(t, value, group, path)
	}
	switch r.executor.schema.Types[t.NamedType].Kind {
	case ast.Object, ast.Interface, ast.Union:
		return r.completeObject(t, value, group, path)
	default:
		if moment, ok := value.(time.Time); ok {
			return moment.UTC().Format(time.RFC3339), true
		}
		return value, true
	}
}

func (r *run) completeObject(t *ast.Type, value any, group []*ast.Field, path []any) (any, bool) {
	typeName := t.NamedType
	if r.executor.schema.Types[typeName].Kind != ast.Object {
		typeName = r.executor.typeOf(value)
		if !r.executor.matches(t.NamedType, typeName) {
			return r.fail(Errorf("", "the emulator has a %T where a %s belongs", value, t.NamedType), group[0], path, t)
		}
	}
	out, ok := r.object(typeName, value, group, path)
	if !ok {
		return nil, !t.NonNull
	}
	return out, true
}

func (r *run) list(t *ast.Type, value any, group []*ast.Field, path []any) (any, bool) {
	items := reflect.ValueOf(value)
	out := make([]any, items.Len())
	fine := true
	for i := range items.Len() {
		item, ok := r.complete(t.Elem, items.Index(i).Interface(), group, append(path[:len(path):len(path)], i))
		fine = fine && ok
		out[i] = item
	}
	if !fine {
		return nil, !t.NonNull
	}
	return out, true
}

// fail records an error at its place. The place is null, and if it must not be, so is what is around it.
func (r *run) fail(err error, f *ast.Field, path []any, t *ast.Type) (any, bool) {
	recorded := Error{Message: err.Error()}
	var known *Error
	if errors.As(err, &known) {
		recorded = *known
	}
	recorded.Path, recorded.Locations = path, at(f.Position)
	r.errs = append(r.errs, &recorded)
	return nil, !t.NonNull
}

func isNil(value any) bool {
	if value == nil {
		return true
	}
	v := reflect.ValueOf(value)
	switch v.Kind() { //nolint:exhaustive // the other kinds have no nil
	case reflect.Pointer, reflect.Map, reflect.Interface, reflect.Func:
		return v.IsNil()
	default:
		return false
	}
}
