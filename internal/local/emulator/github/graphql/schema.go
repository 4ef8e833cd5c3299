// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package graphql executes GraphQL documents by the schema that GitHub publishes.
//
// It knows the protocol and GitHub's rules about documents (validity, pagination arguments, node limit, cost), and
// nothing of what the fields mean: that is in the resolvers given to an Executor. Whatever has no resolver is an
// error that says so. It is never null, because a client would take that for an answer.
package graphql

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

//go:embed schema.graphql.gz
var compressed []byte

// Schema returns GitHub's schema, with the corrections that README.md names. It takes about 0.1 s, once.
var Schema = sync.OnceValues(load)

func load() (*ast.Schema, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("unpacking the schema: %w", err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpacking the schema: %w", err)
	}
	document, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		return nil, fmt.Errorf("parsing the schema: %w", err)
	}
	for _, definition := range document.Definitions {
		dropDuplicateFields(definition)
	}
	if err := addItemsQuery(document); err != nil {
		return nil, err
	}
	if err := addDependencies(document); err != nil {
		return nil, err
	}
	schema, err := validator.ValidateSchemaDocument(document)
	if err != nil {
		return nil, fmt.Errorf("checking the schema: %w", err)
	}
	return schema, nil
}

func dropDuplicateFields(definition *ast.Definition) {
	seen := map[string]bool{}
	var fields ast.FieldList
	for _, field := range definition.Fields {
		if !seen[field.Name] {
			seen[field.Name] = true
			fields = append(fields, field)
		}
	}
	definition.Fields = fields
}

// addItemsQuery adds the argument described at
// https://docs.github.com/en/graphql/reference/objects#projectv2 ("query: Search query for filtering items").
func addItemsQuery(document *ast.SchemaDocument) error {
	project := document.Definitions.ForName("ProjectV2")
	if project == nil || project.Fields.ForName("items") == nil {
		return fmt.Errorf("the schema has no ProjectV2.items: was it replaced by something else?")
	}
	items := project.Fields.ForName("items")
	if items.Arguments.ForName("query") == nil {
		items.Arguments = append(items.Arguments, &ast.ArgumentDefinition{
			Name: "query", Type: ast.NamedType("String", items.Position), Position: items.Position,
		})
	}
	return nil
}

// dependencies are the relations that GitHub serves and documents
// (https://docs.github.com/en/graphql/reference/objects#issue), and the published schema does not have yet.
const dependencies = `
enum IssueDependencyOrderField { CREATED_AT DEPENDENCY_ADDED_AT }
input IssueDependencyOrder { direction: OrderDirection! field: IssueDependencyOrderField! }
type Issue {
  blockedBy(after: String, before: String, first: Int, last: Int, orderBy: IssueDependencyOrder): IssueConnection!
  blocking(after: String, before: String, first: Int, last: Int, orderBy: IssueDependencyOrder): IssueConnection!
}
`

// addDependencies adds the relations between issues.
func addDependencies(document *ast.SchemaDocument) error {
	issue := document.Definitions.ForName("Issue")
	if issue == nil {
		return fmt.Errorf("the schema has no Issue: was it replaced by something else?")
	}
	if issue.Fields.ForName("blockedBy") != nil {
		return nil
	}
	added, err := parser.ParseSchema(&ast.Source{Name: "dependencies.graphql", Input: dependencies})
	if err != nil {
		return fmt.Errorf("parsing the relations between issues: %w", err)
	}
	for _, definition := range added.Definitions {
		if definition.Name == issue.Name {
			issue.Fields = append(issue.Fields, definition.Fields...)
		} else {
			document.Definitions = append(document.Definitions, definition)
		}
	}
	return nil
}

// ValidateDocument returns an error if GitHub's schema does not take the document.
func ValidateDocument(document string) error {
	_, errs := parse(document)
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}
