// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package graphql

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Limits from https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
const (
	// maxPage is the most that first or last may ask for.
	maxPage = 100
	// maxNodes is the most nodes that one call may ask for.
	maxNodes = 500_000
	// requestsPerPoint: "Divide the number by 100 and round the result to the nearest whole number"; at least 1.
	requestsPerPoint = 100
)

// measurement adds up what a document may ask for, from its arguments alone, as GitHub does: what there really is
// plays no part.
type measurement struct {
	variables map[string]any
	requests  int
	nodes     int
	errs      []*Error
}

// measure sets the operation's cost and node count, or says which of GitHub's limits it breaks.
func measure(operation *Operation) []*Error {
	m := &measurement{variables: operation.variables}
	m.selection(operation.definition.SelectionSet, 1, []any{string(operation.definition.Operation)})
	if m.nodes > maxNodes {
		m.errs = append(m.errs, Errorf("MAX_NODE_LIMIT_EXCEEDED",
			"This query requests up to %d possible nodes which exceeds the maximum limit of %d.", m.nodes, maxNodes))
	}
	operation.Nodes = m.nodes
	operation.Cost = max(1, (m.requests+requestsPerPoint/2)/requestsPerPoint)
	return m.errs
}

// selection walks a selection that is fetched up to times times.
func (m *measurement) selection(set ast.SelectionSet, times int, path []any) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if included(s.Directives, m.variables) {
				m.field(s, times, append(path[:len(path):len(path)], s.Alias))
			}
		case *ast.InlineFragment:
			m.selection(s.SelectionSet, times, path)
		case *ast.FragmentSpread:
			m.selection(s.Definition.SelectionSet, times, path)
		}
	}
}

func (m *measurement) field(f *ast.Field, times int, path []any) {
	inner := times
	switch {
	case isConnection(f.Definition):
		page, err := pageSize(f, m.variables)
		if err != nil {
			err.Path, err.Locations = path, at(f.Position)
			m.errs = append(m.errs, err)
		}
		m.requests = clamp(m.requests + times)
		inner = clamp(times * page)
		m.nodes = clamp(m.nodes + inner)
	case f.Name == "nodes" && f.ObjectDefinition != nil && f.ObjectDefinition.Name == "Query":
		// What connections inside Query.nodes cost is not documented; each id is counted as a node, so that the
		// estimate errs on the side of running out too early.
		ids, _ := f.ArgumentMap(m.variables)["ids"].([]any)
		inner = clamp(times * max(1, len(ids)))
	}
	m.selection(f.SelectionSet, inner, path)
}

// clamp keeps a document of deeply nested connections from overflowing into a small number.
func clamp(n int) int { return min(n, 1<<31) }

func isConnection(definition *ast.FieldDefinition) bool {
	return definition != nil && strings.HasSuffix(definition.Type.Name(), "Connection") &&
		definition.Arguments.ForName("first") != nil
}

// pageSize reads first or last. The wordings are GitHub's.
func pageSize(f *ast.Field, variables map[string]any) (int, *Error) {
	arguments := f.ArgumentMap(variables)
	for _, name := range []string{"first", "last"} {
		n, given := Int(arguments[name])
		switch {
		case !given:
			continue
		case n < 0:
			return 0, Errorf("", "`%s` on the `%s` connection cannot be less than zero.", name, f.Name)
		case n > maxPage:
			return maxPage, Errorf("EXCESSIVE_PAGINATION",
				"Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", n, f.Name, name, maxPage)
		}
		return n, nil
	}
	return 1, Errorf("MISSING_PAGINATION_BOUNDARIES",
		"You must provide a `first` or `last` value to properly paginate the `%s` connection.", f.Name)
}

func at(p *ast.Position) []Location {
	if p == nil {
		return nil
	}
	return []Location{{Line: p.Line, Column: p.Column}}
}

// included applies @skip and @include.
func included(directives ast.DirectiveList, variables map[string]any) bool {
	for _, d := range directives {
		condition, _ := d.ArgumentMap(variables)["if"].(bool)
		if (d.Name == "skip" && condition) || (d.Name == "include" && !condition) {
			return false
		}
	}
	return true
}
