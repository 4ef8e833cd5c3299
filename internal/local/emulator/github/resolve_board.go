// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"slices"
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

func projectTypes() graphql.Types {
	field := func() fields {
		return fields{
			"id":        plain(func(f *projectField) any { return f.nodeID }),
			"name":      plain(func(f *projectField) any { return f.name }),
			"dataType":  plain(func(f *projectField) any { return f.dataType }),
			"createdAt": plain(func(f *projectField) any { return f.createdAt }),
			"updatedAt": plain(func(f *projectField) any { return f.createdAt }),
			"project":   plain(func(f *projectField) any { return f.project }),
		}
	}
	selectField := field()
	selectField["options"] = asked(func(_ *viewer, f *projectField, c *graphql.Call) (any, error) {
		names := c.Args.Strings("names")
		return slices.DeleteFunc(slices.Clone(f.options), func(o *option) bool {
			return names != nil && !slices.Contains(names, o.name)
		}), nil
	}, "names")
	return graphql.Types{
		"ProjectV2": {
			"id":        plain(func(p *project) any { return p.nodeID }),
			"number":    plain(func(p *project) any { return p.number }),
			"title":     plain(func(p *project) any { return p.title }),
			"closed":    plain(func(*project) any { return false }),
			"createdAt": plain(func(p *project) any { return p.createdAt }),
			"updatedAt": plain(func(p *project) any { return p.updatedAt }),
			"owner":     plain(func(p *project) any { return p.owner }),
			"url":       asked(func(v *viewer, p *project, _ *graphql.Call) (any, error) { return p.url(v.url), nil }),
			// A field that does not exist is null, without an error. (Unverified: a client should take both.)
			"field": asked(func(_ *viewer, p *project, c *graphql.Call) (any, error) {
				return p.field(c.Args.String("name")), nil
			}, "name"),
			"fields": asked(func(_ *viewer, p *project, c *graphql.Call) (any, error) {
				return connect(c, anys(p.fields), func(f any) string { return f.(*projectField).nodeID })
			}, pagination...),
			"items": asked((*viewer).items, paginated("query", "orderBy")...),
		},
		"ProjectV2Field":             field(),
		"ProjectV2SingleSelectField": selectField,
		"ProjectV2SingleSelectFieldOption": {
			"id":   plain(func(o *option) any { return o.id }),
			"name": plain(func(o *option) any { return o.name }),
		},
	}
}

// items lists a board in the order of positions, the only one there is (enum ProjectV2ItemOrderField).
func (v *viewer) items(p *project, c *graphql.Call) (any, error) {
	cards := slices.Clone(p.cards)
	if text := c.Args.String("query"); text != "" {
		keep, err := parseFilter(p, text)
		if err != nil {
			return nil, err
		}
		cards = slices.DeleteFunc(cards, func(item *card) bool { return !keep(v, item) })
	}
	if order := c.Args.Object("orderBy"); graphql.Text(order["direction"]) == "DESC" {
		slices.Reverse(cards)
	}
	return connect(c, anys(cards), func(item any) string { return item.(*card).nodeID })
}

func cardTypes() graphql.Types {
	value := func() fields {
		return fields{
			"id":        plain(func(f *fieldValue) any { return f.nodeID }),
			"createdAt": plain(func(f *fieldValue) any { return f.createdAt }),
			"updatedAt": plain(func(f *fieldValue) any { return f.updatedAt }),
			"field":     plain(func(f *fieldValue) any { return f.field }),
			"item":      plain(func(f *fieldValue) any { return f.card }),
		}
	}
	single, text := value(), value()
	single["optionId"] = plain(func(f *fieldValue) any { return f.optionID })
	single["name"] = plain(func(f *fieldValue) any {
		if o := f.field.option(f.optionID); o != nil {
			return o.name
		}
		return nil
	})
	text["text"] = plain(func(f *fieldValue) any { return f.text })
	return graphql.Types{
		"ProjectV2ItemFieldSingleSelectValue": single,
		"ProjectV2ItemFieldTextValue":         text,
		"ProjectV2Item": {
			"id":             plain(func(c *card) any { return c.nodeID }),
			"databaseId":     plain(func(c *card) any { return c.databaseID }),
			"fullDatabaseId": plain(func(c *card) any { return strconv.FormatInt(c.databaseID, 10) }), // BigInt is a string
			"isArchived":     plain(func(c *card) any { return c.archived }),
			"createdAt":      plain(func(c *card) any { return c.createdAt }),
			"updatedAt":      plain(func(c *card) any { return c.updatedAt }),
			"project":        plain(func(c *card) any { return c.project }),
			"type": asked(func(v *viewer, item *card, _ *graphql.Call) (any, error) {
				if v.redacts(item) {
					return "REDACTED", nil
				}
				return item.kind(), nil
			}),
			"content": asked(func(v *viewer, item *card, _ *graphql.Call) (any, error) {
				if v.redacts(item) {
					return nil, nil //nolint:nilnil // that is how GitHub shows it
				}
				return item.content, nil
			}),
			"fieldValueByName": asked(func(v *viewer, item *card, c *graphql.Call) (any, error) {
				return v.fieldValue(item, c.Args.String("name"))
			}, "name"),
			"fieldValues": asked((*viewer).fieldValues, pagination...),
		},
		"DraftIssue": {
			"id":        plain(func(d *draftIssue) any { return d.nodeID }),
			"title":     plain(func(d *draftIssue) any { return d.title }),
			"body":      plain(func(d *draftIssue) any { return d.body }),
			"createdAt": plain(func(d *draftIssue) any { return d.createdAt }),
			"updatedAt": plain(func(d *draftIssue) any { return d.updatedAt }),
		},
	}
}

// redacts reports whether the viewer may not see a card's content: the enum's REDACTED, "when the viewer does not have
// permission to view it".
func (v *viewer) redacts(c *card) bool {
	if c.redacted {
		return true
	}
	t := threadOf(c.content)
	return t != nil && !v.token.sees(t.repo)
}

// fieldValue is null for a field that has no value and for one that does not exist.
func (v *viewer) fieldValue(c *card, name string) (any, error) {
	field := c.project.field(name)
	if field == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	if field.dataType == dataTypeTitle {
		return v.titleValue(c, field), nil
	}
	if value := c.values[field]; value != nil {
		return value, nil
	}
	return nil, nil //nolint:nilnil // null is the answer
}

// titleValue is the content's title, which a board shows as a text field.
func (v *viewer) titleValue(c *card, field *projectField) any {
	if v.redacts(c) {
		return nil
	}
	return &fieldValue{nodeID: "PVTFTV_" + c.nodeID, card: c, field: field, text: c.view().Title, createdAt: c.createdAt, updatedAt: c.createdAt}
}

func (v *viewer) fieldValues(item *card, c *graphql.Call) (any, error) {
	var values []any
	for _, field := range item.project.fields { // not the map's order: an answer is the same each time
		value, err := v.fieldValue(item, field.name)
		if err != nil {
			return nil, err
		}
		if value != nil {
			values = append(values, value)
		}
	}
	return connect(c, values, func(value any) string { return value.(*fieldValue).nodeID })
}
