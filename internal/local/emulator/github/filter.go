// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// FreezeIndex makes filters go by the fields that cards have now, until ThawIndex: what a filter finds may lag behind
// what is so, and a card that is added meanwhile is not found at all.
func (s *Server) FreezeIndex(projectID string) error {
	return s.withProject(projectID, func(p *project) error {
		p.indexFrozen = true
		for _, c := range p.cards {
			c.indexed = map[*projectField]*fieldValue{}
			for field, value := range c.values {
				stale := *value
				c.indexed[field] = &stale
			}
		}
		return nil
	})
}

// ThawIndex lets filters go by what is so again.
func (s *Server) ThawIndex(projectID string) error {
	return s.withProject(projectID, func(p *project) error {
		p.indexFrozen = false
		return nil
	})
}

// searchable are the values that a filter goes by.
func (c *card) searchable() map[*projectField]*fieldValue {
	if c.project.indexFrozen {
		return c.indexed
	}
	return c.values
}

// keep reports whether a filter lets a card through.
type keep func(*viewer, *card) bool

// parseFilter understands the filters of boards that need no more than is kept here
// (https://docs.github.com/en/issues/planning-and-tracking-with-projects/customizing-views-in-your-project/filtering-projects):
// FIELD:VALUE for single-select and text fields, with quotes and several values by comma; repo:, is:, label:, no:, has:;
// a word for the title; and a minus before any of these. All must hold. Another one is an error.
func parseFilter(p *project, text string) (keep, error) {
	var all []keep
	for _, term := range splitTerms(text) {
		test, negated, err := parseTerm(p, term)
		if err != nil {
			return nil, err
		}
		all = append(all, func(v *viewer, c *card) bool { return test(v, c) != negated })
	}
	return func(v *viewer, c *card) bool {
		return !slices.ContainsFunc(all, func(test keep) bool { return !test(v, c) })
	}, nil
}

// splitTerms splits at spaces outside quotes.
func splitTerms(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func parseTerm(p *project, term string) (test keep, negated bool, err error) {
	rest, negated := strings.CutPrefix(term, "-")
	name, value, qualified := strings.Cut(rest, ":")
	if !qualified {
		word := strings.ToLower(strings.Trim(rest, `"`))
		return func(v *viewer, c *card) bool {
			return !v.redacts(c) && strings.Contains(strings.ToLower(c.view().Title), word)
		}, negated, nil
	}
	values := strings.Split(value, ",")
	for i := range values {
		values[i] = strings.Trim(values[i], `"`)
	}
	test = qualifier(p, strings.ToLower(name), values)
	if test == nil {
		return nil, false, graphql.Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not support the filter %q", term)
	}
	return test, negated, nil
}

func qualifier(p *project, name string, values []string) keep {
	among := func(text string) bool {
		return slices.ContainsFunc(values, func(value string) bool { return strings.EqualFold(value, text) })
	}
	switch name {
	case "is":
		return isFilter(values)
	case "repo":
		return func(v *viewer, c *card) bool { return !v.redacts(c) && among(c.view().Repository) }
	case "label":
		return func(v *viewer, c *card) bool {
			t := threadOf(c.content)
			return t != nil && !v.redacts(c) && slices.ContainsFunc(t.labels, among)
		}
	case "no", "has":
		field := filterField(p, values[0])
		if field == nil || len(values) > 1 {
			return nil
		}
		return func(_ *viewer, c *card) bool { return (c.searchable()[field] != nil) == (name == "has") }
	}
	field := filterField(p, name)
	if field == nil {
		return nil
	}
	return func(_ *viewer, c *card) bool {
		value := c.searchable()[field]
		if value == nil {
			return false
		}
		if o := field.option(value.optionID); o != nil {
			return among(o.name)
		}
		return among(value.text)
	}
}

func isFilter(values []string) keep {
	states := map[string]func(*card) bool{
		"issue":  func(c *card) bool { _, ok := c.content.(*issue); return ok },
		"pr":     func(c *card) bool { _, ok := c.content.(*pullRequest); return ok },
		"draft":  func(c *card) bool { _, ok := c.content.(*draftIssue); return ok },
		"open":   func(c *card) bool { t := threadOf(c.content); return t == nil || t.open },
		"closed": func(c *card) bool { t := threadOf(c.content); return t != nil && !t.open },
	}
	for _, value := range values {
		if states[value] == nil {
			return nil
		}
	}
	return func(v *viewer, c *card) bool {
		return !v.redacts(c) && slices.ContainsFunc(values, func(value string) bool { return states[value](c) })
	}
}

// filterField finds a field by its name in a filter, where spaces are hyphens.
func filterField(p *project, name string) *projectField {
	for _, field := range p.fields {
		if field.dataType != dataTypeTitle && strings.EqualFold(strings.ReplaceAll(field.name, " ", "-"), name) {
			return field
		}
	}
	return nil
}
