// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"maps"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// payload is what mutations return.
type payload struct {
	clientID any
	card     *card
	board    *project
	field    *projectField
	pull     *pullRequest
	comment  *comment
	subject  any
	actor    *owner
}

func mutationTypes() graphql.Types {
	clientID := plain(func(p *payload) any { return p.clientID })
	return graphql.Types{
		"Mutation": {
			"updateProjectV2ItemFieldValue": mutation((*viewer).updateFieldValue,
				"projectId", "itemId", "fieldId", "value"),
			"updatePullRequest": mutation((*viewer).updatePullRequest,
				"pullRequestId", "title", "body", "state", "baseRefName"),
			"addComment":           mutation((*viewer).addComment, "subjectId", "body"),
			"createProjectV2":      mutation((*viewer).createProject, "ownerId", "title"),
			"deleteProjectV2":      mutation((*viewer).deleteProject, "projectId"),
			"addProjectV2ItemById": mutation((*viewer).addItem, "projectId", "contentId"),
			"updateProjectV2Field": mutation((*viewer).updateField, "fieldId", "singleSelectOptions"),
		},
		"UpdateProjectV2ItemFieldValuePayload": {
			"clientMutationId": clientID, "projectV2Item": plain(func(p *payload) any { return p.card }),
		},
		"UpdatePullRequestPayload": {
			"clientMutationId": clientID, "pullRequest": plain(func(p *payload) any { return p.pull }),
			"actor": plain(func(p *payload) any { return p.actor }),
		},
		"AddCommentPayload": {
			"clientMutationId": clientID, "subject": plain(func(p *payload) any { return p.subject }),
			"commentEdge": plain(func(p *payload) any { return &edge{p.comment, encodeCursor(0, p.comment.nodeID)} }),
		},
	}
}

// mutation is a field of Mutation that heeds these members of its input. Another one that is given is an error.
func mutation(apply func(*viewer, map[string]any) (*payload, error), members ...string) graphql.Field {
	return root(func(v *viewer, c *graphql.Call) (any, error) {
		input := c.Args.Object("input")
		for _, name := range slices.Sorted(maps.Keys(input)) {
			if name != "clientMutationId" && input[name] != nil && !slices.Contains(members, name) {
				return nil, graphql.Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not support the input %q", name)
			}
		}
		out, err := apply(v, input)
		if err != nil {
			return nil, err
		}
		out.clientID, out.actor = input["clientMutationId"], v.token.user
		return out, nil
	}, "input")
}

// lookUp finds a node of a given type that the viewer may know of.
func lookUp[T any](v *viewer, id any) (T, error) {
	var none T
	node, err := v.node(graphql.Text(id))
	if err != nil {
		return none, err
	}
	found, ok := node.(T)
	if !ok {
		return none, notFoundNode(graphql.Text(id))
	}
	return found, nil
}

// updateFieldValue is
// https://docs.github.com/en/graphql/reference/mutations#updateprojectv2itemfieldvalue.
func (v *viewer) updateFieldValue(input map[string]any) (*payload, error) {
	board, err := lookUp[*project](v, input["projectId"])
	if err != nil {
		return nil, err
	}
	item, err := lookUp[*card](v, input["itemId"])
	if err != nil {
		return nil, err
	}
	field, err := lookUp[*projectField](v, input["fieldId"])
	if err != nil {
		return nil, err
	}
	if v.token.rights.Projects < Write {
		return nil, v.forbidden()
	}
	if item.project != board {
		return nil, notFoundNode(item.nodeID)
	}
	if field.project != board {
		return nil, notFoundNode(field.nodeID)
	}
	value, _ := input["value"].(map[string]any)
	optionID, text := graphql.Text(value["singleSelectOptionId"]), graphql.Text(value["text"])
	switch {
	case field.dataType == dataTypeSelect && value["singleSelectOptionId"] != nil:
		if field.option(optionID) == nil {
			return nil, graphql.Errorf("VALIDATION", "The single select option Id does not belong to the field")
		}
		v.server.setValue(item, field, optionID, "")
	case field.dataType == dataTypeText && value["text"] != nil:
		v.server.setValue(item, field, "", text)
	default:
		return nil, graphql.Errorf("VALIDATION", "Did not receive a %s value to update a field of type %s",
			map[string]string{dataTypeSelect: "single select option Id", dataTypeText: "text"}[field.dataType], field.dataType)
	}
	return &payload{card: item}, nil
}

// updatePullRequest is https://docs.github.com/en/graphql/reference/mutations#updatepullrequest.
func (v *viewer) updatePullRequest(input map[string]any) (*payload, error) {
	pull, err := lookUp[*pullRequest](v, input["pullRequestId"])
	if err != nil {
		return nil, err
	}
	if v.token.rights.PullRequests < Write {
		return nil, v.forbidden()
	}
	change := pullChange{
		title: optional(input["title"]), body: optional(input["body"]),
		state: optional(input["state"]), base: optional(input["baseRefName"]),
	}
	if message := v.server.changePull(pull, change); message != "" {
		return nil, graphql.Errorf("UNPROCESSABLE", "%s", message)
	}
	return &payload{pull: pull}, nil
}

// addComment is https://docs.github.com/en/graphql/reference/mutations#addcomment.
func (v *viewer) addComment(input map[string]any) (*payload, error) {
	id := graphql.Text(input["subjectId"])
	subject, err := v.node(id)
	if err != nil {
		return nil, err
	}
	t := threadOf(subject)
	if t == nil {
		return nil, notFoundNode(id)
	}
	access := v.token.rights.Issues
	if _, isPull := subject.(*pullRequest); isPull {
		access = v.token.rights.PullRequests
	}
	if access < Write {
		return nil, v.forbidden()
	}
	body := graphql.Text(input["body"])
	if body == "" {
		return nil, graphql.Errorf("UNPROCESSABLE", "Body cannot be blank")
	}
	return &payload{subject: subject, comment: v.server.addComment(t, v.token.user, body)}, nil
}

func optional(value any) *string {
	if value == nil {
		return nil
	}
	text := graphql.Text(value)
	return &text
}
