// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// The mutations with which a program makes what a person makes in the browser: a board, its options, a card.

func boardMutations() graphql.Types {
	clientID := plain(func(p *payload) any { return p.clientID })
	board := plain(func(p *payload) any { return p.board })
	return graphql.Types{
		"CreateProjectV2Payload":      {"clientMutationId": clientID, "projectV2": board},
		"DeleteProjectV2Payload":      {"clientMutationId": clientID, "projectV2": board},
		"AddProjectV2ItemByIdPayload": {"clientMutationId": clientID, "item": plain(func(p *payload) any { return p.card })},
		"UpdateProjectV2FieldPayload": {"clientMutationId": clientID, "projectV2Field": plain(func(p *payload) any { return p.field })},
	}
}

// defaultStatuses are what GitHub gives a new board
// (https://docs.github.com/en/issues/planning-and-tracking-with-projects/learning-about-projects/quickstart-for-projects).
var defaultStatuses = []string{"Todo", "In Progress", "Done"}

// createProject is https://docs.github.com/en/graphql/reference/mutations#createprojectv2.
func (v *viewer) createProject(input map[string]any) (*payload, error) {
	who, err := lookUp[*owner](v, input["ownerId"])
	if err != nil {
		return nil, err
	}
	if v.token.rights.Projects < Write {
		return nil, v.forbidden()
	}
	title := graphql.Text(input["title"])
	if title == "" {
		return nil, graphql.Errorf("UNPROCESSABLE", "Title can't be blank")
	}
	return &payload{board: v.server.createProject(who, Project{Title: title, StatusOptions: defaultStatuses})}, nil
}

// deleteProject is https://docs.github.com/en/graphql/reference/mutations#deleteprojectv2.
func (v *viewer) deleteProject(input map[string]any) (*payload, error) {
	board, err := lookUp[*project](v, input["projectId"])
	if err != nil {
		return nil, err
	}
	if v.token.rights.Projects < Write {
		return nil, v.forbidden()
	}
	v.server.removeProject(board)
	return &payload{board: board}, nil
}

// addItem is https://docs.github.com/en/graphql/reference/mutations#addprojectv2itembyid: what is on the board already is its card.
func (v *viewer) addItem(input map[string]any) (*payload, error) {
	board, err := lookUp[*project](v, input["projectId"])
	if err != nil {
		return nil, err
	}
	content, err := v.node(graphql.Text(input["contentId"]))
	if err != nil {
		return nil, err
	}
	if threadOf(content) == nil {
		return nil, notFoundNode(graphql.Text(input["contentId"]))
	}
	if v.token.rights.Projects < Write {
		return nil, v.forbidden()
	}
	if i := slices.IndexFunc(board.cards, func(c *card) bool { return c.content == content }); i >= 0 {
		return &payload{card: board.cards[i]}, nil
	}
	return &payload{card: v.server.addCard(board, content)}, nil
}

// updateField is https://docs.github.com/en/graphql/reference/mutations#updateprojectv2field: options that are given replace all that
// there are, under new ids, and every card loses its value at once.
func (v *viewer) updateField(input map[string]any) (*payload, error) {
	field, err := lookUp[*projectField](v, input["fieldId"])
	if err != nil {
		return nil, err
	}
	if v.token.rights.Projects < Write {
		return nil, v.forbidden()
	}
	given, _ := input["singleSelectOptions"].([]any)
	if len(given) == 0 {
		return &payload{field: field}, nil
	}
	if field.dataType != dataTypeSelect {
		return nil, graphql.Errorf("VALIDATION", "The field is not a single select field")
	}
	var names []string
	for _, one := range given {
		member, _ := one.(map[string]any)
		name := graphql.Text(member["name"])
		if name == "" || slices.Contains(names, name) {
			return nil, graphql.Errorf("VALIDATION", "The options' names must be unique and not blank")
		}
		names = append(names, name)
	}
	v.server.setOptions(field, names)
	for _, c := range field.project.cards {
		delete(c.values, field)
	}
	return &payload{field: field}, nil
}

func (s *Server) setOptions(field *projectField, names []string) {
	field.options = nil
	for _, name := range names {
		s.nextID++
		field.options = append(field.options, &option{id: fmt.Sprintf("%08x", 0x98236000+s.nextID), name: name})
	}
}

func (s *Server) removeProject(board *project) {
	s.projects = slices.DeleteFunc(s.projects, func(p *project) bool { return p == board })
	for id, node := range s.nodes {
		switch n := node.(type) {
		case *project:
			if n != board {
				continue
			}
		case *projectField:
			if n.project != board {
				continue
			}
		case *card:
			if n.project != board {
				continue
			}
		case *fieldValue:
			if n.card.project != board {
				continue
			}
		default:
			continue
		}
		delete(s.nodes, id)
	}
}
