// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Who calls AWS in a simulation.
const (
	byController = "controller"
	byBuild      = "build"
	byPerson     = "operator"
)

// asked is one permission that a call takes, as the policies of a role speak of it: of a table's row by its key, of CodeBuild by the
// project.
type asked struct {
	caller, action, resource string
	key                      string // of the row; a slot's is that of the first, and any other ends after its kind
	// overrides are the parts of a project that StartBuild is asked to replace.
	overrides string
}

// asks notes what the process that runs now asks of AWS.
func (w *world) asks(action, resource, key, overrides string) {
	if w.asked == nil || w.running == nil {
		return
	}
	caller := byController
	switch name := w.running.process.name; {
	case name == person:
		caller = byPerson
	case strings.HasPrefix(name, workerName):
		caller = byBuild
	}
	w.asked(asked{caller, action, resource, plainKey(key), overrides})
}

// plainKey takes out what differs from row to row of a kind.
func plainKey(key string) string {
	kind, rest, _ := strings.Cut(key, "#")
	if kind != "slot" {
		return strings.TrimSuffix(key, rest)
	}
	return key[:strings.LastIndexByte(key, '#')] + "#0"
}

// asksOfRows notes a transaction: TransactWriteItems is no permission, its parts are.
func (c tableClient) asksOfRows(in *dynamodb.TransactWriteItemsInput) {
	for _, item := range in.TransactItems {
		if check := item.ConditionCheck; check != nil {
			c.w.asks("dynamodb:ConditionCheckItem", *check.TableName, keyOf(check.Key), "")
		}
		if update := item.Update; update != nil {
			c.w.asks("dynamodb:UpdateItem", *update.TableName, keyOf(update.Key), "")
		}
		if put := item.Put; put != nil {
			c.w.asks("dynamodb:PutItem", *put.TableName, textOf(put.Item[contract.AttrLockKey]), "")
		}
		if gone := item.Delete; gone != nil {
			c.w.asks("dynamodb:DeleteItem", *gone.TableName, keyOf(gone.Key), "")
		}
	}
}

// overridesOf are what a start replaces of what is the project's to say, by IAM's names.
func overridesOf(in *codebuild.StartBuildInput) string {
	var names []string
	for name, given := range map[string]bool{
		"codebuild:source.buildspec": in.BuildspecOverride != nil, "codebuild:source.location": in.SourceLocationOverride != nil,
		"codebuild:environment.image": in.ImageOverride != nil, "codebuild:serviceRole": in.ServiceRoleOverride != nil,
	} {
		if given {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
