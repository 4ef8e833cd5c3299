// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package graphql

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxTokens bounds what one document may make the parser do.
const maxTokens = 200_000

// Error is one entry of an answer's "errors", in GitHub's form.
type Error struct {
	Type       string         `json:"type,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
	Locations  []Location     `json:"locations,omitempty"`
	Message    string         `json:"message"`
}

// Location is a place in a document, counted from 1.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Errorf makes an error of one of GitHub's types, such as NOT_FOUND or FORBIDDEN.
func Errorf(kind, format string, args ...any) *Error {
	return &Error{Type: kind, Message: fmt.Sprintf(format, args...)}
}

// Request is the body of a call.
type Request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// Operation is a document that is valid and within GitHub's limits.
type Operation struct {
	// Cost is what it takes off the rate limit, in points; Nodes how many nodes it may ask for.
	Cost  int
	Nodes int

	definition *ast.OperationDefinition
	variables  map[string]any
}

// Mutation reports whether the operation changes something.
func (o *Operation) Mutation() bool { return o.definition.Operation == ast.Mutation }

// Name is "query NAME" or "mutation FIELD": what a mutation is called by its sender says less than what it does.
func (o *Operation) Name() string { return name(o.definition) }

// NameOf names a document as Operation.Name does, or says "invalid".
func NameOf(request Request) string {
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, maxTokens)
	if err != nil {
		return "invalid"
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		return "invalid"
	}
	return name(operation)
}

func name(operation *ast.OperationDefinition) string {
	if operation.Operation == ast.Mutation {
		for _, selection := range operation.SelectionSet {
			if field, ok := selection.(*ast.Field); ok {
				return "mutation " + field.Name
			}
		}
	}
	if operation.Name == "" {
		return string(operation.Operation)
	}
	return string(operation.Operation) + " " + operation.Name
}

// Prepare checks all that GitHub checks before it runs a document.
func (e *Executor) Prepare(request Request) (*Operation, []*Error) {
	document, errs := parse(request.Query)
	if len(errs) > 0 {
		return nil, errs
	}
	definition := document.Operations.ForName(request.OperationName)
	if definition == nil {
		return nil, []*Error{{Message: fmt.Sprintf("No operation named %q", request.OperationName)}}
	}
	variables, err := validator.VariableValues(e.schema, definition, request.Variables)
	if err != nil {
		return nil, convert(err)
	}
	operation := &Operation{definition: definition, variables: variables}
	if errs := e.unsupported(operation); len(errs) > 0 {
		return nil, errs
	}
	if errs := measure(operation); len(errs) > 0 {
		return nil, errs
	}
	return operation, nil
}

func parse(text string) (*ast.QueryDocument, []*Error) {
	schema, err := Schema()
	if err != nil {
		return nil, []*Error{{Message: err.Error()}}
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: "query", Input: text}, maxTokens)
	if err != nil {
		return nil, convert(err)
	}
	if list := validator.ValidateWithRules(schema, document, rules.NewDefaultRules()); len(list) > 0 {
		return nil, convert(list)
	}
	return document, nil
}

func convert(err error) []*Error {
	var list gqlerror.List
	var one *gqlerror.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = gqlerror.List{one}
	default:
		return []*Error{{Message: err.Error()}}
	}
	out := make([]*Error, 0, len(list))
	for _, item := range list {
		e := &Error{Message: item.Message, Extensions: item.Extensions}
		if len(item.Path) > 0 { // a variable that is wrong is named only there
			e.Message = item.Path.String() + " " + e.Message
		}
		if item.Rule != "" {
			e.Extensions = map[string]any{"code": item.Rule}
		}
		for _, l := range item.Locations {
			e.Locations = append(e.Locations, Location{Line: l.Line, Column: l.Column})
		}
		out = append(out, e)
	}
	return out
}

// EachField calls f for every field of the operation, in the document's order.
func (o *Operation) EachField(f func(typeName, field string, where []Location)) {
	eachField(o.definition.SelectionSet, func(field *ast.Field) {
		if field.ObjectDefinition != nil {
			f(field.ObjectDefinition.Name, field.Name, at(field.Position))
		}
	})
}

func eachField(set ast.SelectionSet, f func(*ast.Field)) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			f(s)
			eachField(s.SelectionSet, f)
		case *ast.InlineFragment:
			eachField(s.SelectionSet, f)
		case *ast.FragmentSpread:
			eachField(s.Definition.SelectionSet, f)
		}
	}
}
