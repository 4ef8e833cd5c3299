// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

// board makes a board with the pull request as its one card, which is ready.
func (g *gitHub) board(ctx context.Context) error {
	owner, err := g.organization(ctx)
	if err != nil {
		return err
	}
	var made struct {
		Create struct {
			Project struct {
				ID     string
				Number int
				Field  struct {
					Status struct{ ID string } `graphql:"... on ProjectV2SingleSelectField"`
				} `graphql:"field(name: \"Status\")"`
			} `graphql:"projectV2"`
		} `graphql:"createProjectV2(input: $input)"`
	}
	if err := g.api.Mutate(ctx, "CreateBoard", &made, githubv4.CreateProjectV2Input{OwnerID: owner, Title: githubv4.String(g.name)}); err != nil {
		return err
	}
	project := made.Create.Project
	number := strconv.Itoa(project.Number)
	fmt.Printf("made the board %s\n", number)
	g.later("board "+number+" of", func(ctx context.Context) error {
		var m struct {
			Delete struct {
				Project struct{ ID string } `graphql:"projectV2"`
			} `graphql:"deleteProjectV2(input: $input)"`
		}
		return g.api.Mutate(ctx, "DeleteBoard", &m, githubv4.DeleteProjectV2Input{ProjectID: project.ID})
	})
	ready, err := g.statuses(ctx, project.Field.Status.ID)
	if err != nil {
		return err
	}
	if err := g.card(ctx, project.ID, project.Field.Status.ID, ready); err != nil {
		return err
	}
	g.project = number
	return nil
}

func (g *gitHub) organization(ctx context.Context) (id string, err error) {
	var q struct {
		Organization *struct{ ID string } `graphql:"organization(login: $owner)"`
	}
	failures, err := g.api.Query(ctx, "Organization", &q, map[string]any{"owner": githubv4.String(g.owner)})
	if err != nil {
		return "", err
	}
	if err := failures.Classified(); err != nil {
		return "", err
	}
	if q.Organization == nil {
		return "", fmt.Errorf("there is no organisation %s that the token can see", g.owner)
	}
	return q.Organization.ID, nil
}

// statuses gives the new board the statuses that the tests expect and returns the id of the ready one.
func (g *gitHub) statuses(ctx context.Context, field string) (ready string, err error) {
	var m struct {
		Update struct {
			Field struct {
				Status struct {
					Options []struct{ ID, Name string }
				} `graphql:"... on ProjectV2SingleSelectField"`
			} `graphql:"projectV2Field"`
		} `graphql:"updateProjectV2Field(input: $input)"`
	}
	var options []githubv4.ProjectV2SingleSelectFieldOptionInput
	for _, name := range []string{outside.ReadyStatus, "In Progress", "Done"} {
		options = append(options, githubv4.ProjectV2SingleSelectFieldOptionInput{
			Name: githubv4.String(name), Color: githubv4.ProjectV2SingleSelectFieldOptionColorGray,
		})
	}
	if err := g.api.Mutate(ctx, "SetStatuses", &m, githubv4.UpdateProjectV2FieldInput{FieldID: field, SingleSelectOptions: &options}); err != nil {
		return "", err
	}
	for _, option := range m.Update.Field.Status.Options {
		if option.Name == outside.ReadyStatus {
			return option.ID, nil
		}
	}
	return "", errors.New("GitHub did not take the board's statuses")
}

func (g *gitHub) card(ctx context.Context, project, field, ready string) error {
	var added struct {
		Add struct {
			Item struct{ ID string }
		} `graphql:"addProjectV2ItemById(input: $input)"`
	}
	if err := g.api.Mutate(ctx, "AddCard", &added, githubv4.AddProjectV2ItemByIdInput{ProjectID: project, ContentID: g.pull}); err != nil {
		return err
	}
	var moved struct {
		Update struct {
			Item struct{ ID string } `graphql:"projectV2Item"`
		} `graphql:"updateProjectV2ItemFieldValue(input: $input)"`
	}
	return g.api.Mutate(ctx, "MoveCard", &moved, githubv4.UpdateProjectV2ItemFieldValueInput{
		ProjectID: project, ItemID: added.Add.Item.ID, FieldID: field,
		Value: githubv4.ProjectV2FieldValue{SingleSelectOptionID: githubv4.NewString(githubv4.String(ready))},
	})
}
